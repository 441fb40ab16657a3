package knowledge

import (
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Edit says what became of a piece of text, from a closed list.
type Edit string

// What becomes of a piece of text.
const (
	Kept    Edit = "same"
	Removed Edit = "removed"
	Added   Edit = "added"
)

// Piece is a part of a text, before or after a change or both.
type Piece struct {
	Edit Edit
	Text string
}

// FieldDiff is what changed in one field.
type FieldDiff struct {
	Field  string // its key in the solution's JSON
	Pieces []Piece
}

// Diff compares two forms of a solution field by field, in the order of their
// keys; equal fields are left out. Texts are compared by words, Chinese by
// characters, lists by their entries, one a line.
func Diff(before, after *Solution) []FieldDiff {
	var out []FieldDiff
	a, b := fieldTexts(before), fieldTexts(after)
	for i := range a {
		if a[i].text == b[i].text {
			continue
		}
		pieces := []Piece{}
		if a[i].whole {
			pieces = replaced(pieces, []string{a[i].text}, []string{b[i].text})
		} else {
			pieces = diffTokens(tokens(a[i].text), tokens(b[i].text))
		}
		out = append(out, FieldDiff{a[i].field, pieces})
	}
	return out
}

// fieldText is a field as people read it.
type fieldText struct {
	field, text string
	whole       bool // a value, which is compared as one
}

func fieldTexts(s *Solution) []fieldText {
	return []fieldText{
		{"title", s.Title, false},
		{"questions", strings.Join(s.Questions, "\n"), false},
		{"answer", s.Answer, false},
		{"short_reply", s.ShortReply, false},
		{"note", s.Note, false},
		{"tags", strings.Join(s.Tags, "\n"), false},
		{"product", s.Product, true},
		{"region", s.Region, true},
		{"customer_type", s.CustomerType, true},
		{"language", s.Language, true},
		{"stage", string(s.Stage), true},
		{"valid_from", timeText(s.ValidFrom), true},
		{"valid_to", timeText(s.ValidTo), true},
		{"owner", s.Owner, true},
		{"review_by", dayText(s.ReviewBy), true},
		{"reviewed_at", timeText(s.ReviewedAt), true},
		{"status", string(s.normal().Status), true},
	}
}

func timeText(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return instant(t).Format(time.RFC3339)
}

func dayText(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.DateOnly)
}

// tokens cuts a text into words, single Chinese characters, runs of blanks, and
// single other characters. Joined they are the text again.
func tokens(text string) []string {
	var out []string
	for text != "" {
		n := tokenLength(text)
		out = append(out, text[:n])
		text = text[n:]
	}
	return out
}

func tokenLength(text string) int {
	first, n := utf8.DecodeRuneInString(text)
	class := tokenClass(first)
	if class == nil {
		return n
	}
	end := strings.IndexFunc(text, func(r rune) bool { return !class(r) })
	if end < 0 {
		return len(text)
	}
	return end
}

// tokenClass is what stays together with r; nil is nothing.
func tokenClass(r rune) func(rune) bool {
	switch {
	case joinsWord(r):
		return joinsWord
	case r == ' ' || r == '\t':
		return func(r rune) bool { return r == ' ' || r == '\t' }
	}
	return nil
}

func joinsWord(r rune) bool {
	return !standsAlone(r) && (unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r))
}

// maxEdits bounds the work of a diff: texts that differ in more tokens than that
// are shown as replaced, but for how they begin and end.
const maxEdits = 1_000

// diffTokens finds a shortest way from a to b.
func diffTokens(a, b []string) []Piece {
	start := 0
	for start < len(a) && start < len(b) && a[start] == b[start] {
		start++
	}
	end := 0
	for end < len(a)-start && end < len(b)-start && a[len(a)-1-end] == b[len(b)-1-end] {
		end++
	}
	out := addPiece(nil, Kept, a[:start]...)
	out = diffMiddle(out, a[start:len(a)-end], b[start:len(b)-end])
	return addPiece(out, Kept, a[len(a)-end:]...)
}

