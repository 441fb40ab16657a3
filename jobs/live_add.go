package jobs

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"

	"assay/pipeline/transcript"
)

// add puts an addition into the session in memory.
func (r *liveRunning) add(a *transcript.Addition, l transcript.Limits) (LiveReceipt, error) {
	receipt := LiveReceipt{Events: r.row.Events}
	if err := r.addFields(a.Session); err != nil {
		return receipt, err
	}
	first := len(r.final)
	if a.First != nil {
		first = *a.First
	}
	if first > len(r.final) && len(a.Turns) > 0 {
		return receipt, gap(first, len(r.final))
	}
	if err := withinLimits(first+len(a.Turns), r.bytes(), l); err != nil {
		return receipt, err
	}
	for i := range a.Turns {
		if err := r.addTurn(first+i, &a.Turns[i], &receipt); err != nil {
			return receipt, err
		}
	}
	if err := withinLimits(len(r.final), r.bytes(), l); err != nil {
		return receipt, err
	}
	slices.Sort(r.touched)
	r.touched = slices.Compact(r.touched)
	r.changed = r.changed || len(r.touched) > 0
	receipt.Turns = len(r.final)
	return receipt, nil
}

// addFields adds what is new of the session's fields.
func (r *liveRunning) addFields(more *transcript.Session) error {
	if more == nil {
		return nil
	}
	before, err := json.Marshal(r.session)
	if err != nil {
		return fmt.Errorf("live session %q: %w", r.row.SourceID, err)
	}
	if err := r.session.Merge(more); err != nil {
		return err
	}
	after, err := json.Marshal(r.session)
	r.changed = !bytes.Equal(before, after)
	return err
}

// addTurn adds one turn at its place, or finds that it is there.
func (r *liveRunning) addTurn(at int, t *transcript.LiveTurn, receipt *LiveReceipt) error {
	content, err := json.Marshal(t.Turn)
	if err != nil {
		return fmt.Errorf("live session %q: turn %d: %w", r.row.SourceID, at, err)
	}
	if at == len(r.final) {
		r.finish(t.Turn.Speaker)
		r.session.Turns = append(r.session.Turns, t.Turn)
		r.final, r.content = append(r.final, t.Final), append(r.content, string(content))
		r.touched = append(r.touched, at)
		receipt.Added++
		return nil
	}
	same := r.content[at] == string(content)
	switch {
	case r.final[at] && !same && t.Final:
		return &LiveConflict{fmt.Sprintf("turn %d is final, and says something else", at), len(r.final), at}
	case r.final[at], same && !t.Final:
		return nil
	}
	r.session.Turns[at], r.content[at], r.final[at] = t.Turn, string(content), t.Final
	r.touched = append(r.touched, at)
	receipt.Replaced++
	return nil
}

// finish makes provisional turns of a speaker who goes on to speak final.
func (r *liveRunning) finish(speaker transcript.Speaker) {
	for i := range r.final {
		if !r.final[i] && r.session.Turns[i].Speaker == speaker {
			r.final[i] = true
			r.touched = append(r.touched, i)
		}
	}
}

// bytes is the size of all turns.
func (r *liveRunning) bytes() int64 {
	n := int64(0)
	for _, c := range r.content {
		n += int64(len(c))
	}
	return n
}

// withinLimits checks what a session holds, as importers do.
func withinLimits(turns int, bytes int64, l transcript.Limits) error {
	limits := transcript.DefaultLimits()
	if l.Turns > 0 {
		limits.Turns = l.Turns
	}
	if l.LineBytes > 0 {
		limits.LineBytes = l.LineBytes
	}
	switch {
	case turns > limits.Turns:
		return transcript.Problems{{Field: "turns", Reason: fmt.Sprintf("the session would have %d turns, more than the limit of %d (setting max-turns)", turns, limits.Turns)}}
	case bytes > int64(limits.LineBytes):
		return transcript.Problems{{Field: "turns", Reason: fmt.Sprintf("the session would have %d bytes, more than the limit of %d (setting max-line-bytes)", bytes, limits.LineBytes)}}
	}
	return nil
}
