package main

import (
	"bufio"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"assay/pipeline/store/storetest"
)

func TestIndexOnDisk(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	flags := []string{"--database-url=" + storetest.New(t).Config().ConnString()}
	if got := assay(t, append([]string{"solution", "import", "../../testdata/demo/solutions.jsonl"}, flags...)...); got.status != 0 {
		t.Fatalf("%+v", got)
	}
	flags = append(flags, "--index="+folder)
	doctor := func() string {
		for line := range strings.Lines(assay(t, append([]string{"doctor"}, flags...)...).stdout) {
			if strings.Contains(line, "solution index") {
				return line
			}
		}
		return ""
	}
	if got := doctor(); !strings.Contains(got, "ok") || !strings.Contains(got, "none yet") {
		t.Errorf("doctor before: %q", got)
	}
	got := assay(t, append([]string{"solution", "reindex"}, flags...)...)
	if got.status != 0 || !regexp.MustCompile(`^93 solutions indexed in .*s, \d+ KiB in .*slot-0/gen-1\n$`).MatchString(got.stdout) {
		t.Errorf("reindex: %+v", got)
	}
	if got := assay(t, append([]string{"suggest", "退款多久到账"}, flags...)...); got.status != 0 || !strings.Contains(got.stdout, "SOL-RET-ZH-006") {
		t.Errorf("suggest: %+v", got)
	}
	if got := doctor(); !strings.Contains(got, "0 of 1 in use") {
		t.Errorf("doctor after: %q", got)
	}
	if got := assay(t, "solution", "reindex", "--index=memory", flags[0]); got.status != 2 {
		t.Errorf("reindex in memory: %+v", got)
	}
}

func TestReindexAsksWhoRuns(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	flags := []string{"--database-url=" + storetest.New(t).Config().ConnString(), "--index=" + folder}
	url, worker := serveWith(t, flags...)
	if !strings.Contains(get(t, url+"/readyz"), `"index":"ready"`) || !strings.Contains(get(t, url+"/metrics"), `assay_index_state{state="ready"} 1`) {
		t.Error("nothing tells which search answers")
	}
	first := func() string {
		t.Helper()
		found, err := filepath.Glob(filepath.Join(folder, "*", "slot-0", "gen-*"))
		if err != nil {
			t.Fatal(err)
		}
		return strings.Join(found, " ")
	}
	before := first()
	got := assay(t, append([]string{"solution", "reindex"}, flags...)...)
	if got.status != 0 || !strings.HasPrefix(got.stdout, "1 processes use an index") {
		t.Errorf("reindex: %+v", got)
	}
	for first() == before && worker.ProcessState == nil {
		get(t, url+"/readyz")
	}
	if got := assay(t, append([]string{"doctor"}, flags...)...); !strings.Contains(got.stdout, "1 of 1 in use") {
		t.Errorf("doctor: %s", got.stdout)
	}
}

// serveWith starts assay serve on any port and returns its address.
func serveWith(t *testing.T, flags ...string) (string, *exec.Cmd) {
	t.Helper()
	cmd := command(t, append([]string{"serve", "--listen=127.0.0.1:0"}, flags...)...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cmd.Process.Kill(); err == nil {
			_ = cmd.Wait() // killed is what it is meant to be
		}
	})
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if _, url, ok := strings.Cut(lines.Text(), "serving "); ok {
			return url, cmd
		}
	}
	t.Fatal("it ended without an address")
	return "", nil
}