func diffMiddle(out []Piece, a, b []string) []Piece {
	if len(a) == 0 || len(b) == 0 {
		return replaced(out, a, b)
	}
	trace := forward(a, b)
	if trace == nil {
		return replaced(out, a, b)
	}
	return append(out, merged(back(trace, a, b))...)
}

// replaced says that b stands for a.
func replaced(out []Piece, a, b []string) []Piece {
	return addPiece(addPiece(out, Removed, a...), Added, b...)
}

// forward is Myers' greedy search: how far each diagonal comes with each number of
// edits, in trace[d][k+d]. It returns nil when more than maxEdits are needed.
func forward(a, b []string) [][]int32 {
	var trace [][]int32
	for d := range maxEdits + 1 {
		reached := make([]int32, 2*d+1)
		trace = append(trace, reached)
		for k := -d; k <= d; k += 2 {
			x := int32(0)
			if d > 0 {
				x, _ = step(trace[d-1], d, k)
			}
			for int(x) < len(a) && int(x)-k < len(b) && int(x)-k >= 0 && a[x] == b[int(x)-k] {
				x++
			}
			reached[k+d] = x
			if int(x) >= len(a) && int(x)-k >= len(b) {
				return trace
			}
		}
	}
	return nil
}

// step is where the d-th edit on diagonal k leads to, and whether it adds.
func step(before []int32, d, k int) (x int32, adds bool) {
	at := func(k int) int32 {
		if k < 1-d || k > d-1 {
			return -1
		}
		return before[k+d-1]
	}
	if left, up := at(k-1)+1, at(k+1); k == d || k != -d && left > up {
		return left, false
	} else {
		return up, true
	}
}

// back follows the trace from the end, and returns the pieces in order.
func back(trace [][]int32, a, b []string) []Piece {
	var out []Piece
	x, y := len(a), len(b)
	for d := len(trace) - 1; d >= 0; d-- {
		k := x - y
		from, adds := int32(0), false
		if d > 0 {
			from, adds = step(trace[d-1], d, k)
		}
		for x > int(from) && y > int(from)-k {
			x, y = x-1, y-1
			out = append(out, Piece{Kept, a[x]})
		}
		if d == 0 {
			break
		}
		if adds {
			y--
			out = append(out, Piece{Added, b[y]})
		} else {
			x--
			out = append(out, Piece{Removed, a[x]})
		}
	}
	slices.Reverse(out)
	return out
}

// merged joins pieces of a kind, and puts what is removed before what is added.
func merged(pieces []Piece) []Piece {
	var out []Piece
	for i := 0; i < len(pieces); {
		if pieces[i].Edit == Kept {
			out = addPiece(out, Kept, pieces[i].Text)
			i++
			continue
		}
		var gone, come []string
		for ; i < len(pieces) && (pieces[i].Edit != Kept || isGap(pieces, i)); i++ {
			if pieces[i].Edit != Added {
				gone = append(gone, pieces[i].Text)
			}
			if pieces[i].Edit != Removed {
				come = append(come, pieces[i].Text)
			}
		}
		out = replaced(out, gone, come)
	}
	return out
}

// isGap reports whether a piece is a blank between two changes: these read better
// as one.
func isGap(pieces []Piece, i int) bool {
	return strings.Trim(pieces[i].Text, " \t") == "" && i > 0 && i+1 < len(pieces) && pieces[i-1].Edit != Kept && pieces[i+1].Edit != Kept
}

func addPiece(out []Piece, edit Edit, words ...string) []Piece {
	text := strings.Join(words, "")
	if text == "" {
		return out
	}
	if n := len(out); n > 0 && out[n-1].Edit == edit {
		out[n-1].Text += text
		return out
	}
	return append(out, Piece{edit, text})
}
