package transcript

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const oneSession = `{"id":"%s","channel":"chat","turns":[{"speaker":"agent","text":"hi"}]}` + "\n"

func TestFolderIsReadInOrderAndNothingIsDroppedSilently(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	for name, content := range map[string]string{
		"b/2.jsonl":       fmt.Sprintf(oneSession, "b2"),
		"a.txt":           "Agent: hi\n",
		"b/1.CSV":         "session_id,role,text\nb1,agent,hi\n",
		"notes.docx":      "not a transcript",
		".hidden.jsonl":   fmt.Sprintf(oneSession, "hidden"),
		".git/1.jsonl":    fmt.Sprintf(oneSession, "hidden"),
		"c/empty.jsonl":   "",
		"c/d/3.jsonl":     fmt.Sprintf(oneSession, "d3"),
		"c/plain.tsv.bak": "",
	} {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		write(t, path, content)
	}
	ids, rejects := all(t, Options{}, root)
	if diff := cmp.Diff([]string{"a", "b1", "b2", "d3"}, ids); diff != "" {
		t.Errorf("sessions (-want +got):\n%s", diff)
	}
	var got []string
	for _, r := range rejects {
		rel, err := filepath.Rel(root, r.File)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, rel+": "+r.Reason)
	}
	want := []string{"c/empty.jsonl: no session in it", `c/plain.tsv.bak: no format has the extension ".bak"`,
		`notes.docx: no format has the extension ".docx"`}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("rejects (-want +got):\n%s", diff)
	}
}

