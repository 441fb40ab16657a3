package answer

import (
	"regexp"
	"strings"
	"unicode"
)

// pattern is what means the same in both languages: Chinese words, and patterns in
// Chinese and in English, each tried only on a text that has its script.
type pattern struct {
	words      []string
	han, latin *regexp.Regexp
}

// newPattern takes words parted by |, and patterns; each may be "".
func newPattern(words, han, latin string) pattern {
	var p pattern
	if words != "" {
		p.words = strings.Split(words, "|")
	}
	if han != "" {
		p.han = regexp.MustCompile(han)
	}
	if latin != "" {
		p.latin = regexp.MustCompile(latin)
	}
	return p
}

func (p *pattern) in(text string) bool {
	han, latin := scripts(text)
	return han && (hasAny(text, p.words...) || p.han != nil && p.han.MatchString(text)) ||
		latin && p.latin != nil && p.latin.MatchString(text)
}

// without puts a blank in the place of each match.
func (p *pattern) without(text string) string {
	han, latin := scripts(text)
	if han {
		for _, w := range p.words {
			text = strings.ReplaceAll(text, w, " ")
		}
		if p.han != nil {
			text = p.han.ReplaceAllString(text, " ")
		}
	}
	if latin && p.latin != nil {
		text = p.latin.ReplaceAllString(text, " ")
	}
	return text
}

// scripts reports whether a folded text has Han characters, and Latin letters.
func scripts(text string) (han, latin bool) {
	for _, r := range text {
		switch {
		case 'a' <= r && r <= 'z':
			latin = true
		case r > unicode.MaxLatin1 && unicode.Is(unicode.Han, r):
			han = true
		}
		if han && latin {
			break
		}
	}
	return han, latin
}

func hasHan(text string) bool {
	han, _ := scripts(text)
	return han
}
