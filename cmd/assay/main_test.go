package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"assay/classifiers/rule"
	"assay/cmd/assay/internal/config"
	"assay/pipeline"
	"assay/pipeline/store"
	"assay/pipeline/store/storetest"
	"assay/pipeline/transcript"
)

const demoSessions = "../../testdata/demo/sessions"

// programEnv makes the test program be assay, for tests that need a process.
const programEnv = "ASSAY_TEST_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(programEnv) != "" {
		main()
		return
	}
	if err := os.Setenv("ASSAY_INDEX", config.InMemory); err != nil { // tests of the folder name one
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(storetest.Run(m, storetest.Options{Migrate: store.Migrate}))
}

// result is what a run of the program left.
type result struct {
	status         int
	stdout, stderr string
}

func assay(t *testing.T, args ...string) result {
	t.Helper()
	return assayIn(t, "", args...)
}

func assayIn(t *testing.T, stdin string, args ...string) result {
	t.Helper()
	var out, errs bytes.Buffer
	status := run(t.Context(), args, strings.NewReader(stdin), &out, &errs)
	return result{status, out.String(), errs.String()}
}

// command is the program as a process of its own.
func command(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), exe, args...)
	cmd.Env = append(os.Environ(), programEnv+"=1", "DATABASE_URL=")
	return cmd
}

func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestExitStatusAndMessages(t *testing.T) {
	t.Parallel()
	good := `{"id":"g","channel":"chat","turns":[{"speaker":"agent","text":"您好"}]}` + "\n"
	goodFile := write(t, "good.jsonl", good)
	mixed := write(t, "mixed.jsonl", good+`{"id":"b","channel":"fax","turns":[]}`+"\n")
	badCard := write(t, "bad.yaml", "scorecard: x\nname: x\nsectoins: []\n")
	badConfig := write(t, "assay.yaml", "lissten: 127.0.0.1:1\n")
	for _, c := range []struct {
		name   string
		args   []string
		status int
		says   string // in either output
	}{
		{"help", []string{"help"}, 0, "Commands:"},
		{"nothing", nil, 0, "Commands:"},
		{"help of a command", []string{"help", "inspect"}, 0, "--scorecard"},
		{"unknown command", []string{"inspekt"}, 2, "inspekt"},
		{"unknown flag", []string{"inspect", "--jsn", goodFile}, 2, "--jsn"},
		{"a price below 0", []string{"inspect", goodFile, "--price-in", "-1"}, 2, `assay: --price-in: "-1" is no amount; allowed: numbers such as 12 or 0.15, up to six places`},
		{"a limit below 0", []string{"inspect", goodFile, "--judge-day-tokens", "-1"}, 2, "--judge-day-tokens: must not be below 0"},
		{"a flag without its value", []string{"inspect", goodFile, "--price-in"}, 2, "assay: --price-in: no value follows it\n"},
		{"a flag in place of a value", []string{"inspect", goodFile, "--price-in", "--json"}, 2, "assay: --price-in: no value follows it\n"},
		{"good input", []string{"inspect", goodFile}, 0, "greeting"},
		{"bad record among good ones", []string{"inspect", mixed}, 1, `mixed.jsonl:2: field "channel": unknown channel "fax"; allowed: call, chat, email`},
		{"missing file", []string{"inspect", "no-such-file.jsonl"}, 1, "no-such-file.jsonl"},
		{"bad scorecard", []string{"inspect", "-s", badCard, goodFile}, 2, `unknown key; did you mean "sections"?`},
		{"scorecard check of a bad one", []string{"scorecard", "check", badCard}, 1, `bad.yaml:3:1: sectoins: unknown key`},
		{"bad zone", []string{"inspect", "--zone", "Mars/Base", goodFile}, 2, "Mars/Base"},
		{"bad setting in the configuration file", []string{"--config", badConfig, "inspect", goodFile}, 2, `unknown setting "lissten"; did you mean "listen"?`},
		{"unknown format", []string{"inspect", "--format", "pdf", goodFile}, 2, `unknown format "pdf"; allowed: [csv jsonl sca text]`},
		{"threshold out of range", []string{"suggest", "--threshold", "7", "x"}, 2, "--threshold"},
		{"no sessions to bench", []string{"bench", "--sessions", "0"}, 2, "--sessions"},
		{"too few connections", []string{"doctor", "--max-conns", "1", "--database-url", "postgres://127.0.0.1:1/x"}, 1, "--max-conns"},
		{"shipped scorecards' examples", []string{"scorecard", "test"}, 0, "examples hold"},
		{"no labels to evaluate by", []string{"eval", "criteria", "-s", "../../testdata/scorecards/star.yaml", goodFile}, 2, "labels.checks"},
		{"unknown shipped scorecard", []string{"scorecard", "show", "none"}, 2, "retail-chat"},
		{"undo without yes", []string{"migrate", "--undo"}, 2, "--yes"},
		{"unreachable database", []string{"import", "--database-url", "postgres://127.0.0.1:1/x", goodFile}, 2, "open database"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := assay(t, c.args...)
			if got.status != c.status {
				t.Errorf("exit status %d, want %d\n%s%s", got.status, c.status, got.stdout, got.stderr)
			}
			if !strings.Contains(got.stdout+got.stderr, c.says) {
				t.Errorf("does not say %q:\n%s%s", c.says, got.stdout, got.stderr)
			}
		})
	}
}

