//go:build !linux

package cluster

import (
	"os/exec"
	"strconv"
	"strings"
	"syscall"
)

// setParentDeathSignal does nothing here: only Linux can tie a child's life to its parent's. The next owner evicts what
// is left.
func setParentDeathSignal(*syscall.SysProcAttr, syscall.Signal) {}

func describe(pid int) suspect {
	out, err := exec.Command("ps", "-ww", "-p", strconv.Itoa(pid), "-o", "stat=,args=").Output()
	if err != nil {
		return suspect{}
	}
	state, command, _ := strings.Cut(strings.TrimSpace(string(out)), " ")
	return suspect{zombie: strings.HasPrefix(state, "Z"), known: true, command: command}
}
