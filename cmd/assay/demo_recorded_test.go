package main

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"assay/classifiers/llm"
	"assay/classifiers/llm/llmtest"
	"assay/classifiers/tone"
	"assay/cmd/assay/internal/config"
	"assay/pipeline"
	"assay/pipeline/transcript"
	"assay/testdata"
)

// demoCards are the demo's scorecards.
func demoCards(t *testing.T) []pipeline.Card {
	t.Helper()
	files, err := filepath.Glob("../../testdata/demo/scorecards/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	cards, err := loadCards(files, nil)
	if err != nil {
		t.Fatal(err)
	}
	return cards
}

// judgedDemo are the verdicts of the demo's judged sessions, with what was sent
// and what it took.
type judgedDemo struct {
	verdicts map[transcript.SessionID]*pipeline.Verdict
	accounts *evalAccounts
	mu       sync.Mutex
	sent     strings.Builder
}

func judgeDemo(t *testing.T) *judgedDemo {
	t.Helper()
	sessions, p := demoTranscripts(t), &program{ctx: t.Context(), stderr: io.Discard, log: slog.New(slog.DiscardHandler)}
	url, stop, err := startReplay(testdata.Demo, sessions)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
	d := &judgedDemo{verdicts: map[transcript.SessionID]*pipeline.Verdict{}}
	between := d.between(t, url)
	c := evalCriteriaCmd{Model: config.Model{BaseURL: between, LLM: recordedModel, Timeout: time.Minute}}
	if d.accounts, err = c.accounts(); err != nil {
		t.Fatal(err)
	}
	kept, err := llm.NewMemory(llm.MemoryOptions{})
	if err != nil {
		t.Fatal(err)
	}
	judge, err := p.newJudge(c.Model, runLedger{kept, d.accounts}, 0, nil)
	if err != nil {
		t.Fatal(err)
	}
	labels, err := tone.New()
	if err != nil {
		t.Fatal(err)
	}
	inspector, cards := &pipeline.Inspector{Tone: labels, Judge: judge}, demoCards(t)
	for _, s := range sessions {
		card, fits := cardFor(cards, s)
		if !fits {
			continue
		}
		if d.verdicts[s.ID], err = inspector.Inspect(t.Context(), s, card); err != nil {
			t.Errorf("session %s: %v", s.ID, err)
		}
	}
	return d
}

// between is an address that passes requests on and notes what is sent.
func (d *judgedDemo) between(t *testing.T, url string) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		d.mu.Lock()
		d.sent.Write(body)
		d.mu.Unlock()
		resp, err := http.Post(strings.TrimSuffix(url, "/v1")+r.URL.Path, "application/json", bytes.NewReader(body))
		if err != nil {
			t.Error(err)
			return
		}
		defer resp.Body.Close()
		w.WriteHeader(resp.StatusCode)
		if _, err := io.Copy(w, resp.Body); err != nil {
			t.Error(err)
		}
	}))
	t.Cleanup(server.Close)
	return server.URL + "/v1"
}

func (d *judgedDemo) finding(t *testing.T, session transcript.SessionID, criterion string) pipeline.Finding {
	t.Helper()
	v := d.verdicts[session]
	if v == nil {
		t.Fatalf("no verdict of %s", session)
	}
	for _, f := range v.Criteria {
		if f.ID == criterion {
			return f
		}
	}
	t.Fatalf("no finding %s of %s", criterion, session)
	return pipeline.Finding{}
}

func (d *judgedDemo) flagged(session transcript.SessionID, reason pipeline.FlagReason) bool {
	return slices.ContainsFunc(d.verdicts[session].Flags, func(f pipeline.Flag) bool { return f.Reason == reason })
}

