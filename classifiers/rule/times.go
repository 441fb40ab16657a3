package rule

import "time"

// clock is a turn's beginning and end from the session's beginning, where known.
type clock struct {
	start, end           time.Duration
	startKnown, endKnown bool
}

// clockOf reads the session's times once, when the first is asked for.
func (e *Evaluation) clockOf(turn int) *clock {
	if e.clocks == nil {
		e.clocks = make([]clock, len(e.in.Session.Turns))
		for i := range e.clocks {
			c := &e.clocks[i]
			c.start, c.startKnown = e.in.Session.Start(i)
			c.end, c.endKnown = e.in.Session.End(i)
		}
	}
	return &e.clocks[turn]
}

// start is when a turn begins; false when unknown.
func (e *Evaluation) start(turn int) (time.Duration, bool) {
	c := e.clockOf(turn)
	return c.start, c.startKnown
}

// end is when a turn ends; false when unknown.
func (e *Evaluation) end(turn int) (time.Duration, bool) {
	c := e.clockOf(turn)
	return c.end, c.endKnown
}

// gap is the time from the end of one turn to the beginning of a later one.
func (e *Evaluation) gap(from, to int) (time.Duration, bool) {
	end, ok := e.end(from)
	if !ok {
		return 0, false
	}
	start, ok := e.start(to)
	return start - end, ok
}
