package classifiers

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"assay/pipeline"
	"assay/pipeline/scorecard"
	"assay/pipeline/transcript"
)

func hasID(id string) func(*scorecard.Criterion) bool {
	return func(c *scorecard.Criterion) bool { return c.ID == id }
}

// ParseSession reads a session as it stands in a case file: lines such as
//
//	@channel call
//	agent: text
//	customer/event 12.5s: text
//	agent@a17 3s-9s !7: text with \n for a new line
//
// A turn is a speaker, perhaps its kind or the agent's id, its times from the
// session's beginning or one on the clock (RFC 3339), after "!" how loud it is, a colon and the text. A field is
// channel (chat, unless given), language, started_at (RFC 3339), duration (as 65s), business_type, urgency, csat, customer.type,
// agent.team, or else a key of the metadata: a number where it reads as one, a
// list where it has a comma.
func ParseSession(text string) (*transcript.Session, error) {
	s := &transcript.Session{ID: "case", Channel: transcript.Chat, Metadata: map[string]any{}}
	n := 0
	for line := range strings.Lines(text) {
		n++
		line = strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r")
		var err error
		if field, ok := strings.CutPrefix(line, "@"); ok {
			err = setField(s, field)
		} else if strings.TrimSpace(line) != "" {
			err = addTurn(s, line)
		}
		if err != nil {
			return nil, fmt.Errorf("line %d: %q: %w", n, line, err)
		}
	}
	return s, nil
}

func addTurn(s *transcript.Session, line string) error {
	head, said, ok := strings.Cut(line+" ", ": ")
	if !ok {
		return errNoTurn
	}
	who, times, _ := strings.Cut(head, " ")
	who, agent, _ := strings.Cut(who, "@")
	who, kind, _ := strings.Cut(who, "/")
	if !slices.Contains(transcript.Speakers, transcript.Speaker(who)) {
		return errNoTurn
	}
	t := transcript.Turn{
		Speaker: transcript.Speaker(who), Kind: transcript.Kind(kind), Agent: agent,
		Text: strings.ReplaceAll(strings.TrimSuffix(said, " "), `\n`, "\n"),
	}
	times, loudness, loud := strings.Cut(times, "!")
	times = strings.TrimSpace(times)
	if at, err := time.Parse(time.RFC3339, times); err == nil {
		t.At, times = at, ""
	}
	start, end, _ := strings.Cut(times, "-")
	var err error
	if loud {
		if t.Loudness, err = strconv.Atoi(loudness); err != nil || t.Loudness < 1 || t.Loudness > 10 {
			return fmt.Errorf("%q is no level of loudness; allowed: 1 to 10", loudness)
		}
	}
	if t.StartMS, err = millis(start); err == nil {
		t.EndMS, err = millis(end)
	}
	s.Turns = append(s.Turns, t)
	return err
}

// millis reads a time from the session's beginning; nil for none.
func millis(s string) (*int64, error) {
	if s == "" {
		return nil, nil
	}
	d, err := time.ParseDuration(s)
	if err != nil {
		return nil, err
	}
	return new(d.Milliseconds()), nil
}

func setField(s *transcript.Session, field string) (err error) {
	name, value, _ := strings.Cut(field, " ")
	switch name {
	case "channel":
		s.Channel = transcript.Channel(value)
		if !slices.Contains(transcript.Channels, s.Channel) {
			err = fmt.Errorf("unknown channel; allowed: %v", transcript.Channels)
		}
	case "language":
		s.Language = value
	case "started_at":
		s.StartedAt, err = time.Parse(time.RFC3339, value)
	case "duration":
		s.DurationMS, err = millis(value)
	case "business_type":
		s.BusinessType = value
	case "urgency":
		s.Urgency = value
	case "csat":
		s.CSAT, err = strconv.Atoi(value)
	case "customer.type":
		s.Customer = &transcript.CustomerRef{Type: value}
	case "agent.team":
		s.Agent = &transcript.AgentRef{Team: value}
	default:
		s.Metadata[name] = metadataOf(name, value)
	}
	return err
}

