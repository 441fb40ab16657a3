package transcript

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Problem is one thing wrong with a record.
type Problem struct {
	Field   string `json:"field,omitempty"` // path such as turns[3].speaker, or a CSV column; "" is the whole record
	Reason  string `json:"reason"`
	Allowed string `json:"allowed,omitempty"` // what would have been right; "" when the reason says it
	Line    int    `json:"line,omitempty"`    // line in the file, counting from 1; 0 is the record's own line
}

// Error returns the problem in one line, without its place in the file.
func (p Problem) Error() string {
	var b strings.Builder
	if p.Field != "" {
		fmt.Fprintf(&b, "field %q: ", p.Field)
	}
	b.WriteString(p.Reason)
	if p.Allowed != "" {
		b.WriteString("; allowed: " + p.Allowed)
	}
	return b.String()
}

// Problems are all that is wrong with one record, those of reading before those of checking.
type Problems []Problem

// Error returns every problem, separated by semicolons.
func (p Problems) Error() string {
	all := make([]string, len(p))
	for i, one := range p {
		all[i] = one.Error()
	}
	return strings.Join(all, "; ")
}

func (p *Problems) add(field, reason, allowed string) {
	*p = append(*p, Problem{Field: field, Reason: reason, Allowed: allowed})
}

// Limits bound what one record may hold. What exceeds a limit is rejected, with
// the name of the limit, and never cut. A zero field means its default.
type Limits struct {
	LineBytes int // bytes of one record: a line, a JSON object, the rows or lines of a session; default 16 MiB
	Turns     int // turns of a session; default 5,000
	TurnRunes int // characters of a turn's text; default 20,000
}

// DefaultLimits returns the limits that hold when nothing else is set. A day of
// speech without a pause has fewer than 5,000 turns of 20 s.
func DefaultLimits() Limits {
	return Limits{LineBytes: 16 << 20, Turns: 5_000, TurnRunes: 20_000}
}

func (l Limits) orDefault() Limits {
	d := DefaultLimits()
	if l.LineBytes <= 0 {
		l.LineBytes = d.LineBytes
	}
	if l.Turns <= 0 {
		l.Turns = d.Turns
	}
	if l.TurnRunes <= 0 {
		l.TurnRunes = d.TurnRunes
	}
	return l
}

func overLimit(what string, limit int, name string) string {
	return fmt.Sprintf("%s, more than the limit of %d %s (setting max-%s)", what, limit, limitUnits[name], name)
}

var limitUnits = map[string]string{"line-bytes": "bytes", "turns": "turns", "turn-runes": "characters"}

// The bounds of a session that are not settings.
const (
	maxIDBytes       = 200
	maxNameBytes     = 500
	maxBusinessRunes = 100
	maxLanguageBytes = 35 // the longest tag that RFC 5646 asks software to take
	maxMetadataDepth = 4
	maxMetadataKeys  = 200
	maxOffset        = 30 * 24 * time.Hour
)

// Urgencies and CustomerTypes list the allowed values of a session's urgency and
// of its customer's type, besides "" for unknown.
var (
	Urgencies     = []string{"normal", "urgent", "critical"}
	CustomerTypes = []string{"individual", "enterprise"}
)

const ratings = "1, 2, 3, 4, 5"

// Check returns all problems of the session as Problems, or nil. Empty texts are
// no problem, since recordings and pictures come without words, nor is a turn
// that begins before the turn ahead of it, since people talk at the same time.
func (s *Session) Check(l Limits) error {
	var p Problems
	s.checkHead(&p)
	s.checkParties(&p)
	checkMetadata(s.Metadata, &p)
	s.checkTurns(l.orDefault(), &p)
	if len(p) == 0 {
		return nil
	}
	return p
}

func (s *Session) checkHead(p *Problems) {
	checkID("id", string(s.ID), p)
	if !slices.Contains(Channels, s.Channel) {
		p.add("channel", unknown("channel", string(s.Channel)), join(Channels))
	}
	if !isLanguage(s.Language) {
		p.add("language", fmt.Sprintf("%q is no language tag", clip(s.Language)), "BCP 47 tags such as zh, en, zh-CN")
	}
	checkTime("started_at", s.StartedAt, p)
	checkOffset("duration_ms", s.DurationMS, p)
	checkString("business_type", s.BusinessType, p)
	if n := utf8.RuneCountInString(s.BusinessType); n > maxBusinessRunes {
		p.add("business_type", fmt.Sprintf("%d characters, more than %d", n, maxBusinessRunes), "")
	}
	if s.Urgency != "" && !slices.Contains(Urgencies, s.Urgency) {
		p.add("urgency", unknown("urgency", s.Urgency), join(Urgencies))
	}
	if s.CSAT < 0 || s.CSAT > 5 {
		p.add("csat", fmt.Sprintf("rating %d is out of range", s.CSAT), ratings)
	}
}

func (s *Session) checkParties(p *Problems) {
	if a := s.Agent; a != nil {
		checkID("agent.id", a.ID, p)
		checkName("agent.name", a.Name, p)
		checkName("agent.team", a.Team, p)
	}
	if c := s.Customer; c != nil {
		checkName("customer.id", c.ID, p)
		if c.Type != "" && !slices.Contains(CustomerTypes, c.Type) {
			p.add("customer.type", unknown("customer type", c.Type), join(CustomerTypes))
		}
	}
}

