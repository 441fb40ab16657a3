package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRedactMistakesAndMessages(t *testing.T) {
	t.Parallel()
	session := write(t, "s.jsonl", `{"id":"s1","channel":"chat","turns":[{"speaker":"customer","text":"我的手机是13812345678"},{"speaker":"agent","text":"幺三八一二三四五六七八对吗"}]}`+"\n")
	mixed := write(t, "mixed.jsonl", `{"id":"s1","channel":"chat","turns":[{"speaker":"customer","text":"hi"}]}`+"\n{}\n")
	plain := write(t, "notes.txt", "call 415-555-2671\n\nthanks\n")
	spoken := write(t, "call.txt", "客服: 您好\n客户: 卡号6222020200012345678\n")
	policy := write(t, "p.yaml", "redaction: p\nmodel: [email]\npages: {reviewer: [phone]}\n")
	bad := write(t, "bad.yaml", "redaction: p\nmodel: [phnoe]\n")
	settings := write(t, "assay.yaml", "redaction: "+policy+"\n")
	empty := write(t, "empty.txt", "")
	for _, c := range []struct {
		name   string
		args   []string
		status int
		says   string
	}{
		{"a session", []string{session}, 0, "=== s1 ===\ncustomer: 我的手机是<手机1>\n    <手机1> phone, bytes 15–26, 0.97: cue and form of a Chinese mobile number\nagent: <手机1>对吗\n"},
		{"a summary", []string{session}, 0, "2 texts, 2 places redacted for model (rules "},
		{"plain lines are recognised", []string{plain}, 0, "call <PHONE_1>\n    <PHONE_1> phone, bytes 5–17, 0.90: groups of a North American number\nthanks\n"},
		{"a transcript in a text file", []string{spoken}, 0, "customer: 卡号<银行卡1>"},
		{"lines of a file of sessions", []string{"--lines", session}, 0, `{"id":"s1"`},
		{"a policy", []string{"--redaction", policy, session}, 0, "我的手机是13812345678"},
		{"a role", []string{"--redaction", policy, "--for", "reviewer", session}, 0, "我的手机是<手机1>"},
		{"a role that the policy does not name", []string{"--redaction", policy, "--for", "agent", session}, 0, "我的手机是13812345678"},
		{"a policy of the configuration", []string{"--config", settings, session}, 0, "我的手机是13812345678"},
		{"an unknown role", []string{"--redaction", policy, "--for", "boss", session}, 2, `--for: unknown audience "boss"; allowed: model, export, default, agent, reviewer, supervisor, admin`},
		{"a mistake in a policy", []string{"--redaction", bad, session}, 2, `bad.yaml:2:9: model[0]: unknown value "phnoe"; did you mean "phone"?`},
		{"a bad record among good ones", []string{mixed}, 1, "mixed.jsonl:2"},
		{"a missing file", []string{"no-such-file.txt"}, 1, "no-such-file.txt"},
		{"an empty file", []string{empty}, 1, "empty"},
		{"lines of a format", []string{"--lines", "--format", "csv", plain}, 2, "--lines and --format exclude each other"},
		{"no path", nil, 2, "<path>"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := assay(t, append([]string{"redact"}, c.args...)...)
			if got.status != c.status || !strings.Contains(got.stdout+got.stderr, c.says) {
				t.Errorf("exit status %d, want %d and %q:\n%s%s", got.status, c.status, c.says, got.stdout, got.stderr)
			}
		})
	}
}

func TestRedactPrintsJSON(t *testing.T) {
	t.Parallel()
	got := assayIn(t, "我的手机是13812345678\nok\n", "redact", "--json", "-")
	want := `{"file":"-","line":1,"turn":0,"text":"我的手机是<手机1>","spans":[{"start":15,"end":26,"type":"phone","tag":"<手机1>","confidence":0.97,"reason":"cue and form of a Chinese mobile number"}]}
{"file":"-","line":2,"turn":0,"text":"ok","spans":[]}
`
	if diff := cmp.Diff(result{0, want, ""}, got, cmp.AllowUnexported(result{})); diff != "" {
		t.Error(diff)
	}
}

func TestRedactReadsSessionsFromStandardInput(t *testing.T) {
	t.Parallel()
	got := assayIn(t, `{"id":"s1","channel":"chat","turns":[{"speaker":"customer","text":"打13812345678"}]}`, "redact", "-")
	if got.status != 0 || !strings.Contains(got.stdout, "customer: 打<手机1>") {
		t.Errorf("exit status %d:\n%s%s", got.status, got.stdout, got.stderr)
	}
}

// TestRedactPrintsNoOriginals holds that what was redacted is nowhere in the output.
func TestRedactPrintsNoOriginals(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"redact", "-"}, {"redact", "--json", "-"}} {
		got := assayIn(t, "my name is Jane Miller, card 4111111111111111\n", args...)
		for _, secret := range []string{"Jane", "Miller", "4111"} {
			if got.status != 0 || strings.Contains(got.stdout+got.stderr, secret) {
				t.Errorf("%v: exit status %d, %q is printed:\n%s%s", args, got.status, secret, got.stdout, got.stderr)
			}
		}
	}
}