func metadataOf(name, value string) any {
	if strings.Contains(value, ",") {
		var list []any
		for v := range strings.SplitSeq(value, ",") {
			list = append(list, strings.TrimSpace(v))
		}
		return list
	}
	if n, err := strconv.ParseFloat(value, 64); err == nil && name != "text" {
		return n
	}
	return value
}

// parseQuestions reads lines "turn solution [tag …]: answer", or "turn" for a
// question without a suggestion.
func parseQuestions(s *transcript.Session, text string) ([]pipeline.Question, error) {
	found := []pipeline.Question{}
	n := 0
	for line := range strings.Lines(text) {
		n++
		head, answer, suggested := strings.Cut(strings.TrimSpace(line), ": ")
		f := strings.Fields(head)
		if len(f) == 0 || suggested && len(f) < 2 {
			return nil, fmt.Errorf("line %d: %q: no question; allowed: turn solution tags: answer", n, strings.TrimSpace(line))
		}
		turn, err := strconv.Atoi(f[0])
		if err != nil || turn < 0 || turn >= len(s.Turns) {
			return nil, fmt.Errorf("line %d: there is no turn %q; allowed: 0 to %d", n, f[0], len(s.Turns)-1)
		}
		q := pipeline.Question{Turn: turn, Text: s.Turns[turn].Text}
		if suggested {
			q.Suggestions = []pipeline.Suggestion{{SolutionID: f[1], Title: f[1], Score: 1, Passage: answer, Answer: answer, Tags: f[2:]}}
		}
		found = append(found, q)
	}
	return found, nil
}

// parseTone reads lines "turn label confidence quote"; the quote may be missing,
// and a turn may have several labels, a line for each.
func parseTone(s *transcript.Session, text string) (pipeline.Tone, error) {
	var tone pipeline.Tone
	n := 0
	for line := range strings.Lines(text) {
		n++
		t, err := turnTone(s, strings.TrimSpace(line))
		if err != nil {
			return tone, fmt.Errorf("line %d: %q: %w", n, strings.TrimSpace(line), err)
		}
		i := slices.IndexFunc(tone.Turns, func(other pipeline.TurnTone) bool { return other.Turn == t.Turn })
		if i < 0 {
			tone.Turns = append(tone.Turns, t)
			continue
		}
		maps.Copy(tone.Turns[i].Labels, t.Labels)
		tone.Turns[i].Marks = append(tone.Turns[i].Marks, t.Marks...)
	}
	return tone, nil
}

func turnTone(s *transcript.Session, line string) (pipeline.TurnTone, error) {
	f := strings.SplitN(line, " ", 4)
	if len(f) < 3 {
		return pipeline.TurnTone{}, fmt.Errorf("no tone; allowed: turn label confidence quote")
	}
	turn, err := strconv.Atoi(f[0])
	if err != nil || turn < 0 || turn >= len(s.Turns) {
		return pipeline.TurnTone{}, fmt.Errorf("there is no turn %q; allowed: 0 to %d", f[0], len(s.Turns)-1)
	}
	confidence, err := strconv.ParseFloat(f[2], 64)
	if err != nil {
		return pipeline.TurnTone{}, fmt.Errorf("confidence: %w", err)
	}
	label := pipeline.Label(f[1])
	t := pipeline.TurnTone{Turn: turn, Labels: map[pipeline.Label]float64{label: confidence}}
	if len(f) == 4 {
		start := strings.Index(s.Turns[turn].Text, f[3])
		if start < 0 {
			return t, fmt.Errorf("turn %d does not say %q", turn, f[3])
		}
		t.Marks = []pipeline.ToneMark{{Label: label, Start: start, End: start + len(f[3]), Quote: f[3]}}
	}
	return t, nil
}
