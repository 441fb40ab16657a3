package sca

import (
	"errors"
	"time"
)

// less reads lt; gt is the default.
func less(p object) bool { return p.text("compareoperator") == "lt" }

func silence(p object, role string) (translated, error) {
	t := translated{kind: "silence"}
	interval, ok := p.millis("interval")
	if !ok || interval <= 0 {
		return t, errors.New("has no interval")
	}
	switch {
	case p.has("target") && p.integer(1, "target") == 0:
		t.kind = "turn_length"
		bound(&t, interval, less(p))
		return t, nil
	case p.integer(1, "target") > 1:
		return t, errors.New("measures from a sentence further back than the one before")
	case p.yes("fromend"):
		t.note("the gap runs from end to beginning here, not from end to end")
	}
	bound(&t, interval, less(p))
	if end, ok := p.millis("intervalend"); ok && end > interval && !less(p) {
		t.set("less_than", end.String())
	}
	if p.yes("differentrole") {
		t.set("between", "different")
	}
	if role != "" {
		t.set("of", role)
	}
	return t, nil
}

func bound(t *translated, d time.Duration, less bool) {
	if less {
		t.set("less_than", d.String())
		return
	}
	t.set("more_than", d.String())
}

func speechRate(p object, role string) (translated, error) {
	t := translated{kind: "speech_rate"}
	rate, ok := p.number("velocityinmint", "velocity")
	if !ok {
		return t, errors.New("has no velocityInMint")
	}
	if role != "" {
		t.set("of", role)
	}
	if less(p) {
		t.set("less_than", rate)
	} else {
		t.set("more_than", rate)
	}
	t.set("unit", "characters")
	if p.yes("average") {
		t.set("over", "session")
	}
	if n := p.integer(0, "minwordsize"); n > 0 {
		t.set("min_length", n)
	}
	return t, nil
}

func interruption(p object, role string) (translated, error) {
	t := translated{kind: "interruption"}
	if role != "" {
		t.set("of", role)
	}
	if d, ok := p.millis("interval", "overlap"); ok && d > 0 {
		t.set("overlap", d.String())
	}
	if n := p.integer(0, "minwordsize"); n > 0 {
		t.set("min_length", n)
	}
	if d, ok := p.millis("delaytime"); ok && d > 0 {
		t.set("delay", d.String())
	}
	return t, nil
}

func speakerAt(p object, role string) (translated, error) {
	t := translated{kind: "speaker_at"}
	position := p.integer(0, "target", "index", "position", "from")
	is := speaker(p.text("targetrole", "role"))
	if is == "" {
		is = role
	}
	if position == 0 || is == "" {
		return t, errors.New("does not say which sentence is whose")
	}
	t.set("position", position)
	t.set("is", is)
	return t, nil
}

// seconds reads a length of time that some exports write in seconds, others in
// milliseconds: below 1,000 it is seconds.
func seconds(p object, names ...string) (time.Duration, bool) {
	v, ok := p.number(names...)
	if v < 1000 {
		return time.Duration(v * float64(time.Second)), ok && v > 0
	}
	return time.Duration(v * float64(time.Millisecond)), ok
}

func lateHangUp(p object, role string) (translated, error) {
	t := translated{kind: "late_hang_up", session: true}
	d, ok := seconds(p, "interval", "threshold")
	if !ok {
		return t, errors.New("has no interval")
	}
	t.set("more_than", d.String())
	if last := speaker(p.text("targetrole", "role")); last != "" {
		t.set("of", last)
	} else if role != "" {
		t.set("of", role)
	}
	return t, nil
}

func lateAnswer(p object, role string) (translated, error) {
	t := translated{kind: "late_answer", session: true}
	d, ok := seconds(p, "interval", "threshold")
	if !ok {
		return t, errors.New("has no interval")
	}
	t.set("more_than", d.String())
	if by := speaker(p.text("targetrole", "role")); by != "" {
		t.set("of", by)
	} else if role != "" {
		t.set("of", role)
	}
	return t, nil
}

func duration(p object, _ string) (translated, error) {
	t := translated{kind: "duration", session: true}
	low, lowOK := seconds(p, "interval", "min")
	high, highOK := seconds(p, "intervalend", "max")
	if less(p) && !highOK {
		low, lowOK, high, highOK = 0, false, low, lowOK
	}
	if !lowOK && !highOK {
		return t, errors.New("has no range")
	}
	if lowOK {
		t.set("min", low.String())
	}
	if highOK {
		t.set("max", high.String())
	}
	if begin, end := p.text("begintype"), p.text("endtype"); begin == "DIALOGUE" || end == "DIALOGUE" {
		return t, errors.New("measures from or to a certain sentence")
	}
	return t, nil
}

func loudness(p object, role string) (translated, error) {
	t := translated{kind: "loudness"}
	if role != "" {
		t.where = append(t.where, pair("speaker", role))
	}
	switch level := p.integer(3, "maxemotionchangevalue", "threshold"); p.integer(3, "checktype") {
	case 1:
		t.set("rise", level)
	case 2:
		t.set("span", level)
	default:
		low, high := p.integer(0, "interval", "min"), p.integer(0, "intervalend", "max")
		switch {
		case low == 0 && high == 0 && less(p):
			t.set("max", level)
		case low == 0 && high == 0:
			t.set("min", level)
		default:
			if low > 0 {
				t.set("min", low)
			}
			if high > 0 {
				t.set("max", high)
			}
		}
	}
	return t, nil
}

func turnCount(p object, role string) (translated, error) {
	t := translated{kind: "turn_count", session: true}
	n := p.integer(-1, "threshold", "count", "target", "interval")
	if n < 0 {
		return t, errors.New("has no count")
	}
	if role != "" {
		t.where = append(t.where, pair("speaker", role))
	}
	if less(p) {
		t.set("max", max(0, n-1))
	} else {
		t.set("min", n+1)
	}
	return t, nil
}
