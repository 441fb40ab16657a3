package scorecard

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"assay/pipeline/transcript"
)

// Scope limits the sessions that a scorecard is for; an empty list admits all.
type Scope struct {
	Channels      []transcript.Channel
	Languages     []string // tags such as zh, en, en-GB; a tag admits itself and its regions
	BusinessTypes []string
	Teams         []string // of the session's agent
	Queues        []string // the metadata's key queue
}

// Period is a stretch of days, both ends included; a zero end is open.
type Period struct {
	From, To time.Time // midnight UTC
}

// Holds reports whether a session that began at a time lies in the period. The
// day is that of the session's own clock: the zone in which its start is given.
// A session without a start (zero) does.
func (p Period) Holds(at time.Time) bool {
	if at.IsZero() {
		return true
	}
	day := time.Date(at.Year(), at.Month(), at.Day(), 0, 0, 0, 0, time.UTC)
	return (p.From.IsZero() || !day.Before(p.From)) && (p.To.IsZero() || !day.After(p.To))
}

// Fits reports whether the scorecard is for a session. One of unknown language
// or without a start fits; one whose business type, team or queue is unknown does
// not fit a scorecard that names some, because it would keep the session from
// those that name none.
func (s *Scorecard) Fits(session *transcript.Session) bool {
	sc := &s.Scope
	team := ""
	if session.Agent != nil {
		team = session.Agent.Team
	}
	queue := ""
	if q := session.Metadata["queue"]; q != nil {
		queue = fmt.Sprint(q)
	}
	return (len(sc.Channels) == 0 || slices.Contains(sc.Channels, session.Channel)) && s.speaks(session.Language) &&
		(len(sc.BusinessTypes) == 0 || OneOfNames(sc.BusinessTypes, session.BusinessType)) &&
		(len(sc.Teams) == 0 || OneOfNames(sc.Teams, team)) &&
		(len(sc.Queues) == 0 || OneOfNames(sc.Queues, queue)) &&
		s.Effective.Holds(session.StartedAt)
}

// OneOfNames reports whether a name is one of a list: case, width and blanks
// around it do not matter.
func OneOfNames(list []string, name string) bool {
	name = PlainName(name)
	return slices.ContainsFunc(list, func(l string) bool { return PlainName(l) == name })
}

// PlainName makes names comparable: case, width and blanks around them do not matter.
func PlainName(s string) string { return strings.TrimSpace(transcript.Fold(s).Text) }

func (s *Scorecard) speaks(tag string) bool {
	return tag == "" || len(s.Scope.Languages) == 0 || Admits(s.Scope.Languages, tag)
}

// Admits reports whether tag is one of the language tags, or a region or script
// of one. Case does not matter in tags (RFC 5646, 2.1.1).
func Admits(tags []string, tag string) bool {
	tag = plainTag(tag) + "-"
	return slices.ContainsFunc(tags, func(l string) bool { return strings.HasPrefix(tag, plainTag(l)+"-") })
}

func plainTag(tag string) string { return strings.ToLower(strings.ReplaceAll(tag, "_", "-")) }

func scope(n *Node) Scope {
	var sc Scope
	if n == nil {
		return sc
	}
	m := n.Map()
	if l := m.Key("channels"); l != nil {
		for _, e := range l.Filled() {
			sc.Channels = append(sc.Channels, transcript.Channel(e.OneOf(names(transcript.Channels)...)))
		}
	}
	if l := m.Key("languages"); l != nil {
		for _, e := range l.Filled() {
			sc.Languages = append(sc.Languages, e.Language())
		}
	}
	sc.BusinessTypes = optional(m.Key("business_types"))
	sc.Teams = optional(m.Key("teams"))
	sc.Queues = optional(m.Key("queues"))
	m.Done()
	return sc
}

// languageTag is the shape of a language with script, region and the like.
var languageTag = regexp.MustCompile(`^[A-Za-z]{2,3}([-_][A-Za-z0-9]{1,8})*$`)

// Language reads a language tag such as zh or en-GB.
func (n *Node) Language() string {
	tag := n.NonEmpty()
	if strings.TrimSpace(tag) != "" && !languageTag.MatchString(tag) {
		n.Problem([]string{"tags such as zh, en, en-GB"}, "%q is no language tag", tag)
	}
	return tag
}

// optional reads a list of texts that may be missing.
func optional(n *Node) []string {
	if n == nil {
		return nil
	}
	return n.Strings()
}

// period reads {from: 2026-01-01, to: 2026-12-31}, of which one may be missing.
func period(n *Node) Period {
	var p Period
	if n == nil {
		return p
	}
	m := n.Map()
	from, to := m.Key("from"), m.Key("to")
	if from != nil {
		p.From = from.day()
	}
	if to != nil {
		p.To = to.day()
	}
	switch {
	case n.IsMap() && from == nil && to == nil:
		n.Problem([]string{"from", "to"}, "at least one of them is needed")
	case !p.From.IsZero() && !p.To.IsZero() && p.To.Before(p.From):
		n.Problem(nil, "it ends before it begins")
	}
	m.Done()
	return p
}

// day reads a day such as 2026-01-31, at midnight UTC.
func (n *Node) day() time.Time {
	d, err := time.Parse(time.DateOnly, n.raw())
	if err != nil {
		n.Problem([]string{"a day such as 2026-01-31"}, "%q is no day", n.raw())
	}
	return d
}