func TestRecordedAnswersComeOutAsExpected(t *testing.T) {
	t.Parallel()
	d := judgeDemo(t)
	expected, err := os.ReadFile("../../testdata/demo/expected.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := regexp.MustCompile(`(?m)^\| (R-\S+) \| (\w+) \| (\w+)(?: (\w+))? \| .*\|$`).FindAllStringSubmatch(string(expected), -1)
	want, got := map[string]string{}, map[string]string{}
	for _, r := range rows {
		if slices.Contains([]string{"explains_no", "next_step_time", "safety"}, r[2]) {
			want[r[1]+" "+r[2]] = strings.TrimSpace(r[3] + " " + r[4])
		}
	}
	for id, v := range d.verdicts {
		for _, f := range v.Criteria {
			if f.By != pipeline.ByJudge {
				continue
			}
			reason := ""
			if f.Outcome == pipeline.Undetermined {
				reason = " " + string(f.Reason)
			}
			got[string(id)+" "+f.ID] = string(f.Outcome) + reason
			if f.Judge == nil || f.Judge.Model != recordedModel || !f.Judge.Redacted {
				t.Errorf("%s %s: not answered by recordings, or not redacted: %+v", id, f.ID, f.Judge)
			}
		}
	}
	if diff := cmp.Diff(want, got); diff != "" || len(want) != 36 {
		t.Errorf("%d rows (-want +got):\n%s", len(want), diff)
	}
}

func TestRecordedAnswersShowWhatIsChecked(t *testing.T) {
	t.Parallel()
	d := judgeDemo(t)
	quote := func(session transcript.SessionID, criterion string) string {
		f := d.finding(t, session, criterion)
		if len(f.Evidence) == 0 {
			return ""
		}
		return f.Evidence[0].Quote
	}
	for session, phone := range map[transcript.SessionID]string{"R-20261102-0004": "13800000044", "R-20261109-0107": "206-555-0142"} {
		if got := quote(session, "next_step_time"); !strings.Contains(got, phone) {
			t.Errorf("%s: a reviewer sees %q, want the number itself", session, got)
		}
		if strings.Contains(d.sent.String(), phone) {
			t.Errorf("%s: the number was sent", session)
		}
	}
	if got := quote("R-20261106-0005", "next_step_time"); got != "两天内寄出" {
		t.Errorf("the quote after a complaint is %q", got)
	}
	if a := d.accounts.criteria["next_step_time"]; a.repaired != 2 { // of all that was said, and of the proof alone
		t.Errorf("%d answers were complained about, want 2", a.repaired)
	}
	absent := d.finding(t, "R-20261104-0003", "explains_no")
	if j := absent.Judge; len(absent.Evidence) > 0 || j.From != 0 || j.To != 12 || len(j.LeftOut) > 0 || absent.Rationale == "" {
		t.Errorf("what was not found: %+v, %+v", absent, j)
	}
	split := d.finding(t, "R-20261103-0007", "safety")
	if diff := cmp.Diff([]pipeline.Outcome{pipeline.NotMet, pipeline.NotApplicable, pipeline.NotMet}, split.Judge.Votes); diff != "" {
		t.Errorf("votes (-want +got):\n%s", diff)
	}
	if v := d.verdicts["R-20261103-0007"]; !d.flagged(v.SessionID, pipeline.JudgeSplit) || v.Result == pipeline.Pass {
		t.Errorf("three answers that differ: %s, %v", v.Result, v.Flags)
	}
	for _, session := range []transcript.SessionID{"R-20261107-0003", "R-20261110-0103"} {
		if v := d.verdicts[session]; !d.flagged(session, pipeline.InjectionSuspected) || v.Result == pipeline.Pass {
			t.Errorf("%s gives orders: %s, %v", session, v.Result, v.Flags)
		}
	}
	if f := d.finding(t, "R-20261110-0103", "next_step_time"); !slices.Equal(f.Judge.Withheld, []int{2}) {
		t.Errorf("an answer beside orders was not confirmed without them: %+v", f.Judge)
	}
}

func TestReplayAnswersOnlyWhatIsRecorded(t *testing.T) {
	t.Parallel()
	url, stop, err := startReplay(testdata.Demo, demoTranscripts(t))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := stop(); err != nil {
			t.Error(err)
		}
	}()
	session := `你好 衣服收到了 大了 肩膀那里空一大块 穿着不行 能换吗 您好，我是客服佳宁，很抱歉衣服不合身让您多跑一趟。可以换的，吊牌还在吗？ 在的 就试了一下 那没问题。方便发一下订单号和想换的尺码吗？ 好的，S码还有 6 件现货。我帮您提交换货：寄回上门取件 那我要先寄回去你们才发新的吗 不用等，快递员取件扫描以后系统就会发出新的一件，一般隔天到 太好了，谢谢小姐姐 应该的～换货进度可以在“我的订单-售后”里看。还有别的需要我帮忙吗？ 好嘞，感谢您支持青禾，再见！`
	ask := func(text, criterion string) (int, string) {
		body := `{"messages":[{"role":"user","content":"` + text + `"}],"seed":1,"response_format":{"json_schema":{"schema":{"properties":{"answers":{"items":{"properties":{"criterion":{"enum":["` + criterion + `"]}}}}}}}}}`
		resp, err := http.Post(url+"/chat/completions", "application/json", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		said, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, string(said)
	}
	for _, c := range []struct {
		name, text, criterion string
		status                int
		says                  string
	}{
		{"a recorded answer", session, "next_step_time", 200, "手机1"},
		{"another criterion", session, "warmth", 404, `no recording answers \"warmth\"`},
		{"another session", "an invoice for two tables", "next_step_time", 404, "no recording is about this session"},
	} {
		if status, said := ask(c.text, c.criterion); status != c.status || !strings.Contains(said, c.says) {
			t.Errorf("%s: %d %s", c.name, status, said)
		}
	}
}

func TestWithoutAModelItIsSaidWhatWasNotJudged(t *testing.T) {
	t.Parallel()
	const sessions, no = "../../testdata/demo/sessions/retail-en-chat.jsonl", "\"reason\":\"no_model\""
	strict := write(t, "strict.yaml", evalCard)
	lenient := write(t, "lenient.yaml", strings.Replace(evalCard, "name: Says why, weight: 1", "name: Says why, weight: 0.1", 1))
	for _, c := range []struct {
		name, card, result string
		scored             bool
	}{
		{"half of the weight is undetermined", strict, "withheld", false},
		{"a little of it is", lenient, "fail", true},
	} {
		got := assay(t, "inspect", "--json", "-s", c.card, sessions)
		if got.status != 0 || !strings.Contains(got.stderr, "14 sessions have criteria that only a model answers, and none is asked") {
			t.Errorf("%s: exit status %d: %s", c.name, got.status, got.stderr)
		}
		line, _, _ := strings.Cut(got.stdout, "\n")
		var v pipeline.Verdict
		if err := json.Unmarshal([]byte(line), &v); err != nil {
			t.Fatal(err)
		}
		if string(v.Result) != c.result || (v.Score != nil) != c.scored || !strings.Contains(line, no) || v.Criteria[0].Judge != nil {
			t.Errorf("%s: %s", c.name, line)
		}
	}
	if got := assay(t, "inspect", "-s", strict, sessions); !strings.Contains(got.stdout, "? reason                       Says why: A model is asked, and none is configured (no_model)") || !strings.Contains(got.stdout, "withheld  no score") {
		t.Errorf("the report does not say so:\n%s", got.stdout)
	}
}

func TestDemoWithoutAModelSaysSo(t *testing.T) {
	t.Parallel()
	out, err := command(t, "demo", "--exit", "--no-judge", "--data", newDataFolder(t), "--listen", "127.0.0.1:0").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, want := range []string{"demo-after-sales-zh         6     0     0             0         6", "explains_no     0    0        0               6 (no_model)", "No model was asked: what needs one is undetermined"} {
		if !strings.Contains(string(out), want) {
			t.Errorf("does not say %q:\n%s", want, out)
		}
	}
	if strings.Contains(string(out), "recordings") {
		t.Errorf("speaks of recordings:\n%s", out)
	}
}

func TestDemoAsksTheConfiguredModel(t *testing.T) {
	t.Parallel()
	server := llmtest.New(t, llmtest.Always(llmtest.Answer{Text: "I cannot answer that.", Refusal: "I cannot answer that."}))
	out, err := command(t, "demo", "--exit", "--data", newDataFolder(t), "--listen", "127.0.0.1:0", "--model-url", server.URL, "--llm-model", "own").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if server.Count() < 12 || !strings.Contains(string(out), "Asked: own.") || !strings.Contains(string(out), "6 (refused)") || strings.Contains(string(out), "recordings") {
		t.Errorf("%d requests:\n%s", server.Count(), out)
	}
}
