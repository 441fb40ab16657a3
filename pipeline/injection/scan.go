package injection

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"assay/pipeline/transcript"
)

// How far apart things count to be, in words; a Chinese character is one.
const (
	never      = 1000 // more than any rule spans: the distance of what was never seen
	pause      = 1    // a comma
	stop       = 3    // the end of a sentence
	turnChange = 2    // to the same speaker's next turn
)

// mark is where a piece of a rule was found.
type mark struct {
	turn, start, end int32 // bytes of the folded text
}

// head is the beginning of a rule that was found last: all its steps up to one.
type head struct {
	first, last mark  // first goes from the first step as far as that turn did
	at, to      int32 // positions in words of the first and after the last step
}

// pending is a found rule that a word after it may still soften.
type pending struct {
	head
	soft bool
}

// scan reads one speaker's turns, one after the other.
type scan struct {
	heads   []head // by step, see table.base
	wait    []pending
	waiting []int // rules that wait
	seen    [classes]int32
	pos     int32 // in words
	turnAt  int32 // pos where the turn began
	index   int32
	speaker transcript.Speaker
	text    string
	folded  []transcript.Folded // of all turns
	out     []Place
	opened  int32    // pos where an order may last have begun
	count   [][2]int // places of the turn by kind; odd ones apart
	inner   *scan    // for texts that are encoded in this one; nil until needed
	letters spelling // in the memory of the last one
}

func newScan(folded []transcript.Folded) *scan {
	return &scan{folded: folded, count: make([][2]int, len(Kinds)), heads: make([]head, language.steps), wait: make([]pending, len(rules)), pos: never}
}

// turn returns the places of the next turn of the speaker, in no order.
func (s *scan) turn(index int, t *transcript.Turn) []Place {
	folded := s.folded[index]
	s.read(index, t.Speaker)
	s.out = append(s.out, foreign(index, folded)...)
	s.out = append(s.out, repeated(index, folded)...)
	return append(s.out, s.hidden(t.Text)...)
}

// read scans one folded text for rules.
func (s *scan) read(index int, speaker transcript.Speaker) {
	s.index, s.speaker, s.text, s.out = int32(index), speaker, s.folded[index].Text, nil
	clear(s.count)
	s.pos += turnChange
	s.turnAt = s.pos
	s.words()
	s.flush(s.pos + never)
}

// words walks the text once.
func (s *scan) words() {
	s.hit(sentence, 0, 0, 0)
	s.hit(opening, 0, 0, 0)
	for i := 0; i < len(s.text); {
		c := s.text[i]
		switch {
		case c == ' ':
			i++
		case isWord(c):
			i = s.word(i)
		case c < utf8.RuneSelf:
			i = s.sign(i, rune(c), 1)
		default:
			r, n := utf8.DecodeRuneInString(s.text[i:])
			switch {
			case r >= 0x4e00 && r <= 0x9fff:
				if language.han[r-0x4e00] {
					s.phrases(i, language.runes[r])
				}
				s.pos++
				i += n
			case unicode.Is(unicode.Latin, r) || unicode.Is(unicode.Cyrillic, r) || unicode.Is(unicode.Greek, r):
				i = s.word(i)
			case unicode.IsLetter(r):
				s.phrases(i, language.runes[r])
				s.pos++
				i += n
			default:
				i = s.sign(i, r, n)
			}
		}
		if len(s.waiting) > 0 {
			s.flush(s.pos)
		}
	}
}

func isWord(c byte) bool { return 'a' <= c && c <= 'z' || '0' <= c && c <= '9' }

// word reads the word at i and returns its end.
func (s *scan) word(i int) int {
	end, plain := wordEnd(s.text, i)
	if end == i+1 {
		if to := s.spelled(i); to > end {
			return to
		}
	}
	w := s.text[i:end]
	list, ok := language.words[w]
	if !ok && (!plain || hasDigit(w) && !isNumber(w)) && len(w) >= 4 && len(w) <= longestWord {
		w = plainWord(w)
		if list, ok = language.words[w]; ok {
			s.disguised(i, end, w, list)
			s.pos++
			return end
		}
	}
	if stem, owner := strings.CutSuffix(w, "'s"); !ok && owner {
		list = language.words[stem]
	}
	s.phrases(i, list)
	s.pos++
	return end
}

