package web

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"assay/knowledge"
	"assay/pipeline"
	"assay/pipeline/plan"
	"assay/pipeline/scorecard"
	"assay/pipeline/store"
	"assay/pipeline/store/storetest"
	"assay/pipeline/transcript"
)

// desk is the scorecard that the tests' verdicts are made by.
const desk = `
scorecard: desk
name: {zh: 前台, en: Front desk}
pass: 60
sections:
  - id: opening
    name: {zh: 开场, en: Opening}
    criteria:
      - {id: greeting, name: {zh: 问候, en: Greets}, advice: {zh: 先问好, en: Greet first}, weight: 2, manual: true}
  - id: attitude
    name: {zh: 态度, en: Attitude}
    criteria:
      - {id: polite, name: {zh: 有礼貌, en: Is polite}, critical: sheet, weight: 5, manual: true}
      - {id: patient, name: {zh: 有耐心, en: Is patient}, weight: 3, manual: true}
      - {id: solution, name: {zh: 给出方案, en: Offers a solution}, judge: Is there a solution?}
`

// site is a server on a database of its own, with what the tests ask for.
type site struct {
	*httptest.Server
	t     *testing.T
	store *store.Store
	card  store.ScorecardKey
	ref   pipeline.ScorecardRef

	options Options
}

// newSite starts a server over an empty database. change may change its options.
func newSite(t *testing.T, change func(*Options)) *site {
	t.Helper()
	zone, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	st := store.New(storetest.New(t), store.Options{Zone: zone})
	o := Options{Store: st, Zone: zone, Log: slog.New(slog.DiscardHandler), Access: Access{User: "wang"}}
	if change != nil {
		change(&o)
	}
	o.Live = runningLive(t, st, o.Index, nil)
	h, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	s := &site{Server: httptest.NewServer(h), t: t, store: st, options: o}
	t.Cleanup(s.Close)
	return s
}

// publish stores the scorecard.
func (s *site) publish() {
	s.t.Helper()
	card, problems := scorecard.Parse("desk", []byte(desk))
	if err := problems.Err(); err != nil {
		s.t.Fatal(err)
	}
	key, err := s.store.Publish(s.t.Context(), card.ID, card.Version, desk)
	if err != nil {
		s.t.Fatal(err)
	}
	s.card, s.ref = key, pipeline.ScorecardRef{ID: card.ID, Version: card.Version}
}

// put imports a session with its verdict, which may be nil, and returns its key.
func (s *site) put(session *transcript.Session, v *pipeline.Verdict, failed store.FailureReason) store.SessionKey {
	s.t.Helper()
	ctx := s.t.Context()
	var keys []store.TranscriptKey
	in, err := store.NewIncoming(session, "inbox/day.jsonl:7")
	if err != nil {
		s.t.Fatal(err)
	}
	_, err = s.store.Import(ctx, []store.Incoming{in},
		func(_ context.Context, _ pgx.Tx, stored []store.Stored) error {
			keys = append(keys, stored[0].Key)
			return nil
		})
	if err != nil {
		s.t.Fatal(err)
	}
	list, err := s.store.Transcripts(ctx, keys)
	if err != nil {
		s.t.Fatal(err)
	}
	var done []store.Inspected
	var failures []store.Failure
	switch {
	case v != nil:
		v.SessionID, v.Scorecard = session.ID, s.ref
		done = append(done, store.Inspected{Transcript: list[0], Scorecard: s.card, Verdict: v})
	case failed != "":
		failures = append(failures, store.Failure{Transcript: list[0].Key, Reason: failed, Detail: "index out of range"})
	}
	if err := s.store.SaveInspections(ctx, done, failures, nil, func(pgx.Tx, []store.VerdictKey) error { return nil }); err != nil {
		s.t.Fatal(err)
	}
	return list[0].Session
}

// leaveOut imports a session that a plan leaves out.
func (s *site) leaveOut(session *transcript.Session) store.SessionKey {
	s.t.Helper()
	key := s.put(session, nil, "")
	p, err := s.store.PublishPlan(s.t.Context(), &plan.Plan{ID: "desk-plan", Version: "p1"}, "li", "test")
	if err != nil {
		s.t.Fatal(err)
	}
	var transcript store.TranscriptKey
	if err := s.store.Pool().QueryRow(s.t.Context(), `SELECT max(id) FROM transcripts`).Scan(&transcript); err != nil {
		s.t.Fatal(err)
	}
	left := []store.LeftOut{{Transcript: transcript, Plan: p, Rule: "night <shift>", Reason: plan.ByShare}}
	if err := s.store.SaveInspections(s.t.Context(), nil, nil, left, func(pgx.Tx, []store.VerdictKey) error { return nil }); err != nil {
		s.t.Fatal(err)
	}
	return key
}

// seeded are the keys of the sessions that seed stores.
type seeded struct{ rude, hostile, clean, failed, waiting store.SessionKey }

