package knowledge

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/simplifiedchinese"
)

// one reads a text that is one solution.
func one(t *testing.T, text, name string, o ReadOptions) Solution {
	t.Helper()
	var all []Solution
	for r := range Read(strings.NewReader(text), name, o) {
		if r.Reject != nil {
			t.Fatal(r.Reject)
		}
		all = append(all, *r.Solution)
	}
	if len(all) != 1 {
		t.Fatalf("%d solutions", len(all))
	}
	return all[0]
}

func TestReadCSV(t *testing.T) {
	t.Parallel()
	beijing := time.FixedZone("Asia/Shanghai", 8*60*60)
	refund := Solution{ID: "a", Title: "退款", Answer: "三天。"}
	with := func(change func(s *Solution)) Solution {
		s := refund
		change(&s)
		return s
	}
	gb, err := simplifiedchinese.GB18030.NewEncoder().String("编号,标题,答案\na,退款,三天。\n")
	if err != nil {
		t.Fatal(err)
	}
	const head = "编号,标题,答案"
	tests := []struct {
		name, text string
		want       Solution
	}{
		{"Chinese names of columns", head + "\na,退款,三天。\n", refund},
		{"names in any case and width, with blanks", "ＩＤ, Title ,ANSWER,Customer Type\na,退款,三天。,enterprise\n", with(func(s *Solution) { s.CustomerType = "enterprise" })},
		{"GB18030", gb, refund},
		{"byte order mark and semicolons", "\uFEFF编号;标题;答案\r\na;退款;三天。\r\n", refund},
		{"tabs", "id\ttitle\tanswer\na\t退款\t三天。\n", refund},
		{"bars", "id|title|answer\na|退款|三天。\n", refund},
		{"a cell of several lines", head + "\r\na,退款,\"三天。\r\n\r\n\"\"假日\"\"除外。\"\r\n", with(func(s *Solution) { s.Answer = "三天。\n\n\"假日\"除外。" })},
		{"lists in lines", head + ",相似问\na,退款,三天。,\"多久?\n 几天?\n\"\n", with(func(s *Solution) { s.Questions = []string{"多久?", "几天?"} })},
		{"lists with bars", head + ",标签\na,退款,三天。,退款| 银行 |\n", with(func(s *Solution) { s.Tags = []string{"退款", "银行"} })},
		{"lists as JSON", head + ",标签\na,退款,三天。,\"[\"\"a|b\"\",\"\"c\"\"]\"\n", with(func(s *Solution) { s.Tags = []string{"a|b", "c"} })},
		{"a bracket that is no JSON", head + ",标签\na,退款,三天。,[急]\n", with(func(s *Solution) { s.Tags = []string{"[急]"} })},
		{"lists in numbered columns", head + ",question_1,question_2,相似问3\na,退款,三天。,多久?,,几天?\n", with(func(s *Solution) { s.Questions = []string{"多久?", "几天?"} })},
		{"an apostrophe against formulas", head + "\na,退款,'=三天。\n", with(func(s *Solution) { s.Answer = "=三天。" })},
		{"an apostrophe of its own", head + "\na,退款,'三天。'\n", with(func(s *Solution) { s.Answer = "'三天。'" })},
		{"words and dates of people", head + ",状态,语言,失效日期,生效日期,下次复核\na,退款,三天。,已下线,英语,2026/12/31,2026年1月2日 9:30,2026-6-1\n",
			with(func(s *Solution) {
				s.Status, s.Language = Retired, "en"
				s.ValidFrom, s.ValidTo = time.Date(2026, 1, 2, 9, 30, 0, 0, beijing), time.Date(2027, 1, 1, 0, 0, 0, 0, beijing)
				s.ReviewBy = time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
			})},
		{"questions are the title where there is none", "编号,问题,相似问,回复,分类\na,退款,多久?,三天。,售后\n",
			with(func(s *Solution) { s.Questions, s.Tags = []string{"多久?"}, []string{"售后"} })},
		{"questions are wordings beside a title", "编号,标题,问题,答\na,退款,多久?,三天。\n", with(func(s *Solution) { s.Questions = []string{"多久?"} })},
		{"question in English", "id,question,answer\na,退款,三天。\n", refund},
		{"a number of the row beside an id", "序号,编号,标题,答案\n1,a,退款,三天。\n", refund},
		{"columns of its own", head + ",_note,x_team\na,退款,三天。,1,2\n", refund},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, one(t, tt.text, "f", ReadOptions{})); diff != "" {
				t.Error(diff)
			}
		})
	}
	if diff := cmp.Diff(refund, one(t, head+",创建人\na,退款,三天。,李\n", "f", ReadOptions{SkipUnknown: true})); diff != "" {
		t.Errorf("unknown columns are not passed over where that is asked for: %s", diff)
	}
}

