package llm

import (
	"cmp"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"assay/pipeline/redact"
	"assay/pipeline/transcript"
)

// view is a session as a model is shown it.
type view struct {
	session  *transcript.Session
	language language
	redacted []redact.Text // by turn; nil: texts are shown as they are
	withheld map[int]bool
	turns    []shownTurn
}

// shownTurn is one turn's text as it is sent, and in the form in which quotes are
// looked for.
type shownTurn struct {
	text   string // "" is not shown at all: a note, or nothing that can be read
	cut    int    // characters at the end that are left out
	tokens int    // estimated, of the whole line
	plain  matchable
}

// turnRunes is the most that is shown of one turn, in characters: no turn may
// crowd out the questions.
const turnRunes = 8000

// newView prepares a session. redacted may be nil.
func newView(s *transcript.Session, redacted []redact.Text, withhold []int, longest int) *view {
	v := &view{session: s, redacted: redacted, withheld: map[int]bool{}, turns: make([]shownTurn, len(s.Turns))}
	for _, turn := range withhold {
		v.withheld[turn] = true
	}
	for i := range s.Turns {
		if s.Turns[i].Kind == transcript.Note {
			continue
		}
		text, cut := cutAfter(v.text(i), longest)
		shown := harmless(text)
		v.turns[i] = shownTurn{text: shown, cut: cut, tokens: EstimateTokens(shown) + lineTokens, plain: newMatchable(text)}
		if v.withheld[i] {
			v.turns[i].tokens = 0
		}
	}
	v.language = languageOf(s)
	return v
}

// text is the whole text of a turn as it may leave the process.
func (v *view) text(turn int) string {
	if v.redacted == nil {
		return v.session.Turns[turn].Text
	}
	return v.redacted[turn].Text
}

// original maps a place in the text of a turn to the session's own text.
func (v *view) original(turn, start, end int) transcript.Span {
	if v.redacted != nil {
		start, end = v.redacted[turn].ToOriginal(start, end)
	}
	return transcript.Span{Turn: turn, Start: start, End: end}
}

// cutAfter cuts a text after so many characters and returns how many are left out.
func cutAfter(s string, most int) (string, int) {
	if len(s) <= most {
		return s, 0
	}
	n := 0
	for i := range s {
		if n == most {
			return s[:i], utf8.RuneCountInString(s[i:])
		}
		n++
	}
	return s, 0
}

// tag is a stand-in for personal data, which is shown as it is.
var tag = regexp.MustCompile(`^<[\p{Han}A-Z_]{1,20}[0-9]{1,4}>`)

// roles are words before a colon that look as if somebody else spoke.
var roles = regexp.MustCompile(`(?i)\b(system|assistant|user|developer|tool|agent|customer|bot|human|ai)(\s*):`)

// wide are characters that structure prompts and answers, and what is shown
// instead: their wide forms, which quotes are compared without.
var wide = map[rune]rune{'<': '＜', '>': '＞', '[': '［', ']': '］', '{': '｛', '}': '｝', '`': '｀', '#': '＃', '|': '｜', '=': '＝'}

// harmless is a text of a session in one line that cannot be mistaken for a part
// of the prompt: nothing invisible, nothing that structures.
func harmless(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); {
		if s[i] == '<' {
			if t := tag.FindString(s[i:]); t != "" {
				b.WriteString(t)
				i += len(t)
				continue
			}
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		i += n
		switch {
		case unicode.IsSpace(r):
			b.WriteByte(' ')
		case invisible(r):
		default:
			b.WriteRune(cmp.Or(wide[r], r))
		}
	}
	return roles.ReplaceAllString(strings.TrimSpace(b.String()), "${1}${2}：")
}

// invisible reports whether a character shows nothing: controls, zero-width and
// bidirectional marks, language tags, variation selectors, fillers.
func invisible(r rune) bool {
	switch {
	case unicode.IsControl(r), unicode.Is(unicode.Cf, r), unicode.Is(unicode.Co, r), unicode.Is(unicode.Variation_Selector, r):
		return true
	case r == 0x115f, r == 0x1160, r == 0x3164, r == 0xffa0, r == 0x2800, r == 0x034f, r == utf8.RuneError:
		return true
	}
	return false
}

// languageOf is the language that a session's judge is spoken to in: the one the
// session says, or the one that most of its letters are of.
func languageOf(s *transcript.Session) language {
	switch base, _, _ := strings.Cut(strings.ToLower(s.Language), "-"); base {
	case "zh", "yue", "cmn":
		return chinese
	case "":
	default:
		return english
	}
	han, latin := 0, 0
	for i := range s.Turns {
		for _, r := range s.Turns[i].Text {
			switch {
			case unicode.Is(unicode.Han, r):
				han++
			case unicode.IsLetter(r):
				latin++
			}
		}
	}
	if han > 0 && 4*han >= latin { // a word has about four letters, and most Chinese ones two
		return chinese
	}
	return english
}

// lineTokens is what stands around the text of a turn, estimated in tokens.
const lineTokens = 12
