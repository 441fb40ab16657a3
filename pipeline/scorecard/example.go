package scorecard

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"assay/pipeline/transcript"
)

// example reads {outcome, turns: ["agent: …", "customer 12.5s: …"]} and, where a
// condition needs it, what else is known of the session under the names that it
// has there: channel, language, started_at, business_type, urgency, csat,
// metadata, the duration as 65s; for short, customer_type, team (of the agent) and queue (in the
// metadata).
//
// A turn is a speaker, perhaps "@" and the agent who spoke, perhaps its start, or
// its start and end, as durations from the session's beginning, perhaps how
// loud it is, and the text: "agent@a17 3s-9s !7: …".
func example(m *Map) Example {
	x := Example{Node: m.Node, Session: &transcript.Session{ID: "example", Channel: transcript.Chat}}
	if n := m.Must("outcome"); n != nil {
		x.Outcome = n.OneOf("met", "not_met", "not_applicable", "undetermined")
	}
	x.head(m)
	x.parties(m)
	if n := m.Must("turns"); n != nil {
		for _, e := range n.List() {
			x.Session.Turns = append(x.Session.Turns, exampleTurn(e))
		}
	}
	m.Done()
	return x
}

func (x *Example) head(m *Map) {
	s := x.Session
	if n := m.Key("channel"); n != nil {
		s.Channel = transcript.Channel(n.OneOf(names(transcript.Channels)...))
	}
	if n := m.Key("language"); n != nil {
		s.Language = n.NonEmpty()
	}
	if n := m.Key("started_at"); n != nil {
		s.StartedAt = n.moment()
	}
	if n := m.Key("business_type"); n != nil {
		s.BusinessType = n.NonEmpty()
	}
	if n := m.Key("urgency"); n != nil {
		s.Urgency = n.OneOf(transcript.Urgencies...)
	}
	if n := m.Key("csat"); n != nil {
		s.CSAT = n.Int(1, 5)
	}
	if n := m.Key("duration"); n != nil {
		s.DurationMS = new(n.Duration().Milliseconds())
	}
	if n := m.Key("metadata"); n != nil {
		values := n.Map()
		for _, k := range values.Names() {
			x.note(k, values.Key(k).Value())
		}
	}
}

func (x *Example) parties(m *Map) {
	if n := m.Key("customer_type"); n != nil {
		x.Session.Customer = &transcript.CustomerRef{Type: n.OneOf(transcript.CustomerTypes...)}
	}
	if n := m.Key("team"); n != nil {
		x.Session.Agent = &transcript.AgentRef{ID: "example", Team: n.NonEmpty()}
	}
	if n := m.Key("queue"); n != nil {
		x.note("queue", n.NonEmpty())
	}
}

// note adds to the session's metadata.
func (x *Example) note(key string, value any) {
	if x.Session.Metadata == nil {
		x.Session.Metadata = map[string]any{}
	}
	x.Session.Metadata[key] = value
}

// moment reads a time with its zone, such as 2026-01-31T09:30:00+08:00.
func (n *Node) moment() time.Time {
	t, err := time.Parse(time.RFC3339, n.raw())
	if err != nil {
		n.Problem([]string{"a time such as 2026-01-31T09:30:00+08:00"}, "%q is no time", n.raw())
	}
	return t
}

var turnLine = regexp.MustCompile(`^(\w+)(?:@([^\s:]+))?(?: ([\d.hms]+)(?:-([\d.hms]+))?)?(?: !(10|[1-9]))?: (?s:(.*))$`)

func exampleTurn(n *Node) transcript.Turn {
	m := turnLine.FindStringSubmatch(n.String())
	if m == nil || !slices.Contains(transcript.Speakers, transcript.Speaker(m[1])) {
		n.Problem([]string{"agent: …", "customer 12.5s: …", "agent@a17 3s-9s: …", "agent 3s-9s !7: …", "bot: …", "system: …"}, "a turn of an example is a speaker, perhaps times, a colon and the text")
		return transcript.Turn{}
	}
	loudness, _ := strconv.Atoi(m[5]) // a level by the pattern, or 0 for none
	t := transcript.Turn{
		Speaker: transcript.Speaker(m[1]), Agent: m[2], Text: strings.TrimSpace(m[6]),
		StartMS: millis(n, m[3]), EndMS: millis(n, m[4]), Loudness: loudness,
	}
	if t.StartMS != nil && t.EndMS != nil && *t.EndMS < *t.StartMS {
		n.Problem(nil, "the turn ends before it begins")
	}
	if t.Agent != "" && t.Speaker != transcript.Agent {
		n.Problem([]string{"agent@a17: …"}, "only an agent's turn names its agent")
	}
	return t
}

func millis(n *Node, s string) *int64 {
	if s == "" {
		return nil
	}
	d, err := time.ParseDuration(s)
	if err != nil {
		n.Problem([]string{"a duration such as 12.5s"}, "%q is no time of a turn", s)
		return nil
	}
	return new(d.Milliseconds())
}
