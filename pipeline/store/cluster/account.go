package cluster

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"os"
	osuser "os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// account is the system user that PostgreSQL runs as.
type account struct {
	name       string
	uid, gid   uint32
	credential *syscall.Credential // nil when it is our own user
}

// chooseAccount answers for root who will run PostgreSQL, and for everybody else checks that the data is their own.
func chooseAccount(runAs, data string) (account, error) {
	owner, exists, err := ownerOf(data)
	if err != nil {
		return account{}, err
	}
	a := account{name: strconv.Itoa(os.Getuid()), uid: uint32(os.Getuid()), gid: uint32(os.Getgid())}
	if os.Getuid() == 0 {
		if a, err = substitute(runAs, owner); err != nil {
			return account{}, err
		}
	}
	if exists && owner != a.uid {
		return account{}, fmt.Errorf("%q belongs to user %d, but PostgreSQL would run as user %q (%d): start as that owner, or change the owner of the whole folder", data, owner, a.name, a.uid)
	}
	return a, nil
}

// substitute finds the user that root hands PostgreSQL to. The owner of existing data, zero for none, comes before the
// usual names, so that data made by a user still starts under root.
func substitute(runAs string, owner uint32) (account, error) {
	names := []string{"postgres", "_postgres", "nobody"}
	if owner != 0 {
		names = []string{strconv.FormatUint(uint64(owner), 10)}
	}
	if runAs != "" {
		names = []string{runAs}
	}
	for _, name := range names {
		if a, err := lookup(name); err == nil && a.uid != 0 {
			return a, nil
		}
	}
	return account{}, fmt.Errorf("PostgreSQL does not run as root, and there is no other user to run it as: looked for %s", strings.Join(names, ", "))
}

func lookup(name string) (account, error) {
	u, err := osuser.Lookup(name)
	if err != nil {
		if u, err = osuser.LookupId(name); err != nil {
			return account{}, err
		}
	}
	uid, uidErr := strconv.ParseUint(u.Uid, 10, 32)
	gid, gidErr := strconv.ParseUint(u.Gid, 10, 32)
	a := account{name: u.Username, uid: uint32(uid), gid: uint32(gid)}
	a.credential = &syscall.Credential{Uid: a.uid, Gid: a.gid}
	return a, errors.Join(uidErr, gidErr)
}

func ownerOf(path string) (uid uint32, exists bool, err error) {
	var st syscall.Stat_t
	err = syscall.Stat(path, &st)
	if errors.Is(err, os.ErrNotExist) {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, fmt.Errorf("stat %q: %w", path, err)
	}
	return st.Uid, true, nil
}

// own hands a file that we made to the account.
func (a account) own(path string) error {
	if a.credential == nil {
		return nil
	}
	return os.Chown(path, int(a.uid), int(a.gid))
}

// makePrivate makes sure that dir exists, belongs to the account and is closed to everyone else. Somebody else's folder
// is refused: it could hold a server that is not ours.
func (a account) makePrivate(dir string) error {
	err := os.Mkdir(dir, 0o700)
	if err == nil {
		return a.own(dir)
	}
	if !errors.Is(err, os.ErrExist) {
		return err
	}
	var st syscall.Stat_t
	if err := syscall.Lstat(dir, &st); err != nil {
		return fmt.Errorf("stat %q: %w", dir, err)
	}
	if st.Mode&syscall.S_IFMT != syscall.S_IFDIR || st.Uid != a.uid {
		return fmt.Errorf("%q is not a folder of user %q", dir, a.name)
	}
	return os.Chmod(dir, 0o700)
}

// socketLimit is the longest socket folder that leaves room for the socket's name in a unix address, which holds 104
// bytes on macOS and 108 on Linux.
const socketLimit = 86

// prepareFolders readies what PostgreSQL needs besides its data, and checks that its user can get there.
func (s *Server) prepareFolders(ctx context.Context) error {
	if err := s.account.own(s.lock.Name()); err != nil {
		return err
	}
	if err := s.checkReach(ctx); err != nil {
		return err
	}
	s.socket = s.runFolder()
	if len(s.socket) > socketLimit || strings.ContainsAny(s.socket, `,"'\`) {
		s.socket = shortFolder(s.opt.Dir)
	}
	return s.account.makePrivate(s.socket)
}

// shortFolder replaces a socket folder whose path is too long, or has characters with a meaning in connection strings.
// /tmp is short and open to everyone, which $TMPDIR need not be.
func shortFolder(dir string) string {
	h := fnv.New64a()
	_, _ = h.Write([]byte(dir)) // a hash.Hash never fails
	return fmt.Sprintf("/tmp/assay-%016x", h.Sum64())
}

// checkReach finds out early, and in plain words, that the account cannot enter the cluster's folder.
func (s *Server) checkReach(ctx context.Context) error {
	if s.account.credential == nil {
		return nil
	}
	if err := s.command(ctx, "postgres", "--version").Run(); err != nil {
		if closed, mode := s.account.closedFolder(s.opt.Dir); closed != "" {
			return fmt.Errorf("%w: PostgreSQL runs as user %q, who may not enter %q (mode %04o): choose a data folder elsewhere, for example under /var/lib, or run chmod o+x %q",
				ErrClosedFolder, s.account.name, closed, mode, closed)
		}
		return fmt.Errorf("user %q cannot run %q in %q: %w", s.account.name, s.programs.Dir, s.opt.Dir, err)
	}
	return nil
}

// closedFolder returns the topmost folder on the way to dir that the account may not enter, "" when the permission bits
// know of none.
func (a account) closedFolder(dir string) (string, uint32) {
	if target, err := filepath.EvalSymlinks(dir); err == nil {
		dir = target
	}
	for _, path := range wayTo(dir) {
		var st syscall.Stat_t
		if syscall.Stat(path, &st) == nil && !a.mayEnter(&st) {
			return path, uint32(st.Mode) & 0o7777
		}
	}
	return "", 0
}

func (a account) mayEnter(st *syscall.Stat_t) bool {
	switch {
	case st.Uid == a.uid:
		return st.Mode&0o100 != 0
	case st.Gid == a.gid:
		return st.Mode&0o010 != 0
	}
	return st.Mode&0o001 != 0
}

// wayTo lists the folders from the root down to dir.
func wayTo(dir string) []string {
	if parent := filepath.Dir(dir); parent != dir {
		return append(wayTo(parent), dir)
	}
	return []string{dir}
}

// ErrClosedFolder means that PostgreSQL's user may not enter the data folder.
var ErrClosedFolder = errors.New("the data folder is closed")
