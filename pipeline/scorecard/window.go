package scorecard

// checkFits finds limits that no turn can ever keep together.
func (w *Where) checkFits(m *Map) {
	if r := w.Range; r != nil {
		if r.From > r.To && (r.From > 0) == (r.To > 0) {
			m.Key("range").Problem(nil, "the range ends before it begins")
		}
		if x := w.First; x != nil && x.Turns > 0 && r.From > x.Turns {
			m.Key("range").Problem(nil, "no turn from %d on is among the first %d", r.From, x.Turns)
		}
		if x := w.Last; x != nil && x.Turns > 0 && r.To < -x.Turns {
			m.Key("range").Problem(nil, "no turn up to %d is among the last %d", r.To, x.Turns)
		}
	}
	for i := range w.Anchors {
		for j := range w.Anchors {
			before, after := &w.Anchors[i], &w.Anchors[j]
			if before.Side == Before && after.Side == After && before.Condition == after.Condition && neverBetween(after.Hit, before.Hit) {
				after.Node.Problem(nil, "no turn is after that hit of %q and before the other", after.Condition)
			}
		}
	}
}

// neverBetween reports whether nothing can lie after one hit of a condition and
// before another one of it. After any hit is after the first, before any before
// the last one.
func neverBetween(after, before int) bool {
	switch {
	case after == HitEvery || before == HitEvery:
		return false
	case after == HitLast || before == 1:
		return true
	case after > 0 && before > 0:
		return after >= before
	}
	return false
}
