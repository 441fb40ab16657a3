package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"assay/pipeline/store/storetest"
)

// newLibrary runs commands of "assay solution" on a database of its own.
func newLibrary(t *testing.T) func(stdin string, args ...string) result {
	t.Helper()
	url := storetest.New(t).Config().ConnString()
	return func(stdin string, args ...string) result {
		t.Helper()
		return assayIn(t, stdin, append(append([]string{"solution"}, args...), "--database-url", url)...)
	}
}

// done fails the test unless the command was done, and returns what it printed.
func done(t *testing.T, r result) string {
	t.Helper()
	if r.status != exitDone {
		t.Fatalf("status %d: %s%s", r.status, r.stdout, r.stderr)
	}
	return r.stdout
}

// hostileSolutions are as JSONL, in the order of their ids.
const hostileSolutions = `{"id":"../a","title":"=1+1","questions":["a|b","[c]"],"answer":"---\nid: b\n---\n\n## Questions\n- \"x\",y;z\t\n\n末😀","short_reply":"'+1","note":"## 内部备注","tags":["@x"],"stage":"guide","status":"draft"}
{"id":"B","title":"退款","answer":"مرحبا \u2028 x","product":"-p","region":"华东","customer_type":"enterprise","language":"zh-CN","valid_from":"2026-01-01T00:00:00.123456Z","valid_to":"2027-01-01T00:00:00Z","owner":"#o","review_by":"2026-12-31T00:00:00Z","reviewed_at":"2026-02-03T04:05:06Z","status":"retired"}
{"id":"b","title":"t","answer":"{{LONG}}","status":"published"}
`

// What is exported and imported again is the same, in every format, whichever
// format it was exported to before.
func TestExportAndImportChangeNothing(t *testing.T) {
	t.Parallel()
	solution := newLibrary(t)
	given := strings.Replace(hostileSolutions, "{{LONG}}", strings.Repeat("长\\n😀 ", 4_999)+"end.", 1)
	if got := done(t, solution(given, "import", "-")); got != "3 new, 0 changed, 0 the same\n" {
		t.Fatal(got)
	}
	folder := t.TempDir()
	for format, out := range map[string]string{"jsonl": "s.jsonl", "csv": "s.csv.gz", "markdown": "s"} {
		path := filepath.Join(folder, out)
		if got := done(t, solution("", "export", "--format", format, "--out", path)); got != "3 solutions in "+path+"\n" {
			t.Error(got)
		}
		if got := done(t, solution("", "import", path)); got != "0 new, 0 changed, 3 the same\n" {
			t.Errorf("%s: %s", format, got)
		}
		other := newLibrary(t)
		done(t, other("", "import", path))
		if diff := cmp.Diff(given, done(t, other("", "export", "--out", "-"))); diff != "" {
			t.Errorf("%s into an empty library: %s", format, diff)
		}
	}
	if got := done(t, solution("", "export", "--out", "-", "--status", "draft")); strings.Count(got, "\n") != 1 || !strings.Contains(got, `"../a"`) {
		t.Errorf("drafts only: %s", got)
	}
	if r := solution("", "export", "--format", "markdown", "--out", filepath.Join(folder, "s")); r.status != exitUsage {
		t.Errorf("exported into a folder that has files: %+v", r)
	}
}

func TestSolutionImportTellsWhatItWouldDo(t *testing.T) {
	t.Parallel()
	solution := newLibrary(t)
	done(t, solution("", "import", write(t, "s.csv", "id,title,answer,标签\na,Refund,Three days.,x\nb,Password,Use the link.,\n")))
	next := write(t, "s.csv", "id,title,answer,标签,状态\na,Refund,Four days.,y,\nb,Password,Use the link.,,\nc,New,Text.,,草稿\nd,,Text.,,\n")
	r := solution("", "import", "--dry-run", next)
	want := result{exitProblems, "changed  a: answer, tags\nnew      c\n1 new, 1 changed, 1 the same, 1 refused\nnothing was changed\n",
		next + ":5: field \"title\": missing or empty\n"}
	if diff := cmp.Diff(want, r, cmp.AllowUnexported(result{})); diff != "" {
		t.Error(diff)
	}
	r = solution("", "import", "--dry-run", "--json", next)
	wantJSON := `{"reject":{"file":"` + next + `","line":5,"id":"d","problems":[{"field":"title","reason":"missing or empty"}]}}
{"new":1,"changed":1,"same":1,"rejected":1,"dry_run":true,"changes":[{"id":"a","fields":["answer","tags"]},{"id":"c","new":true}]}
`
	if diff := cmp.Diff(wantJSON, r.stdout); diff != "" {
		t.Error(diff)
	}
	if r = solution("", "import", next); r.status != exitProblems || r.stdout != "1 new, 1 changed, 1 the same, 1 refused\n" {
		t.Errorf("%+v", r)
	}
}

