package backtest

import (
	"unicode/utf8"

	"assay/pipeline/transcript"
)

// TokenRule says how tokens are estimated, in a form for people.
const TokenRule = "1 token for each character beyond ASCII, and for 4 characters of ASCII"

// Tokens estimates how many tokens a model makes of a text: one for each
// character beyond ASCII, which is about what tokenisers make of Chinese, and one
// for four characters of ASCII, as of English. Rounded up.
func Tokens(text string) int {
	wide := 0
	ascii := 0
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c < utf8.RuneSelf:
			ascii++
		case utf8.RuneStart(c):
			wide++
		}
	}
	return wide + (ascii+3)/4
}

// TurnTokens is what naming the speaker of a turn adds.
const TurnTokens = 3

// TranscriptTokens estimates a transcript's tokens.
func TranscriptTokens(s *transcript.Session) int {
	n := 0
	for i := range s.Turns {
		n += TurnTokens + Tokens(s.Turns[i].Text)
	}
	return n
}
