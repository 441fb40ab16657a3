package transcript

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// all reads paths and returns the ids of the sessions, and the rejects.
func all(t testing.TB, o Options, paths ...string) (ids []string, rejects []*Reject) {
	t.Helper()
	for r := range Read(t.Context(), paths, o) {
		if (r.Session == nil) == (r.Reject == nil) {
			t.Fatalf("record has both or none of session and reject: %+v", r)
		}
		if r.Reject != nil {
			rejects = append(rejects, r.Reject)
			continue
		}
		ids = append(ids, string(r.Session.ID))
	}
	return ids, rejects
}

// written writes the rejects and returns the file.
func written(t testing.TB, rejects []*Reject) string {
	t.Helper()
	var b bytes.Buffer
	for _, r := range rejects {
		if err := WriteReject(&b, r); err != nil {
			t.Fatal(err)
		}
	}
	return b.String()
}

func TestWrittenRejectsReadAgainAreRejectedAgain(t *testing.T) {
	t.Parallel()
	for _, path := range brokenFiles(t) {
		if strings.Contains(path, "rows-apart") {
			continue // its mistake is where the rows stand, which a reject cannot carry
		}
		t.Run(filepath.Base(path), func(t *testing.T) {
			t.Parallel()
			_, first := all(t, Options{}, path)
			ids, second := all(t, Options{Stdin: strings.NewReader(written(t, first))}, Stdin)
			if len(ids) > 0 || len(second) != len(first) {
				t.Errorf("%d rejects became %d rejects and the sessions %q: %v", len(first), len(second), ids, second)
			}
			for i := range min(len(first), len(second)) {
				if second[i].Line != i+1 {
					t.Errorf("reject %d stands in line %d", i+1, second[i].Line)
				}
				if lost := strings.Contains(second[i].Reason, "U+FFFD"); first[i].Raw != nil && !lost && !strings.Contains(second[i].Error(), first[i].Field) {
					t.Errorf("said %q first, now %q", first[i], second[i])
				}
			}
		})
	}
}

func TestMendedRejectsComeThrough(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, file, old, new, want string }{
		{"canonical", "speaker-unknown.jsonl", `"boss"`, `"customer"`, "bad-1"},
		{"broken JSON", "json-syntax.jsonl", `chat\" `, `chat\",`, "bad-1"},
		{"rows", "csv-role-unknown.csv", "boss", "customer", "bad-1"},
		{"ticket", "sca-role-unknown.json", "旁听", "客服", "bad-1"},
		{"lines", "text-speaker-unknown.txt", "老板", "客户", "bad-1"},
		{"lost character", "utf16-half-character.jsonl", "ok �", "ok", "bad-1"},
		{"lines in GB18030", "text-gb18030-broken.txt", "�", "x", "bad-1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, rejects := all(t, Options{}, filepath.Join(brokenFolder, c.file))
			file := written(t, rejects)
			if !strings.Contains(file, c.old) {
				t.Fatalf("%q is not in %s", c.old, file)
			}
			path := filepath.Join(t.TempDir(), "rejects.jsonl")
			write(t, path, strings.ReplaceAll(file, c.old, c.new))
			ids, again := all(t, Options{}, path)
			if diff := cmp.Diff([]string{c.want}, ids); diff != "" || len(again) > 0 {
				t.Errorf("sessions (-want +got):\n%srejects %v", diff, again)
			}
		})
	}
}

func TestRejectKeepsTheRecordUpToItsLimit(t *testing.T) {
	t.Parallel()
	record := func(n int) string {
		return `{"id":"a","channel":"fax","turns":[{"speaker":"agent","text":"` + strings.Repeat("x ", n) + `"}]}`
	}
	for _, c := range []struct {
		name string
		n    int
		kept bool
	}{{"small", 10, true}, {"over 1 MiB", 1 << 19, false}} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, rejects := all(t, Options{Stdin: strings.NewReader(record(c.n))}, Stdin)
			if len(rejects) != 1 || (rejects[0].Raw != nil) != c.kept {
				t.Fatalf("raw kept: %v, want %v", rejects[0].Raw != nil, c.kept)
			}
			file := written(t, rejects)
			if strings.Contains(file, `"id":"a"`) != c.kept {
				t.Errorf("written reject holds the record: %.200s", file)
			}
		})
	}
}

func TestRejectFileKeepsTheWritersKeysInOrder(t *testing.T) {
	t.Parallel()
	r := &Reject{File: "a.jsonl", Line: 3, Field: "channel", Reason: "unknown channel", Allowed: "call", Format: JSONL,
		Raw: []byte(`{ "z":1, "_reject":{"old":true}, "a":"<&>" }`)}
	want := `{"_reject":{"file":"a.jsonl","line":3,"field":"channel","reason":"unknown channel","allowed":"call"},"z":1,"a":"<&>"}` + "\n"
	if diff := cmp.Diff(want, written(t, []*Reject{r})); diff != "" {
		t.Error(diff)
	}
}

func TestManyProblemsAreCountedNotListed(t *testing.T) {
	t.Parallel()
	turns := strings.TrimSuffix(strings.Repeat(`{"speaker":"boss","text":"x"},`, 100), ",")
	_, rejects := all(t, Options{Stdin: strings.NewReader(`{"id":"a","channel":"chat","turns":[` + turns + `]}`)}, Stdin)
	if n := len(rejects[0].More); n != maxProblems {
		t.Errorf("%d further problems, want %d", n, maxProblems)
	}
	if last := rejects[0].More[maxProblems-1].Reason; last != "and 80 more problems" {
		t.Errorf("last problem is %q", last)
	}
}

func TestWriteRejectReportsAFullDisk(t *testing.T) {
	t.Parallel()
	f, err := os.Open(os.DevNull) // opened for reading only
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	if err := WriteReject(f, &Reject{File: "a", Reason: "x"}); err == nil {
		t.Error("no error")
	}
}
