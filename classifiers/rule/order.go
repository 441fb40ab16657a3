package rule

import (
	"cmp"
	"slices"
	"sort"
	"strconv"

	"assay/pipeline"
	"assay/pipeline/scorecard"
	"assay/pipeline/transcript"
)

// comesBefore reports whether a place ends before another one begins: in an
// earlier turn, or further on in the same one.
func comesBefore(a, b transcript.Span) bool {
	return a.Turn < b.Turn || a.Turn == b.Turn && a.Start < b.Start && a.End <= b.Start
}

func comparePlaces(a, b transcript.Span) int {
	return cmp.Or(cmp.Compare(a.Turn, b.Turn), cmp.Compare(a.Start, b.Start))
}

// firstAfter is the index of the first of some places that comes after another one.
func firstAfter(places []transcript.Span, at transcript.Span) int {
	return sort.Search(len(places), func(i int) bool { return comesBefore(at, places[i]) })
}

// placesIn are the hits of a condition in the given turns, in the order of the
// transcript; a reason when the condition could not be evaluated.
func (e *Evaluation) placesIn(r *reference, turns []int) ([]transcript.Span, pipeline.Reason) {
	res := e.result(r.to)
	if res.State == scorecard.NotEvaluable {
		return nil, res.Reason
	}
	if len(turns) == 0 {
		return nil, ""
	}
	lo := sort.Search(len(res.Hits), func(i int) bool { return res.Hits[i].Turn >= turns[0] })
	hi := sort.Search(len(res.Hits), func(i int) bool { return res.Hits[i].Turn > turns[len(turns)-1] })
	hits := res.Hits[lo:hi:hi]
	outside := func(h transcript.Span) bool { return !inTurns(turns, h.Turn) }
	if slices.ContainsFunc(hits, outside) {
		hits = slices.DeleteFunc(slices.Clone(hits), outside)
	}
	return hits, ""
}

// unknownTurns are the turns of which nobody knows whether a condition hits there,
// although it hits at others: those without the times that it needs.
func (e *Evaluation) unknownTurns(c *condition) []int {
	r := e.result(c)
	if !c.partial || r.State != scorecard.Hit || c.Where.All {
		return nil
	}
	return c.test.judge(e, r.Searched).unknown
}

// anyWithin reports whether one of some ascending turns is among those from the
// first to the last of others.
func anyWithin(turns []int, first, last int) bool {
	i, _ := slices.BinarySearch(turns, first)
	return i < len(turns) && turns[i] <= last
}

// readWithin reads how far apart two places may be: messages of anybody, or a time.
func readWithin(n *scorecard.Node) *scorecard.Extent {
	if n == nil {
		return nil
	}
	if _, err := strconv.Atoi(n.String()); err == nil {
		return &scorecard.Extent{Turns: n.Int(1, 10_000)}
	}
	return &scorecard.Extent{Time: n.Duration()}
}

// withinReach reports whether a place is near enough after another one: so many
// messages on, or so long from the end of the one turn to the beginning of the
// other. Known is false when times are missing.
func (e *Evaluation) withinReach(from, to transcript.Span, within *scorecard.Extent) (near, known bool) {
	switch {
	case within == nil || from.Turn == to.Turn:
		return true, true
	case within.Time == 0:
		all := e.messages("")
		i, _ := slices.BinarySearch(all, from.Turn)
		j, _ := slices.BinarySearch(all, to.Turn)
		return j-i <= within.Turns, true
	case e.surelyWithin(from.Turn, to.Turn, within.Time):
		return true, true
	}
	gap, known := e.gap(from.Turn, to.Turn)
	return gap <= within.Time, known
}

// reachText writes a limit between neighbours for people, "" when there is none.
func reachText(within *scorecard.Extent) string {
	switch {
	case within == nil:
		return ""
	case within.Time > 0:
		return " within " + lasting(within.Time)
	case within.Turns == 1:
		return " within 1 turn"
	}
	return " within " + strconv.Itoa(within.Turns) + " turns"
}

// listOf are the elements of a list, which a single text may stand for.
func listOf(n *scorecard.Node) []*scorecard.Node {
	if !n.IsList() {
		return []*scorecard.Node{n}
	}
	list := n.List()
	if len(list) == 0 {
		n.Problem(nil, "the list is empty")
	}
	return list
}