func TestPathsThatCannotBeReadAreRejects(t *testing.T) {
	t.Parallel()
	missing := filepath.Join(t.TempDir(), "missing.jsonl")
	for _, c := range []struct {
		name, path, want string
		o                Options
	}{
		{"missing", missing, missing + ": stat: no such file or directory", Options{}},
		{"device", os.DevNull, os.DevNull + ": not a regular file (mode Dcrw-rw-rw-)", Options{}},
		{"no standard input", Stdin, "-: there is no standard input to read", Options{}},
		{"unknown format", Stdin, `-: unknown format "xml"; allowed: format csv, jsonl, sca, text`,
			Options{Format: "xml", Stdin: strings.NewReader("x")}},
		{"unnamed text", Stdin, `-:1: field "id": text from standard input has no name to be its id; ` +
			`allowed: a line such as === call-17 === before the session`, Options{Stdin: strings.NewReader("Agent: hi")}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, rejects := all(t, c.o, c.path)
			if len(rejects) != 1 {
				t.Fatalf("%d rejects", len(rejects))
			}
			if diff := cmp.Diff(c.want, rejects[0].Error()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestReadStopsWhenNobodyWantsMore(t *testing.T) {
	t.Parallel()
	n := 0
	for range Read(t.Context(), []string{Stdin}, Options{Stdin: endless()}) {
		if n++; n == 3 {
			break
		}
	}
	if n != 3 {
		t.Errorf("%d records", n)
	}
}

func TestReadEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	for r := range Read(ctx, []string{Stdin, brokenFolder}, Options{Stdin: endless()}) {
		if r.Reject != nil {
			t.Fatalf("reject after the end: %v", r.Reject)
		}
		cancel()
	}
}

func TestRecordsNameTheirLines(t *testing.T) {
	t.Parallel()
	input := "\n" + fmt.Sprintf(oneSession, "a") + "\n{}\n" + strings.TrimSpace(fmt.Sprintf(oneSession, "b"))
	var got []string
	for r := range Read(t.Context(), []string{Stdin}, Options{Stdin: strings.NewReader(input)}) {
		got = append(got, fmt.Sprint(r.Line, r.Reject != nil))
	}
	if diff := cmp.Diff([]string{"2 false", "4 true", "5 false"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestAHugeLineIsSkippedAndTheNextOnesAreRead(t *testing.T) {
	huge := io.MultiReader(strings.NewReader(fmt.Sprintf(oneSession, "before")), strings.NewReader(`{"id":"`),
		io.LimitReader(forever("x"), 100<<20), strings.NewReader("\"}\n"+fmt.Sprintf(oneSession, "after")))
	before := heap()
	ids, rejects := all(t, Options{Stdin: huge, Limits: Limits{LineBytes: 1 << 20}}, Stdin)
	if diff := cmp.Diff([]string{"before", "after"}, ids); diff != "" {
		t.Error(diff)
	}
	if len(rejects) != 1 || rejects[0].Line != 2 {
		t.Errorf("rejects: %v", rejects)
	}
	if grown := heap().TotalAlloc - before.TotalAlloc; grown > 8<<20 {
		t.Errorf("allocated %d MiB for a line that is skipped", grown>>20)
	}
}

func TestMemoryDoesNotGrowWithTheFile(t *testing.T) {
	const size = 16 << 20
	csv := func() io.Reader {
		return io.MultiReader(strings.NewReader("session_id,role,text,start_ms\n"), io.LimitReader(&numbered{row: csvRows}, size))
	}
	for _, c := range []struct {
		name string
		r    io.Reader
	}{
		{"lines", io.LimitReader(&numbered{row: jsonRow}, 64<<20)},
		{"document", io.MultiReader(strings.NewReader("["), io.LimitReader(&numbered{row: jsonRow}, size))},
		{"tickets", io.MultiReader(strings.NewReader(`{"tickets":[`), io.LimitReader(&numbered{row: ticketRow}, size))},
		{"rows", csv()},
		{"text", io.LimitReader(&numbered{row: textRow}, size)},
	} {
		t.Run(c.name, func(t *testing.T) {
			before, n := heap(), 0
			var most uint64
			for range Read(t.Context(), []string{Stdin}, Options{Stdin: c.r}) {
				if n++; n%10_000 == 0 {
					most = max(most, heap().HeapAlloc)
				}
			}
			if n < 40_000 {
				t.Errorf("only %d records", n)
			}
			if grown := int64(most) - int64(before.HeapAlloc); grown > 16<<20 {
				t.Errorf("heap grew by %d MiB over %d records", grown>>20, n)
			}
		})
	}
}

// heap measures what is in use after collecting garbage.
func heap() runtime.MemStats {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m
}

func endless() io.Reader { return &numbered{row: jsonRow} }

func jsonRow(n int) string {
	return fmt.Sprintf(`{"id":"s-%d","channel":"chat","turns":[{"speaker":"customer","text":"Where is parcel %d? 还没收到","start_ms":0},`+
		`{"speaker":"agent","text":"您好，我马上为您查询，请稍等。","start_ms":4000},{"speaker":"customer","text":"Thanks","start_ms":9000}]}`+"\n", n, n)
}

func ticketRow(n int) string {
	return fmt.Sprintf(`{"tid":"s-%d","dialogue":[{"role":"客户","words":"还没收到包裹","begin":0,"end":900},`+
		`{"role":"客服","words":"我马上为您查询，请稍等一下好吗","begin":1000,"end":3000}]},`, n)
}

func csvRows(n int) string {
	return fmt.Sprintf("s-%d,customer,\"Where is parcel %d?\n还没收到\",0\ns-%d,agent,您好，我马上为您查询，请稍等。,4000\ns-%d,customer,Thanks,9000\n", n, n, n, n)
}

func textRow(n int) string {
	return fmt.Sprintf("=== s-%d ===\n[00:01] Customer: Where is parcel %d?\n还没收到\n[00:09] 客服：您好，我马上为您查询，请稍等。\n", n, n)
}

// numbered makes up a file, row by row.
type numbered struct {
	row  func(n int) string
	n    int
	rest string
}

func (g *numbered) Read(p []byte) (int, error) {
	if g.rest == "" {
		g.n++
		g.rest = g.row(g.n)
	}
	n := copy(p, g.rest)
	g.rest = g.rest[n:]
	return n, nil
}

// forever repeats a byte.
type forever string

func (f forever) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = f[0]
	}
	return len(p), nil
}

func BenchmarkRead(b *testing.B) {
	for _, c := range []struct {
		name, head string
		row        func(int) string
	}{
		{"jsonl", "", jsonRow},
		{"csv", "session_id,role,text,start_ms\n", csvRows},
		{"sca", `{"tickets":[`, ticketRow},
		{"text", "", textRow},
	} {
		b.Run(c.name, func(b *testing.B) {
			const size = 4 << 20
			var file strings.Builder
			file.WriteString(c.head)
			for n := 1; file.Len() < size; n++ {
				file.WriteString(c.row(n))
			}
			b.SetBytes(int64(file.Len()))
			b.ReportAllocs()
			for b.Loop() {
				for r := range Read(b.Context(), []string{Stdin}, Options{Stdin: strings.NewReader(file.String())}) {
					if r.Reject != nil && c.name != "sca" {
						b.Fatal(r.Reject)
					}
				}
			}
		})
	}
}