func TestEvalRedaction(t *testing.T) {
	t.Parallel()
	texts := write(t, "texts.jsonl", `{"id":"1","text":"é 415-555-2671 and more","spans":[{"start":2,"end":14,"type":"PHONE_NUMBER"}]}
{"id":"2","text":"Zqx is here, 4111111111111111","spans":[{"start":0,"end":3,"type":"PERSON"},{"start":4,"end":6,"type":"NRP"}]}
{"id":"3","text":"since 7/8/1991, born 5/6/1990","spans":[{"start":6,"end":14,"type":"DATE_TIME"},{"start":21,"end":29,"type":"DATE_TIME"}]}
`)
	cases := write(t, "cases.jsonl", `{"id":"c1","text":"手机13812345678","type":"PHONE_NUMBER","count":1}
{"id":"c2","text":"编号A4111111111111111","type":"BANK_CARD","count":1}
{"id":"c3","text":"手机13812345678","type":"phone","count":1}
`)
	got := assay(t, "eval", "redaction", "--json", "--errors", "5", texts, cases)
	if got.status != 0 {
		t.Fatalf("exit status %d:\n%s", got.status, got.stderr)
	}
	var figures struct {
		Types []redactionRow
		Cases int `json:"cases"`
		Right int `json:"cases_right"`
		Lost  int `json:"lost_characters"`
		Plain int `json:"plain_characters"`
	}
	if err := json.Unmarshal([]byte(got.stdout), &figures); err != nil {
		t.Fatal(err)
	}
	counts := map[string][5]int{}
	for _, r := range figures.Types {
		counts[string(r.Type)] = [5]int{r.Marked, r.Found, r.Covered, r.Redacted, r.Right}
	}
	want := map[string][5]int{"phone": {1, 1, 1, 1, 1}, "person": {1, 0, 0, 0, 0}, "bank_card": {0, 0, 0, 1, 0}, "birth_date": {1, 1, 1, 1, 1}}
	if diff := cmp.Diff(want, counts); diff != "" {
		t.Error(diff)
	}
	if figures.Cases != 3 || figures.Right != 2 || figures.Lost != 16 || figures.Plain != 39 {
		t.Errorf("cases %d, right %d, lost %d of %d", figures.Cases, figures.Right, figures.Lost, figures.Plain)
	}
	for _, says := range []string{`person: 2: missed "Zqx"`, `bank_card: 2: redacted "4111111111111111"`, "bank_card: c2: 0 of bank_card, want 1"} {
		if !strings.Contains(got.stderr, says) {
			t.Errorf("does not say %q:\n%s", says, got.stderr)
		}
	}
	if table := assay(t, "eval", "redaction", texts, cases); !strings.Contains(table.stdout, "2 of 3 counted cases right") || !strings.Contains(table.stdout, "phone") {
		t.Errorf("table:\n%s", table.stdout)
	}
}

func TestEvalRedactionMistakes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, src, says string }{
		{"no JSON", "hello\n", "record 1"},
		{"a span outside", `{"text":"hi","spans":[{"start":1,"end":5,"type":"PERSON"}]}`, "record 1: span [1, 5) is none of a text of 2 characters"},
		{"nothing marked", `{"text":"hi"}`, "no line has text with spans"},
		{"a quote that is none", `{"turns":[{"speaker":"agent","text":"hi"},{"speaker":"customer","text":"ho","spans":[{"quote":"hi","type":"phone"}]}]}`, `record 1: turn 1: the text has no "hi"`},
		{"a type that is none", `{"text":"hi","spans":[{"quote":"hi","type":"phnoe"}]}`, `record 1: unknown type "phnoe"; did you mean "phone"?; allowed: phone, email, id_card`},
		{"a type in capitals that is none", `{"text":"hi","spans":[{"quote":"hi","type":"PHONE_NUMBR"}]}`, `record 1: unknown type "PHONE_NUMBR"; did you mean "PHONE_NUMBER"?`},
		{"a counted type that is none", `{"text":"hi","type":"phnoe","count":1}`, `record 1: unknown type "phnoe"; did you mean "phone"?`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := assay(t, "eval", "redaction", write(t, "x.jsonl", c.src))
			if got.status != 2 || !strings.Contains(got.stderr, c.says) {
				t.Errorf("exit status %d:\n%s", got.status, got.stderr)
			}
		})
	}
}

// TestRedactionOfServiceSessions holds the figures on sessions that were written
// before their first run: how much of the personal data goes, and what goes needlessly.
func TestRedactionOfServiceSessions(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		file                    string
		covered, typed, precise float64 // shares of the marked and of the redacted places, at least
		lost                    int     // characters, at most
	}{
		{"zh.jsonl", 0.93, 0.92, 0.92, 28},
		{"en.jsonl", 0.96, 0.88, 0.88, 6},
	} {
		t.Run(c.file, func(t *testing.T) {
			t.Parallel()
			got := assay(t, "eval", "redaction", "--json", "../../testdata/redaction/"+c.file)
			var figures struct {
				Types []redactionRow
				Texts int
				Lost  int `json:"lost_characters"`
			}
			if err := json.Unmarshal([]byte(got.stdout), &figures); err != nil {
				t.Fatalf("%v:\n%s%s", err, got.stdout, got.stderr)
			}
			var all redactionRow
			for _, r := range figures.Types {
				all.Marked, all.Covered, all.Found, all.Redacted, all.Right = all.Marked+r.Marked, all.Covered+r.Covered, all.Found+r.Found, all.Redacted+r.Redacted, all.Right+r.Right
			}
			share := func(n, of int) float64 { return float64(n) / float64(of) }
			if figures.Texts < 90 || share(all.Covered, all.Marked) < c.covered || share(all.Found, all.Marked) < c.typed || share(all.Right, all.Redacted) < c.precise || figures.Lost > c.lost {
				t.Errorf("%d texts, %+v, %d characters lost", figures.Texts, all, figures.Lost)
			}
		})
	}
}
