package web

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"assay/pipeline"
	"assay/pipeline/scorecard"
	"assay/pipeline/store"
	"assay/pipeline/transcript"
)

// sessionPage is a session: its transcript, and the verdict beside it.
type sessionPage struct {
	page
	View     store.SessionView
	Session  *transcript.Session
	Facts    []fact // what the source says about the session
	Turns    []turnView
	Verdict  *pipeline.Verdict // nil: not inspected
	Card     *scorecard.Scorecard
	Sections []sectionView
	Counts   map[pipeline.Outcome]int
	Mood     moodView
	Back     string // the queue that the reader came from
	Previous string // "" where there is none
	Next     string
}

// fact is something that the source says.
type fact struct{ Name, Value string }

// sectionView is a section of the scorecard with its findings.
type sectionView struct {
	Name     string
	Findings []findingView
}

// findingView is a criterion's answer.
type findingView struct {
	pipeline.Finding
	Name   string
	Advice string
	Worth  string // points got of those that could be had
}

func (s *server) session(w http.ResponseWriter, r *http.Request) error {
	key, err := sessionKey(r)
	if err != nil {
		return err
	}
	p := sessionPage{page: s.page(w, r, "queue", "session.js")}
	if p.View, err = s.o.Store.Session(r.Context(), key); err != nil {
		return err
	}
	if p.Session, err = transcript.Decode([]byte(p.View.Content)); err != nil {
		return fmt.Errorf("session %d: %w", key, err)
	}
	p.Title = p.View.SourceID
	if err := s.judge(r.Context(), &p); err != nil {
		return err
	}
	p.Facts = p.facts()
	if err := s.around(r.Context(), &p, r.URL.Query()); err != nil {
		return err
	}
	return s.render(w, "session", http.StatusOK, &p)
}

// sessionKey reads the key of a session's address. What is no number is no session.
func sessionKey(r *http.Request) (store.SessionKey, error) {
	text := r.PathValue("key")
	key, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("session %q: %w", text, store.ErrNotFound)
	}
	return store.SessionKey(key), nil
}

// judge fills in the verdict and what hangs on it.
func (s *server) judge(ctx context.Context, p *sessionPage) error {
	if p.View.Verdict == nil {
		p.Turns = turnViews(p.Session, &pipeline.Verdict{}, nil)
		return nil
	}
	p.Verdict = new(pipeline.Verdict)
	if err := json.Unmarshal([]byte(*p.View.Verdict), p.Verdict); err != nil {
		return fmt.Errorf("verdict of session %d: %w", p.View.Key, err)
	}
	card, err := s.cards.of(ctx, p.Verdict.Scorecard)
	if err != nil {
		return err
	}
	p.Card = card
	p.Sections = sections(p.Verdict, card, p.Lang)
	p.Counts = map[pipeline.Outcome]int{}
	for _, f := range p.Verdict.Criteria {
		p.Counts[f.Outcome]++
	}
	p.Turns = turnViews(p.Session, p.Verdict, names(card, p.Lang))
	p.Mood = moodOf(p.Session, p.Verdict.Tone)
	return nil
}

// sections groups the findings by section, in the verdict's order.
func sections(v *pipeline.Verdict, card *scorecard.Scorecard, lang string) []sectionView {
	titles := map[string]string{}
	for _, sec := range card.Sections {
		titles[sec.ID] = sec.Name.In(lang)
	}
	asked := map[string]*scorecard.Criterion{}
	for _, c := range card.Criteria() {
		asked[c.ID] = c
	}
	var out []sectionView
	for i, f := range v.Criteria {
		if i == 0 || f.Section != v.Criteria[i-1].Section {
			name := titles[f.Section]
			if name == "" {
				name = f.Section
			}
			out = append(out, sectionView{Name: name})
		}
		last := &out[len(out)-1]
		last.Findings = append(last.Findings, finding(f, card.Mode, asked[f.ID], lang))
	}
	return out
}

func finding(f pipeline.Finding, mode scorecard.Mode, c *scorecard.Criterion, lang string) findingView {
	v := findingView{Finding: f, Name: f.ID, Worth: worth(f, mode)}
	if c != nil {
		v.Name, v.Advice = c.Name.In(lang), c.Advice.In(lang)
	}
	return v
}

// worth prints points: of the weight when weighted, with their sign when
// deducted or a bonus; nothing for a criterion that does not count.
func worth(f pipeline.Finding, mode scorecard.Mode) string {
	switch {
	case f.Outcome != pipeline.Met && f.Outcome != pipeline.NotMet:
		return ""
	case mode == scorecard.Deduction, f.Weight == 0 && f.Points != 0: // a bonus
		return signed(f.Points)
	case f.Weight == 0:
		return ""
	}
	return number(f.Points*f.Weight) + "/" + number(f.Weight)
}

