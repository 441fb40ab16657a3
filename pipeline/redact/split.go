package redact

import (
	"strings"

	"assay/pipeline/entity"
	"assay/pipeline/transcript"
)

// Numbers are often said in pieces, each waiting for a sign of the other side:
//
//	customer: 138    agent: 嗯    customer: 1234    agent: 1234    customer: 5678

// piece is a part of such a number: the digits in one turn.
type piece struct {
	turn       int
	start, end int
	digits     string
	echo       bool // said again by the other side
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
		p, form := pieceOf(t, i)
		switch {
		case form == noPiece && len(d.pieces) > 0 && by != d.by && isSign(t):
		case len(d.pieces) > 0 && by != d.by && form != noPiece && d.said(p.digits):
			p.echo = true
			d.pieces = append(d.pieces, p)
		case len(d.pieces) > 0 && by == d.by && (form == onlyPiece || form == firstPiece) && len(d.digits())+len(p.digits) <= mostDictated:
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

// pieceOf reads the digits of a turn as a piece of a number.
func pieceOf(t *turn, i int) (piece, form) {
	if len(t.text) > mostPiece {
		return piece{}, noPiece
	}
	runs := t.runs()
	from, to := trimmed(t.text, 0, len(t.text))
	if len(runs) == 0 {
		return piece{}, noPiece
	}
	first, last := 0, len(runs)
	for k := 1; k < len(runs); k++ {
		if !t.gap(runs[k-1], runs[k]) {
			if words(t.text[runs[k].End:to]) == 0 {
				first = k
			} else {
				last = k
				break
			}
		}
	}
	p := join(i, runs[first:last])
	p.checkLetter(t.text)
	if t.context(p.start).money {
		return piece{}, noPiece
	}
	before, after := words(t.text[from:p.start]), words(t.text[p.end:max(p.end, to)])
	switch {
	case before <= 2 && after <= 2:
		return p, onlyPiece
	case after == 0:
		return p, lastPiece
	case before == 0:
		return p, firstPiece
	}
	return piece{}, noPiece
}

func join(i int, runs []entity.Run) piece {
	p := piece{turn: i, start: runs[0].Start, end: runs[len(runs)-1].End}
	for _, r := range runs {
		p.digits += r.Digits[:min(len(r.Digits), mostDictated)]
	}
	return p
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
func isSign(t *turn) bool { return len(t.text) < 64 && words(t.text) <= 6 }

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

// join proposes the pieces when together they are a number.
func (x *session) join(d dictation) {
	own := 0
	n := number{said: true}
	for _, p := range d.pieces {
		if !p.echo {
			own++
			n.parts = append(n.parts, len(p.digits))
		}
	}
	if own < 2 {
		return
	}
	n.digits, n.chinese = d.digits(), d.c.chinese
	if len(n.digits) != len("110101199003077475") {
		n.digits = strings.ReplaceAll(n.digits, "x", "")
	}
	f := n.classify(d.c)
	if f.confidence < 0.5 {
		return
	}
	for _, p := range d.pieces {
		x.turns[p.turn].add(p.start, p.end, f.typ, f.value, min(0.99, f.confidence+0.02), "a part of a number said over several turns: "+f.reason)
	}
}
