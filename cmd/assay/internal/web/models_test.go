package web

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"assay/classifiers/llm"
	"assay/pipeline"
	"assay/pipeline/plan"
	"assay/pipeline/store"
)

// withJudge says that a model is connected.
func withJudge(o *Options) {
	o.Judge = JudgeInfo{
		Version: "org/m@1@models.example 0a1b2c3d4e5f", Policy: plan.Judge{Sessions: plan.FlaggedSessions, Share: 0.25}, Redacted: true,
		Budget: llm.Budget{DayTokens: 100_000, DayMoney: 2_000_000, SessionTokens: 20_000},
		Prices: llm.Prices{Currency: "CNY", Input: 800_000, Output: 2_000_000},
	}
}

// called writes a call into the ledger.
func (s *site) called(status string, latency time.Duration, cost int64) {
	s.t.Helper()
	ctx := s.t.Context()
	c := store.ModelCall{
		Purpose: "judge", Endpoint: "models.example", Model: "m", SourceID: "S", Criteria: []string{"polite", "solution"},
		Ref: pipeline.Ref{Scorecard: int64(s.card), Plan: "desk-plan", Rule: "day <b>"}, Tokens: 5000, Cost: cost, Timeout: time.Minute,
	}
	ticket, refused, err := s.store.OpenCall(ctx, c, store.CallLimits{Currency: "CNY"})
	if err != nil || refused != nil {
		s.t.Fatal(err, refused)
	}
	if status == "open" {
		return
	}
	r := store.CallResult{Model: "m", Status: status, Latency: latency}
	if status == "ok" {
		r.Input, r.Output, r.Cost = 1200, 34, &cost
	}
	if _, err := s.store.CloseCall(ctx, ticket, r); err != nil {
		s.t.Fatal(err)
	}
}

// asked fills the ledger.
func (s *site) asked() {
	s.t.Helper()
	s.putPersonal()
	for _, latency := range []time.Duration{time.Second, 2 * time.Second, 3 * time.Second} {
		s.called("ok", latency, 500_000)
	}
	s.called("open", 0, 500_000)
	s.called("unauthorised", time.Second, 0)
}

func TestModelsPage(t *testing.T) {
	t.Parallel()
	s := newSite(t, withJudge)
	s.publish()
	s.asked()
	en, zh := s.get("/models?lang=en").body, s.get("/models?lang=zh").body
	for name, c := range map[string]struct{ body, want string }{
		"names the model":               {en, "<dd>org/m@1</dd>"},
		"names the endpoint":            {en, "<dd>models.example</dd>"},
		"names the prompts":             {en, "<code>0a1b2c3d4e5f</code>"},
		"says which sessions":           {en, "25 % of flagged and uncertain sessions, unless a plan says otherwise"},
		"counts tokens":                 {en, "<b>3,702 <small>tokens</small></b>"},
		"counts money with its unit":    {en, "1.50 CNY"},
		"shows budgets":                 {en, "of 100,000 tokens a day"},
		"shows budgets in money":        {en, "of 2.00 CNY a day"},
		"shows how much is used":        {en, `value="75"`},
		"says that somebody is needed":  {en, "somebody must do something"},
		"says why":                      {en, "The key is refused · Check OPENAI_API_KEY, then assay judge resume."},
		"says it in Chinese":            {zh, "请检查 OPENAI_API_KEY"},
		"says until when, with zone":    {en, "&#43;08:00."},
		"shows latency":                 {en, "<b>2.00 s</b>"},
		"shows the slowest answers":     {en, "95 % within 2.90 s"},
		"counts calls by their end":     {en, "answered"},
		"counts what is under way":      {en, "1 call under way, 5,000 tokens reserved"},
		"shows plans":                   {en, "Plan desk-plan"},
		"shows scorecards":              {en, "Scorecard desk"},
		"names criteria":                {en, "<td>Offers a solution</td>"},
		"names criteria in Chinese":     {zh, "<td>给出方案</td>"},
		"says why models abstained":     {en, "A model will be asked: 1"},
		"has a place in the navigation": {en, `<a href="/models" aria-current="page">Models</a>`},
	} {
		if !strings.Contains(c.body, c.want) {
			t.Errorf("%s: %q is not in the page", name, c.want)
		}
	}
}

func TestModelsPageWithoutPricesAndPlan(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(o *Options) {
		withJudge(o)
		o.Judge.Prices, o.Judge.Budget = llm.Prices{}, llm.Budget{}
	})
	s.publish()
	s.putPersonal()
	ticket, refused, err := s.store.OpenCall(t.Context(), store.ModelCall{
		Purpose: "judge", Endpoint: "models.example", Model: "m", SourceID: "S", Criteria: []string{"polite"}, Ref: pipeline.Ref{Scorecard: int64(s.card)}, Timeout: time.Minute,
	}, store.CallLimits{})
	if err != nil || refused != nil {
		t.Fatal(err, refused)
	}
	if _, err := s.store.CloseCall(t.Context(), ticket, store.CallResult{Model: "m", Status: "ok", Input: 1200, Output: 34}); err != nil {
		t.Fatal(err)
	}
	body := s.get("/models?lang=en").body
	for _, want := range []string{"<td>No plan</td>", "<span>price unknown</span>", `data-name="Today">1,234</td>`, `data-name="Undetermined">0</td>`} {
		if !strings.Contains(body, want) {
			t.Errorf("%q is not in the page:\n%s", want, body)
		}
	}
	for _, odd := range []string{"Plan –", `">0 %`} {
		if strings.Contains(body, odd) {
			t.Errorf("%q is in the page", odd)
		}
	}
}

