package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"assay/pipeline"
	"assay/pipeline/redact"
	"assay/pipeline/store"
	"assay/pipeline/transcript"
)

// personalView says what of a session is hidden from the reader.
type personalView struct {
	Hidden int  // places whose words are not shown
	May    bool // the reader may look
	// Nameless is a reader who may not because nothing says who it is.
	Nameless bool
	Action   string // where the form leads
	Hide     string // the page with everything hidden; "" when nothing is revealed
	Why      string // the reason for which it is shown
	Turn     *int   // the one that is shown; nil is all
	Reveals  int    // how often somebody looked; 0 for readers who may not know
}

// revealsCounted is how many reveals a session's page counts at most.
const revealsCounted = 1000

// personal says what is hidden. The query is the reader's place in the queue.
func (s *server) personal(ctx context.Context, p *sessionPage, q url.Values) error {
	v := &p.Personal
	may := s.mayReveal(p.Reader)
	v.Hidden, v.May, v.Nameless = p.seen.hidden(), may == nil, errors.Is(may, errNameless)
	for _, f := range p.Facts {
		if f.Hidden {
			v.Hidden++
		}
	}
	v.Action = address(fmt.Sprintf("/sessions/%d/reveal", p.View.Key), q)
	if !p.Reader.may(Supervisor) {
		return nil
	}
	reveals, err := s.o.Store.Reveals(ctx, p.View.Key, revealsCounted)
	v.Reveals = len(reveals)
	return err
}

// tagName is how pages call a type of personal data.
func (p *page) tagName(t redact.Type) string { return p.Known("personal", string(t)) }

// revealForm is what a reader asks for.
type revealForm struct {
	Why  string `json:"why"`
	Turn *int   `json:"turn"` // nil is all of the session
}

// Bounds of what is asked.
const (
	longestWhy    = 500 // characters
	longestReveal = 64 << 10
)

// check trims the reason and refuses what cannot be noted.
func (f *revealForm) check() error {
	f.Why = strings.TrimSpace(f.Why)
	var bad badParameters
	if n := utf8.RuneCountInString(f.Why); n == 0 || n > longestWhy || !isText(f.Why) {
		bad = append(bad, parameter{Name: "why", Value: f.Why[:min(len(f.Why), longestWhy)], Allowed: []string{fmt.Sprintf("a reason of up to %d characters", longestWhy)}})
	}
	if f.Turn != nil && *f.Turn < 0 {
		bad = append(bad, parameter{Name: "turn", Value: strconv.Itoa(*f.Turn), Allowed: []string{"0 or more"}})
	}
	return bad.or()
}

// reveal shows a session as it was said, once it is noted who saw it and why. The
// answer is the page itself: to look again is to be noted again.
func (s *server) reveal(w http.ResponseWriter, r *http.Request) error {
	who := s.reader(r)
	if err := s.mayReveal(who); err != nil {
		return err
	}
	key, err := sessionKey(r)
	if err != nil {
		return err
	}
	r.Body = http.MaxBytesReader(w, r.Body, longestReveal)
	if err := r.ParseForm(); err != nil {
		return badParameters{{Name: "body", Allowed: []string{"a form"}}}
	}
	in := values{q: r.PostForm}
	ask := revealForm{Why: in.q.Get("why")}
	if in.q.Get("turn") != "" {
		ask.Turn = new(in.number("turn", 0, maxTurn, 0))
	}
	if err := in.bad.or(); err != nil {
		return err
	}
	if err := ask.check(); err != nil {
		return err
	}
	there := r.Clone(r.Context()) // links on the page lead to where it is read
	there.URL.Path = strings.TrimSuffix(r.URL.Path, "/reveal")
	p, err := s.sessionPage(w, there, key, revealed{all: ask.Turn == nil, turn: ask.Turn})
	if err != nil {
		return err
	}
	p.Personal.Hide, p.Personal.Why, p.Personal.Turn = there.URL.String(), ask.Why, ask.Turn
	if p.Personal.Reveals > 0 || who.may(Supervisor) {
		p.Personal.Reveals++
	}
	if err := s.o.Store.SaveReveal(r.Context(), store.Reveal{Who: who.name, Why: ask.Why, Session: key, Turn: ask.Turn}); err != nil {
		return err
	}
	return s.render(w, "session", http.StatusOK, p)
}

// maxTurn is more than the number of any turn.
const maxTurn = 1 << 30

