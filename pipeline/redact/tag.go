package redact

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"assay/pipeline/transcript"
)

// tagger names values. The same value of a type has the same tag.
type tagger struct {
	chinese bool
	keep    []Type          // that keep the last four digits
	taken   map[string]bool // tags that stand in the originals already
	tags    map[key]string
	count   map[string]int
	alias   map[key]key
}

type key struct {
	typ   Type
	value string
}

var tagForm = regexp.MustCompile(`<[\p{Han}A-Z][\p{L}_0-9:.-]{0,70}>`)

func newTagger(x *session) *tagger {
	g := &tagger{chinese: isChinese(x.session), keep: x.rules.LastFour, taken: map[string]bool{}, tags: map[key]string{}, count: map[string]int{}, alias: map[key]key{}}
	for _, t := range x.turns {
		if !strings.Contains(t.original, "<") {
			continue
		}
		for _, tag := range tagForm.FindAllString(t.original, -1) {
			g.taken[tag] = true
		}
	}
	return g
}

// isChinese reports whether a session's tags are Chinese: by its language, else
// by more ideographs than words of Latin letters at its beginning.
func isChinese(s *transcript.Session) bool {
	if s.Language != "" {
		return strings.HasPrefix(strings.ToLower(s.Language), "zh")
	}
	const enough = 1 << 14
	han, words, seen, inWord := 0, 0, 0, false
	for i := range s.Turns {
		for _, r := range s.Turns[i].Text {
			letter := unicode.Is(unicode.Latin, r)
			switch {
			case isHan(r):
				han++
			case letter && !inWord:
				words++
			}
			inWord = letter
		}
		if seen += len(s.Turns[i].Text); seen > enough {
			break
		}
	}
	return 2*han > words // a word is about two ideographs
}

// learn finds the values that stand for others: the last digits of one number,
// a part of one name.
func (g *tagger) learn(x *session) {
	parts := map[key][]key{}
	x.each(func(f found) {
		k := key{f.typ, f.value}
		for _, part := range partsOf(f) {
			if p := (key{f.typ, part}); p != k && !slices.Contains(parts[p], k) {
				parts[p] = append(parts[p][:min(1, len(parts[p]))], k) // two are as bad as more
			}
		}
	})
	for part, wholes := range parts {
		if len(wholes) == 1 {
			g.alias[part] = wholes[0]
		}
	}
}

// each calls yield for all that will be redacted, in order.
func (x *session) each(yield func(f found)) {
	for _, t := range x.turns {
		for _, f := range t.placed {
			yield(f)
		}
	}
	for _, m := range x.meta {
		for _, f := range m.turn.placed {
			yield(f)
		}
	}
}

// partsOf are the values that may stand for one.
func partsOf(f found) []string {
	if f.typ == Person {
		if words := strings.Split(f.value, "_"); len(words) > 1 {
			return []string{words[0], words[len(words)-1]}
		}
		if n := surnameAt(f.value, 0); n > 0 && n < len(f.value) {
			return []string{f.value[:n]} // 王先生 is 王小明 where there is no other 王
		}
		return nil
	}
	if len(f.value) < 8 || !isDigit(f.value[len(f.value)-2]) {
		return nil
	}
	var out []string
	for n := 3; n <= 6; n++ {
		out = append(out, "…"+f.value[len(f.value)-n:])
	}
	return out
}

// tag is the tag of a value.
func (g *tagger) tag(f found) string {
	k := key{f.typ, f.value}
	if whole, ok := g.alias[k]; ok {
		k = whole
	}
	if tag, ok := g.tags[k]; ok {
		return tag
	}
	name := label(f.typ, k.value, g.chinese)
	for {
		g.count[name]++
		tag := fmt.Sprintf("<%s_%d%s>", name, g.count[name], g.last(k))
		if r := []rune(name)[0]; isHan(r) || g.chinese {
			tag = fmt.Sprintf("<%s%d%s>", name, g.count[name], g.last(k))
		}
		if !g.taken[tag] {
			g.tags[k] = tag
			return tag
		}
	}
}

// last is the end of a value that its tag keeps, behind a colon.
func (g *tagger) last(k key) string {
	if !slices.Contains(g.keep, k.typ) || len(k.value) < 8 {
		return ""
	}
	end := k.value[len(k.value)-4:]
	if strings.Trim(end, "0123456789x") != "" {
		return ""
	}
	return ":" + end
}

// spans are the places of a turn with their tags.
func (g *tagger) spans(i int, t *turn) []Span {
	out := make([]Span, len(t.placed))
	for k, f := range t.placed {
		out[k] = Span{Turn: i, Start: f.start, End: f.end, Type: f.typ, Tag: g.tag(f), Confidence: float64(int(f.confidence*100+0.5)) / 100, Reason: f.reason}
	}
	return out
}
