package cluster

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFind(t *testing.T) {
	t.Parallel()
	p, err := Find("")
	if err != nil {
		t.Fatal(err)
	}
	if !filepath.IsAbs(p.Dir) || p.Major < MinMajor || !strings.HasPrefix(p.Version, "1") && !strings.HasPrefix(p.Version, "2") {
		t.Errorf("found %+v, want an absolute folder and a supported release", p)
	}
	again, err := Find(p.Dir)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(p, again); diff != "" {
		t.Errorf("the same folder given (-want +got):\n%s", diff)
	}
}

func TestFindNamesWhereItLooked(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	_, err := Find(dir)
	if !errors.Is(err, ErrNoPrograms) || !strings.Contains(err.Error(), dir) {
		t.Errorf("error %v, want ErrNoPrograms with %q", err, dir)
	}
}

func TestParseVersion(t *testing.T) {
	t.Parallel()
	type result struct {
		Version string
		Major   int
		OK      bool
	}
	for out, want := range map[string]result{
		"postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n": {"15.18", 15, true},
		"postgres (PostgreSQL) 19beta1\n":                        {"19beta1", 19, true},
		"postgres (PostgreSQL) 9.6.24\n":                         {"9.6.24", 9, true},
		"postgres (PostgreSQL) devel":                            {"devel", 0, false},
		"postgres (PostgreSQL)":                                  {},
		"":                                                       {},
	} {
		version, major, ok := parseVersion(out)
		if diff := cmp.Diff(want, result{version, major, ok}); diff != "" {
			t.Errorf("parseVersion(%q) (-want +got):\n%s", out, diff)
		}
	}
}

func TestInstallCommand(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		root bool
		have []string
		want string
	}{
		"root on Debian":                 {true, []string{"apt-get"}, "apt-get install -y --no-install-recommends postgresql"},
		"root on Alpine":                 {true, []string{"apk"}, "apk add postgresql"},
		"root with Homebrew beside dnf":  {true, []string{"brew", "dnf"}, "dnf install -y postgresql-server"},
		"user with Homebrew":             {false, []string{"brew"}, "brew install postgresql@17"},
		"user with Homebrew beside apt":  {false, []string{"apt-get", "brew"}, "brew install postgresql@17"},
		"user who may not run apt":       {false, []string{"apt-get"}, ""},
		"root where only Homebrew is":    {true, []string{"brew"}, ""},
		"root without a package manager": {true, nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, ok := installCommand(tc.root, func(p string) bool { return slices.Contains(tc.have, p) })
			if strings.Join(got, " ") != tc.want || ok != (tc.want != "") {
				t.Errorf("got %q, %v; want %q", got, ok, tc.want)
			}
		})
	}
}

func TestServes(t *testing.T) {
	t.Parallel()
	const data = "/srv/assay/data"
	for name, tc := range map[string]struct {
		suspect suspect
		want    bool
	}{
		"our server":                  {suspect{known: true, command: "/usr/lib/postgresql/15/bin/postgres -D /srv/assay/data --port=5432 "}, true},
		"our server without settings": {suspect{known: true, command: "postgres -D /srv/assay/data"}, true},
		"server on a longer path":     {suspect{known: true, command: "postgres -D /srv/assay/data2 "}, false},
		"another server's child":      {suspect{known: true, command: "postgres: checkpointer "}, false},
		"our own program":             {suspect{known: true, command: "/home/postgres/assay demo --data /srv/assay/data "}, false},
		"zombie":                      {suspect{known: true, zombie: true}, false},
		"process that hides":          {suspect{}, true},
	} {
		if got := tc.suspect.serves(data); got != tc.want {
			t.Errorf("%s: serves is %v, want %v", name, got, tc.want)
		}
	}
}