func checkID(field, id string, p *Problems) {
	switch {
	case strings.TrimSpace(id) == "":
		p.add(field, "missing or empty", "")
	case len(id) > maxIDBytes:
		p.add(field, fmt.Sprintf("%d bytes, more than %d", len(id), maxIDBytes), "")
	case !utf8.ValidString(id):
		p.add(field, "not valid UTF-8", "")
	case strings.ContainsFunc(id, unicode.IsControl):
		p.add(field, fmt.Sprintf("%q has a control character", id), "")
	}
}

func checkName(field, s string, p *Problems) {
	checkString(field, s, p)
	if len(s) > maxNameBytes {
		p.add(field, fmt.Sprintf("%d bytes, more than %d", len(s), maxNameBytes), "")
	}
}

// checkString refuses what PostgreSQL cannot hold.
func checkString(field, s string, p *Problems) {
	if i := strings.IndexByte(s, 0); i >= 0 {
		p.add(field, fmt.Sprintf("NUL character at byte %d", i), "")
	}
	if !utf8.ValidString(s) {
		p.add(field, fmt.Sprintf("not valid UTF-8 at byte %d", FirstInvalid([]byte(s))), "")
	}
}

func checkTime(field string, t time.Time, p *Problems) {
	if !t.IsZero() && (t.Year() < 1970 || t.Year() > 2199) {
		p.add(field, fmt.Sprintf("year %d is out of range", t.Year()), "1970 to 2199")
	}
}

func isLanguage(s string) bool {
	return len(s) <= maxLanguageBytes && !strings.ContainsFunc(s, func(r rune) bool {
		return r != '-' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
	})
}

func (s *Session) checkTurns(l Limits, p *Problems) {
	switch n := len(s.Turns); {
	case n == 0:
		p.add("turns", "no turns", "at least one")
	case n > l.Turns:
		p.add("turns", overLimit(fmt.Sprintf("%d turns", n), l.Turns, "turns"), "")
		return
	}
	for i := range s.Turns {
		s.Turns[i].check(i, l, p)
	}
}

func (t *Turn) check(i int, l Limits, p *Problems) {
	if !slices.Contains(Speakers, t.Speaker) {
		p.add(turnField(i, "speaker"), unknown("speaker", string(t.Speaker)), join(Speakers))
	}
	if strings.IndexByte(t.Text, 0) >= 0 || !utf8.ValidString(t.Text) {
		checkString(turnField(i, "text"), t.Text, p)
	}
	if len(t.Text) > l.TurnRunes {
		if n := utf8.RuneCountInString(t.Text); n > l.TurnRunes {
			p.add(turnField(i, "text"), overLimit(fmt.Sprintf("%d characters", n), l.TurnRunes, "turn-runes"), "")
		}
	}
	t.checkTimes(i, p)
	if t.Loudness != 0 {
		loudnessOf(int64(t.Loudness), turnField(i, "loudness"), p)
	}
	if t.Kind != "" && !slices.Contains(Kinds, t.Kind) {
		p.add(turnField(i, "kind"), unknown("kind", string(t.Kind)), join(Kinds))
	}
	if t.Agent != "" {
		checkName(turnField(i, "agent"), t.Agent, p)
	}
}

func (t *Turn) checkTimes(i int, p *Problems) {
	start := checkOffset(turnField(i, "start_ms"), t.StartMS, p)
	end := checkOffset(turnField(i, "end_ms"), t.EndMS, p)
	if start && end && *t.EndMS < *t.StartMS {
		p.add(turnField(i, "end_ms"), fmt.Sprintf("%d is before the start, %d", *t.EndMS, *t.StartMS), "")
	}
	if !t.At.IsZero() {
		checkTime(turnField(i, "at"), t.At, p)
	}
}

// checkOffset reports whether there is a time from the session's beginning and
// it is in range.
func checkOffset(field string, ms *int64, p *Problems) bool {
	if ms == nil || *ms >= 0 && *ms <= maxOffset.Milliseconds() {
		return ms != nil
	}
	p.add(field, fmt.Sprintf("%d ms is out of range", *ms), "0 to 30 days in milliseconds")
	return false
}

// loudnessOf reads a level of loudness; 0, with a problem, when it is none.
func loudnessOf(level int64, field string, p *Problems) int {
	if level < 1 || level > 10 {
		p.add(field, fmt.Sprintf("level %d is out of range", level), "1 to 10")
		return 0
	}
	return int(level)
}

func turnField(i int, name string) string { return fmt.Sprintf("turns[%d].%s", i, name) }

func unknown(what, value string) string {
	if value == "" {
		return "missing " + what
	}
	return fmt.Sprintf("unknown %s %q", what, clip(value))
}

// clip shortens outside text for a message.
func clip(s string) string {
	if utf8.RuneCountInString(s) <= 60 {
		return s
	}
	return string([]rune(s)[:60]) + "…"
}

func join[T ~string](values []T) string {
	all := make([]string, len(values))
	for i, v := range values {
		all[i] = string(v)
	}
	return strings.Join(all, ", ")
}