// wordEnd is the end of the word at i, and whether it is all of ASCII.
func wordEnd(text string, i int) (end int, plain bool) {
	plain = true
	for i < len(text) {
		c := text[i]
		if isWord(c) || c == '\'' && i+1 < len(text) && isWord(text[i+1]) {
			i++
			continue
		}
		if c < utf8.RuneSelf {
			break
		}
		r, n := utf8.DecodeRuneInString(text[i:])
		if !unicode.Is(unicode.Latin, r) && !unicode.Is(unicode.Cyrillic, r) && !unicode.Is(unicode.Greek, r) && !unicode.Is(unicode.Mn, r) {
			break
		}
		plain = false
		i += n
	}
	return i, plain
}

// disguised hits the classes of a word that is written with other letters. Only
// phrases of one word are recognised.
func (s *scan) disguised(start, end int, w string, list []phrase) {
	for _, p := range list {
		if p.text == w {
			s.hit(p.class, start, end, 1)
		}
	}
}

// sign reads a character that is no letter: phrases may begin with it, and it
// keeps apart what stands around it.
func (s *scan) sign(i int, r rune, n int) int {
	switch {
	case r >= utf8.RuneSelf:
		s.phrases(i, language.runes[r])
	case language.signs[r] != nil:
		next := byte(0)
		if i+1 < len(s.text) {
			next = s.text[i+1]
		}
		s.phrases(i, language.signs[r][next])
	}
	switch r {
	case '.', '!', '?', '。', ';', '…':
		if r == '.' && i+1 < len(s.text) && s.text[i+1] != ' ' {
			break // 3.5, www.example.com, 忽.略
		}
		s.pos += stop
		s.hit(sentence, i+n, i+n, 0)
		s.hit(opening, i+n, i+n, 0)
	case ',', '、', '，':
		s.pos += pause
	case ':', '>', '#', ']', '】', '》', '"', '“', '|', '*', '-', '_', '{', '(':
		if s.opened != s.pos { // a second one at the same place says no more
			s.hit(opening, i+n, i+n, 0)
			s.opened = s.pos
		}
	}
	return i + n
}

// phrases hits the classes of those phrases of the list that stand at i.
func (s *scan) phrases(i int, list []phrase) {
	for k := range list {
		p := &list[k]
		end := s.matches(i, p)
		if end > 0 {
			s.hit(p.class, i, end, p.words)
		}
	}
}

// matches is the end of a phrase at i, or 0. A phrase's Chinese characters may
// stand apart by one blank or sign.
func (s *scan) matches(i int, p *phrase) int {
	if end := i + len(p.text); end <= len(s.text) && s.text[end-1] == p.text[len(p.text)-1] && s.text[i:end] == p.text {
		if p.open && end < len(s.text) && isWord(s.text[end]) {
			return 0
		}
		return end
	}
	const han = len("字")
	apart := i + han + 1 // where the second character is when a sign stands before it
	if !p.han || apart > len(s.text) || s.text[apart-1] >= utf8.RuneSelf || isWord(s.text[apart-1]) {
		return 0
	}
	if len(p.text) >= 2*han && (apart+han > len(s.text) || s.text[apart:apart+han] != p.text[han:2*han]) {
		return 0
	}
	for k, r := range p.text {
		if k > 0 && i < len(s.text) && s.text[i] < utf8.RuneSelf && !isWord(s.text[i]) {
			i++
		}
		got, n := utf8.DecodeRuneInString(s.text[i:])
		if got != r {
			return 0
		}
		i += n
	}
	return i
}

