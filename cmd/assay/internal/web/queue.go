package web

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"assay/pipeline"
	"assay/pipeline/redact"
	"assay/pipeline/scorecard"
	"assay/pipeline/store"
	"assay/pipeline/transcript"
)

// queuePage is the queue of flagged sessions.
type queuePage struct {
	page
	Filter  store.QueueFilter
	Choices choices
	Sorts   []link
	Active  []link // set filters; each link leads to the queue without it
	Rows    []queueRow
	Tally   store.Tally // of all scorecards together
	Total   int
	First   int // number of the first and the last row that is shown
	Last    int
	Before  string // addresses of the pages before and after; "" where there is none
	After   string
	Waiting int // sessions that are not inspected yet
	Failed  int
	LeftOut int
}

// choices are what the filter's fields offer.
type choices struct {
	Reasons    []counted
	Severities []pipeline.FlagSeverity
	Criteria   []option
	Teams      []string
	Agents     []store.AgentName
	Channels   []transcript.Channel
}

type counted struct {
	Reason   pipeline.FlagReason
	Sessions *int // nil: the reader may not know
}

// option is a choice of a field.
type option struct{ Value, Name string }

// link is a named address; On marks the one that is in force.
type link struct {
	Name string
	URL  string
	On   bool
}

// queueRow is a flagged session.
type queueRow struct {
	store.Queued
	URL      string
	Severity pipeline.FlagSeverity
	Flags    []pipeline.Flag // one for each reason
	NotMet   []string        // names of criteria
}

// Agent is the agent's name, or else the id.
func (r *queueRow) Agent() string {
	if r.AgentName != "" {
		return r.AgentName
	}
	return r.AgentID
}

// named is how many criteria that are not met a row names.
const named = 3

// FirstNotMet are the weightiest criteria that are not met.
func (r *queueRow) FirstNotMet() []string { return r.NotMet[:min(named, len(r.NotMet))] }

// MoreNotMet is how many criteria are not met besides.
func (r *queueRow) MoreNotMet() int { return max(len(r.NotMet)-named, 0) }

// AllNotMet names all criteria that are not met.
func (r *queueRow) AllNotMet() string { return strings.Join(r.NotMet, " · ") }

func (s *server) queue(w http.ResponseWriter, r *http.Request) error {
	f, err := filterOf(r.URL.Query(), s.reader(r))
	if err != nil {
		return err
	}
	in := values{q: r.URL.Query()}
	number := in.number("page", 1, 1_000_000, 1)
	if err := in.bad.or(); err != nil {
		return err
	}
	f.Offset, f.Limit = (number-1)*pageSize, pageSize
	queued, err := s.o.Store.Queue(r.Context(), f)
	if err != nil {
		return err
	}
	if len(queued) == 0 && number > 1 { // the queue got shorter meanwhile
		http.Redirect(w, r, address("/", query(f)), http.StatusSeeOther)
		return nil
	}
	p := queuePage{page: s.page(w, r, "queue", "queue.js"), Filter: f}
	p.Title = p.T("queue.title")
	if err := s.fillQueue(r.Context(), &p, queued); err != nil {
		return err
	}
	return s.render(w, "queue", http.StatusOK, &p)
}

func (s *server) fillQueue(ctx context.Context, p *queuePage, queued []store.Queued) error {
	active, err := s.cards.active(ctx)
	if err != nil {
		return err
	}
	for i := range queued {
		queued[i].AgentName = s.agentName(p.Reader, queued[i].AgentName)
	}
	if p.Rows, err = queueRows(queued, p.Filter, active, p.Lang); err != nil {
		return err
	}
	if p.Choices, err = s.choices(ctx, active, p); err != nil {
		return err
	}
	if p.Reader.may(Reviewer) { // the others' sessions are not an agent's affair
		if err := s.tally(ctx, p); err != nil {
			return err
		}
	}
	p.links(len(queued))
	if len(queued) > 0 {
		p.Total = queued[0].Total
		return nil
	}
	if !p.Reader.may(Reviewer) {
		return nil
	}
	progress, err := s.o.Store.Progress(ctx)
	p.Waiting, p.Failed, p.LeftOut = progress.Waiting(), progress.Failures, progress.LeftOut
	return err
}

func queueRows(queued []store.Queued, f store.QueueFilter, active []*scorecard.Scorecard, lang string) ([]queueRow, error) {
	byCard := map[string]map[string]string{}
	for _, card := range active {
		byCard[card.ID] = names(card, lang)
	}
	rows := make([]queueRow, len(queued))
	for i, q := range queued {
		flags, err := q.OpenFlags()
		if err != nil {
			return nil, err
		}
		at := query(f)
		at.Set("at", strconv.Itoa(f.Offset+i))
		rows[i] = queueRow{
			Queued: q, URL: address("/sessions/"+strconv.FormatInt(int64(q.Session), 10), at),
			Severity: flags[0].Severity, Flags: byReason(flags), NotMet: nameAll(byCard[q.Scorecard], q.NotMet),
		}
	}
	return rows, nil
}

// byReason keeps the gravest flag of each reason.
func byReason(flags []pipeline.Flag) []pipeline.Flag {
	var out []pipeline.Flag
	for _, f := range flags {
		if !slices.ContainsFunc(out, func(o pipeline.Flag) bool { return o.Reason == f.Reason }) {
			out = append(out, f)
		}
	}
	return out
}

