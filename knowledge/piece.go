package knowledge

import (
	"slices"
	"strings"
	"unicode/utf8"
)

const (
	// maxPieces of a question are tried besides the whole.
	maxPieces = 10
	// leastPiece is the substance a piece needs to be a question of its own.
	leastPiece = 4
	// leastPieceScore is the score from which on a piece counts.
	leastPieceScore = 0.5
)

// pieces returns the parts of a question that may be asked without the rest: its
// sentences, and those clauses of them that ask or state a problem, alone and
// with the clause before. Customers
// wrap their question in a greeting, a grievance or a story, and what those
// words add belongs to no solution.
func pieces(text string) []string {
	var out []string
	add := func(piece string, least asking) {
		piece = strings.TrimSpace(piece)
		if len(out) == maxPieces || piece == strings.TrimSpace(text) || slices.Contains(out, piece) {
			return
		}
		if how, n := askingOf(piece); n >= leastPiece && how >= least {
			out = append(out, piece)
		}
	}
	all := sentences(text)
	for _, s := range all {
		add(text[s.start:s.end], notAsking)
	}
	for _, s := range all {
		before := ""
		for _, clause := range clauses(text[s.start:s.end]) {
			add(clause, stating)
			if how, _ := askingOf(clause); how != notAsking && before != "" {
				add(before+","+clause, stating)
			}
			before = clause
		}
	}
	return out
}

// clauses cuts a sentence at its commas and, behind Chinese, at its blanks,
// which part the messages of a burst.
func clauses(sentence string) []string {
	var out []string
	start, before := 0, rune(0)
	for i, r := range sentence {
		if r == '，' || r == ',' || r == ' ' && isHan(before) {
			out = append(out, sentence[start:i])
			start = i + utf8.RuneLen(r)
		}
		before = r
	}
	return append(out, sentence[start:])
}