// facts are what the source says about a session, without what it does not say.
func (p *sessionPage) facts() []fact {
	s := p.Session
	var out []fact
	add := func(key, value string) {
		if value != "" {
			out = append(out, fact{p.T("fact." + key), value})
		}
	}
	add("channel", p.T("channel."+string(s.Channel)))
	if !s.StartedAt.IsZero() {
		add("started", p.Time(s.StartedAt)+" "+p.Zone(s.StartedAt))
	}
	if s.Agent != nil {
		add("agent", join(s.Agent.Name, s.Agent.ID))
		add("team", s.Agent.Team)
	}
	if s.Customer != nil {
		kind := ""
		if s.Customer.Type != "" {
			kind = p.Known("customer", s.Customer.Type)
		}
		add("customer", join(kind, s.Customer.ID))
	}
	add("language", s.Language)
	if s.BusinessType != "" {
		add("business", p.Known("business", s.BusinessType))
	}
	if s.Urgency != "" {
		add("urgency", p.Known("urgency", s.Urgency))
	}
	if s.CSAT > 0 {
		add("csat", strconv.Itoa(s.CSAT)+"/5")
	}
	for _, key := range slices.Sorted(maps.Keys(s.Metadata)) {
		out = append(out, fact{key, plain(s.Metadata[key])})
	}
	return out
}

func join(name, id string) string {
	if name == "" || id == "" || name == id {
		return name + id
	}
	return name + " (" + id + ")"
}

// plain prints a JSON value; a string without its quotation marks.
func plain(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	b, err := json.Marshal(v)
	if err != nil { // not a value that came from JSON
		return fmt.Sprint(v)
	}
	return string(b)
}

// reach is how far the queue is searched around the place where the session
// stood, because sessions come and go between two looks.
const reach = 20

// around finds the session's neighbours in the queue that the reader came from.
func (s *server) around(ctx context.Context, p *sessionPage, q url.Values) error {
	f, err := filterOf(q)
	if err != nil {
		return err
	}
	p.Back = address("/", query(f))
	if !q.Has("at") {
		return nil
	}
	in := values{q: q}
	at := in.number("at", 0, 1_000_000_000, 0)
	if err := in.bad.or(); err != nil {
		return err
	}
	f.Offset, f.Limit = max(at-reach, 0), 2*reach+1
	if number := at/pageSize + 1; number > 1 {
		back := query(f)
		back.Set("page", strconv.Itoa(number))
		p.Back = address("/", back)
	}
	queued, err := s.o.Store.Queue(ctx, f)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(queued, func(o store.Queued) bool { return o.Session == p.View.Key })
	if i < 0 {
		return nil
	}
	if i > 0 {
		p.Previous = neighbour(f, queued[i-1].Session, i-1)
	}
	if i+1 < len(queued) {
		p.Next = neighbour(f, queued[i+1].Session, i+1)
	}
	return nil
}

func neighbour(f store.QueueFilter, key store.SessionKey, i int) string {
	q := query(f)
	q.Set("at", strconv.Itoa(f.Offset+i))
	return address("/sessions/"+strconv.FormatInt(int64(key), 10), q)
}

// Newer reports whether the session has a transcript that is not inspected yet.
func (p *sessionPage) Newer() bool {
	return p.View.Inspected != nil && *p.View.Inspected < p.View.Version
}

// Shown is the version of the transcript that is shown.
func (p *sessionPage) Shown() int {
	if p.View.Inspected != nil {
		return *p.View.Inspected
	}
	return p.View.Version
}

// Criterion is the name of a criterion.
func (p *sessionPage) Criterion(id string) string {
	for _, c := range p.Card.Criteria() {
		if c.ID == id {
			return c.Name.In(p.Lang)
		}
	}
	return id
}

// Turn is the way a turn is named: its number from 1, with its time when it has one.
func (p *sessionPage) Turn(i int) string {
	if i < len(p.Turns) && p.Turns[i].Clock != "" {
		return p.Turns[i].Clock
	}
	return "#" + strconv.Itoa(i+1)
}

// clock prints the time since the session began: 02:05, or 1:02:05 from an hour on.
func clock(d time.Duration) string {
	sign := ""
	if d < 0 {
		sign, d = "−", -d
	}
	seconds := int(d.Round(time.Second) / time.Second)
	if seconds < 3600 {
		return fmt.Sprintf("%s%02d:%02d", sign, seconds/60, seconds%60)
	}
	return fmt.Sprintf("%s%d:%02d:%02d", sign, seconds/3600, seconds/60%60, seconds%60)
}

// Outcomes lists the outcomes in the order in which they are counted.
func (p *sessionPage) Outcomes() []pipeline.Outcome {
	return []pipeline.Outcome{pipeline.NotMet, pipeline.Met, pipeline.Undetermined, pipeline.NotApplicable}
}