// nameAll names criteria; one without a name goes by its id.
func nameAll(names map[string]string, ids []string) []string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = id
		if name := names[id]; name != "" {
			out[i] = name
		}
	}
	return out
}

// agentName is an agent's name as a reader sees it: "" where the policy hides names.
func (s *server) agentName(who reader, name string) string {
	if slices.Contains(s.rules(who).Types, redact.Person) {
		return ""
	}
	return name
}

func (s *server) choices(ctx context.Context, active []*scorecard.Scorecard, p *queuePage) (choices, error) {
	c := choices{
		Severities: pipeline.FlagSeverities, Channels: transcript.Channels,
		Criteria: criteria(active, p.Lang, p.Filter.Criterion),
	}
	if !p.Reader.may(Reviewer) {
		for _, reason := range pipeline.FlagReasons {
			c.Reasons = append(c.Reasons, counted{Reason: reason})
		}
		return c, nil
	}
	counts, err := s.o.Store.FlagCounts(ctx)
	if err != nil {
		return c, err
	}
	for _, reason := range pipeline.FlagReasons {
		n := 0
		if i := slices.IndexFunc(counts, func(f store.FlagCount) bool { return f.Reason == reason }); i >= 0 {
			n = counts[i].Sessions
		}
		c.Reasons = append(c.Reasons, counted{reason, new(n)})
	}
	if c.Teams, err = s.o.Store.Teams(ctx); err != nil {
		return c, err
	}
	c.Agents, err = s.o.Store.AgentNames(ctx)
	for i := range c.Agents {
		c.Agents[i].Name = s.agentName(p.Reader, c.Agents[i].Name)
	}
	return c, err
}

// criteria are those of all active scorecards, each id once, and the chosen one.
func criteria(active []*scorecard.Scorecard, lang, chosen string) []option {
	var out []option
	known := func(id string) bool {
		return slices.ContainsFunc(out, func(o option) bool { return o.Value == id })
	}
	for _, card := range active {
		for _, c := range card.Criteria() {
			if !known(c.ID) {
				out = append(out, option{c.ID, c.Name.In(lang)})
			}
		}
	}
	if chosen != "" && !known(chosen) {
		out = append(out, option{chosen, chosen})
	}
	return out
}

func (s *server) tally(ctx context.Context, p *queuePage) error {
	tallies, err := s.o.Store.Tallies(ctx)
	for _, t := range tallies {
		p.Tally.Sessions += t.Sessions
		p.Tally.Pass += t.Pass
		p.Tally.Fail += t.Fail
		p.Tally.Review += t.Review
		p.Tally.Withheld += t.Withheld
		p.Tally.Flagged += t.Flagged
	}
	return err
}

// All reports whether the queue is of all agents.
func (p *queuePage) All() bool { return p.Reader.may(Reviewer) }

// links fills in the addresses around the rows.
func (p *queuePage) links(shown int) {
	f := p.Filter
	for _, sort := range store.QueueSorts {
		g := f
		g.Sort = sort
		p.Sorts = append(p.Sorts, link{p.T("sort." + string(sort)), address("/", query(g)), sort == f.Sort})
	}
	p.Active = p.active()
	p.First, p.Last = f.Offset+1, f.Offset+shown
	turn := func(number int) string {
		q := query(f)
		if number > 1 {
			q.Set("page", strconv.Itoa(number))
		}
		return address("/", q)
	}
	number := f.Offset/pageSize + 1
	if number > 1 {
		p.Before = turn(number - 1)
	}
	if shown > 0 && len(p.Rows) == pageSize && p.Rows[0].Total > p.Last {
		p.After = turn(number + 1)
	}
}

// active names the filters that are set.
func (p *queuePage) active() []link {
	f := p.Filter
	var out []link
	add := func(set bool, name string, clear func(*store.QueueFilter)) {
		if set {
			g := f
			clear(&g)
			out = append(out, link{Name: name, URL: address("/", query(g))})
		}
	}
	add(f.Reason != "", p.T("flag."+string(f.Reason)), func(g *store.QueueFilter) { g.Reason = "" })
	add(f.Severity != "", p.T("severity."+string(f.Severity)), func(g *store.QueueFilter) { g.Severity = "" })
	add(f.Criterion != "", p.criterion(), func(g *store.QueueFilter) { g.Criterion = "" })
	add(f.Team != "", f.Team, func(g *store.QueueFilter) { g.Team = "" })
	add(f.Agent != "", f.Agent, func(g *store.QueueFilter) { g.Agent = "" })
	add(f.Channel != "", p.T("channel."+f.Channel), func(g *store.QueueFilter) { g.Channel = "" })
	add(!f.From.IsZero(), p.T("queue.since", dayText(f.From)), func(g *store.QueueFilter) { g.From = time.Time{} })
	add(!f.To.IsZero(), p.T("queue.until", dayText(f.To)), func(g *store.QueueFilter) { g.To = time.Time{} })
	return out
}

// criterion is the name of the criterion that is filtered by.
func (p *queuePage) criterion() string {
	for _, o := range p.Choices.Criteria {
		if o.Value == p.Filter.Criterion {
			return o.Name
		}
	}
	return p.Filter.Criterion
}

// Day is a day of the filter as its field wants it.
func (p *queuePage) Day(t time.Time) string { return dayText(t) }
