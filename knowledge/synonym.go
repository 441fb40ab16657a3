package knowledge

import (
	"bufio"
	"cmp"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"assay/pipeline/transcript"
)

const (
	// maxSynonyms bounds the rules of a company.
	maxSynonyms = 10_000
	// maxSynonymRunes bounds a phrase.
	maxSynonymRunes = 40
	// maxRewritings of a question are tried besides its own words.
	maxRewritings = 4
)

// Synonym says that customers and solutions may name one thing differently.
type Synonym struct {
	Phrases []string // of one meaning
	To      []string // not empty: whoever says one of Phrases may mean one of these, and not the other way round
}

// String returns the rule as files have it: "a = b", or "a => b".
func (s Synonym) String() string {
	if len(s.To) == 0 {
		return strings.Join(s.Phrases, " = ")
	}
	return strings.Join(s.Phrases, " = ") + " => " + strings.Join(s.To, " = ")
}

// Synonyms are the rules of a company, ready to be looked up. It is safe to share;
// nil is none.
type Synonyms struct {
	rules   []Synonym
	meaning map[string][]string // what else a folded phrase may be
	longest map[rune]int        // runes of the longest phrase that begins so
}

// ReadSynonyms reads rules, one a line: "broadband = fibre" in both directions,
// "e-card => eSIM" in one; what follows # is a comment. Its error names every
// line that cannot be used.
func ReadSynonyms(r io.Reader, name string) (*Synonyms, error) {
	var rules []Synonym
	var lines []int
	var problems []error
	in := bufio.NewScanner(r)
	for n := 1; in.Scan(); n++ {
		line, _, _ := strings.Cut(strings.TrimPrefix(in.Text(), "\ufeff"), "#")
		if strings.TrimSpace(line) == "" {
			continue
		}
		rule, err := parseSynonym(line)
		if err != nil {
			problems = append(problems, fmt.Errorf("%s:%d: %w", name, n, err))
			continue
		}
		rules, lines = append(rules, rule), append(lines, n)
	}
	if err := in.Err(); err != nil {
		problems = append(problems, fmt.Errorf("%s: %w", name, err))
	}
	s, at, err := newSynonyms(rules)
	if err != nil && at < len(lines) {
		err = fmt.Errorf("%s:%d: %w", name, lines[at], err)
	}
	if err := errors.Join(append(problems, err)...); err != nil {
		return nil, err
	}
	return s, nil
}

func parseSynonym(line string) (Synonym, error) {
	from, to, oneWay := strings.Cut(line, "=>")
	var s Synonym
	var err error
	if s.Phrases, err = parsePhrases(from); err != nil {
		return s, err
	}
	if !oneWay {
		if len(s.Phrases) < 2 {
			return s, fmt.Errorf("%q stands alone; allowed: a = b, or a => b", s.Phrases[0])
		}
		return s, nil
	}
	s.To, err = parsePhrases(to)
	return s, err
}

func parsePhrases(text string) ([]string, error) {
	var out []string
	for part := range strings.SplitSeq(text, "=") {
		phrase := strings.TrimSpace(part)
		switch n := utf8.RuneCountInString(phrase); {
		case n == 0:
			return nil, errors.New("a phrase is missing; allowed: a = b, or a => b")
		case n > maxSynonymRunes:
			return nil, fmt.Errorf("%q has %d characters; allowed: at most %d", phrase, n, maxSynonymRunes)
		case tooCommon(phrase):
			return nil, fmt.Errorf("%q is said of anything, and would make every question mean this; allowed: a phrase that names something", phrase)
		case slices.Contains(out, phrase):
			return nil, fmt.Errorf("%q stands there twice", phrase)
		}
		out = append(out, phrase)
	}
	return out, nil
}

// tooCommon reports whether a phrase has nothing but words that tell nothing or
// that people say of anything.
func tooCommon(phrase string) bool {
	folded := foldedPhrase(phrase)
	if strings.ContainsFunc(folded, isHan) {
		return utf8.RuneCountInString(folded) < 2 || strings.Trim(folded, weakHan) == ""
	}
	for word := range strings.FieldsSeq(folded) {
		if !stopSet[word] && !genericIDs[termID(word)] {
			return false
		}
	}
	return true
}

func foldedPhrase(phrase string) string {
	return strings.Join(strings.Fields(simplified.Replace(transcript.Fold(phrase).Text)), " ")
}