func TestReadMarkdown(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, text string
		want       Solution
	}{
		{"only text: title from the heading, id from the name", "\n# Refund #\n\nThree days.\n",
			Solution{ID: "refund", Title: "Refund", Answer: "Three days."}},
		{"front matter, and marks like its own in the answer", "---\nid: 017\ntitle: Refund\ntags: [1, yes, 2026-01-31]\n---\n# Not the title\n---\nThree days.\n",
			Solution{ID: "017", Title: "Refund", Tags: []string{"1", "yes", "2026-01-31"}, Answer: "# Not the title\n---\nThree days."}},
		{"Chinese keys and words", "---\n标题: 退款\n状态: 草稿\n相似问:\n  - 多久\n---\n三天。\n",
			Solution{ID: "refund", Title: "退款", Status: Draft, Questions: []string{"多久"}, Answer: "三天。"}},
		{"sections", "# 退款\n\n三天。\n\n## 相似问\n- 多久\n* 几天\n\n## 短回复\n三天\n\n## Internal note\n不要\n承诺\n\n## 例外\n假日。\n",
			Solution{ID: "refund", Title: "退款", Questions: []string{"多久", "几天"}, ShortReply: "三天", Note: "不要\n承诺", Answer: "三天。\n\n## 例外\n假日。"}},
		{"a heading stays in the answer when the front matter has its key", "---\ntitle: t\nquestions: []\nnote:\n---\n## Questions\nx\n## 内部备注\ny\n",
			Solution{ID: "refund", Title: "t", Answer: "## Questions\nx\n## 内部备注\ny"}},
		{"a heading in a code block is none", "# t\n````\n```\n## Questions\n````\n",
			Solution{ID: "refund", Title: "t", Answer: "````\n```\n## Questions\n````"}},
		{"literal text in the front matter", "---\r\ntitle: t\r\nanswer: |\r\n  one\r\n  two\r\n---\r\n", Solution{ID: "refund", Title: "t", Answer: "one\ntwo"}},
		{"front matter of comments", "---\n# nothing\n---\n# t\nx", Solution{ID: "refund", Title: "t", Answer: "x"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, one(t, tt.text, "some/refund.md", ReadOptions{})); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// lay writes files into a folder of its own.
func lay(t *testing.T, files map[string]string) string {
	t.Helper()
	folder := t.TempDir()
	for name, text := range files {
		path := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

func TestReadFolder(t *testing.T) {
	t.Parallel()
	outside := lay(t, map[string]string{"secret.md": "# secret\nx", "folder/b.md": "# secret\nx"})
	folder := lay(t, map[string]string{
		"z.md": "# z\nx", "deep/er/A.MARKDOWN": "# a\nx", "list.jsonl": `{"id":"l","title":"t","answer":"x"}`,
		".hidden.md": "# hidden\nx", ".git/config.md": "# hidden\nx", "picture.png": "x",
	})
	for link, target := range map[string]string{
		"out.md": filepath.Join(outside, "secret.md"), "outer": filepath.Join(outside, "folder"),
		"up.md": "../" + filepath.Base(outside) + "/secret.md", "within.md": "deep/er/A.MARKDOWN", "gone.md": "nothing.md",
	} {
		if err := os.Symlink(target, filepath.Join(folder, link)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(folder, "folder.md"), 0o755); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name   string
		format Format
		want   string
	}{
		{"every format", "", `deep/er/A.MARKDOWN: solution "deep/er/A"
gone.md: not read: no such file or directory
list.jsonl:1: solution "l"
out.md: not read: path escapes from parent
up.md: not read: path escapes from parent
within.md: solution "within"
z.md: solution "z"
`},
		{"one format", JSONL, "list.jsonl:1: solution \"l\"\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := listing(ReadFiles([]string{folder}, nil, ReadOptions{Format: tt.format}))
			if diff := cmp.Diff(tt.want, strings.ReplaceAll(got, folder+"/", "")); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestReadFiles(t *testing.T) {
	t.Parallel()
	folder := lay(t, map[string]string{"a": `{"id":"1","title":"t","answer":"x"}`, "b": "id,title,answer\n1,t,x\n2,t,x\n"})
	a, b := filepath.Join(folder, "a"), filepath.Join(folder, "b")
	tests := []struct {
		name  string
		paths []string
		o     ReadOptions
		want  string
	}{
		{"formats by content, and an id in two files", []string{a, b}, ReadOptions{},
			"a:1: solution \"1\"\nb:2: field \"id\": \"1\" stands in a:1 already\nb:3: solution \"2\"\n"},
		{"standard input", []string{Stdin}, ReadOptions{}, "standard input:1: solution \"0\"\n"},
		{"no file", []string{filepath.Join(folder, "c")}, ReadOptions{}, "c: no such file or directory\n"},
		{"another format than it is", []string{a}, ReadOptions{Format: Markdown},
			"a: field \"title\": missing; allowed: title in the front matter, or \"# Title\" as the first line of the text\n"},
		{"a format that is none", []string{a}, ReadOptions{Format: "xml"}, "a: unknown format \"xml\"; allowed: jsonl, csv, markdown\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			stdin := strings.NewReader(`{"_id":"0","title":"","text":"x","entity":"hotel"}`)
			got := listing(ReadFiles(tt.paths, stdin, tt.o))
			if diff := cmp.Diff(tt.want, strings.ReplaceAll(got, folder+"/", "")); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestFormatOf(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, file, sample string
		want               Format
	}{
		{"JSON lines", "x", `  {"id":1}`, JSONL},
		{"JSON lines under another name", "x.csv", `{"id":1}`, JSONL},
		{"a table under another name", "x.json", "编号,标题,答案\n", CSV},
		{"a table without the columns", "x.CSV", "a,b\n", CSV},
		{"a packed table", "x.tsv.gz", "a\tb\n", CSV},
		{"Markdown by its name", "x.md", `{"id":1}`, Markdown},
		{"Markdown by its front matter", "x", "---\nid: a\n---\n", Markdown},
		{"nothing", "x.csv", "", JSONL},
		{"text with commas", "x", "hello, title, world", JSONL},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := formatOf(tt.file, tt.sample); got != tt.want {
				t.Errorf("format %q, want %q", got, tt.want)
			}
		})
	}
}
