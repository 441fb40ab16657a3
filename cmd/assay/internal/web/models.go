package web

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"assay/classifiers/llm"
	"assay/pipeline"
	"assay/pipeline/plan"
	"assay/pipeline/store"
)

// JudgeInfo is what the pages tell about the settings of the judging model. The
// zero value is that none is connected.
type JudgeInfo struct {
	Version  string     // of the judge: model@host, a blank, the hash of the prompts
	Policy   plan.Judge // which sessions it judges, where their plan does not say
	Budget   llm.Budget // what may be spent
	Prices   llm.Prices // the zero value is a price that is not known
	Redacted bool       // personal data is replaced before anything is sent
}

// EndpointState is how a model at an endpoint is, from a closed list.
type EndpointState string

// The states of endpoints.
const (
	EndpointReady   EndpointState = "ready"
	EndpointLimited EndpointState = "limited" // it wants to be left alone for a while
	EndpointBroken  EndpointState = "broken"  // it failed several times: nobody asks for a while
	EndpointNeeds   EndpointState = "needs"   // somebody must do something
)

// endpointStates lists the states of endpoints.
var endpointStates = []EndpointState{EndpointReady, EndpointLimited, EndpointBroken, EndpointNeeds}

func stateOf(e store.EndpointStatus) EndpointState {
	switch {
	case e.NeedsSomebody:
		return EndpointNeeds
	case e.ClosedUntil == nil:
		return EndpointReady
	case e.Status == string(llm.Limited):
		return EndpointLimited
	}
	return EndpointBroken
}

// modelReport is what is told of models, by the page and by the API.
type modelReport struct {
	Model     string           `json:"model"` // "" when none is connected
	Host      string           `json:"host"`
	Prompt    string           `json:"prompt"` // hash of all that answers depend on
	Redacted  bool             `json:"redacted"`
	Currency  string           `json:"currency"` // of the budget; "" when it is not said
	From      string           `json:"from"`     // the first day of the week, and today
	Day       string           `json:"day"`
	Endpoints []modelEndpoint  `json:"endpoints"`
	Budget    modelBudget      `json:"budget"`
	Spending  []modelSpending  `json:"spending"`
	Criteria  []modelCriterion `json:"criteria"`
	Calls     []modelCalls     `json:"calls"`
	Open      int              `json:"open_calls"`
	Reserved  modelUse         `json:"reserved"`
	MedianMS  *int64           `json:"latency_median_ms"` // null: no answer in these days
	P95MS     *int64           `json:"latency_p95_ms"`
	Queue     modelQueue       `json:"queue"`
	Answers   []modelAnswers   `json:"answers"`
}

type modelEndpoint struct {
	Host      string        `json:"host"`
	Model     string        `json:"model"`
	State     EndpointState `json:"state"`
	Status    string        `json:"status,omitempty"` // of the call that closed it
	Failures  int           `json:"failures"`         // in a row
	Until     *time.Time    `json:"until"`            // nobody asks before; null when it is open
	ChangedAt time.Time     `json:"changed_at"`
}

// modelUse is what was taken; money is in the currency's unit.
type modelUse struct {
	Tokens int64   `json:"tokens"`
	Money  float64 `json:"money"`
}

// modelBudget are limits; 0 is none.
type modelBudget struct {
	Day     modelUse          `json:"day"`
	Session modelUse          `json:"session"`
	Plan    []modelPlanBudget `json:"plan"` // what the plan in force limits besides
}

// modelPlanBudget are limits of the plan in force, or of a rule of it.
type modelPlanBudget struct {
	Rule    string   `json:"rule"` // "" is the plan's own
	Day     modelUse `json:"day"`
	Session modelUse `json:"session"`
}

// planBudget is what a plan limits.
func planBudget(in *plan.Plan) []modelPlanBudget {
	out := []modelPlanBudget{}
	add := func(rule string, j *plan.Judge) {
		if j != nil && (j.PerDay != plan.Limit{} || j.PerSession != plan.Limit{}) {
			out = append(out, modelPlanBudget{rule, useOf(j.PerDay.Tokens, j.PerDay.Money), useOf(j.PerSession.Tokens, j.PerSession.Money)})
		}
	}
	add("", in.Judge)
	for _, r := range in.Rules {
		add(r.Name, r.Judge)
	}
	return out
}

