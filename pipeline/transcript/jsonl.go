package transcript

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// readJSONL reads canonical sessions: one per line, or, when the first object
// does not end on its line, as a document of one or many.
func readJSONL(in *input) error {
	if isDocument(in.sample()) {
		return in.eachValue("", in.canonical)
	}
	l := &lines{r: in.r, limit: in.o.Limits.LineBytes}
	for {
		line, err := l.next()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case errors.Is(err, errLong):
			err = in.tooLong(l.n)
		case err == nil && len(bytes.TrimSpace(line)) > 0:
			err = in.canonical(value{raw: line, line: l.n, column: 1})
		}
		if err != nil {
			return err
		}
	}
}

// isDocument tells a JSON document from lines of JSON: it is a list, or its
// first line is a beginning that the second line continues.
func isDocument(sample []byte) bool {
	first, rest, _ := bytes.Cut(bytes.TrimSpace(sample), []byte("\n"))
	if bytes.HasPrefix(first, []byte("[")) {
		return true
	}
	rest = bytes.TrimSpace(rest)
	return len(rest) > 0 && rest[0] != '{' && !json.Valid(first)
}

// eachValue calls read with every element of a JSON document.
func (in *input) eachValue(key string, read func(value) error) error {
	vs := &values{r: in.r, limit: in.o.Limits.LineBytes, key: key}
	for {
		v, err := vs.next()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
		case errors.Is(v.err, errLong):
			err = in.tooLong(v.line)
		case v.err != nil:
			err = in.broken(v, 0, 0, v.err)
		default:
			err = read(v)
		}
		if err != nil {
			return err
		}
	}
}

func (in *input) tooLong(line int) error {
	d := &draft{line: line}
	return in.reject(d, Problems{{Reason: overLimit("record is too long", in.o.Limits.LineBytes, "line-bytes")}})
}

// broken rejects a value that is no JSON object; line and column are within it.
func (in *input) broken(v value, line, column int, err error) error {
	d := &draft{line: v.line + line, column: column, raw: v.raw}
	if line == 0 && column > 0 {
		d.column += v.column - 1
	}
	p, ok := errors.AsType[Problem](err)
	if !ok {
		p = Problem{Reason: err.Error()}
	}
	return in.reject(d, Problems{p})
}

// canonical reads one canonical session, or a written reject.
func (in *input) canonical(v value) error {
	m, line, column, err := parseObject(v.raw)
	if err != nil {
		return in.broken(v, line, column, err)
	}
	if m["_reject"] != nil || m["_raw"] != nil {
		if again, err := in.again(v, m); again || err != nil {
			return err
		}
	}
	d := &draft{line: v.line, raw: v.raw, again: m["_reject"] != nil}
	object{m: m, p: &d.problems}.session(&d.s)
	if i := loneSurrogate(v.raw); i >= 0 {
		d.problems.add("", fmt.Sprintf("half a character at byte %d: %s", i, v.raw[i:i+6]), `surrogate pairs such as \ud83d\ude00`)
	}
	return in.done(d)
}

func (o object) session(s *Session) {
	o.only("id", "channel", "language", "started_at", "duration_ms", "agent", "customer", "business_type", "urgency",
		"metadata", "csat", "turns", "labels")
	s.ID = SessionID(o.str("id"))
	s.Channel = Channel(o.str("channel"))
	s.Language = o.str("language")
	s.StartedAt = o.clock("started_at")
	s.DurationMS = o.whole("duration_ms")
	s.BusinessType = o.str("business_type")
	s.Urgency = o.str("urgency")
	if agent, ok := o.object("agent"); ok {
		agent.only("id", "name", "team")
		s.Agent = &AgentRef{ID: agent.str("id"), Name: agent.str("name"), Team: agent.str("team")}
	}
	if customer, ok := o.object("customer"); ok {
		customer.only("id", "type")
		s.Customer = &CustomerRef{ID: customer.str("id"), Type: customer.str("type")}
	}
	if metadata, ok := o.object("metadata"); ok {
		s.Metadata, _ = metadataValue(metadata.m).(map[string]any)
	}
	if n := o.whole("csat"); n != nil {
		s.CSAT = int(*n)
		if *n < 1 || *n > 5 {
			o.p.add("csat", fmt.Sprintf("rating %d is out of range", *n), ratings)
		}
	}
	turns := o.list("turns")
	s.Turns = make([]Turn, len(turns))
	for i, turn := range turns {
		s.Turns[i] = turn.turn()
	}
}

func (o object) turn() Turn {
	if o.m == nil {
		return Turn{Speaker: System}
	}
	o.only("speaker", "text", "start_ms", "end_ms", "at", "kind", "agent", "loudness")
	t := Turn{
		Speaker: Speaker(o.str("speaker")),
		Text:    o.str("text"),
		StartMS: o.whole("start_ms"),
		EndMS:   o.whole("end_ms"),
		At:      o.clock("at"),
		Kind:    Kind(o.str("kind")),
		Agent:   o.str("agent"),
	}
	if n := o.whole("loudness"); n != nil {
		t.Loudness = loudnessOf(*n, o.field("loudness"), o.p)
	}
	if o.m["text"] == nil {
		o.p.add(o.field("text"), "missing", "")
	}
	if s, ok := SpeakerOf(string(t.Speaker)); ok && s != t.Speaker {
		o.p.add(o.field("speaker"), fmt.Sprintf("unknown speaker %q, perhaps %q", t.Speaker, s), join(Speakers))
	}
	return t
}

// loneSurrogate is the offset of an escaped half of a character, which JSON's
// decoder would replace without a word; -1 when there is none.
func loneSurrogate(raw []byte) int {
	if !bytes.Contains(raw, []byte(`\u`)) {
		return -1
	}
	high := false
	for i := 0; i < len(raw); i++ {
		var half string
		if raw[i] == '\\' && i+6 <= len(raw) && raw[i+1] == 'u' {
			half = strings.ToLower(string(raw[i+2 : i+4]))
		}
		isHigh, isLow := half >= "d8" && half < "dc", half >= "dc" && half < "e0"
		switch {
		case high && !isLow:
			return i - 6
		case isLow && !high:
			return i
		}
		high = isHigh
		switch {
		case half != "":
			i += 5
		case raw[i] == '\\':
			i++
		}
	}
	return -1
}

// again reads what WriteReject kept of a record in another form than canonical
// JSON; done is false when the mended record is canonical.
func (in *input) again(v value, m map[string]any) (done bool, err error) {
	name, _ := m["_format"].(string)
	raw, isText := m["_raw"].(string)
	switch {
	case isText:
	case Format(name) == SCA:
		raw = string(v.raw)
	case m["id"] == nil && m["turns"] == nil:
		return true, in.broken(v, 0, 0, errors.New("carries no record: mend it in the file that _reject names"))
	default:
		return false, nil
	}
	inner := in.inner(raw, v.line)
	f, ok := recognise(Format(name), "", []byte(raw))
	if !ok {
		return true, in.broken(v, 0, 0, Problem{Field: "_format", Reason: fmt.Sprintf("unknown format %q", name), Allowed: join(Formats())})
	}
	inner.format = f.name
	read := f.read
	if f.name == JSONL {
		read = func(inner *input) error { return inner.canonical(value{raw: []byte(raw), line: 1, column: 1}) }
	}
	if err := read(inner); err != nil {
		return true, err
	}
	in.records += inner.records
	if inner.records == 0 {
		return true, in.broken(v, 0, 0, Problem{Field: "_raw", Reason: "no session in it"})
	}
	return true, nil
}