// seed stores a session of every kind.
func (s *site) seed() seeded {
	s.t.Helper()
	s.publish()
	rude, hostile, clean := rudeSession(), hostileSession(), quietSession("S-clean")
	keys := seeded{
		rude:    s.put(rude, rudeVerdict(rude), ""),
		hostile: s.put(hostile, hostileVerdict(hostile), ""),
		clean:   s.put(clean, quietVerdict(), ""),
		failed:  s.put(quietSession("S-failed"), nil, store.Panicked),
		waiting: s.put(quietSession("S-waiting"), nil, ""),
	}
	rejects := []transcript.Reject{{
		File: "inbox/day.jsonl", Line: 14, Record: "S-bad", Field: "turns[3].speaker", Reason: `"robot" is not a speaker`,
		Allowed: "agent, customer, bot, system", Format: transcript.JSONL,
	}}
	if err := s.store.SaveRejects(s.t.Context(), nil, rejects); err != nil {
		s.t.Fatal(err)
	}
	return keys
}

func rudeSession() *transcript.Session {
	at := func(speaker transcript.Speaker, ms int64, text string) transcript.Turn {
		return transcript.Turn{Speaker: speaker, Text: text, StartMS: &ms}
	}
	s := &transcript.Session{
		ID: "S-rude", Channel: transcript.Call, Language: "zh", StartedAt: time.Date(2026, 11, 4, 1, 30, 0, 0, time.UTC),
		Agent:    &transcript.AgentRef{ID: "a102", Name: "周启明", Team: "电商一组"},
		Customer: &transcript.CustomerRef{ID: "cu-1", Type: "individual"}, BusinessType: "after_sales", CSAT: 1,
		Metadata: map[string]any{"queue": "热线", "attempt": 2.0},
		Turns: []transcript.Turn{
			at(transcript.Agent, 0, "喂"),
			at(transcript.Customer, 2000, "你好，我的加湿器不出雾了"),
			at(transcript.Agent, 7000, "你自己不会看说明书吗"),
			at(transcript.Customer, 9000, "你什么态度！"),
			at(transcript.System, 60_000, "转接"),
			at(transcript.Agent, 3_725_000, "行了行了，听不懂人话"),
		},
	}
	s.Turns[4].Kind = transcript.Event
	return s
}

// evidence is a quote's place in a turn.
func evidence(s *transcript.Session, turn int, quote string) pipeline.Evidence {
	start := strings.Index(s.Turns[turn].Text, quote)
	return pipeline.Evidence{Span: transcript.Span{Turn: turn, Start: start, End: start + len(quote)}, Quote: quote}
}

func toned(s *transcript.Session, turn int, label pipeline.Label, quote string) pipeline.TurnTone {
	e := evidence(s, turn, quote)
	return pipeline.TurnTone{
		Turn: turn, Labels: map[pipeline.Label]float64{label: 0.9},
		Marks: []pipeline.ToneMark{{Label: label, Start: e.Start, End: e.End, Quote: quote}},
	}
}

func rudeVerdict(s *transcript.Session) *pipeline.Verdict {
	return &pipeline.Verdict{
		Result: pipeline.Fail, Score: new(0.0), Unfailed: new(20.5),
		Criteria: []pipeline.Finding{
			{
				ID: "greeting", Section: "opening", Outcome: pipeline.NotMet, By: pipeline.ByRule, Weight: 2,
				Why: []pipeline.Step{{Condition: "says_hello", State: scorecard.NotHit, Searched: 3, From: 0, To: 5}},
			},
			{
				ID: "polite", Section: "attitude", Outcome: pipeline.NotMet, By: pipeline.ByTone, Weight: 5, Critical: true,
				Evidence: []pipeline.Evidence{evidence(s, 2, "你自己不会看"), evidence(s, 5, "听不懂人话")},
				Why:      []pipeline.Step{{Condition: "insults", State: scorecard.Hit, Searched: 3, From: 0, To: 5}},
			},
			{
				ID: "patient", Section: "attitude", Outcome: pipeline.NotMet, By: pipeline.ByRule, Weight: 3,
				Evidence: []pipeline.Evidence{evidence(s, 2, "不会看说明书"), evidence(s, 5, "行了行了")},
			},
			{ID: "solution", Section: "attitude", Outcome: pipeline.Undetermined, Reason: pipeline.NoModel, By: pipeline.ByJudge, Weight: 1},
		},
		Flags: []pipeline.Flag{
			{Reason: pipeline.CriticalFailed, Severity: pipeline.High, Criterion: "polite", Turn: new(2)},
			{Reason: pipeline.ScoreBelowPass, Severity: pipeline.Medium},
			{Reason: pipeline.ToneFell, Severity: pipeline.Low},
		},
		Tone: pipeline.Tone{
			Customer: pipeline.Trend{Begin: new(0.1), End: new(-0.8), Shift: new(-0.9)},
			Turns:    []pipeline.TurnTone{toned(s, 2, pipeline.Rude, "你自己"), toned(s, 3, pipeline.Angry, "什么态度")},
		},
		Questions: []pipeline.Question{{Turn: 1, Text: "我的加湿器不出雾了", Suggestions: []pipeline.Suggestion{
			{SolutionID: "SOL-1", Title: "加湿器不出雾", Score: 0.87, Passage: "先清洗雾化片"},
		}}},
		Versions: pipeline.Versions{Engine: "1", Scorecard: "x", Tone: "t1", Library: "l1", Plan: &pipeline.PlanRef{ID: "desk-plan", Version: "p1", Rule: "day & night"}},
	}
}

