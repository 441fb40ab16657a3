package knowledge

import (
	"bytes"
	"errors"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// each passes solutions on as a library does.
func each(solutions []Solution) iter.Seq2[Solution, error] {
	return func(yield func(Solution, error) bool) {
		for _, s := range solutions {
			if !yield(s, nil) {
				return
			}
		}
	}
}

// hostile are texts that formats must not trip over.
var hostile = []string{
	"---", "---\nid: other\n---\nanswer", "a\n---\nb", "a\n\n---", "...", "=1+1", "'=1+1", "''=1", "+86 10", "-1", "@SUM(A1)", "＝1+1",
	"\t=1", "a,b;c|d\te", `"quoted"`, `a "b`, `""`, "'", "line\nbreak", "a\r\nb\rc", "  blanks  ", "\u3000全角\u3000", "a|b", "a｜b", "[1]", `["a"]`,
	"[a, b]", "{a: b}", "&anchor", "*alias", "!!binary x", "# heading", "## Questions", "## 内部备注\n\n- x", "# t\n## short reply", "~", "null",
	"true", "0x10", "1e3", "2026-01-31", "a: b", "a #b", "%TAG", "\\n", `\u0041`, `C:\new`, "😀👨‍👩‍👧", "مرحبا", "\u202Eabc", "\u2028x\u2029y",
	"x\u0085y", "\uFEFFx", "x\uFEFF", "a\u00a0b", "\x01\x1b[31m", "\x7f", "\uFFFD", "\uFFFE", "<script>alert(1)</script>", "```\n## Questions\n```", "｜",
	"- item", "> quote", "`", "$HOME", "%s%d", "a\v\fb", "é", "e\u0301", "_id", "，；：", strings.Repeat("长", 500),
}

// hostileSolutions puts every text in every place.
func hostileSolutions() []Solution {
	var all []Solution
	for i, text := range hostile {
		s := Solution{
			ID: strings.Map(withoutControls, text), Title: text, Questions: []string{text, "q"}, Answer: text, ShortReply: text, Note: text,
			Tags: []string{text}, Product: text, Region: text, Owner: text,
		}
		s.ID = clean(clipBytes(s.ID, 150)) + string(rune('a'+i%26)) + strings.Repeat("z", i/26)
		s.Product, s.Region, s.Owner = clip(text, 200), clip(text, 200), clip(text, 200)
		s.Tags[0] = clip(text, 200)
		all = append(all, s)
	}
	long := full()
	long.ID, long.Answer = "long", strings.TrimSpace(strings.Repeat("# 长 \n---\n", 2_200))
	long.ShortReply, long.Stage, long.CustomerType, long.Status = "r", ConfirmNeed, "enterprise", Draft
	long.ReviewedAt = time.Date(2026, 2, 3, 4, 5, 6, 7_000, time.UTC)
	many := Solution{ID: "many", Title: "t", Answer: "a", Status: Retired}
	for i := range maxWordings {
		many.Questions = append(many.Questions, strings.Repeat(hostile[i%len(hostile)]+"?", 3))
	}
	return append(all, long, many)
}

func withoutControls(r rune) rune {
	if r < ' ' || r >= 0x7f && r < 0xa0 {
		return -1
	}
	return r
}

// readBack reads what was written, in the order of ids.
func readBack(t testing.TB, records iter.Seq[Record]) []Solution {
	t.Helper()
	var all []Solution
	for r := range records {
		if r.Reject != nil {
			t.Errorf("not read back: %v", r.Reject)
			continue
		}
		all = append(all, r.Solution.normal())
	}
	slices.SortFunc(all, byID)
	return all
}

func byID(a, b Solution) int { return strings.Compare(a.ID, b.ID) }

// normals are solutions as they are kept, in the order of ids.
func normals(all []Solution) []Solution {
	out := make([]Solution, len(all))
	for i := range all {
		out[i] = all[i].normal()
	}
	slices.SortFunc(out, byID)
	return out
}

func TestEveryFormatGivesSolutionsBackAsTheyWere(t *testing.T) {
	t.Parallel()
	all := hostileSolutions()
	for name, write := range map[Format]func(*bytes.Buffer) (int, error){
		JSONL: func(b *bytes.Buffer) (int, error) { return WriteJSONL(b, each(all)) },
		CSV:   func(b *bytes.Buffer) (int, error) { return WriteCSV(b, each(all)) },
	} {
		t.Run(string(name), func(t *testing.T) {
			t.Parallel()
			var b bytes.Buffer
			if n, err := write(&b); n != len(all) || err != nil {
				t.Fatalf("%d of %d written, error %v", n, len(all), err)
			}
			if diff := cmp.Diff(normals(all), readBack(t, Read(&b, "f", ReadOptions{}))); diff != "" {
				t.Error(diff)
			}
		})
	}
	t.Run(string(Markdown), func(t *testing.T) {
		t.Parallel()
		folder := filepath.Join(t.TempDir(), "new", "folder")
		if n, err := WriteMarkdown(folder, each(all)); n != len(all) || err != nil {
			t.Fatalf("%d of %d written, error %v", n, len(all), err)
		}
		if diff := cmp.Diff(normals(all), readBack(t, ReadFiles([]string{folder}, nil, ReadOptions{}))); diff != "" {
			t.Error(diff)
		}
	})
}

func TestWritingIsTheSameEveryTime(t *testing.T) {
	t.Parallel()
	var first, second bytes.Buffer
	for _, b := range []*bytes.Buffer{&first, &second} {
		if _, err := WriteCSV(b, each(hostileSolutions())); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(first.Bytes(), second.Bytes()) {
		t.Error("the same solutions give different files")
	}
}

func TestWriteCSV(t *testing.T) {
	t.Parallel()
	s := Solution{ID: "-1", Title: `=HYPERLINK("http://x")`, Questions: []string{"一", "二"}, Answer: "'=x", Tags: []string{"a|b"}, Owner: "zoë"}
	var b bytes.Buffer
	if _, err := WriteCSV(&b, each([]Solution{s})); err != nil {
		t.Fatal(err)
	}
	want := "\uFEFFid,title,questions,answer,short_reply,note,tags,product,region,customer_type,language,stage,valid_from,valid_to,owner,review_by,reviewed_at,status\r\n" +
		`"'-1","'=HYPERLINK(""http://x"")","一` + "\n" + `二","''=x",,,"[""a|b""]",,,,,,,,zoë,,,published` + "\r\n"
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Error(diff)
	}
}

func TestWriteMarkdown(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	s := full()
	s.Answer = "三天。\n\n## Questions\n\nNone."
	s.Questions, s.Tags = nil, nil
	if _, err := WriteMarkdown(folder, each([]Solution{s})); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(filepath.Join(folder, "s-1.md"))
	if err != nil {
		t.Fatal(err)
	}
	want := `---
id: "s-1"
title: "退款 \"多久\" 到账"
questions: []
short_reply: "三天到账。"
note: "勿外传"
product: "退款"
region: "华东"
customer_type: "enterprise"
language: "zh-CN"
stage: "explain_solution"
valid_from: "2025-12-31T16:00:00.123456Z"
valid_to: "2027-01-01T00:00:00Z"
owner: "after-sales"
review_by: "2026-12-31"
reviewed_at: "2026-02-01T09:00:00.123456Z"
status: "draft"
---

三天。

## Questions

None.
`
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Error(diff)
	}
	if _, err := WriteMarkdown(folder, each([]Solution{s})); !errors.Is(err, ErrNotEmpty) {
		t.Errorf("a folder with files was written to: %v", err)
	}
}

