package redact

import (
	"regexp"
	"slices"
	"strings"

	"assay/pipeline/entity"
	"assay/pipeline/transcript"
)

// Numbers are often said in pieces, each waiting for a sign of the other side:
//
//	customer: 138    agent: 嗯    customer: 1234    agent: 1234    customer: 5678

// piece is a part of such a number: the digits in one turn.
type piece struct {
	turn   int
	start  int
	rows   []entity.Run // at least one
	digits string       // of all rows
	end    int          // a check letter stands behind the rows
	echo   bool         // said again by the other side
}

// dictation is a number in the making.
type dictation struct {
	by     transcript.Speaker
	pieces []piece
	c      context
}

// mostDictated bounds the digits of a number that is said in pieces.
const mostDictated = 24

// split joins the digits that one speaker says over several turns.
func (x *session) split() {
	var d dictation
	for i, t := range x.turns {
		by := x.session.Turns[i].Speaker
		going := len(d.pieces) > 0 && by == d.by
		p, form := pieceOf(t, i, going)
		switch {
		case form == noPiece && len(d.pieces) > 0 && !going && isSign(t):
		case len(d.pieces) > 0 && !going && form != noPiece && d.said(p.digits):
			p.echo = true
			d.pieces = append(d.pieces, p)
		case going && (form == onlyPiece || form == firstPiece) && len(d.digits())+len(p.digits) <= mostDictated:
			d.pieces = append(d.pieces, p)
			if form == firstPiece { // words follow: it was the last one
				x.join(d)
				d = dictation{}
			}
		default:
			x.join(d)
			d = dictation{}
			if form == onlyPiece || form == lastPiece {
				d = dictation{by: by, pieces: []piece{p}, c: t.context(p.start)}
			}
		}
	}
	x.join(d)
}

// form is where the digits of a turn stand.
type form byte

const (
	noPiece    form = iota
	onlyPiece       // there is little else
	firstPiece      // at the beginning
	lastPiece       // at the end
)

// mostPiece bounds a turn that may be a piece, in bytes.
const mostPiece = 240

// pieceOf reads the digits of a turn as a piece of a number, of one that is going
// on the first ones where other digits follow.
func pieceOf(t *turn, i int, going bool) (piece, form) {
	if len(t.text) > mostPiece {
		return piece{}, noPiece
	}
	runs := t.runs()
	if len(runs) == 0 {
		return piece{}, noPiece
	}
	from, to := trimmed(t.text, 0, len(t.text))
	row := t.lastRows(runs, to)
	if going {
		row = t.firstRows(runs, from, row)
	}
	p := join(i, row)
	p.checkLetter(t.text)
	if t.context(p.start).money {
		return piece{}, noPiece
	}
	before, after := words(t.text[from:p.start]), words(t.text[p.end:max(p.end, to)])
	switch {
	case before <= 2 && after <= 2 && row[len(row)-1].End == runs[len(runs)-1].End:
		return p, onlyPiece
	case after == 0:
		return p, lastPiece
	case before == 0 || going && before <= 2:
		return p, firstPiece
	}
	return piece{}, noPiece
}

// lastRows are the rows that stand together at the end of a text, else the first ones.
func (t *turn) lastRows(runs []entity.Run, to int) []entity.Run {
	first := 0
	for k := 1; k < len(runs); k++ {
		if t.gap(runs[k-1], runs[k]) {
			continue
		}
		if words(t.text[runs[k].End:to]) > 0 {
			return runs[first:k]
		}
		first = k
	}
	return runs[first:]
}

// firstRows are the rows that stand together at the beginning of a text when it
// begins with them, or when words that name something else stand behind them:
// 5555 4444 expiry 09 28. Else they are the other ones.
func (t *turn) firstRows(runs []entity.Run, from int, other []entity.Run) []entity.Run {
	first := t.chained(runs)
	end := first[len(first)-1].End
	if len(first) < len(runs) && (words(t.text[from:first[0].Start]) == 0 || t.cueBetween(end, runs[len(first)].Start)) {
		return first
	}
	return other
}

func join(i int, runs []entity.Run) piece {
	p := piece{turn: i, start: runs[0].Start, end: runs[len(runs)-1].End, rows: runs}
	for _, r := range runs {
		p.digits += r.Digits[:min(len(r.Digits), mostDictated)]
	}
	return p
}

