package cluster

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// InstallCommand returns the command that installs PostgreSQL with this machine's package manager, ready for exec. It is
// false when there is no known package manager or this user may not use it. It only answers; nothing is run.
func InstallCommand() ([]string, bool) {
	return installCommand(os.Getuid() == 0, func(name string) bool {
		_, err := exec.LookPath(name)
		return err == nil
	})
}

func installCommand(root bool, have func(name string) bool) ([]string, bool) {
	for _, c := range installCommands() {
		// Homebrew refuses root, the others need it.
		if have(c[0]) && root == (c[0] != "brew") {
			return c, true
		}
	}
	return nil, false
}

func installCommands() [][]string {
	return [][]string{
		{"apt-get", "install", "-y", "--no-install-recommends", "postgresql"},
		{"dnf", "install", "-y", "postgresql-server"},
		{"apk", "add", "postgresql"},
		{"zypper", "--non-interactive", "install", "postgresql-server"},
		{"pacman", "-S", "--noconfirm", "postgresql"},
		{"brew", "install", "postgresql@17"},
	}
}

func noPrograms(looked []string) error {
	return fmt.Errorf(`%w: PostgreSQL %d or newer is needed; install it, or set DATABASE_URL to a server you have
  Debian, Ubuntu   apt-get install postgresql
  Fedora, RHEL     dnf install postgresql-server
  Alpine           apk add postgresql
  SUSE             zypper install postgresql-server
  Arch             pacman -S postgresql
  macOS            brew install postgresql@17
looked for postgres and initdb on PATH and in:
  %s`, ErrNoPrograms, MinMajor, strings.Join(looked, "\n  "))
}