// The hostile session's texts: markup, and characters that hide or reorder others.
const (
	markup  = `<script>window.hacked = 1</script><img src="x" onerror="window.hacked = 2"> {{.}} &lt;b&gt;`
	bidi    = "Hello, open \u202egnp.exe\u202c please"
	unseen  = "a zero\u200bwidth and a tag\U000e0041"
	family  = "👨\u200d👩\u200d👧"
	badName = `<b>Eve</b>`
)

func hostileSession() *transcript.Session {
	return &transcript.Session{
		ID: "S-hostile", Channel: transcript.Chat, Language: "en", StartedAt: time.Date(2026, 11, 5, 12, 0, 0, 0, time.UTC),
		Agent:    &transcript.AgentRef{ID: "b201", Name: badName, Team: "Retail East"},
		Metadata: map[string]any{"<i>key</i>": "<i>value</i>"},
		Turns: []transcript.Turn{
			{Speaker: transcript.Customer, Text: markup},
			{Speaker: transcript.Agent, Text: bidi},
			{Speaker: transcript.Customer, Text: unseen + " " + family},
		},
	}
}

func hostileVerdict(s *transcript.Session) *pipeline.Verdict {
	return &pipeline.Verdict{
		Result: pipeline.Pass, Score: new(87.5), Unfailed: new(87.5),
		Criteria: []pipeline.Finding{
			{ID: "greeting", Section: "opening", Outcome: pipeline.Met, By: pipeline.ByRule, Points: 1, Weight: 2, Evidence: []pipeline.Evidence{evidence(s, 1, "Hello, open \u202egnp")}},
			{ID: "polite", Section: "attitude", Outcome: pipeline.Met, By: pipeline.ByTone, Points: 1, Weight: 5, Critical: true, Evidence: []pipeline.Evidence{}},
			{ID: "patient", Section: "attitude", Outcome: pipeline.NotApplicable, Reason: pipeline.NoOpportunity, By: pipeline.ByRule, Weight: 3},
			{ID: "unlisted", Section: "attitude", Outcome: pipeline.NotMet, By: pipeline.ByRule, Weight: 1, Evidence: []pipeline.Evidence{evidence(s, 0, `<img src="x" onerror="window.hacked = 2">`), evidence(s, 2, "zero\u200bwidth")}},
		},
		Flags: []pipeline.Flag{{Reason: pipeline.CustomerComplaint, Severity: pipeline.Medium, Turn: new(0)}},
		Tone:  pipeline.Tone{Turns: []pipeline.TurnTone{toned(s, 1, pipeline.Courteous, "please")}},
	}
}

func quietSession(id transcript.SessionID) *transcript.Session {
	return &transcript.Session{ID: id, Channel: transcript.Chat, Turns: []transcript.Turn{{Speaker: transcript.Customer, Text: "hi"}}}
}

func quietVerdict() *pipeline.Verdict {
	return &pipeline.Verdict{
		Result: pipeline.Pass, Score: new(100.0), Unfailed: new(100.0),
		Criteria: []pipeline.Finding{{ID: "greeting", Section: "opening", Outcome: pipeline.Met, By: pipeline.ByRule, Points: 1, Weight: 2}},
	}
}

// withLibrary gives the server a library with two solutions.
func withLibrary(t *testing.T) func(*Options) {
	t.Helper()
	return withSolutions(t, []knowledge.Solution{
		{ID: "SOL-1", Title: "加湿器不出雾怎么办", Questions: []string{"加湿器没有雾"}, Answer: "先清洗雾化片，再换纯净水。", Language: "zh"},
		{ID: "SOL-2", Title: "Reset the router", Questions: []string{"how do I reset my router"}, Answer: "Hold the <button> for ten seconds.", Language: "en"},
	})
}

// answer is what a request was answered with.
type answer struct {
	status int
	header http.Header
	body   string
}

// get asks for a path; headers are pairs of name and value.
func (s *site) get(path string, headers ...string) answer {
	s.t.Helper()
	return s.ask(http.MethodGet, path, headers...)
}

func (s *site) ask(method, path string, headers ...string) answer {
	s.t.Helper()
	return s.send(method, path, "", headers...)
}

// post sends a form.
func (s *site) post(path string, form url.Values, headers ...string) answer {
	s.t.Helper()
	return s.send(http.MethodPost, path, form.Encode(), append([]string{"Content-Type", "application/x-www-form-urlencoded"}, headers...)...)
}

// send asks with a body.
func (s *site) send(method, path, body string, headers ...string) answer {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), method, s.URL+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		if headers[i] == "Host" {
			req.Host = headers[i+1]
			continue
		}
		req.Header.Add(headers[i], headers[i+1])
	}
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	var b strings.Builder
	if _, err := io.Copy(&b, res.Body); err != nil {
		s.t.Fatal(err)
	}
	return answer{res.StatusCode, res.Header, b.String()}
}