// shorter is the piece without its last row; ok is false when it has only one.
func (p piece) shorter() (piece, bool) {
	if len(p.rows) < 2 {
		return p, false
	}
	return join(p.turn, p.rows[:len(p.rows)-1]), true
}

// checkLetter takes an x said or written behind the digits of a piece: with it ends
// a resident identity number.
func (p *piece) checkLetter(text string) {
	for _, x := range []string{"x", "叉", " x", " 叉"} {
		if strings.HasPrefix(text[p.end:], x) && !glued(text, p.end+len(x)) {
			p.digits, p.end = p.digits+"x", p.end+len(x)
		}
	}
}

// words counts the ideographs and Latin words of t, fillers left out.
func words(t string) int {
	t = fillers.Replace(t)
	n := 0
	for _, w := range strings.Fields(t) {
		if han := runes(strings.Map(onlyHan, w)); han > 0 {
			n += han
		} else if strings.ContainsFunc(w, func(r rune) bool { return 'a' <= r && r <= 'z' }) {
			n++
		}
	}
	return n
}

func onlyHan(r rune) rune {
	if isHan(r) {
		return r
	}
	return -1
}

// isSign reports whether a turn only shows that its speaker listens: 嗯, 好的, go on.
// One that asks for what stands on a card besides its number does not.
func isSign(t *turn) bool {
	return len(t.text) < 64 && words(t.text) <= 6 && !t.asksExpiry() && !slices.ContainsFunc(t.cues, func(c cue) bool { return c.topic == topic(Secret) })
}

// digits are those of the speaker's own pieces.
func (d *dictation) digits() string {
	all := ""
	for _, p := range d.pieces {
		if !p.echo {
			all += p.digits
		}
	}
	return all
}

// said reports whether digits repeat the last piece, or all so far.
func (d *dictation) said(digits string) bool {
	all := d.digits()
	return len(digits) > 0 && strings.HasSuffix(all, digits)
}

// behindCard are digits that may stand behind a card's: its expiry date, its code.
var behindCard = regexp.MustCompile(`^(?:0[1-9]|1[0-2])(?:20)?[2-4][0-9](?:[0-9]{3,4})?$`)

// join proposes the pieces when together they are a number. What was said behind
// the last digits of a card is left out.
func (x *session) join(d dictation) {
	all := d.digits()
	best, f := d, d.classify()
	for d.shorten() {
		g := d.classify()
		if rest := all[min(len(all), len(d.digits())):]; g.confidence > f.confidence && (f.confidence < 0.5 || behindCard.MatchString(rest)) {
			best, f = d, g
		}
	}
	if f.confidence < 0.5 {
		return
	}
	for _, p := range best.pieces {
		x.turns[p.turn].add(p.start, p.end, f.typ, f.value, min(0.99, f.confidence+0.02), "a part of a number said over several turns: "+f.reason)
	}
}

// shorten leaves the last row out, and echoes behind it.
func (d *dictation) shorten() bool {
	for len(d.pieces) > 0 && d.pieces[len(d.pieces)-1].echo {
		d.pieces = d.pieces[:len(d.pieces)-1]
	}
	if len(d.pieces) < 2 || !d.c.any(card) {
		return false
	}
	last := len(d.pieces) - 1
	p, ok := d.pieces[last].shorter()
	d.pieces = slices.Clip(d.pieces[:last])
	if ok {
		d.pieces = append(d.pieces, p)
	}
	return true
}

// leastCard is how many digits of a card's were said at least: one may have been
// misheard, or not have come yet.
const leastCard = 8

// classify says what the pieces together are; confidence 0 is nothing.
func (d *dictation) classify() found {
	own := 0
	n := number{said: true}
	for _, p := range d.pieces {
		if !p.echo {
			own++
			n.parts = append(n.parts, len(p.digits))
		}
	}
	if own < 2 {
		return found{}
	}
	n.digits, n.chinese = d.digits(), d.c.chinese
	if len(n.digits) != len("110101199003077475") {
		n.digits = strings.ReplaceAll(n.digits, "x", "")
	}
	f := n.classify(d.c)
	if f.confidence < 0.5 && len(n.digits) >= leastCard && d.c.is(card) {
		return yes(Account, n.digits, 0.6, "cue of a card, but not as long as one")
	}
	return f
}