// hideAgain leads those who read the address of a reveal to the session's page.
func (s *server) hideAgain(w http.ResponseWriter, r *http.Request) error {
	http.Redirect(w, r, address(strings.TrimSuffix(r.URL.Path, "/reveal"), r.URL.Query()), http.StatusSeeOther)
	return nil
}

// revealedSession is what the API reveals.
type revealedSession struct {
	SessionID transcript.SessionID `json:"session_id"`
	Turns     []revealedTurn       `json:"turns"` // all, or the one that was asked for
	Verdict   json.RawMessage      `json:"verdict"`
}

type revealedTurn struct {
	Turn    int                `json:"turn"`
	Speaker transcript.Speaker `json:"speaker"`
	Text    string             `json:"text"`
}

func (s *server) apiReveal(w http.ResponseWriter, r *http.Request) error {
	who := s.reader(r)
	if err := s.mayReveal(who); err != nil {
		return err
	}
	key, err := sessionKey(r)
	if err != nil {
		return err
	}
	ask, err := readReveal(w, r)
	if err != nil {
		return err
	}
	view, said, verdict, err := s.stored(r.Context(), key, who)
	if err != nil {
		return err
	}
	if ask.Turn != nil && *ask.Turn >= len(said.Turns) {
		return badParameters{{Name: "turn", Value: strconv.Itoa(*ask.Turn), Allowed: []string{"0–" + strconv.Itoa(len(said.Turns)-1)}}}
	}
	open := revealed{all: ask.Turn == nil, turn: ask.Turn}
	out := revealedSession{SessionID: said.ID, Verdict: json.RawMessage("null")}
	for i, t := range said.Turns {
		if open.has(i) {
			out.Turns = append(out.Turns, revealedTurn{i, t.Speaker, t.Text})
		}
	}
	if verdict != nil {
		if out.Verdict, err = s.verdictFor(who, view, said, verdict, open); err != nil {
			return err
		}
	}
	if err := s.o.Store.SaveReveal(r.Context(), store.Reveal{Who: who.name, Why: ask.Why, Session: key, Turn: ask.Turn}); err != nil {
		return err
	}
	return writeJSON(w, out)
}

// readReveal reads what the API is asked to reveal: a JSON object.
func readReveal(w http.ResponseWriter, r *http.Request) (revealForm, error) {
	var ask revealForm
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/json" {
		return ask, badParameters{{Name: "Content-Type", Value: r.Header.Get("Content-Type"), Allowed: []string{"application/json"}}}
	}
	in := json.NewDecoder(http.MaxBytesReader(w, r.Body, longestReveal))
	in.DisallowUnknownFields()
	if err := in.Decode(&ask); err != nil {
		return ask, badParameters{{Name: "body", Value: err.Error(), Allowed: []string{`{"why": "…", "turn": 0}`}}}
	}
	if _, err := in.Token(); err != io.EOF {
		return ask, badParameters{{Name: "body", Allowed: []string{"one JSON object"}}}
	}
	return ask, ask.check()
}

// verdictFor is a verdict with its quotes as a reader sees them: the stored bytes
// where nothing of it is hidden.
func (s *server) verdictFor(who reader, view store.SessionView, said *transcript.Session, v *pipeline.Verdict, open revealed) ([]byte, error) {
	if open.all {
		return []byte(*view.Verdict), nil
	}
	seen := see(said, v, s.rules(who), open, func(t redact.Type) string { return string(t) })
	if !seen.hide(v) {
		return []byte(*view.Verdict), nil
	}
	return v.JSON()
}

// revealsShown is how many reveals are listed.
const revealsShown = 200

// revealsPage lists who saw personal data as it was said.
type revealsPage struct {
	page
	Session store.SessionKey // 0: of all sessions
	Reveals []store.Reveal
	More    bool // older ones are not listed
}

func (s *server) reveals(w http.ResponseWriter, r *http.Request) error {
	in := values{q: r.URL.Query()}
	key := in.number("session", 1, 1<<62, 0)
	if err := in.bad.or(); err != nil {
		return err
	}
	p := revealsPage{page: s.page(w, r, "reveals"), Session: store.SessionKey(key)}
	p.Title = p.T("reveals.title")
	var err error
	if p.Reveals, err = s.o.Store.Reveals(r.Context(), p.Session, revealsShown+1); err != nil {
		return err
	}
	if p.More = len(p.Reveals) > revealsShown; p.More {
		p.Reveals = p.Reveals[:revealsShown]
	}
	return s.render(w, "reveals", http.StatusOK, &p)
}

// Counted is a turn's number as people count, from 1.
func (p *revealsPage) Counted(turn int) int { return turn + 1 }
