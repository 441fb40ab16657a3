package entity

import (
	"regexp"
	"strings"
)

var (
	email  = regexp.MustCompile(`[a-z0-9][a-z0-9._%+-]{0,63}@(?:[a-z0-9-]{1,63}\.){1,5}[a-z]{2,24}`)
	spoken = regexp.MustCompile(`\b[a-z0-9_]+(?: dot [a-z0-9_]+){0,3} at ([a-z0-9-]+)(?: dot (?:co|com|org|ac))? dot (?:com|net|org|cn|uk|edu|io)\b`)
	link   = regexp.MustCompile(`(?:https?://|www\.)[a-z0-9-]+(?:\.[a-z0-9-]+)*(?::[0-9]{1,5})?(?:[/?#][a-z0-9/?#&=%._~:@!$'()*+,;-]*)?`)
	domain = regexp.MustCompile(`(?:[a-z0-9-]{1,63}\.){1,4}(?:com|net|org|cn|gov|edu|io|co\.uk|app|shop|top|vip)(?:/[a-z0-9/?#&=%._~-]*)?`)
)

func (s *scan) emails() []Entity {
	var out []Entity
	if strings.Contains(s.text, "@") {
		out = s.matches(out, email, func(g groups) (string, bool) { return g.text(0), true })
	}
	if strings.Contains(s.text, " at ") && strings.Contains(s.text, " dot ") {
		out = s.matches(out, spoken, func(g groups) (string, bool) {
			return strings.NewReplacer(" dot ", ".", " at ", "@").Replace(g.text(0)), true
		})
	}
	return out
}

func (s *scan) urls() []Entity {
	if !strings.Contains(s.text, ".") && !strings.Contains(s.text, "://") {
		return nil
	}
	read := func(g groups) (string, bool) { return g.text(0), !strings.HasSuffix(g.precedes(), "@") }
	out := s.matches(nil, link, read)
	out = apart(s.matches(out, domain, read))
	for i := range out { // the end of a sentence is none of the address
		e := &out[i]
		e.Text = strings.TrimRight(e.Text, ".,;:!?'")
		e.End = e.Start + len(e.Text)
	}
	return without(out, apart(s.emails()))
}
