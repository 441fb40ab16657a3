package transcript

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const formatsFolder = "../../testdata/formats"

// sessions reads paths and returns the canonical JSON of all sessions, a line
// each; a reject fails the test.
func sessions(t testing.TB, o Options, paths ...string) string {
	t.Helper()
	var b strings.Builder
	for r := range Read(t.Context(), paths, o) {
		if r.Reject != nil {
			t.Errorf("unexpected reject: %v", r.Reject)
			continue
		}
		line, _, err := r.Session.Encode()
		if err != nil {
			t.Fatal(err)
		}
		b.Write(append(line, '\n'))
	}
	return b.String()
}

func TestEveryFormatGivesTheCanonicalSessions(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ file, golden string }{
		{"canonical.jsonl", "canonical.golden"},
		{"canonical-bom.jsonl", "canonical.golden"},
		{"canonical-crlf.jsonl", "canonical.golden"},
		{"canonical-utf16le.jsonl", "canonical.golden"},
		{"canonical-utf16be.jsonl", "canonical.golden"},
		{"canonical-utf16le-no-bom.jsonl", "canonical.golden"},
		{"canonical-gb18030.jsonl", "canonical.golden"},
		{"canonical.jsonl.gz", "canonical.golden"},
		{"canonical-gb18030.jsonl.gz", "canonical.golden"},
		{"canonical-list.json", "canonical.golden"},
		{"canonical-pretty.json", "canonical.golden"},
		{"chinese.csv", "chinese-csv.golden"},
		{"chinese-bom.csv", "chinese-csv.golden"},
		{"chinese-gb18030.csv", "chinese-csv.golden"},
		{"chinese-utf16.csv", "chinese-csv.golden"},
		{"english.csv", "english-csv.golden"},
		{"offsets.tsv", "offsets-tsv.golden"},
		{"mapped.csv", "mapped-csv.golden"},
		{"plain.txt", "plain-txt.golden"},
		{"timed.txt", "timed-txt.golden"},
		{"bracketed.txt", "bracketed-txt.golden"},
		{"tickets.json", "tickets.golden"},
		{"tickets-list.json", "tickets-list.golden"},
		{"several-agents.jsonl", "several-agents.golden"},
		{"several-agents.csv", "several-agents-csv.golden"},
		{"several-agents.json", "several-agents-tickets.golden"},
	} {
		t.Run(c.file, func(t *testing.T) {
			t.Parallel()
			got := sessions(t, Options{Mapping: mappingOf(t, c.file)}, filepath.Join(formatsFolder, c.file))
			golden := filepath.Join(formatsFolder, c.golden)
			if *update {
				write(t, golden, got)
			}
			if diff := cmp.Diff(read(t, golden), got); diff != "" {
				t.Errorf("sessions (-want +got):\n%s", diff)
			}
		})
	}
}

// mappingOf is the mapping file beside a sample, nil when there is none.
func mappingOf(t testing.TB, file string) *Mapping {
	t.Helper()
	path := filepath.Join(formatsFolder, strings.TrimSuffix(file, filepath.Ext(file))+".yaml")
	if _, err := os.Stat(path); err != nil {
		return nil
	}
	m, err := ReadMapping(path)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestPlainTextInGB18030DiffersOnlyInItsName(t *testing.T) {
	t.Parallel()
	utf8 := sessions(t, Options{}, filepath.Join(formatsFolder, "plain.txt"))
	gb := sessions(t, Options{}, filepath.Join(formatsFolder, "plain-gb18030.txt"))
	if diff := cmp.Diff(utf8, strings.ReplaceAll(gb, "plain-gb18030", "plain")); diff != "" {
		t.Error(diff)
	}
}

func TestRecognitionGoesByContentThenByExtension(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, file, sample string
		want               Format
	}{
		{"canonical line", "x.dat", `{"id":"1","turns":[]}`, JSONL},
		{"list", "x.dat", ` [{"id":"1"}]`, JSONL},
		{"canonical with tickets in its text", "x.json", `{"turns":[{"text":"\"tickets\":["}]}`, JSONL},
		{"tickets", "x.jsonl", `{"business":"x","tickets":[`, SCA},
		{"bare ticket", "x.jsonl", `{"tid":"x","dialogue" : [`, SCA},
		{"comma", "x.txt", "session_id,role,text\n", CSV},
		{"tab and quotes", "x.dat", "\"会话ID\"\t\"角色\"\t\"内容\"\n", CSV},
		{"text", "x.csv", "客服：您好\n", Text},
		{"text after a title", "x.dat", "=== 7 ===\n[00:01] Agent: hi\n", Text},
		{"broken header", "x.csv", "a,b,c\n1,2,3\n", CSV},
		{"nothing said", "x.txt.gz", "hello\n", Text},
		{"unknown", "x.pdf", "hello\n", ""},
		{"empty", "x.bin", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f, _ := recognise("", c.file, []byte(c.sample))
			if f.name != c.want {
				t.Errorf("recognised %q, want %q", f.name, c.want)
			}
		})
	}
}
