package cluster

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
)

// MinMajor is the oldest PostgreSQL that is accepted: the oldest that its makers still maintained when this was written.
const MinMajor = 14

// ErrNoPrograms means that no usable PostgreSQL installation was found. Errors that wrap it say where was looked and how
// to install one.
var ErrNoPrograms = errors.New("no PostgreSQL programs found")

// ErrVersion means that the data folder was made by a PostgreSQL release that is not installed here. The data is intact.
var ErrVersion = errors.New("data of another PostgreSQL release")

// Programs is one PostgreSQL installation.
type Programs struct {
	Dir     string // absolute folder that holds postgres and initdb
	Version string // as the programs print it, for example "15.18"
	Major   int    // the release, for example 15; data of one release cannot be read by another
}

// Find returns the installation that a new cluster would use: the one in binDir, or, when binDir is empty, the one on
// PATH, else the newest in the usual places of package managers. It fails with [ErrNoPrograms].
func Find(binDir string) (Programs, error) {
	found, looked := search(binDir)
	if len(found) == 0 {
		return Programs{}, noPrograms(looked)
	}
	return found[0], nil
}

// findMajor returns an installation that can read data of the given release; zero stands for a new cluster.
func findMajor(binDir string, major int) (Programs, error) {
	found, looked := search(binDir)
	if len(found) == 0 {
		return Programs{}, noPrograms(looked)
	}
	if major == 0 {
		return found[0], nil
	}
	var have []string
	for _, p := range found {
		if p.Major == major {
			return p, nil
		}
		have = append(have, fmt.Sprintf("%s in %q", p.Version, p.Dir))
	}
	return Programs{}, fmt.Errorf("%w: it needs release %d, installed here: %s; install release %d beside it, or dump the data there and restore it here",
		ErrVersion, major, strings.Join(have, ", "), major)
}

// search returns the usable installations, best first, and the folders it looked in.
func search(binDir string) (found []Programs, looked []string) {
	looked = []string{binDir}
	if binDir == "" {
		looked = candidates()
	}
	for _, dir := range looked {
		if p, ok := inspect(dir); ok {
			found = append(found, p)
		}
	}
	return found, looked
}

func candidates() []string {
	var dirs []string
	add := func(dir string) {
		if !slices.Contains(dirs, dir) {
			dirs = append(dirs, dir)
		}
	}
	for _, name := range []string{"postgres", "initdb", "pg_ctl"} {
		if path, err := exec.LookPath(name); err == nil {
			add(realFolder(path))
		}
	}
	for _, pattern := range usualPlaces() {
		for _, dir := range newestFirst(pattern) {
			add(dir)
		}
	}
	return dirs
}

// realFolder follows links, because a lone link to postgres has no initdb beside it.
func realFolder(program string) string {
	if target, err := filepath.EvalSymlinks(program); err == nil {
		program = target
	}
	if abs, err := filepath.Abs(program); err == nil {
		program = abs
	}
	return filepath.Dir(program)
}

func usualPlaces() []string {
	if runtime.GOOS == "darwin" {
		return []string{
			"/opt/homebrew/opt/postgresql@*/bin",
			"/usr/local/opt/postgresql@*/bin",
			"/Applications/Postgres.app/Contents/Versions/*/bin",
			"/Library/PostgreSQL/*/bin",
			"/opt/local/lib/postgresql*/bin",
		}
	}
	return []string{
		"/usr/lib/postgresql/*/bin",  // Debian, Ubuntu
		"/usr/pgsql-*/bin",           // packages of postgresql.org for Red Hat and kin
		"/usr/libexec/postgresql*",   // Alpine
		"/usr/lib/postgresql*/bin",   // SUSE
		"/usr/local/pgsql/bin",       // built from source
		"/usr/local/postgresql*/bin", // copied archives
		"/home/linuxbrew/.linuxbrew/opt/postgresql@*/bin",
	}
}

// newestFirst expands a pattern; a pattern that matches nothing stays in the list so that an error can name it.
func newestFirst(pattern string) []string {
	dirs, err := filepath.Glob(pattern)
	if err != nil || len(dirs) == 0 {
		return []string{pattern}
	}
	slices.SortFunc(dirs, func(a, b string) int { return digits(b) - digits(a) })
	return dirs
}

// digits reads the release out of a path such as /usr/lib/postgresql/15/bin.
func digits(path string) int {
	n := 0
	for _, r := range path {
		if r >= '0' && r <= '9' && n < 1e6 {
			n = n*10 + int(r-'0')
		}
	}
	return n
}

func inspect(dir string) (Programs, bool) {
	dir, err := filepath.Abs(dir)
	if err != nil || !isProgram(filepath.Join(dir, "initdb")) || !isProgram(filepath.Join(dir, "postgres")) {
		return Programs{}, false
	}
	out, err := exec.Command(filepath.Join(dir, "postgres"), "--version").Output()
	if err != nil {
		return Programs{}, false
	}
	version, major, ok := parseVersion(string(out))
	return Programs{Dir: dir, Version: version, Major: major}, ok && major >= MinMajor
}

// parseVersion reads "postgres (PostgreSQL) 15.18 (Debian …)"; test releases look like "19beta1".
func parseVersion(out string) (version string, major int, ok bool) {
	_, rest, _ := strings.Cut(out, "(PostgreSQL)")
	fields := strings.Fields(rest)
	if len(fields) == 0 {
		return "", 0, false
	}
	end := strings.IndexFunc(fields[0], func(r rune) bool { return r < '0' || r > '9' })
	if end < 0 {
		end = len(fields[0])
	}
	major, err := strconv.Atoi(fields[0][:end])
	return fields[0], major, err == nil
}

func isProgram(path string) bool {
	st, err := os.Stat(path)
	return err == nil && st.Mode().IsRegular() && st.Mode()&0o111 != 0
}