func TestModelsPageWithoutAModel(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	for lang, want := range map[string]string{"en": "No model is connected, and none is needed", "zh": "未接入模型，也无需模型即可使用"} {
		body := s.get("/models?lang=" + lang).body
		if !strings.Contains(body, want) || !strings.Contains(body, "OPENAI_BASE_URL=") || strings.Contains(body, "notice bad") {
			t.Errorf("%s: the page must say plainly what it is without a model:\n%s", lang, body)
		}
	}
}

func TestAPIModels(t *testing.T) {
	t.Parallel()
	s := newSite(t, withJudge)
	s.publish()
	s.asked()
	var got modelReport
	if err := json.Unmarshal([]byte(s.get("/api/v1/models").body), &got); err != nil {
		t.Fatal(err)
	}
	day := time.Now().In(s.store.Zone()).Format(time.DateOnly)
	if got.Day != day || len(got.Endpoints) != 1 || got.Endpoints[0].Until == nil || got.Endpoints[0].State != EndpointNeeds {
		t.Errorf("day %q of %q, endpoints %+v", got.Day, day, got.Endpoints)
	}
	spent := modelUse{Tokens: 3702, Money: 1.5}
	got.From, got.Day, got.Endpoints = "", "", nil
	want := modelReport{
		Model: "org/m@1", Host: "models.example", Prompt: "0a1b2c3d4e5f", Redacted: true, Currency: "CNY",
		Budget: modelBudget{Day: modelUse{100_000, 2}, Session: modelUse{20_000, 0}, Plan: []modelPlanBudget{}},
		Spending: []modelSpending{
			{"all", "", "CNY", spent, spent, 0}, {"plan", "desk-plan", "CNY", spent, spent, 0}, {"scorecard", "desk", "CNY", spent, spent, 0},
		},
		Criteria: []modelCriterion{
			{"desk", "polite", "CNY", 5, modelUse{1851, 0.75}, modelUse{1851, 0.75}}, {"desk", "solution", "CNY", 5, modelUse{1851, 0.75}, modelUse{1851, 0.75}},
		},
		Calls: []modelCalls{{"ok", 3, 3}, {"open", 1, 1}, {"unauthorised", 1, 1}},
		Open:  1, Reserved: modelUse{5000, 0.5}, MedianMS: new(int64(2000)), P95MS: new(int64(2900)),
		Answers: []modelAnswers{
			{Scorecard: "desk", Criterion: "greeting", Sessions: 1, Met: 1, Abstained: []abstained{}},
			{Scorecard: "desk", Criterion: "polite", Sessions: 1, Abstained: []abstained{{pipeline.Pending, 1}}},
			{Scorecard: "desk", Criterion: "solution", Sessions: 1, NotMet: 1, Abstained: []abstained{}},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestStatesOfEndpoints(t *testing.T) {
	t.Parallel()
	later := time.Now().Add(time.Hour)
	for name, c := range map[string]struct {
		e    store.EndpointStatus
		want EndpointState
	}{
		"open":                   {store.EndpointStatus{}, EndpointReady},
		"the provider's rate":    {store.EndpointStatus{ClosedUntil: &later, Status: "limited"}, EndpointLimited},
		"failures in a row":      {store.EndpointStatus{ClosedUntil: &later, Status: "timeout"}, EndpointBroken},
		"the key is refused":     {store.EndpointStatus{ClosedUntil: &later, Status: "unauthorised", NeedsSomebody: true}, EndpointNeeds},
		"and time does not help": {store.EndpointStatus{NeedsSomebody: true}, EndpointNeeds},
	} {
		if got := stateOf(c.e); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

func TestLimitsOfThePlanInForceAreShown(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(o *Options) { o.Judge = JudgeInfo{Version: "m@host 1"} })
	if body := s.get("/models?lang=en").body; !strings.Contains(body, "no limit") {
		t.Errorf("without a plan there is no limit:\n%s", body)
	}
	const src = "plan: p\nname: P\ndefault: {scorecard: desk, judge: {tokens_per_day: 4321}}\njudge: {money_per_day: 3, money_per_session: 1}\n"
	in, problems := plan.Parse("p.yaml", []byte(src))
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.store.PublishPlan(t.Context(), in, "li", "test"); err != nil {
		t.Fatal(err)
	}
	body := s.get("/models?lang=en").body
	if strings.Contains(body, "no limit") || !strings.Contains(body, "the plan&#39;s rule default allows 4,321 tokens") || !strings.Contains(body, "the plan allows 3.00") {
		t.Errorf("the plan's limits are not on the page:\n%s", body)
	}
	for lang, want := range map[string]string{"en": "Judging is off where the plan limits money", "zh": "计划限制了费用"} {
		if body := s.get("/problems?lang=" + lang).body; !strings.Contains(body, want) {
			t.Errorf("%q is not among the problems:\n%s", want, body)
		}
	}
}
