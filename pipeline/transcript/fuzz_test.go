package transcript

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"
)

// rowsOf reads all rows of a file, cells parted by bars, mistakes after a mark.
func rowsOf(file string) (all []string) {
	r := &rows{lines: &lines{r: bufio.NewReader(strings.NewReader(file)), limit: 1 << 20}, comma: ','}
	for {
		row, err := r.next()
		switch {
		case err != nil:
			return all
		case row.wrong != "":
			all = append(all, "!"+row.wrong)
		default:
			all = append(all, strings.Join(row.cells, "|"))
		}
	}
}

// seed adds the small samples to a fuzz test, unpacked.
func seed(f *testing.F) {
	f.Helper()
	files := brokenFiles(f)
	samples, err := filepath.Glob(filepath.Join(formatsFolder, "*.*"))
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range append(files, samples...) {
		if info, err := os.Stat(path); err != nil || info.Size() > 16<<10 || strings.HasSuffix(path, ".golden") {
			continue
		}
		b := []byte(read(f, path))
		if z, err := gzip.NewReader(bytes.NewReader(b)); err == nil {
			// what a broken file still gives is a sample too
			b, _ = io.ReadAll(io.LimitReader(z, 16<<10))
		}
		f.Add(b)
	}
}

// fuzz reads whatever comes as format: every record is a checked session or a
// reject that can be written and, unmended, is not read as a session.
func fuzz(f *testing.F, format Format) {
	seed(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		o := Options{Format: format, Limits: Limits{LineBytes: 4 << 10, Turns: 50, TurnRunes: 1000}, Stdin: bytes.NewReader(b)}
		n := 0
		for r := range Read(t.Context(), []string{Stdin}, o) {
			n++
			if r.Reject == nil {
				checkSession(t, r.Session, o.Limits)
				continue
			}
			if r.Reject.Reason == "" || r.Reject.Line < 0 {
				t.Fatalf("reject without reason or place: %+v", r.Reject)
			}
			checkWritten(t, r.Reject)
		}
		if n == 0 {
			t.Fatalf("neither session nor reject")
		}
	})
}

func checkSession(t *testing.T, s *Session, l Limits) {
	t.Helper()
	if err := s.Check(l); err != nil {
		t.Fatalf("session with problems: %v", err)
	}
	encoded, _, err := s.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if !utf8.Valid(encoded) {
		t.Fatalf("session is not UTF-8: %q", encoded)
	}
	_, rejects := all(t, Options{Format: JSONL, Stdin: bytes.NewReader(encoded)}, Stdin)
	if len(rejects) > 0 {
		t.Fatalf("the session's own JSON %s is rejected: %v", encoded, rejects)
	}
}

func checkWritten(t *testing.T, r *Reject) {
	t.Helper()
	var b bytes.Buffer
	if err := WriteReject(&b, r); err != nil {
		t.Fatal(err)
	}
	if bytes.Count(b.Bytes(), []byte("\n")) != 1 || !json.Valid(b.Bytes()) {
		t.Fatalf("written reject is not one line of JSON: %q", b.Bytes())
	}
}

func FuzzJSONL(f *testing.F) { fuzz(f, JSONL) }
func FuzzCSV(f *testing.F)   { fuzz(f, CSV) }
func FuzzText(f *testing.F)  { fuzz(f, Text) }
func FuzzSCA(f *testing.F)   { fuzz(f, SCA) }
func FuzzAny(f *testing.F)   { fuzz(f, "") }
