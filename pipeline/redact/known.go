package redact

import (
	"slices"
	"sort"
	"strings"
	"unicode/utf8"

	"assay/pipeline/entity"
)

// known are the values that were found somewhere in a session: they are looked
// for everywhere else, too.
type known struct {
	literals map[string]found // by the folded text
	digits   map[string]found
	dates    map[string]found // of birth, by month and day
	lengths  []int            // of literals in ideographs, each once
}

// sureEnough is the confidence from which on a value is looked for elsewhere.
const sureEnough = 0.6

// leastKnown is how many digits a number has at least that is looked for elsewhere.
const leastKnown = 5

// surelyNamed is the same for names, whose words have other meanings.
const surelyNamed = 0.75

// note takes a value that was found.
func (k *known) note(t *turn, f found) {
	if f.confidence < sureEnough || strings.HasPrefix(f.value, "…") {
		return
	}
	if strings.Trim(f.value, "0123456789x") == "" && f.typ != Address && f.typ != BirthDate {
		if len(strings.TrimSuffix(f.value, "x")) >= leastKnown {
			k.digits[strings.TrimSuffix(f.value, "x")] = f
		}
		return
	}
	switch f.typ {
	case BirthDate:
		k.dates[dayOf(f.value)] = f
	case Person:
		if f.confidence < surelyNamed {
			return
		}
		k.name(t.text[f.start:f.end], f)
		if isSpelled(t.text[f.start:f.end], f.value) {
			k.literals[f.value] = f
		}
	case Passport, Permit, DriverLicense, CreditCode, Account, WeChat, Plate, IBAN:
		k.literals[t.text[f.start:f.end]] = f
	}
}

// name takes a name, and the parts of a Latin one.
func (k *known) name(text string, f found) {
	if first, _ := utf8.DecodeRuneInString(text); isHan(first) {
		if n := runes(text); n >= 2 && n <= 5 && strings.IndexFunc(text, func(r rune) bool { return !isHan(r) }) < 0 {
			k.literals[text] = f
			if !slices.Contains(k.lengths, n) {
				k.lengths = append(k.lengths, n)
			}
		}
		return
	}
	words := strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == '.' })
	for _, w := range words {
		if len(w) >= 3 && !notNamesEn[w] {
			part := f
			part.value = w
			k.literals[w] = part
		}
	}
}

// propagate looks for the known values in all turns.
func (x *session) propagate() {
	if len(x.known.literals)+len(x.known.digits)+len(x.known.dates) == 0 {
		return
	}
	for _, t := range x.turns {
		x.propagateTo(t)
	}
	for _, f := range x.meta {
		x.propagateTo(f.turn)
	}
}

func (x *session) propagateTo(t *turn) {
	before := len(t.found)
	x.known.digitsIn(t)
	x.known.wordsIn(t)
	x.known.datesIn(t)
	t.found = slices.DeleteFunc(t.found, func(f found) bool { return f.confidence < x.rules.Least })
	if len(t.found) > before {
		t.found = resolve(t.found)
	}
}

const again = "the same was found elsewhere in the session"

// digitsIn looks for known numbers, however they are written.
func (k *known) digitsIn(t *turn) {
	if len(k.digits) == 0 {
		return
	}
	runs, settled := t.runs(), turn{found: t.found}
	for len(runs) > 0 {
		chain := t.chained(runs)
		for i := range chain {
			k.digitsFrom(t, &settled, chain[i:])
		}
		runs = runs[len(chain):]
	}
}

// digitsFrom looks for the known numbers that begin with the first of some rows.
func (k *known) digitsFrom(t, settled *turn, rows []entity.Run) {
	var buffer [2 * mostToken]byte
	digits := buffer[:0]
	for _, r := range rows[:min(len(rows), mostRows)] {
		if len(digits) > mostToken {
			break
		}
		digits = append(digits, r.Digits[:min(len(r.Digits), mostToken)]...)
		if len(digits) < leastKnown {
			continue
		}
		f, ok := k.digits[string(digits)]
		if !ok && len(digits) > 10 {
			f, ok = k.digits[domestic(string(digits))]
		}
		if start := rows[0].Start; ok && !glued(t.text, start) && !glued(t.text, r.End) && !settled.covered(start, r.End) {
			t.add(start, r.End, f.typ, f.value, f.confidence*0.95, again)
		}
	}
}

// datesIn looks for known dates of birth, however they are written.
func (k *known) datesIn(t *turn) {
	if len(k.dates) == 0 {
		return
	}
	settled := turn{found: t.found}
	for _, e := range t.dates() {
		if f, ok := k.dates[dayOf(e.Text)]; ok && !settled.covered(e.Start, e.End) {
			t.add(e.Start, e.End, f.typ, f.value, f.confidence*0.95, again)
		}
	}
}

// dayOf is the month and day of a date: people say years with two digits, or not.
func dayOf(date string) string { return date[max(0, len(date)-len("-01-02")):] }

// isSpelled reports whether a text is a word's letters one by one, perhaps with words for them.
func isSpelled(text, word string) bool {
	return len(word) >= 3 && len(text) > len(word) && initials(text) == word
}

// covered reports whether a place lies within what was found and resolved.
func (t *turn) covered(start, end int) bool {
	i := sort.Search(len(t.found), func(i int) bool { return t.found[i].end > start })
	return i < len(t.found) && t.found[i].start <= start && end <= t.found[i].end
}

// wordsIn looks for known names and tokens.
func (k *known) wordsIn(t *turn) {
	if len(k.literals) == 0 {
		return
	}
	settled := turn{found: t.found}
	for i := 0; i < len(t.text); {
		c := t.text[i]
		if c < utf8.RuneSelf && !isWord(c) {
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(t.text[i:])
		end := i + size
		if !isHan(r) {
			for end < len(t.text) && (t.text[end] >= utf8.RuneSelf && !hasHan(t.text[end:min(len(t.text), end+3)]) || isWord(t.text[end]) || t.text[end] == '-' || t.text[end] == '\'') {
				end++
			}
			k.literal(t, &settled, i, end)
			i = end
			continue
		}
		for _, n := range k.lengths {
			to := i
			for range n {
				_, size := utf8.DecodeRuneInString(t.text[to:])
				to += size
			}
			k.literal(t, &settled, i, to)
		}
		i += size
	}
}

func (k *known) literal(t, settled *turn, start, end int) {
	w := t.text[start:end]
	f, ok := k.literals[w]
	if !ok {
		w = strings.TrimSuffix(w, "'s")
		f, ok = k.literals[w]
		end = start + len(w)
	}
	if !ok || settled.covered(start, end) {
		return
	}
	lower := isLetter(t.text[start]) && f.typ == Person && !t.capital(start)
	if lower && (t.chinese || t.hasCapitals()) {
		return // a word like any other
	}
	t.add(start, end, f.typ, f.value, f.confidence*0.95, again)
}

// hasCapitals reports whether the original tells capitals from small letters.
func (t *turn) hasCapitals() bool { return t.original != strings.ToLower(t.original) }