// modelSpending is what was taken by all calls, or by those of a plan or a
// scorecard, in one currency.
type modelSpending struct {
	By       string   `json:"by"`   // all, plan, scorecard
	Name     string   `json:"name"` // "" of calls for none
	Currency string   `json:"currency"`
	Today    modelUse `json:"today"`
	Week     modelUse `json:"week"`
	Unpriced int      `json:"unpriced"` // calls of the week whose price is not known
}

type modelCriterion struct {
	Scorecard string   `json:"scorecard"`
	Criterion string   `json:"criterion"`
	Currency  string   `json:"currency"`
	Calls     int      `json:"calls"`
	Today     modelUse `json:"today"`
	Week      modelUse `json:"week"`
}

type modelCalls struct {
	Status string `json:"status"`
	Today  int    `json:"today"`
	Week   int    `json:"week"`
}

type modelQueue struct {
	Waiting int        `json:"waiting"`
	Running int        `json:"running"`
	Asleep  int        `json:"asleep"`         // until the model may be asked again
	Budget  int        `json:"over_budget"`    // of those asleep: until another day's budget
	Oldest  int64      `json:"oldest_seconds"` // for how long the first of those that wait does; 0 when none does
	Next    *time.Time `json:"next"`           // when the first of those asleep goes on
}

// modelAnswers count what verdicts say about a criterion that a model is to answer.
type modelAnswers struct {
	Scorecard  string      `json:"scorecard"`
	Criterion  string      `json:"criterion"`
	Sessions   int         `json:"sessions"`
	Met        int         `json:"met"`
	NotMet     int         `json:"not_met"`
	NotApplied int         `json:"not_applicable"`
	Abstained  []abstained `json:"undetermined"`
}

type abstained struct {
	Reason   pipeline.Reason `json:"reason"`
	Sessions int             `json:"sessions"`
}

// millionths are a currency's unit.
const millionths = 1e6

func useOf(tokens, cost int64) modelUse { return modelUse{tokens, float64(cost) / millionths} }

func (s *server) modelReport(ctx context.Context) (*modelReport, error) {
	stored, err := s.o.Store.ModelReport(ctx)
	if err != nil {
		return nil, err
	}
	in, err := s.planInForce(ctx)
	if err != nil {
		return nil, err
	}
	j := s.o.Judge
	name, prompt, _ := strings.Cut(j.Version, " ")
	r := &modelReport{
		Prompt: prompt, Redacted: j.Redacted, Currency: j.Prices.Currency, From: dayText(stored.From), Day: dayText(stored.Day),
		Budget: modelBudget{
			useOf(j.Budget.DayTokens, int64(j.Budget.DayMoney)), useOf(j.Budget.SessionTokens, int64(j.Budget.SessionMoney)), planBudget(in),
		},
		Open: stored.Open, Reserved: useOf(stored.Tokens, stored.Cost),
		MedianMS: milliseconds(stored.Latency.Median), P95MS: milliseconds(stored.Latency.P95),
		Endpoints: []modelEndpoint{}, Spending: []modelSpending{}, Criteria: []modelCriterion{}, Calls: []modelCalls{},
		Answers: answersOf(stored.Answers),
	}
	r.Model, r.Host, _ = cutLast(name, "@")
	for _, m := range stored.Calls {
		r.Calls = append(r.Calls, modelCalls(m))
	}
	if err := s.endpoints(ctx, r); err != nil {
		return nil, err
	}
	return r, s.spending(ctx, r, stored)
}

// endpoints fills in how endpoints are and what waits for them.
func (s *server) endpoints(ctx context.Context, r *modelReport) error {
	endpoints, err := s.o.Store.Endpoints(ctx)
	if err != nil {
		return err
	}
	for _, e := range endpoints {
		r.Endpoints = append(r.Endpoints, modelEndpoint{e.Endpoint, e.Model, stateOf(e), e.Status, e.Failures, s.inZone(e.ClosedUntil), e.ChangedAt.In(s.o.Zone)})
	}
	queue, err := s.o.Store.JudgeQueue(ctx)
	r.Queue = modelQueue{queue.Waiting, queue.Running, queue.Asleep, queue.Budget, int64(queue.Oldest.Seconds()), s.inZone(queue.Next)}
	return err
}

