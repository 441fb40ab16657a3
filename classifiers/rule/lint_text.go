package rule

import (
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"

	"assay/pipeline/scorecard"
	"assay/pipeline/transcript"
)

// ordinary are turns that have little in common. What matches all of one
// language matches nearly anything.
var ordinary = []string{
	"ok", "12", "yes.", "hm?", "my parcel is late", "thank you!", "a", "could you tell me the price of the blue one, please?",
	"no way", "10:30", "bye bye", "i see...",
}

func matchesAnything(tree *syntax.Regexp) bool {
	x, m := newExpression(tree), &machine{}
	for i, s := range ordinary {
		if x.findAll(m, s, 0, 1); len(m.found) <= i {
			return false
		}
	}
	return true
}

// lintPattern finds patterns that match nearly any turn. As evidence, as an
// anchor, or where another condition says which turns it is about, such a
// pattern says that something was said, and is in order.
func lintPattern(l *linter, c *condition) []scorecard.Warning {
	if c.Kind != "regex" {
		return nil
	}
	m := c.Params.Map()
	var out []scorecard.Warning
	if n := m.Key("exclude"); n != nil {
		if tree := compile(n); tree != nil && matchesAnything(tree) {
			out = append(out, n.Warn(scorecard.NeverHits, "exclude matches nearly any turn, so that hardly anything is left"))
		}
	} else if n := m.Key("pattern"); l.decides[c] && len(c.Where.Anchors) == 0 && !c.Where.All {
		if tree := compile(n); tree != nil && matchesAnything(tree) {
			out = append(out, n.Warn(scorecard.AlwaysHits, "the pattern matches nearly any turn; turn_count: {min: 1} says that there is one"))
		}
	}
	return out
}

// lintAlternatives finds outermost alternatives that another one finds as well.
func lintAlternatives(_ *linter, c *condition) []scorecard.Warning {
	if c.Kind != "regex" {
		return nil
	}
	n := c.Params.Map().Key("pattern")
	parts := outermost(n.String())
	var out []scorecard.Warning
	for i, part := range parts {
		if by := covering(parts, i); by != "" {
			out = append(out, n.Warn(scorecard.ShadowedAlternative, "%q hits no turn that %q does not; leave it out, or allow it for the longer quote", part, by))
		}
	}
	return out
}

// outermost splits a pattern at the alternatives that stand in no group. A
// pattern with escapes that quote or flags is left whole.
func outermost(pattern string) []string {
	if strings.Contains(pattern, `\Q`) || strings.HasPrefix(pattern, "(?") {
		return nil
	}
	var parts []string
	depth, from, class := 0, 0, false
	for i := 0; i < len(pattern); i++ {
		switch c := pattern[i]; {
		case c == '\\':
			i++
		case class:
			class = c != ']' || pattern[i-1] == '[' || pattern[i-2:i] == "[^"
		case c == '[':
			class = true
		case c == '(':
			depth++
		case c == ')':
			depth--
		case c == '|' && depth == 0:
			parts = append(parts, pattern[from:i])
			from = i + 1
		}
	}
	return append(parts, pattern[from:])
}

// covering is an alternative that matches within every text that the i-th
// matches, as far as the i-th is plain text; "" when there is none.
func covering(parts []string, i int) string {
	part := strings.ToLower(parts[i])
	for j, other := range parts {
		if i == j {
			continue
		}
		if other == parts[i] && j < i {
			return other
		}
		if other == parts[i] || regexp.QuoteMeta(part) != part || dependsOnPlace(other) {
			continue
		}
		if re, err := regexp.Compile("(?i)" + other); err == nil && re.MatchString(part) {
			return other
		}
	}
	return ""
}

// dependsOnPlace reports whether a pattern asks what stands around its match.
func dependsOnPlace(pattern string) bool {
	re, err := syntax.Parse(pattern, syntax.Perl)
	return err != nil || asksPlace(re)
}

func asksPlace(re *syntax.Regexp) bool {
	switch re.Op {
	case syntax.OpBeginLine, syntax.OpEndLine, syntax.OpBeginText, syntax.OpEndText, syntax.OpWordBoundary, syntax.OpNoWordBoundary:
		return true
	}
	return slices.ContainsFunc(re.Sub, asksPlace)
}

// lintKeywords finds words that change nothing, because of another word of the
// list or because they are excluded.
func lintKeywords(_ *linter, c *condition) []scorecard.Warning {
	if c.Kind != "keywords" {
		return nil
	}
	m := c.Params.Map()
	var out []scorecard.Warning
	for _, mode := range []string{"any", "all", "none"} {
		if n := m.Key(mode); n != nil {
			out = append(out, lintExcluded(n, m.Key("exclude"))...)
			if mode == "all" || mode == "any" && m.Key("at_least") != nil && m.Key("at_least").Int(1, 10_000) > 1 {
				continue
			}
			out = append(out, lintCovered(n, m.Key("unless_negated") != nil, m.Key("case_sensitive") != nil)...)
		}
	}
	return out
}

// lintCovered finds words within which another word of the list is found anyway.
func lintCovered(n *scorecard.Node, unlessNegated, keepCase bool) []scorecard.Warning {
	var out []scorecard.Warning
	fold := withoutCase
	if keepCase {
		fold = transcript.FoldKeepingCase
	}
	words := wordsAt(n, fold)
	for _, long := range words {
		for _, short := range words {
			at := wordIn(long.text, short.text)
			if long.text == short.text || at < 0 || unlessNegated && negated(long.text[:at]) {
				continue
			}
			out = append(out, long.node.Warn(scorecard.RedundantKeyword, "%q hits no turn that %q does not; leave it out, or allow it for the longer quote", long.text, short.text))
			break
		}
	}
	return out
}

// lintExcluded finds words that contain what is excluded.
func lintExcluded(n, exclude *scorecard.Node) []scorecard.Warning {
	if exclude == nil {
		return nil
	}
	var out []scorecard.Warning
	for _, word := range wordsAt(n, withoutCase) {
		for _, not := range wordsAt(exclude, withoutCase) {
			if wordIn(word.text, not.text) >= 0 {
				out = append(out, word.node.Warn(scorecard.ExcludedKeyword, "%q never counts: %q is excluded", word.text, not.text))
				break
			}
		}
	}
	return out
}

// wordAt is a word of a list, folded, and its place.
type wordAt struct {
	node *scorecard.Node
	text string
}

func wordsAt(n *scorecard.Node, fold func(string) string) []wordAt {
	nodes := []*scorecard.Node{n}
	if n.IsList() {
		nodes = n.List()
	}
	var out []wordAt
	for _, e := range nodes {
		out = append(out, wordAt{e, oneBlank(fold(e.String()))})
	}
	return out
}

func withoutCase(s string) string { return transcript.Fold(s).Text }

// wordIn is where a word stands in a longer phrase as a word; −1 where it does not.
func wordIn(phrase, word string) int {
	for from := 0; ; {
		i := strings.Index(phrase[from:], word)
		if i < 0 || word == "" {
			return -1
		}
		i += from
		if !inWord(phrase, i) && !inWord(phrase, i+len(word)) {
			return i
		}
		from = i + 1
	}
}
