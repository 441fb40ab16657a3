package transcript

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the expected files anew")

const brokenFolder = "../../testdata/broken/transcripts"

// brokenFiles lists the files with one mistake each; beside each stands what
// must be said about it.
func brokenFiles(t testing.TB) []string {
	t.Helper()
	entries, err := os.ReadDir(brokenFolder)
	if err != nil {
		t.Fatal(err)
	}
	var files []string
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".want") {
			files = append(files, filepath.Join(brokenFolder, e.Name()))
		}
	}
	return files
}

func TestBrokenFilesAreRejectedWithPlaceReasonAndRemedy(t *testing.T) {
	t.Parallel()
	for _, path := range brokenFiles(t) {
		t.Run(filepath.Base(path), func(t *testing.T) {
			t.Parallel()
			var rejects, sessions strings.Builder
			for r := range Read(t.Context(), []string{path}, Options{}) {
				if r.Reject == nil {
					sessions.WriteString(string(r.Session.ID) + "\n")
					continue
				}
				r.Reject.File = filepath.Base(path)
				rejects.WriteString(r.Reject.Error() + "\n")
			}
			if *update {
				write(t, path+".want", rejects.String())
			}
			if diff := cmp.Diff(read(t, path+".want"), rejects.String()); diff != "" {
				t.Errorf("rejects (-want +got):\n%s", diff)
			}
			source := read(t, path)
			for _, id := range []string{"good-1", "good-2"} {
				if strings.Contains(source, id) && !strings.Contains(sessions.String(), id+"\n") {
					t.Errorf("session %s of the same file did not come through, only %q", id, sessions.String())
				}
			}
			if strings.Contains(sessions.String(), "bad-") {
				t.Errorf("a broken session came through: %q", sessions.String())
			}
		})
	}
}

func read(t testing.TB, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func write(t testing.TB, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}