// demoTranscripts reads the demo's sessions by id.
func demoTranscripts(t *testing.T) map[transcript.SessionID]*transcript.Session {
	t.Helper()
	byID := map[transcript.SessionID]*transcript.Session{}
	for rec := range transcript.Read(t.Context(), []string{demoSessions}, transcript.Options{}) {
		if rec.Reject != nil {
			t.Fatal(rec.Reject)
		}
		byID[rec.Session.ID] = rec.Session
	}
	return byID
}

func TestVerdictsQuoteTheTranscriptExactly(t *testing.T) {
	t.Parallel()
	sessions := demoTranscripts(t)
	got := assay(t, "inspect", "--json", "--solutions", "../../testdata/demo/solutions.jsonl", demoSessions)
	if got.status != 0 {
		t.Fatalf("exit status %d: %s", got.status, got.stderr)
	}
	lines := strings.Split(strings.TrimSpace(got.stdout), "\n")
	if len(lines) != len(sessions) || len(sessions) < 80 {
		t.Errorf("%d verdicts of %d sessions", len(lines), len(sessions))
	}
	quotes := 0
	for _, line := range lines {
		var v pipeline.Verdict
		if err := json.Unmarshal([]byte(line), &v); err != nil {
			t.Fatal(err)
		}
		s := sessions[v.SessionID]
		check := func(turn, start, end int, quote string) {
			t.Helper()
			quotes++
			if s.Turns[turn].Text[start:end] != quote {
				t.Errorf("session %s turn %d [%d:%d]: quote %q", v.SessionID, turn, start, end, quote)
			}
		}
		for _, f := range v.Criteria {
			for _, e := range f.Evidence {
				check(e.Turn, e.Start, e.End, e.Quote)
			}
		}
		for _, turn := range v.Tone.Turns {
			for _, m := range turn.Marks {
				check(turn.Turn, m.Start, m.End, m.Quote)
			}
		}
	}
	if quotes < 500 {
		t.Errorf("only %d quotes over all demo sessions", quotes)
	}
}

func TestInspectionIsTheSameByteByByte(t *testing.T) {
	t.Parallel()
	args := []string{"inspect", "--json", "--solutions", "../../testdata/demo/solutions.jsonl", demoSessions}
	first, second := assay(t, args...), assay(t, args...)
	if diff := cmp.Diff(first.stdout, second.stdout); diff != "" {
		t.Errorf("two runs differ:\n%s", diff)
	}
}

func TestVerdictHasTheFieldsOfTheContract(t *testing.T) {
	t.Parallel()
	got := assay(t, "inspect", "--json", "--solutions", "../../testdata/demo/solutions.jsonl", demoSessions)
	keys := map[string]bool{}
	for _, line := range strings.Split(strings.TrimSpace(got.stdout), "\n") {
		var v any
		if err := json.Unmarshal([]byte(line), &v); err != nil {
			t.Fatal(err)
		}
		collect(keys, "", v)
	}
	for _, want := range strings.Fields(`session_id scorecard.id scorecard.version result score
		criteria.id criteria.section criteria.outcome criteria.reason criteria.by criteria.points criteria.weight criteria.critical
		criteria.evidence.turn criteria.evidence.start criteria.evidence.end criteria.evidence.quote
		flags.reason flags.severity flags.criterion flags.turn tone.customer.begin tone.customer.end tone.customer.shift
		tone.turns.turn tone.turns.labels.angry questions.turn questions.text
		questions.suggestions.solution_id questions.suggestions.score questions.suggestions.passage`) {
		if !keys[want] {
			t.Errorf("no verdict has %s", want)
		}
	}
}

// collect notes the paths of all keys, lists looked through.
func collect(keys map[string]bool, path string, v any) {
	switch v := v.(type) {
	case map[string]any:
		for k, e := range v {
			p := strings.TrimPrefix(path+"."+k, ".")
			keys[p] = true
			collect(keys, p, e)
		}
	case []any:
		for _, e := range v {
			collect(keys, path, e)
		}
	}
}

func TestInspectReadsStandardInput(t *testing.T) {
	t.Parallel()
	got := assayIn(t, "=== s-1 ===\n客服: 您好\n客户: 我要退货\n", "inspect", "--json", "--format", "text", "-")
	if got.status != 0 || !strings.Contains(got.stdout, `"outcome":"met"`) {
		t.Errorf("exit status %d:\n%s%s", got.status, got.stdout, got.stderr)
	}
}

