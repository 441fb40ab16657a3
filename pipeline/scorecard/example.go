package scorecard

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"assay/pipeline/transcript"
)

// example reads {outcome, turns: ["agent: …", "customer 12.5s: …"], channel?, language?, metadata?}.
// A turn may carry its start, or its start and end, as durations from the session's beginning.
func example(m *Map) Example {
	x := Example{Node: m.Node, Session: &transcript.Session{ID: "example", Channel: transcript.Chat}}
	if n := m.Must("outcome"); n != nil {
		x.Outcome = n.OneOf("met", "not_met", "not_applicable", "undetermined")
	}
	s := x.Session
	if n := m.Key("channel"); n != nil {
		s.Channel = transcript.Channel(n.OneOf(names(transcript.Channels)...))
	}
	if n := m.Key("language"); n != nil {
		s.Language = n.NonEmpty()
	}
	if n := m.Key("metadata"); n != nil {
		s.Metadata = map[string]any{}
		values := n.Map()
		for _, k := range values.Names() {
			s.Metadata[k] = values.Key(k).Value()
		}
	}
	if n := m.Must("turns"); n != nil {
		for _, e := range n.List() {
			s.Turns = append(s.Turns, exampleTurn(e))
		}
	}
	m.Done()
	return x
}

var turnLine = regexp.MustCompile(`^(\w+)(?: ([\d.hms]+)(?:-([\d.hms]+))?)?: (?s:(.*))$`)

func exampleTurn(n *Node) transcript.Turn {
	m := turnLine.FindStringSubmatch(n.String())
	if m == nil || !slices.Contains(transcript.Speakers, transcript.Speaker(m[1])) {
		n.Problem([]string{"agent: …", "customer 12.5s: …", "agent 3s-9s: …", "bot: …", "system: …"}, "a turn of an example is a speaker, perhaps times, a colon and the text")
		return transcript.Turn{}
	}
	return transcript.Turn{
		Speaker: transcript.Speaker(m[1]), Text: strings.TrimSpace(m[4]),
		StartMS: millis(n, m[2]), EndMS: millis(n, m[3]),
	}
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
