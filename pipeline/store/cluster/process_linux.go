package cluster

import (
	"fmt"
	"os"
	"strings"
	"syscall"
)

// setParentDeathSignal has the kernel send sig to the child when the thread that started it ends, however it ends.
func setParentDeathSignal(attr *syscall.SysProcAttr, sig syscall.Signal) { attr.Pdeathsig = sig }

func describe(pid int) suspect {
	var s suspect
	if stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid)); err == nil {
		// The state follows the program's name, which is in parentheses and may hold some itself.
		after := string(stat[strings.LastIndexByte(string(stat), ')')+1:])
		s.zombie = strings.HasPrefix(strings.TrimSpace(after), "Z")
	}
	if line, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid)); err == nil {
		s.known, s.command = true, strings.ReplaceAll(string(line), "\x00", " ")
	}
	return s
}
