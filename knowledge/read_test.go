package knowledge

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// listing writes what reading gives, a line each.
func listing(records iter.Seq[Record]) string {
	var b strings.Builder
	for r := range records {
		if r.Reject != nil {
			fmt.Fprintln(&b, r.Reject)
		} else {
			fmt.Fprintf(&b, "%s: solution %q\n", filePlace{r.File, r.Line}, r.Solution.ID)
		}
	}
	return b.String()
}

// results writes what Read makes of a text, a line each.
func results(text, name string, o ReadOptions) string {
	return listing(Read(strings.NewReader(text), name, o))
}

// Every broken file or folder stands beside what is said about it.
func TestReadBrokenFiles(t *testing.T) {
	t.Parallel()
	const folder = "../testdata/broken/solutions"
	all, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range all {
		if filepath.Ext(e.Name()) == ".want" {
			continue
		}
		t.Run(e.Name(), func(t *testing.T) {
			t.Parallel()
			got := listing(ReadFiles([]string{filepath.Join(folder, e.Name())}, nil, ReadOptions{}))
			checkFile(t, filepath.Join(folder, e.Name()+".want"), strings.ReplaceAll(got, folder+"/", ""))
		})
	}
}

func TestReadAllFields(t *testing.T) {
	t.Parallel()
	const line = `{"id":"s","title":" 退款 ","questions":["a","b"],"answer":"c","tags":["d"],"product":"p","language":"zh-CN",
"short_reply":"r","note":"n\r\nm","region":"华东","customer_type":"enterprise","stage":"guide","status":"draft","reviewed_at":"2026-03-01",
"valid_from":"2026-01-31","valid_to":"2026-12-31","owner":"o","review_by":"2026-11-30T23:30:00-05:00","_note":1,"x_team":{}}`
	beijing := time.FixedZone("", 8*60*60)
	want := Solution{
		ID: "s", Title: "退款", Questions: []string{"a", "b"}, Answer: "c", Tags: []string{"d"}, Product: "p", Language: "zh-CN",
		ValidFrom: time.Date(2026, 1, 31, 0, 0, 0, 0, beijing), ValidTo: time.Date(2027, 1, 1, 0, 0, 0, 0, beijing),
		Owner: "o", ReviewBy: time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC), ReviewedAt: time.Date(2026, 3, 1, 0, 0, 0, 0, beijing),
		ShortReply: "r", Note: "n\nm", Region: "华东", CustomerType: "enterprise", Stage: Guide, Status: Draft,
	}
	for r := range Read(strings.NewReader(strings.ReplaceAll(line, "\n", "")), "f", ReadOptions{}) {
		if diff := cmp.Diff(Record{Solution: &want, File: "f", Line: 1}, r); diff != "" {
			t.Error(diff)
		}
	}
}

func TestRead(t *testing.T) {
	t.Parallel()
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	fmt.Fprint(z, `{"id":"a","title":"t","answer":"x"}`)
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, text, want string
		o                ReadOptions
	}{
		{"packed", packed.String(), `f:1: solution "a"`, ReadOptions{}},
		{"byte order mark and blank lines", "\xef\xbb\xbf\n{\"id\":\"a\",\"title\":\"t\",\"answer\":\"x\"}\r\n\n", `f:2: solution "a"`, ReadOptions{}},
		{"retrieval corpus", `{"_id":"a","title":"","text":"x","metadata":{"k":1},"entity":"e"}`, `f:1: solution "a"`, ReadOptions{}},
		{"retrieval corpus with id", `{"id":"a","title":"t","text":"x"}`, `f:1: solution "a"`, ReadOptions{}},
		{"null is not given", `{"id":"a","title":"t","answer":"x","tags":null,"valid_to":null}`, `f:1: solution "a"`, ReadOptions{}},
		{"answers may be missing when asked for", `{"id":"a","title":"t"}`, `f:1: solution "a"`, ReadOptions{NoAnswers: true}},
		{"a long line does not stop the rest",
			`{"id":"long","title":"` + strings.Repeat("t", 100) + `"}` + "\n" + `{"id":"a","title":"t","answer":"x"}`,
			"f:1: 125 bytes, more than the limit of 60 (setting line_bytes)\n" + `f:2: solution "a"`, ReadOptions{LineBytes: 60}},
		{"a line of just the limit", `{"id":"a","title":"t","answer":"x"}` + "\n", `f:1: solution "a"`, ReadOptions{LineBytes: 35}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want+"\n", results(tt.text, "f", tt.o)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestReadStopsWhenNobodyWantsMore(t *testing.T) {
	t.Parallel()
	text := strings.Repeat(`{"id":""}`+"\n", 3)
	n := 0
	for range Read(strings.NewReader(text), "f", ReadOptions{}) {
		n++
		break
	}
	if n != 1 {
		t.Errorf("%d records", n)
	}
}

// fuzz reads whatever comes as a format: every record is a whole solution, which
// is read from its own JSON, or a reject that says why.
func fuzz(f *testing.F, format Format) {
	samples, err := filepath.Glob("../testdata/broken/solutions/*.*")
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range samples {
		b, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		if filepath.Ext(path) != ".gz" && filepath.Ext(path) != ".want" {
			f.Add(b)
		}
	}
	f.Add([]byte("\x1f\x8b\x08\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		n := 0
		for r := range Read(bytes.NewReader(b), "f", ReadOptions{Format: format, LineBytes: 1 << 12}) {
			n++
			switch {
			case (r.Solution == nil) == (r.Reject == nil):
				t.Fatal("not one of solution and reject")
			case r.Reject != nil && (len(r.Reject.Problems) == 0 || r.Reject.Error() == ""):
				t.Fatal("a reject without a problem")
			case r.Solution != nil && (r.Solution.ID == "" || r.Solution.Answer == ""):
				t.Fatalf("an incomplete solution: %+v", r.Solution)
			}
		}
		if n == 0 {
			t.Fatal("neither solution nor reject")
		}
	})
}

func FuzzReadLines(f *testing.F)    { fuzz(f, JSONL) }
func FuzzReadCSV(f *testing.F)      { fuzz(f, CSV) }
func FuzzReadMarkdown(f *testing.F) { fuzz(f, Markdown) }
func FuzzReadAny(f *testing.F)      { fuzz(f, "") }
