package transcript

import (
	"bytes"
	"fmt"
	"maps"
	"reflect"
)

// LiveTurn is a turn of a session that still runs.
type LiveTurn struct {
	Turn
	// Final says that the turn stays as it is. One that is not, such as the partial
	// result of a recogniser, may be sent again with other words.
	Final bool
}

// Addition is what a sender says about a session that still runs.
type Addition struct {
	Session *Session // its fields, without turns; nil says nothing
	Turns   []LiveTurn
	// First is the place in the session of the first of Turns, from 0; nil is behind
	// all that is there.
	First *int
	// Count is how many turns the session has in all, where the sender says so, as
	// when it ends; nil does not say.
	Count *int
}

// ReadAddition reads what is added to session id:
//
//	{"session":{"channel":"chat","agent":{"id":"a17"}},"first":4,"turns":[{"speaker":"customer","text":"…","final":false}]}
//
// Session has the fields of a canonical session but its turns; its id may be
// left out. Turns are canonical turns with "final", by default true. Count
// stands at the end only. The error is Problems: all that is wrong, also with
// what the limits allow; places count within the addition.
func ReadAddition(raw []byte, id SessionID, l Limits) (*Addition, error) {
	l = l.orDefault()
	if len(raw) > l.LineBytes {
		return nil, Problems{{Reason: overLimit("the addition is too long", l.LineBytes, "line-bytes")}}
	}
	var p Problems
	m := map[string]any{}
	if len(bytes.TrimSpace(raw)) > 0 {
		var line, column int
		var err error
		if m, line, column, err = parseObject(raw); err != nil {
			return nil, Problems{{Reason: fmt.Sprintf("line %d, column %d: %v", line+1, column, err)}}
		}
	}
	if i := loneSurrogate(raw); i >= 0 {
		p.add("", fmt.Sprintf("half a character at byte %d: %s", i, raw[i:i+6]), `surrogate pairs such as \ud83d\ude00`)
	}
	a := object{m: m, p: &p}.addition(id, l)
	if len(p) > 0 {
		return nil, p
	}
	return a, nil
}

func (o object) addition(id SessionID, l Limits) *Addition {
	o.only("session", "turns", "first", "count")
	a := &Addition{First: o.place("first", l), Count: o.place("count", l)}
	checkID("id", string(id), o.p)
	if head, ok := o.object("session"); ok {
		a.Session = head.head(id)
	}
	turns := o.list("turns")
	if len(turns) > l.Turns {
		o.p.add("turns", overLimit(fmt.Sprintf("%d turns", len(turns)), l.Turns, "turns"), "")
		return a
	}
	a.Turns = make([]LiveTurn, len(turns))
	for i, turn := range turns {
		before := len(*o.p)
		a.Turns[i] = turn.liveTurn()
		if len(*o.p) == before { // else what is wrong has been said
			a.Turns[i].check(i, l, o.p)
		}
	}
	return a
}

// head reads a session's fields.
func (o object) head(id SessionID) *Session {
	if _, ok := o.m["turns"]; ok {
		o.p.add(o.field("turns"), "turns stand beside the session here", "")
	}
	if own := o.str("id"); own != "" && own != string(id) {
		o.p.add(o.field("id"), fmt.Sprintf("%q is another session than %q", clip(own), clip(string(id))), "")
	}
	before, plain := len(*o.p), maps.Clone(o.m)
	delete(plain, "turns")
	s := new(Session)
	object{m: plain, path: o.path, nth: o.nth, p: o.p}.session(s)
	s.ID, s.Turns = id, nil
	if len(*o.p) > before {
		return s
	}
	var found Problems
	s.checkHead(&found)
	s.checkParties(&found)
	checkMetadata(s.Metadata, &found)
	for _, one := range found {
		if one.Field == "channel" && s.Channel == "" {
			continue // the first addition must say: see Merge
		}
		one.Field = o.path + "." + one.Field
		*o.p = append(*o.p, one)
	}
	return s
}

func (o object) liveTurn() LiveTurn {
	t := LiveTurn{Final: true}
	switch v := o.m["final"].(type) {
	case nil:
	case bool:
		t.Final = v
	default:
		o.wrong("final", v, "true or false")
	}
	plain := maps.Clone(o.m)
	delete(plain, "final")
	o.m = plain
	t.Turn = o.turn()
	return t
}

// place reads a number of turns.
func (o object) place(key string, l Limits) *int {
	n := o.whole(key)
	if n == nil {
		return nil
	}
	if *n < 0 || *n > int64(l.Turns) {
		o.p.add(o.field(key), fmt.Sprintf("%d is out of range", *n), fmt.Sprintf("0 to %d", l.Turns))
		return nil
	}
	return new(int(*n))
}

// Merge adds to a running session's fields what more says; neither has turns. What
// is known stays: a field with another value is one of the Problems, and so is
// one that says when the session began, after the fact. Fields that are missing
// in more are not taken away.
func (s *Session) Merge(more *Session) error {
	var p Problems
	mergeField(&s.Channel, more.Channel, "session.channel", &p)
	mergeField(&s.Language, more.Language, "session.language", &p)
	mergeField(&s.BusinessType, more.BusinessType, "session.business_type", &p)
	mergeField(&s.Urgency, more.Urgency, "session.urgency", &p)
	mergeField(&s.CSAT, more.CSAT, "session.csat", &p)
	mergeField(&s.DurationMS, more.DurationMS, "session.duration_ms", &p)
	mergeField(&s.Agent, more.Agent, "session.agent", &p)
	mergeField(&s.Customer, more.Customer, "session.customer", &p)
	if !more.StartedAt.IsZero() && !more.StartedAt.Equal(s.StartedAt) {
		p.add("session.started_at", "was said otherwise, or not at all, when the session began", "")
	}
	for key, v := range more.Metadata {
		if old, ok := s.Metadata[key]; ok && !reflect.DeepEqual(old, v) {
			p.add("session.metadata."+clip(key), "has another value already", "")
			continue
		}
		if s.Metadata == nil {
			s.Metadata = map[string]any{}
		}
		s.Metadata[key] = v
	}
	checkMetadata(s.Metadata, &p) // both together may be too many
	if len(p) > 0 {
		return p
	}
	return nil
}

// mergeField sets a field that is not known yet.
func mergeField[T any](known *T, more T, field string, p *Problems) {
	var none T
	switch {
	case reflect.DeepEqual(more, none) || reflect.DeepEqual(more, *known):
	case reflect.DeepEqual(*known, none):
		*known = more
	default:
		p.add(field, "has another value already", "")
	}
}

// Begins reports, as Problems, what a session must say when it begins.
func (s *Session) Begins() error {
	if s.Channel == "" {
		return Problems{{Field: "session.channel", Reason: "missing: the first turns of a session come with its channel", Allowed: join(Channels)}}
	}
	return nil
}