func TestSolutionCommands(t *testing.T) {
	t.Parallel()
	solution := newLibrary(t)
	done(t, solution(`{"id":"a","title":"Refund","answer":"Three days.","owner":"ann"}`+"\n"+`{"id":"b","title":"Password","answer":"Use the link.","tags":["web"]}`, "import", "-"))
	moment := regexp.MustCompile(`\d{4}-\d\d-\d\d( \d\d:\d\d:\d\d)?`)
	steps := []struct {
		name, stdin string
		args        []string
		status      int
		want        string
	}{
		{"edit fields", "", []string{"edit", "a", "--by", "eve", "--set", "answer=Four days.", "--set", "questions=How long?|When?", "--why", "new rule"}, 0, "a: revision 2\n"},
		{"a dry run shows the change", "", []string{"edit", "a", "--set", "标签=x", "--set", "owner=", "--dry-run"}, 0, "tags: {+x+}\nowner: [-ann-]\nnothing was changed\n"},
		{"history", "", []string{"history", "a"}, 0, "   2  TIME  edit     eve: questions, answer (new rule)\n   1  TIME  import   tester\n"},
		{"diff", "", []string{"diff", "a"}, 0, "questions: {+How long?\nWhen?+}\nanswer: [-Three-]{+Four+} days.\n"},
		{"diff to a revision that there is not", "", []string{"diff", "a", "--to", "9"}, 2, ""},
		{"show", "", []string{"show", "a"}, 0, "---\nid: \"a\"\ntitle: \"Refund\"\nquestions:\n  - \"How long?\"\n  - \"When?\"\nowner: \"ann\"\nstatus: \"published\"\n---\n\nFour days.\n"},
		{"edit by file", "---\nid: a\ntitle: Refund\n---\nFive days.\n", []string{"edit", "a", "--file", "-"}, 0, "a: revision 3\n"},
		{"an edit of an older revision is refused", "", []string{"edit", "a", "--set", "title=x", "--revision", "2"}, 1, ""},
		{"restore", "", []string{"restore", "a", "1"}, 0, "a: revision 4\n"},
		{"a new one", "", []string{"edit", "c", "--new", "--set", "title=t", "--set", "answer=x", "--set", "status=草稿"}, 0, "c: revision 1\n"},
		{"an unknown one is not edited", "", []string{"edit", "d", "--set", "title=t"}, 2, ""},
		{"a value that is none", "", []string{"edit", "a", "--set", "status=live"}, 2, ""},
		{"a key that is none", "", []string{"edit", "a", "--set", "id=b"}, 2, ""},
		{"publish, and one that is not there", "", []string{"publish", "c", "zz"}, 1, "c: revision 2\n"},
		{"retire", "", []string{"retire", "c"}, 0, "c: revision 3\n"},
		{"review", "", []string{"review", "b", "--next", "2020-01-01"}, 0, "b: revision 2\n"},
		{"stale", "", []string{"stale", "--counts"}, 0, "     1  \n"},
		{"bulk tried", "", []string{"bulk", "--status", "published", "--set", "owner=bob", "--add-tag", "z", "--dry-run"}, 0, "a: tags, owner\nb: tags, owner\n2 solutions match, 2 change\nnothing was changed\n"},
		{"bulk", "", []string{"bulk", "--tag", "web", "--set", "owner=bob", "--remove-tag", "web"}, 0, "b: tags, owner\n1 solution matches, 1 changes\n"},
		{"bulk with an id that there is not is refused", "", []string{"bulk", "--id", "a,typo", "--set", "owner=eve"}, 1, "a: owner\n1 solution matches, 1 changes\nnothing was changed\n"},
		{"bulk of all is refused", "", []string{"bulk", "--set", "owner=bob"}, 2, ""},
		{"bulk of an unknown key", "", []string{"bulk", "--id", "a", "--set", "title=bob"}, 2, ""},
		{"list", "", []string{"list", "--order", "id", "--owner", "bob"}, 0, "b  published  Password    bob  TIME\n"},
		{"list with an unknown status", "", []string{"list", "--status", "live"}, 2, ""},
		{"export of an unknown format", "", []string{"export", "--format", "xml", "--out", "-"}, 2, ""},
		{"import of nothing", "", []string{"import", "no-such-file"}, 2, ""},
	}
	for _, s := range steps {
		args := s.args
		if args[0] == "import" {
			args = append(args, "--by", "tester")
		}
		r := solution(s.stdin, args...)
		got := strings.ReplaceAll(moment.ReplaceAllString(r.stdout, "TIME"), systemUser(), "tester")
		if r.status != s.status || s.want != "" && got != s.want {
			t.Errorf("%s: status %d, printed %q and %q, want %d and %q", s.name, r.status, got, r.stderr, s.status, s.want)
		}
	}
}