func TestFileNamesAreSafe(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, id, want string }{
		{"plain", "refund-1.2_a", "refund-1.2_a.md"},
		{"Chinese", "退款-1", "退款-1.md"},
		{"a path", "../../etc/passwd", "etc-passwd~"},
		{"upper case, which some file systems do not know", "FAQ-1", "FAQ-1~"},
		{"hidden", ".git", "git~"},
		{"a device", "con.x", "con.x~"},
		{"a device with a number", "lpt1", "lpt1~"},
		{"nothing plain in it", "😀", "solution~"},
		{"too long", strings.Repeat("款", 60), "款款"},
		{"a blank", "a b", "a-b~"},
		{"a stream", "a:b", "a-b~"},
		{"a letter that is composed in two ways", "é", "solution~"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := fileName(tt.id)
			if !strings.HasPrefix(got, tt.want) || !fs.ValidPath(got) || len(got) > 130 || strings.ContainsAny(got, `/\:*?"<>| `) {
				t.Errorf("file of %q is %q", tt.id, got)
			}
		})
	}
	if fileName("A") == fileName("a") || strings.EqualFold(fileName("AB"), fileName("Ab")) {
		t.Error("two solutions have one file where file systems know no case")
	}
}

func TestWritingEndsWithTheFirstError(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	failing := func(yield func(Solution, error) bool) {
		_ = yield(full(), nil) && yield(Solution{}, broken)
	}
	var b bytes.Buffer
	if n, err := WriteJSONL(&b, failing); n != 1 || !errors.Is(err, broken) {
		t.Errorf("%d written, error %v", n, err)
	}
	if n, err := WriteMarkdown(t.TempDir(), failing); n != 1 || !errors.Is(err, broken) {
		t.Errorf("%d written, error %v", n, err)
	}
}

// Whatever can be read is written so that it reads back the same, in any format.
func FuzzWrite(f *testing.F) {
	for _, text := range hostile {
		f.Add(text, text, text)
	}
	f.Fuzz(func(t *testing.T, line, text, item string) {
		given := Solution{ID: "i", Title: line, Answer: text, Note: text, ShortReply: line, Questions: []string{item, "q"}, Tags: []string{line}}
		var b bytes.Buffer
		if _, err := WriteJSONL(&b, each([]Solution{given})); err != nil {
			t.Fatal(err)
		}
		var want []Solution
		for r := range Read(&b, "f", ReadOptions{Format: JSONL}) {
			if r.Solution == nil {
				return // nothing that a library holds
			}
			want = append(want, r.Solution.normal())
		}
		b.Reset()
		if _, err := WriteCSV(&b, each(want)); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, readBack(t, Read(&b, "f", ReadOptions{}))); diff != "" {
			t.Error(diff)
		}
		folder := t.TempDir()
		if _, err := WriteMarkdown(folder, each(want)); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, readBack(t, ReadFiles([]string{folder}, nil, ReadOptions{}))); diff != "" {
			t.Error(diff)
		}
	})
}
