package web

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"assay/pipeline"
	"assay/pipeline/scorecard"
	"assay/pipeline/store"
	"assay/pipeline/transcript"
)

// sessionPage is a session: its transcript, and the verdict beside it.
type sessionPage struct {
	page
	View       store.SessionView
	Session    *transcript.Session // as it is shown
	Facts      []fact              // what the source says about the session
	Turns      []turnView
	Verdict    *pipeline.Verdict // nil: not inspected
	Card       *scorecard.Scorecard
	Sections   []sectionView
	Counts     map[pipeline.Outcome]int
	Unasked    []unasked // why models did not answer, by reason
	Injections []injectionView
	Questions  []questionView
	Rounds     []store.Round
	Mood       moodView
	Personal   personalView
	Back       string // the queue that the reader came from
	Previous   string // "" where there is none
	Next       string

	seen *seen
}

// fact is something that the source says.
type fact struct {
	Name, Value string
	Hidden      bool // personal data in it is behind tags
}

// sectionView is a section of the scorecard with its findings.
type sectionView struct {
	Name     string
	Findings []findingView
}

// findingView is a criterion's answer.
type findingView struct {
	pipeline.Finding
	Name     string
	Advice   string
	Worth    string // points got of those that could be had
	Evidence []quoteView
	Judged   *judgedView // nil where no model answered
}

// quoteView is a quote with its turn.
type quoteView struct {
	Turn  int
	Words []segment
}

// questionView is a customer's question with what the library suggests.
type questionView struct {
	pipeline.Question
	Words []segment
	Said  []saidView // the agent's part of how it was answered
}

// saidView is a quote of a turn.
type saidView struct {
	Turn  int
	Words []segment
}

func (s *server) session(w http.ResponseWriter, r *http.Request) error {
	if r.URL.Query().Has("reveal") {
		return errRevealByGet
	}
	key, err := sessionKey(r)
	if err != nil {
		return err
	}
	p, err := s.sessionPage(w, r, key, revealed{})
	if err != nil {
		return err
	}
	return s.render(w, "session", http.StatusOK, p)
}

// sessionPage fills in the page of a session, with what is to be revealed.
func (s *server) sessionPage(w http.ResponseWriter, r *http.Request, key store.SessionKey, open revealed) (*sessionPage, error) {
	ctx := r.Context()
	p := &sessionPage{page: s.page(w, r, "queue", "session.js")}
	var said *transcript.Session
	var err error
	if p.View, said, p.Verdict, err = s.stored(ctx, key, p.Reader); err != nil {
		return nil, err
	}
	if open.turn != nil && *open.turn >= len(said.Turns) {
		return nil, badParameters{{Name: "turn", Value: strconv.Itoa(*open.turn), Allowed: []string{"0–" + strconv.Itoa(len(said.Turns)-1)}}}
	}
	p.Title = p.View.SourceID
	p.seen = see(said, p.Verdict, s.rules(p.Reader), open, p.tagName)
	p.Session = p.seen.session
	if detail := p.View.FailureDetail; detail != nil && !open.all {
		p.View.FailureDetail = new(s.rules(p.Reader).Text(*detail).Text)
	}
	if err := s.judged(ctx, p); err != nil {
		return nil, err
	}
	p.Facts = p.facts()
	if err := s.personal(ctx, p, r.URL.Query()); err != nil {
		return nil, err
	}
	return p, s.around(ctx, p, r.URL.Query())
}