func TestSolutionListAsJSON(t *testing.T) {
	t.Parallel()
	solution := newLibrary(t)
	done(t, solution(`{"id":"a","title":"Refund","answer":"Three days."}`, "import", "-"))
	var got struct {
		ID       string
		Revision int
		By       string
		Stale    bool
		Opinions map[string]int
	}
	if err := json.Unmarshal([]byte(done(t, solution("", "list", "--json"))), &got); err != nil {
		t.Fatal(err)
	}
	if got.ID != "a" || got.Revision != 1 || got.By != systemUser() || got.Stale || len(got.Opinions) != 4 {
		t.Errorf("%+v", got)
	}
}

func TestReplaceFileLeavesTheOldOneWhenWritingFails(t *testing.T) {
	t.Parallel()
	solution := newLibrary(t)
	path := write(t, "s.jsonl", "old")
	if r := solution("", "export", "--out", path, "--validity", "never"); r.status != exitUsage {
		t.Errorf("%+v", r)
	}
	b, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(b, []byte("old")) {
		t.Errorf("%q, %v", b, err)
	}
}

func TestSolutionsAreStaleAfterDays(t *testing.T) {
	t.Parallel()
	solution := newLibrary(t)
	reviewed := time.Now().AddDate(0, 0, -40).Format(time.DateOnly)
	done(t, solution(`{"id":"a","title":"Refund","answer":"Three days.","owner":"ann","reviewed_at":"`+reviewed+`"}`, "import", "-"))
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"stale"}, ""},
		{[]string{"stale", "--stale-days", "30"}, "a  published  Refund"},
		{[]string{"stale", "--counts", "--stale-days", "30"}, "     1  ann\n"},
		{[]string{"list", "--stale"}, ""},
		{[]string{"list", "--stale", "--stale-days", "30"}, "a  published  Refund"},
		{[]string{"show", "a", "--json"}, `"stale":false`},
		{[]string{"show", "a", "--json", "--stale-days", "30"}, `"stale":true`},
		{[]string{"show", "a", "--json"}, `"uses":{"shown":0,"opened":0,"copied":0,"inserted":0},"complaints":[]`},
		{[]string{"bulk", "--stale", "--set", "owner=bob", "--dry-run"}, "0 solutions match"},
		{[]string{"bulk", "--stale", "--stale-days", "30", "--set", "owner=bob", "--dry-run"}, "1 solution matches"},
	} {
		r := solution("", c.args...)
		if r.status != exitDone || !strings.Contains(r.stdout, c.want) || c.want == "" && r.stdout != "" {
			t.Errorf("%v: %+v", c.args, r)
		}
	}
	if r := solution("", "stale", "--stale-days", "0"); r.status != exitUsage || !strings.Contains(r.stderr, "--stale-days: 0 is out of range") {
		t.Errorf("%+v", r)
	}
	if r := solution("", "show", "a"); !strings.Contains(r.stderr, "in 90 days shown 0 times") {
		t.Errorf("%+v", r)
	}
}
