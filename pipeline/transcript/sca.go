package transcript

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"strings"
)

// readSCA reads tickets, the form in which Alibaba Cloud's conversation analysis
// takes sessions: a document with a list of tickets, or tickets alone, a list or
// one after another. What stands beside the list is about the upload, not about
// the sessions, and is left out.
func readSCA(in *input) error {
	key := ""
	if bytes.Contains(in.sample(), []byte(`"tickets"`)) {
		key = "tickets"
	}
	return in.eachValue(key, in.ticket)
}

// ticket reads one session.
func (in *input) ticket(v value) error {
	m, line, column, err := parseObject(v.raw)
	if err != nil {
		return in.broken(v, line, column, err)
	}
	d := &draft{line: v.line, raw: v.raw, fieldOf: ticketField}
	o := object{m: m, p: &d.problems}
	d.s.ID = SessionID(o.scalar("tid"))
	if agent := (AgentRef{o.scalar("customerServiceId"), o.scalar("customerServiceName"), o.scalar("skillGroupName")}); agent != (AgentRef{}) {
		agent.ID = cmp.Or(agent.ID, agent.Name)
		d.s.Agent = &agent
	}
	if id := o.scalar("customerId"); id != "" {
		d.s.Customer = &CustomerRef{ID: id}
	}
	in.dialogue(d, o)
	d.s.Channel = in.o.channel(d.s.Turns)
	d.s.Metadata = ticketMetadata(m)
	return in.done(d)
}

func (in *input) dialogue(d *draft, o object) {
	times := timeReader{unit: Milliseconds, zone: in.o.Zone}
	turns := o.list("dialogue")
	d.s.Turns = make([]Turn, len(turns))
	timings := make([]timing, len(turns))
	for i, turn := range turns {
		d.s.Turns[i] = turn.ticketTurn()
		if at := turn.str("beginTime"); at != "" {
			m, ok := times.read(at)
			if !ok || m.at.IsZero() {
				o.p.add(turn.field("beginTime"), fmt.Sprintf("%q is no date and time", clip(at)), "2025-03-01 09:30:00")
				continue
			}
			timings[i].at = &m
		}
	}
	d.s.setTimes(timings)
	d.s.dropSoleAgent()
}

func (o object) ticketTurn() Turn {
	if o.m == nil {
		return Turn{Speaker: System}
	}
	t := Turn{Text: o.str("words"), StartMS: o.whole("begin"), EndMS: o.whole("end")}
	if o.m["words"] == nil {
		o.p.add(o.field("words"), "missing", "")
	}
	key := "role"
	if o.m[key] == nil && o.m["identity"] != nil {
		key = "identity"
	}
	role := o.scalar(key)
	speaker, ok := SpeakerOf(role)
	if !ok {
		o.p.add(o.field(key), unknown("speaker", role), allowedSpeakers)
		speaker = System
	}
	t.Speaker = speaker
	if speaker == Agent {
		t.Agent = o.scalar("identity")
	}
	return t
}

// scalar returns a string or the digits of a number.
func (o object) scalar(key string) string {
	if n, ok := o.m[key].(json.Number); ok {
		return string(n)
	}
	return o.str(key)
}

// ticketField names a field of the session as tickets do.
func ticketField(field string) string {
	switch field {
	case "id":
		return "tid"
	case "agent.id":
		return "customerServiceId"
	case "agent.name":
		return "customerServiceName"
	case "agent.team":
		return "skillGroupName"
	case "customer.id":
		return "customerId"
	case "turns":
		return "dialogue"
	}
	if rest, ok := strings.CutPrefix(field, "turns["); ok {
		return "dialogue[" + strings.NewReplacer(".text", ".words", ".start_ms", ".begin", ".end_ms", ".end", ".agent", ".identity").Replace(rest)
	}
	return field
}

// ticketMetadata keeps what the session has no field for.
func ticketMetadata(m map[string]any) map[string]any {
	rest := map[string]any{}
	for key, v := range m {
		switch key {
		case "tid", "dialogue", "customerServiceId", "customerServiceName", "skillGroupName", "customerId":
			continue
		}
		if !strings.HasPrefix(key, "_") && v != nil {
			rest[key] = metadataValue(v)
		}
	}
	if len(rest) == 0 {
		return nil
	}
	return rest
}