// stored loads a session with its verdict, nil without one. An agent is shown no
// session but the agent's own.
func (s *server) stored(ctx context.Context, key store.SessionKey, who reader) (v store.SessionView, said *transcript.Session, verdict *pipeline.Verdict, err error) {
	if v, err = s.o.Store.Session(ctx, key); err != nil {
		return v, nil, nil, err
	}
	if said, err = transcript.Decode([]byte(v.Content)); err != nil {
		return v, nil, nil, fmt.Errorf("session %d: %w", key, err)
	}
	if !who.may(Reviewer) && (said.Agent == nil || said.Agent.ID != who.name) {
		return v, nil, nil, errNotAllowed
	}
	if v.Verdict == nil {
		return v, said, nil, nil
	}
	verdict = new(pipeline.Verdict)
	if err := json.Unmarshal([]byte(*v.Verdict), verdict); err != nil {
		return v, nil, nil, fmt.Errorf("verdict of session %d: %w", key, err)
	}
	return v, said, verdict, nil
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

// judged fills in what hangs on the verdict.
func (s *server) judged(ctx context.Context, p *sessionPage) error {
	if p.Verdict == nil {
		p.Turns = turnViews(p.seen, &pipeline.Verdict{}, nil)
		return nil
	}
	card, err := s.cards.of(ctx, p.Verdict.Scorecard)
	if err != nil {
		return err
	}
	if p.Rounds, err = s.o.Store.Rounds(ctx, p.View.Key); err != nil {
		return err
	}
	p.Card = card
	p.sections()
	p.Counts = map[pipeline.Outcome]int{}
	for _, f := range p.Verdict.Criteria {
		p.Counts[f.Outcome]++
	}
	for _, q := range p.Verdict.Questions {
		view := questionView{Question: q, Words: p.seen.saying(q.Text)}
		if q.Answered != nil {
			for _, e := range q.Answered.Said {
				view.Said = append(view.Said, saidView{e.Turn, p.seen.saying(e.Quote)})
			}
		}
		p.Questions = append(p.Questions, view)
	}
	p.Unasked = unaskedOf(p.Verdict)
	p.Injections = p.injections()
	p.Turns = turnViews(p.seen, p.Verdict, names(card, p.Lang))
	p.Mood = moodOf(p.Session, p.Verdict.Tone)
	return nil
}

// sections groups the findings by section, in the verdict's order.
func (p *sessionPage) sections() {
	v := p.Verdict
	titles := map[string]string{}
	for _, sec := range p.Card.Sections {
		titles[sec.ID] = sec.Name.In(p.Lang)
	}
	asked := map[string]*scorecard.Criterion{}
	for _, c := range p.Card.Criteria() {
		asked[c.ID] = c
	}
	for i, f := range v.Criteria {
		if i == 0 || f.Section != v.Criteria[i-1].Section {
			p.Sections = append(p.Sections, sectionView{Name: cmp.Or(titles[f.Section], f.Section)})
		}
		last := &p.Sections[len(p.Sections)-1]
		last.Findings = append(last.Findings, p.finding(f, asked[f.ID]))
	}
}

func (p *sessionPage) finding(f pipeline.Finding, c *scorecard.Criterion) findingView {
	v := findingView{Finding: f, Name: f.ID, Worth: worth(f, p.Card.Mode), Judged: p.judgedView(f)}
	if c != nil {
		v.Name, v.Advice = c.Name.In(p.Lang), c.Advice.In(p.Lang)
	}
	for _, e := range f.Evidence {
		v.Evidence = append(v.Evidence, quoteView{e.Turn, p.seen.quote(e.Span, e.Quote)})
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
			out = append(out, fact{Name: p.T("fact." + key), Value: value})
		}
	}
	add("channel", p.T("channel."+string(s.Channel)))
	if !s.StartedAt.IsZero() {
		add("started", p.Time(s.StartedAt)+" "+p.Zone(s.StartedAt))
	}
	if s.Agent != nil {
		add("agent", join(s.Agent.Name, s.Agent.ID))
		out[len(out)-1].Hidden = s.Agent.Name != p.seen.original.Agent.Name
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
		value := plain(s.Metadata[key])
		out = append(out, fact{key, value, value != plain(p.seen.original.Metadata[key])})
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
	var b strings.Builder
	in := json.NewEncoder(&b)
	in.SetEscapeHTML(false)              // tags are in angle brackets
	if err := in.Encode(v); err != nil { // not a value that came from JSON
		return fmt.Sprint(v)
	}
	return strings.TrimSpace(b.String())
}

// reach is how far the queue is searched around the place where the session
// stood, because sessions come and go between two looks.
const reach = 20

// around finds the session's neighbours in the queue that the reader came from.
func (s *server) around(ctx context.Context, p *sessionPage, q url.Values) error {
	f, err := filterOf(q, p.Reader)
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

// Counted is a turn's number as people count, from 1.
func (p *sessionPage) Counted(turn int) int { return turn + 1 }

// judgedPart is a model's answer with the page that it stands on.
type judgedPart struct {
	*sessionPage
	Judged *judgedView
}

// About puts a model's answer on the page.
func (p *sessionPage) About(j *judgedView) judgedPart { return judgedPart{p, j} }

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