// hit notes that a class was found from start to end, and moves on the rules that
// have waited for it.
func (s *scan) hit(c class, start, end int, words int32) {
	here := mark{s.index, int32(start), int32(end)}
	for _, use := range language.uses[c] { // later steps first: one word is one step
		r := &rules[use.rule]
		h := &s.heads[language.base[use.rule]+use.step]
		next := head{first: here, last: here, at: s.pos, to: s.pos + words}
		if use.step > 0 {
			before := &s.heads[language.base[use.rule]+use.step-1]
			if apart := s.pos - before.to; before.to == 0 || apart < 0 || apart > r.steps[use.step].gap || here.start < before.last.end && before.last.turn == s.index {
				continue
			}
			if before.first.turn != s.index && r.level == Odd {
				continue
			}
			next.at = before.at
			if before.first.start < before.first.end { // else the beginning of a sentence
				next.first = before.first
			}
			if next.first.turn == s.index {
				next.first.end = here.end
			} else if before.last.turn == before.first.turn {
				next.first.end = before.last.end
			}
		}
		*h = next
		if use.step == len(r.steps)-1 {
			s.complete(use.rule, next)
		}
	}
	s.soften(c)
	s.seen[c] = s.pos + words
}

// complete notes a rule that has all its steps. What was said before may soften it, and so
// may what follows, for as long as the rule's softeners reach.
func (s *scan) complete(rule int, h head) {
	r := &rules[rule]
	if len(r.soft) == 0 {
		s.emit(rule, h, false)
		return
	}
	soft := false
	for _, f := range r.soft {
		seen := s.seen[f.class]
		within := seen > 0 && seen >= max(h.at-f.before, s.turnAt)
		soft = soft || within && (f.after >= 0 || seen <= h.at) // the words of a phrase do not soften it
	}
	w := &s.wait[rule]
	if w.to > 0 { // still waiting: nearly the same place
		w.soft = w.soft && soft
		w.last, w.to = h.last, h.to
		return
	}
	*w = pending{h, soft}
	s.waiting = append(s.waiting, rule)
}

// soften marks the rules that wait and are softened by a class.
func (s *scan) soften(c class) {
	for _, rule := range s.waiting {
		for _, f := range rules[rule].soft {
			if f.class == c && s.pos-s.wait[rule].to <= f.after {
				s.wait[rule].soft = true
			}
		}
	}
}

// flush lets go of the rules that nothing at pos can soften any more.
func (s *scan) flush(pos int32) {
	kept := s.waiting[:0]
	for _, rule := range s.waiting {
		w := &s.wait[rule]
		if pos-w.to <= reach {
			kept = append(kept, rule)
			continue
		}
		s.emit(rule, w.head, w.soft)
		*w = pending{}
	}
	s.waiting = kept
}

// emit adds the places of a rule. A softened one is one level lower; an odd one
// is none then.
func (s *scan) emit(rule int, h head, soft bool) {
	r := &rules[rule]
	level := r.level
	if soft || s.speaker == transcript.System && r.agentsOnly {
		if level == Odd {
			return
		}
		level = Odd
	}
	if s.full(level, language.kinds[rule]) {
		return
	}
	if h.first.turn != s.index {
		s.add(h.first, r.kind, level)
		h.first = h.last
	}
	h.first.end = max(h.first.end, h.last.end)
	s.add(h.first, r.kind, level)
}

// add adds a place that was found in a folded text.
func (s *scan) add(m mark, kind Kind, level Level) {
	start, end := s.folded[m.turn].Span(int(m.start), int(m.end))
	if start < end {
		s.out = append(s.out, Place{transcript.Span{Turn: int(m.turn), Start: start, End: end}, kind, level})
	}
}

// full counts a place and reports whether the turn has enough of its kind.
func (s *scan) full(level Level, kind int) bool {
	n := &s.count[kind][0]
	if level == Odd {
		n = &s.count[kind][1]
	}
	*n++
	return *n > most
}
