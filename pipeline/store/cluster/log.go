package cluster

import (
	"errors"
	"io"
	"os"
	"strings"
)

// logLimit is how long, in bytes, the server's log may be at a start before it is put aside as postgres.log.1.
const logLimit = 16 << 20

// openLog opens the log for a new run of the server and says where that run's part will begin.
func (s *Server) openLog() (log *os.File, size int64, err error) {
	name := s.logFile()
	st, err := os.Stat(name)
	if err == nil && st.Size() > logLimit {
		err = os.Rename(name, name+".1")
	} else if err == nil {
		size = st.Size()
	}
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, 0, err
	}
	log, err = os.OpenFile(name, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, 0, err
	}
	if err := s.account.own(name); err != nil {
		return nil, 0, errors.Join(err, log.Close())
	}
	return log, size, nil
}

// tail returns the last lines of a log, none from before the byte offset from.
func tail(name string, from int64, lines int) string {
	f, err := os.Open(name)
	if err != nil {
		return err.Error()
	}
	defer func() { _ = f.Close() }() // only read
	text, err := io.ReadAll(io.NewSectionReader(f, from, logLimit))
	if err != nil {
		return err.Error()
	}
	all := strings.Split(strings.TrimSpace(string(text)), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}
