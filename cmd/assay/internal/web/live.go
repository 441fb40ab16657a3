package web

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"time"

	"assay/jobs"
	"assay/knowledge"
	"assay/pipeline/store"
	"assay/pipeline/transcript"
)

// livesPage lists the sessions that run now.
type livesPage struct {
	page
	Rows []liveRow
	More bool // there are more than are shown
}

// liveRow is a running session of the list.
type liveRow struct {
	store.LiveSession
	URL     string
	Channel transcript.Channel
	Agent   string
	State   jobs.LiveClockState // "": nobody waits
	Left    string              // until the deadline, or since
}

// mostLive bounds the list.
const mostLive = 200

func (s *server) lives(w http.ResponseWriter, r *http.Request) error {
	p := livesPage{page: s.page(w, r, "live", "live.js")}
	p.Title = p.T("live.title")
	var agent *string
	if !p.Reader.may(Reviewer) {
		agent = new(p.Reader.name)
	}
	rows, err := s.o.Store.RunningLive(r.Context(), agent, mostLive+1)
	if err != nil {
		return err
	}
	p.More = len(rows) > mostLive
	now := time.Now()
	for _, row := range rows[:min(len(rows), mostLive)] {
		head, err := transcript.Decode([]byte(row.Head))
		if err != nil {
			return fmt.Errorf("live session %d: %w", row.Key, err)
		}
		l := liveRow{LiveSession: row, URL: liveURL(row.SourceID), Channel: head.Channel}
		if a := head.Agent; a != nil {
			l.Agent = a.ID
			if name := s.agentName(p.Reader, a.Name); name != "" {
				l.Agent = name
			}
		}
		l.wait(now)
		p.Rows = append(p.Rows, l)
	}
	return s.render(w, "lives", http.StatusOK, &p)
}

func liveURL(id string) string { return "/live/" + url.PathEscape(id) }

// wait says how long the customer may still wait, or waits too long.
func (l *liveRow) wait(now time.Time) {
	if l.DueAt == nil {
		return
	}
	left := l.DueAt.Sub(now).Round(time.Second)
	switch l.State = jobs.ClockRunning; {
	case left < 0:
		l.State = jobs.ClockPassed
	case l.WakeAt != nil && l.WakeAt.Equal(*l.DueAt): // only the deadline is still to come
		l.State = jobs.ClockWarned
	}
	l.Left = minutes(left)
}

// minutes writes a time as minutes and seconds.
func minutes(d time.Duration) string {
	sign := ""
	if d < 0 {
		sign, d = "−", -d
	}
	return fmt.Sprintf("%s%d:%02d", sign, int(d.Minutes()), int(d.Seconds())%60)
}

// livePage is a running session as it stands when the page is asked for; script
// carries it on.
type livePage struct {
	page
	ID       string
	After    int64 // the event from behind which the script goes on
	Turns    []liveTurn
	Asked    *liveAsked // nil: nothing was asked
	Warnings []numberedWarning
	Clock    *liveClock // nil: nobody waits
	Ended    *liveEnded // nil: it runs
	Now      time.Time
	Nameless bool // nothing says who reads
}

// numberedWarning is a warning with its event's number.
type numberedWarning struct {
	liveWarning
	Seq int64
}

// Left is how long the customer may still wait.
func (p *livePage) Left() string { return minutes(p.Clock.Deadline.Sub(p.Now).Round(time.Second)) }

func (s *server) live(w http.ResponseWriter, r *http.Request) error {
	p := livePage{page: s.page(w, r, "live", "hits.js", "assist.js"), ID: r.PathValue("id"), Now: time.Now(), Nameless: s.nameless()}
	p.Title = p.ID
	v, err := s.follow(r.Context(), p.ID, 0, &p.page, s.asker(r))
	if err != nil {
		return err
	}
	defer v.reader.Close()
	for last := v.reader.Row().Events; p.After < last; {
		list, err := v.next(r.Context(), 0)
		if errors.Is(err, io.EOF) || err == nil && len(list) == 0 {
			break
		}
		if err != nil {
			return err
		}
		for _, e := range list {
			p.take(e)
		}
	}
	for i := range v.reader.Session().Turns {
		p.Turns = append(p.Turns, v.turn(i))
	}
	slices.Reverse(p.Warnings)
	return s.render(w, "live", http.StatusOK, &p)
}

// take keeps what an event leaves on the page.
func (p *livePage) take(e liveEvent) {
	p.After = e.Seq
	switch c := e.Content.(type) {
	case liveAsked:
		p.Asked = &c
	case liveWarning:
		p.Warnings = append(p.Warnings, numberedWarning{c, e.Seq})
	case liveClock:
		if p.Clock = &c; c.State == jobs.ClockCleared {
			p.Clock = nil
		}
	case liveEnded:
		p.Ended, p.Clock = &c, nil
	}
}

// hitOf is a suggestion with the page that it stands on.
type hitOf struct {
	*page
	Hit      liveHit
	Number   int  // the key that chooses it, from 1
	Nameless bool // nothing says who reads, so that no grade is taken
}

// Grades are what one may think of it.
func (hitOf) Grades() []gradeKey { return hitView{}.Grades() }

// With puts the i-th suggestion on the page.
func (p *livePage) With(i int, h liveHit) hitOf { return hitOf{&p.page, h, i + 1, p.Nameless} }

// BlankHit is what the script fills in for each suggestion.
func (p *livePage) BlankHit() hitOf {
	return hitOf{page: &p.page, Hit: liveHit{ReplyPart: knowledge.PartAnswer}, Nameless: p.Nameless}
}

// BlankTurn is what the script fills in for each turn.
func (p *livePage) BlankTurn() liveTurn { return liveTurn{Speaker: transcript.System, Final: true} }

// BlankWarning is what the script fills in for each warning.
func (p *livePage) BlankWarning() numberedWarning {
	return numberedWarning{liveWarning: liveWarning{Severity: "low", Evidence: []liveQuote{{}}}}
}

// OnTurn puts a turn on the page.
func (p *livePage) OnTurn(t liveTurn) turnOf { return turnOf{&p.page, t} }

type turnOf struct {
	*page
	At liveTurn
}

// OnWarning puts a warning on the page.
func (p *livePage) OnWarning(w numberedWarning) warningOf { return warningOf{&p.page, w} }

type warningOf struct {
	*page
	Of numberedWarning
}
