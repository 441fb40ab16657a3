package cluster

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func needRoot(t *testing.T) {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("only root hands PostgreSQL to another user; run the tests as root to include this one")
	}
}

func TestRootIsToldWhichFolderIsClosed(t *testing.T) {
	t.Parallel()
	needRoot(t)
	home := filepath.Join(openFolder(t), "home")
	if err := os.Mkdir(home, 0o700); err != nil {
		t.Fatal(err)
	}
	s, err := Start(t.Context(), testOptions(filepath.Join(home, "assay", "pg")))
	if err == nil {
		t.Fatal("no error", s.Close())
	}
	if want := fmt.Sprintf("may not enter %q (mode 0700)", home); !strings.Contains(err.Error(), want) {
		t.Errorf("error %q does not say %q", err, want)
	}
}

func TestRootRunsPostgresAsAnotherUser(t *testing.T) {
	t.Parallel()
	needRoot(t)
	dir := openFolder(t)
	o := testOptions(dir)
	o.RunAs = "nobody"
	s := begin(t, o)
	remember(t, s, "nobody's")
	shut(t, s)

	s = begin(t, testOptions(dir))
	if got := remembered(t, s)[0]; got != "nobody's" {
		t.Errorf("data is %q under the owner of existing data, want nobody's", got)
	}
	shut(t, s)

	o.RunAs = "daemon"
	s, err := Start(t.Context(), o)
	if err == nil {
		t.Fatal("no error", s.Close())
	}
	if !strings.Contains(err.Error(), `PostgreSQL would run as user "daemon"`) {
		t.Errorf("error %q does not name the wrong user", err)
	}
}

func TestRootAsksForAnotherUser(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"root", "no-such-user"} {
		if a, err := substitute(name, 0); err == nil {
			t.Errorf("substitute(%q) = %+v, want an error", name, a)
		}
	}
}

func TestSocketFolderOfAnotherUserIsRefused(t *testing.T) {
	t.Parallel()
	dir := openFolder(t)
	stranger := account{name: "stranger", uid: uint32(os.Getuid()) + 1}
	if err := stranger.makePrivate(dir); err == nil {
		t.Error("another user's folder is taken")
	}
	file := filepath.Join(dir, "file")
	writeFile(t, file, "")
	self := account{name: "self", uid: uint32(os.Getuid())}
	if err := self.makePrivate(file); err == nil {
		t.Error("a file is taken for a folder")
	}
}