// newSynonyms orders rules for looking up. With an error it returns the rule that
// closes a circle.
func newSynonyms(rules []Synonym) (*Synonyms, int, error) {
	s := &Synonyms{rules: rules, meaning: map[string][]string{}, longest: map[rune]int{}}
	if len(rules) > maxSynonyms {
		return nil, maxSynonyms, fmt.Errorf("more than %d rules", maxSynonyms)
	}
	for i, rule := range rules {
		for _, from := range rule.Phrases {
			to := rule.To
			if len(to) == 0 {
				to = rule.Phrases
			}
			for _, other := range to {
				if len(rule.To) > 0 && s.leads(foldedPhrase(other), foldedPhrase(from)) {
					return nil, i, fmt.Errorf("%q leads back to %q; allowed: a = b for both directions", other, from)
				}
				s.add(foldedPhrase(from), foldedPhrase(other))
			}
		}
	}
	return s, 0, nil
}

// leads reports whether rules lead from one phrase to another.
func (s *Synonyms) leads(from, to string) bool {
	seen := map[string]bool{}
	left := []string{from}
	for len(left) > 0 {
		one := left[len(left)-1]
		left = left[:len(left)-1]
		if one == to {
			return true
		}
		if !seen[one] {
			seen[one] = true
			left = append(left, s.meaning[one]...)
		}
	}
	return false
}

func (s *Synonyms) add(from, to string) {
	if from == to || slices.Contains(s.meaning[from], to) {
		return
	}
	s.meaning[from] = append(s.meaning[from], to)
	r := first(from)
	s.longest[r] = max(s.longest[r], utf8.RuneCountInString(from))
}

// synonymsInForce are those given, or those that the library had last.
func (o *Options) synonymsInForce() *Synonyms {
	if o.synonyms == nil {
		return o.Synonyms
	}
	return o.synonyms.Load()
}

// Rules returns the rules in their order.
func (s *Synonyms) Rules() []Synonym {
	if s == nil {
		return nil
	}
	return s.rules
}

// hash changes with the rules.
func (s *Synonyms) hash() Hash {
	h := sha256.New()
	for _, r := range s.Rules() {
		fmt.Fprintln(h, r)
	}
	return Hash(h.Sum(nil))
}

// rewritings returns what else a question may mean: every phrase that a rule
// knows replaced by the first of its others, then single phrases by each of
// theirs; none when no rule knows a phrase.
func (s *Synonyms) rewritings(question string) []string {
	if s == nil || len(s.meaning) == 0 {
		return nil
	}
	folded := simplified.Replace(transcript.Fold(question).Text)
	found := s.find(folded)
	var out []string
	add := func(text string) {
		if len(out) < maxRewritings && text != folded && !slices.Contains(out, text) {
			out = append(out, text)
		}
	}
	if len(found) > 1 {
		add(withOthers(folded, found, func(phrase string) string { return s.meaning[phrase][0] }))
	}
	for _, f := range found {
		for _, other := range s.meaning[folded[f.start:f.end]] {
			add(withOthers(folded, []stretch{f}, func(string) string { return other }))
		}
	}
	return out
}

// find returns where phrases stand in folded text, the longest at each place.
func (s *Synonyms) find(folded string) []stretch {
	var out []stretch
	for i := 0; i < len(folded); {
		n := s.at(folded, i)
		if n > 0 {
			out = append(out, stretch{i, i + n})
			i += n
			continue
		}
		_, size := utf8.DecodeRuneInString(folded[i:])
		i += size
	}
	return out
}

// at returns the bytes of the longest phrase at i, 0 when there is none.
func (s *Synonyms) at(folded string, i int) int {
	longest := len(clip(folded[i:], s.longest[first(folded[i:])]))
	for n := longest; n > 0; n-- {
		if len(s.meaning[folded[i:i+n]]) > 0 && isBetween(folded, i, i+n) {
			return n
		}
	}
	return 0
}

// isBetween reports whether no word of letters or digits is cut at either end.
func isBetween(text string, start, end int) bool {
	before, _ := utf8.DecodeLastRuneInString(text[:start])
	last, _ := utf8.DecodeLastRuneInString(text[:end])
	joins := func(a, b rune) bool { return isAlphanumeric(a) && isAlphanumeric(b) }
	return !joins(before, first(text[start:])) && !joins(last, first(text[end:]))
}

func isAlphanumeric(r rune) bool { return unicode.IsDigit(r) || unicode.IsLetter(r) && !isHan(r) }

func withOthers(text string, at []stretch, by func(phrase string) string) string {
	var b strings.Builder
	end := 0
	for _, s := range at {
		b.WriteString(text[end:s.start])
		b.WriteString(by(text[s.start:s.end]))
		end = s.end
	}
	b.WriteString(text[end:])
	return b.String()
}

// WriteSynonyms writes rules as ReadSynonyms reads them, sorted.
func WriteSynonyms(w io.Writer, rules []Synonym) error {
	sorted := slices.SortedFunc(slices.Values(rules), func(a, b Synonym) int { return cmp.Compare(a.String(), b.String()) })
	for _, r := range sorted {
		if _, err := fmt.Fprintln(w, r); err != nil {
			return err
		}
	}
	return nil
}