func TestReportCannotMoveTheCursor(t *testing.T) {
	t.Parallel()
	got := assayIn(t, `{"id":"x\u001b[2J","channel":"chat","turns":[{"speaker":"customer","text":"hi"},{"speaker":"agent","text":"你去死\u001b[31m吧，不关我的事"}]}`, "inspect", "-")
	if strings.ContainsRune(got.stdout+got.stderr, 0x1b) {
		t.Errorf("an escape character reaches the terminal:\n%q", got.stdout+got.stderr)
	}
}

// readmeBlocks returns README's code blocks of a language.
func readmeBlocks(t *testing.T, lang string) []string {
	t.Helper()
	src, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	var blocks []string
	for _, m := range regexp.MustCompile("(?s)```"+lang+"\n(.*?)```").FindAllStringSubmatch(string(src), -1) {
		blocks = append(blocks, m[1])
	}
	return blocks
}

func TestReadmesScorecardHolds(t *testing.T) {
	t.Parallel()
	blocks := readmeBlocks(t, "yaml")
	if len(blocks) != 1 {
		t.Fatalf("README has %d YAML blocks, want 1", len(blocks))
	}
	path := write(t, "my-chat.yaml", blocks[0])
	for _, sub := range []string{"check", "test"} {
		if got := assay(t, "scorecard", sub, path); got.status != 0 {
			t.Errorf("scorecard %s: exit status %d:\n%s%s", sub, got.status, got.stdout, got.stderr)
		}
	}
}

func TestReadmesPlanAndLimitsHold(t *testing.T) {
	t.Parallel()
	checked := 0
	for _, block := range readmeBlocks(t, "yml") {
		var got result
		switch {
		case strings.HasPrefix(block, "plan:"):
			got = assay(t, "plan", "check", write(t, "plan.yaml", block))
		case strings.HasPrefix(block, "redaction:"):
			got = assayIn(t, "call 400-820-8820, member VIP12345678", "redact", "--redaction", write(t, "redaction.yaml", block), "-")
			if !strings.Contains(got.stdout, "call 400-820-8820, member <MEMBER_NO_1>") {
				t.Errorf("the policy redacts otherwise: %s", got.stdout)
			}
		case strings.HasPrefix(block, "sla:"):
			got = assay(t, "scorecard", "check", newCard(t, "pass: 80 ", block+"pass: 80 "))
		default:
			continue // a mapping file: see the formats' tests
		}
		if checked++; got.status != 0 {
			t.Errorf("exit status %d:\n%s%s\n%s", got.status, got.stdout, got.stderr, block)
		}
	}
	if checked != 4 {
		t.Errorf("%d blocks checked, want 4", checked)
	}
}

func TestReadmeListsEveryKind(t *testing.T) {
	t.Parallel()
	src, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range rule.Kinds() {
		if !strings.Contains(string(src), "`"+kind+": {") {
			t.Errorf("README does not describe %q", kind)
		}
	}
}

func TestReadmesCommandsExist(t *testing.T) {
	t.Parallel()
	for _, block := range readmeBlocks(t, "sh") {
		for _, line := range strings.Split(block, "\n") {
			line, _, _ = strings.Cut(line, "#")
			words := strings.Fields(line)
			if len(words) < 2 || words[0] != "assay" {
				continue
			}
			args := []string{words[1]}
			if slices.Contains([]string{"scorecard", "solution", "plan", "judge", "eval", "tone", "token"}, words[1]) {
				args = append(args, words[2])
			}
			help := assay(t, append(args, "--help")...)
			if help.status != 0 {
				t.Errorf("%q: %s", line, help.stderr)
			}
			for _, w := range words {
				if strings.HasPrefix(w, "--") && !strings.Contains(help.stdout, w) {
					t.Errorf("%q: no flag %s", line, w)
				}
			}
		}
	}
}

func TestReadmesProvidersCanBeConfigured(t *testing.T) {
	t.Parallel()
	src, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := regexp.MustCompile("(?m)^\\| [^|]+ \\| `(https?://[^`]+)` \\| ([^|]+) \\| ([^|]+) \\|$").FindAllStringSubmatch(string(src), -1)
	if len(rows) != 7 {
		t.Errorf("%d providers, want 7", len(rows))
	}
	for _, row := range rows {
		m := config.Model{BaseURL: row[1], Key: "k", LLM: strings.Trim(row[2], "`"), Timeout: time.Minute}
		if _, extra, ok := strings.Cut(row[3], "ASSAY_MODEL_EXTRA='"); ok {
			m.Extra, _, _ = strings.Cut(extra, "'")
		}
		if judges, err := m.Judges(); !judges || err != nil {
			t.Errorf("%s: %v", row[1], err)
		}
	}
}
