package web

import (
	"context"
	"math"
	"net/http"
	"strconv"
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

func stateOf(e store.ModelEndpoint) EndpointState {
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
	Prompt    string           `json:"prompt"` // hash of all prompts
	Redacted  bool             `json:"redacted"`
	Currency  string           `json:"currency"` // "" when it is not said
	Priced    bool             `json:"priced"`   // the price is known; else costs are 0
	From      string           `json:"from"`     // the first day of the week, and today
	Day       string           `json:"day"`
	Endpoints []modelEndpoint  `json:"endpoints"`
	Budget    modelBudget      `json:"budget"`
	Spending  []modelSpending  `json:"spending"`
	Criteria  []modelCriterion `json:"criteria"`
	Calls     []modelCalls     `json:"calls"`
	Open      int              `json:"open_calls"`
	Unpriced  int              `json:"unpriced_calls"`
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
	Day     modelUse `json:"day"`
	Session modelUse `json:"session"`
}

type modelSpending struct {
	Scope string   `json:"scope"` // all, plan, rule
	Key   string   `json:"key"`
	Today modelUse `json:"today"`
	Week  modelUse `json:"week"`
}

type modelCriterion struct {
	Scorecard string   `json:"scorecard"`
	Criterion string   `json:"criterion"`
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
	Oldest  *time.Time `json:"oldest"` // null when nothing waits
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

func useOf(u store.ModelUse) modelUse { return modelUse{u.Tokens, float64(u.Cost) / millionths} }

func (s *server) modelReport(ctx context.Context) (*modelReport, error) {
	stored, err := s.o.Store.ModelReport(ctx)
	if err != nil {
		return nil, err
	}
	j := s.o.Judge
	name, prompt, _ := strings.Cut(j.Version, " ")
	r := &modelReport{
		Prompt: prompt, Redacted: j.Redacted, Currency: j.Prices.Currency, Priced: j.Prices.Known(),
		From: dayText(stored.From), Day: dayText(stored.Day), Open: stored.Open, Unpriced: stored.Unpriced, Reserved: useOf(stored.Reserved),
		Queue: modelQueue{stored.Queue.Waiting, stored.Queue.Running, s.inZone(stored.Queue.Oldest)},
		Budget: modelBudget{
			modelUse{j.Budget.DayTokens, float64(j.Budget.DayMoney) / millionths},
			modelUse{j.Budget.SessionTokens, float64(j.Budget.SessionMoney) / millionths},
		},
		MedianMS: milliseconds(stored.Latency.Median), P95MS: milliseconds(stored.Latency.P95),
		Endpoints: []modelEndpoint{}, Spending: []modelSpending{}, Criteria: []modelCriterion{}, Calls: []modelCalls{},
	}
	r.Model, r.Host, _ = cutLast(name, "@")
	for _, e := range stored.Endpoints {
		r.Endpoints = append(r.Endpoints, modelEndpoint{e.Endpoint, e.Model, stateOf(e), e.Status, e.Failures, s.inZone(e.ClosedUntil), e.ChangedAt.In(s.o.Zone)})
	}
	for _, m := range stored.Spending {
		r.Spending = append(r.Spending, modelSpending{m.Scope, m.Key, useOf(m.Today), useOf(m.Week)})
	}
	for _, m := range stored.Criteria {
		r.Criteria = append(r.Criteria, modelCriterion{m.Scorecard, m.Criterion, m.Calls, useOf(m.Today), useOf(m.Week)})
	}
	for _, m := range stored.Calls {
		r.Calls = append(r.Calls, modelCalls(m))
	}
	r.Answers = answersOf(stored.Answers)
	return r, nil
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

// modelsPage says how models are, what they did, and what they cost.
type modelsPage struct {
	page
	*modelReport
	Policy plan.Judge
	names  map[string]map[string]string // of criteria, by scorecard
}

func (s *server) models(w http.ResponseWriter, r *http.Request) error {
	p := modelsPage{page: s.page(w, r, "models"), Policy: s.o.Judge.Policy, names: map[string]map[string]string{}}
	p.Title = p.T("models.title")
	var err error
	if p.modelReport, err = s.modelReport(r.Context()); err != nil {
		return err
	}
	active, err := s.cards.active(r.Context())
	if err != nil {
		return err
	}
	for _, card := range active {
		p.names[card.ID] = names(card, p.Lang)
	}
	return s.render(w, "models", http.StatusOK, &p)
}

func (s *server) apiModels(w http.ResponseWriter, r *http.Request) error {
	report, err := s.modelReport(r.Context())
	if err != nil {
		return err
	}
	return writeJSON(w, report)
}

// Criterion is the name of a criterion, or its id.
func (p *modelsPage) Criterion(card, id string) string {
	if name := p.names[card][id]; name != "" {
		return name
	}
	return id
}

// All is what was spent altogether.
func (p *modelsPage) All() modelSpending {
	for _, s := range p.Spending {
		if s.Scope == "all" {
			return s
		}
	}
	return modelSpending{Scope: "all"}
}

// Plans is what plans and their rules spent.
func (p *modelsPage) Plans() []modelSpending {
	var out []modelSpending
	for _, s := range p.Spending {
		if s.Scope != "all" {
			out = append(out, s)
		}
	}
	return out
}

// Failed counts the week's calls that were not answered.
func (p *modelsPage) Failed() int {
	n := 0
	for _, c := range p.Calls {
		if c.Status != string(llm.Answered) && c.Status != "open" {
			n += c.Week
		}
	}
	return n
}

// Asked counts the week's calls.
func (p *modelsPage) Asked() int {
	n := 0
	for _, c := range p.Calls {
		n += c.Week
	}
	return n
}

// Money is an amount with its currency; a dash where the price is not known.
func (p *modelsPage) Money(v float64) string {
	if !p.Priced {
		return "–"
	}
	text := strconv.FormatFloat(v, 'f', 2, 64)
	switch {
	case v > 0 && v < 0.0001:
		text = "< 0.0001"
	case v > 0 && v < 1:
		text += strings.TrimRight(strconv.FormatFloat(v, 'f', 4, 64)[len("0.00"):], "0")
	}
	return strings.TrimSpace(text + " " + p.Currency)
}

// useView is what was taken, as it is printed.
type useView struct {
	Tokens int64
	Money  string
}

// Use prints what was taken.
func (p *modelsPage) Use(u modelUse) useView { return useView{u.Tokens, p.Money(u.Money)} }

// Of is the part of a limit that is used, of 100; 0 without a limit.
func (p *modelsPage) Of(used, limit float64) int {
	if limit <= 0 {
		return 0
	}
	return int(math.Min(100, math.Round(100*used/limit)))
}

// Seconds is a latency in seconds; a dash without one.
func (p *modelsPage) Seconds(ms *int64) string {
	if ms == nil {
		return "–"
	}
	return strconv.FormatFloat(float64(*ms)/1000, 'f', 2, 64) + " s"
}

// grouped prints a count with its thousands apart.
func grouped(n int64) string {
	digits := strconv.FormatInt(n, 10)
	var b strings.Builder
	for i, d := range digits {
		if i > 0 && digits[i-1] != '-' && (len(digits)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(d)
	}
	return b.String()
}