// spending fills in what was taken over the week and of that today.
func (s *server) spending(ctx context.Context, r *modelReport, stored *store.ModelReport) error {
	for _, by := range []struct {
		name string
		by   store.SpendingBy
	}{{"all", store.SpentInAll}, {"plan", store.SpentByPlan}, {"scorecard", store.SpentByScorecard}} {
		week, err := s.o.Store.Spending(ctx, by.by, stored.From)
		if err != nil {
			return err
		}
		today, err := s.o.Store.Spending(ctx, by.by, stored.Day)
		if err != nil {
			return err
		}
		for _, w := range week {
			m := modelSpending{By: by.name, Name: w.Name, Currency: w.Currency, Week: useOf(w.Input+w.Output, w.Cost), Unpriced: w.Unpriced}
			if i := slices.IndexFunc(today, func(t store.Spending) bool { return t.Name == w.Name && t.Currency == w.Currency }); i >= 0 {
				m.Today = useOf(today[i].Input+today[i].Output, today[i].Cost)
			}
			r.Spending = append(r.Spending, m)
		}
	}
	return s.spendingByCriterion(ctx, r, stored)
}

func (s *server) spendingByCriterion(ctx context.Context, r *modelReport, stored *store.ModelReport) error {
	week, err := s.o.Store.SpendingByCriterion(ctx, stored.From)
	if err != nil {
		return err
	}
	today, err := s.o.Store.SpendingByCriterion(ctx, stored.Day)
	if err != nil {
		return err
	}
	for _, w := range week {
		m := modelCriterion{w.Scorecard, w.Criterion, w.Currency, w.Calls, modelUse{}, useOf(w.Tokens, w.Cost)}
		same := func(t store.CriterionSpending) bool {
			return t.Scorecard == w.Scorecard && t.Criterion == w.Criterion && t.Currency == w.Currency
		}
		if i := slices.IndexFunc(today, same); i >= 0 {
			m.Today = useOf(today[i].Tokens, today[i].Cost)
		}
		r.Criteria = append(r.Criteria, m)
	}
	return nil
}

// cutLast cuts at the last separator: names of models may have one.
func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}

func (s *server) inZone(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	return new(t.In(s.o.Zone))
}

func milliseconds(d *time.Duration) *int64 {
	if d == nil {
		return nil
	}
	return new(d.Milliseconds())
}

// answersOf gathers what is said of each criterion; the list is in their order.
func answersOf(list []store.ModelAnswers) []modelAnswers {
	out := []modelAnswers{}
	for _, a := range list {
		if n := len(out); n == 0 || out[n-1].Scorecard != a.Scorecard || out[n-1].Criterion != a.Criterion {
			out = append(out, modelAnswers{Scorecard: a.Scorecard, Criterion: a.Criterion, Abstained: []abstained{}})
		}
		m := &out[len(out)-1]
		m.Sessions += a.Sessions
		switch a.Outcome {
		case pipeline.Met:
			m.Met += a.Sessions
		case pipeline.NotMet:
			m.NotMet += a.Sessions
		case pipeline.NotApplicable:
			m.NotApplied += a.Sessions
		default:
			m.Abstained = append(m.Abstained, abstained{a.Reason, a.Sessions})
		}
	}
	return out
}

// Undetermined is how many sessions have no answer.
func (m *modelAnswers) Undetermined() int { return m.Sessions - m.Met - m.NotMet - m.NotApplied }

// Share is how many of the sessions have no answer, of 1.
func (m *modelAnswers) Share() float64 {
	return float64(m.Undetermined()) / float64(max(m.Sessions, 1))
}

func (s *server) apiModels(w http.ResponseWriter, r *http.Request) error {
	report, err := s.modelReport(r.Context())
	if err != nil {
		return err
	}
	return writeJSON(w, report)
}
