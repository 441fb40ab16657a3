package redact

import (
	"math"
	"slices"
	"sort"
	"strconv"
	"strings"
	"unicode/utf8"

	"assay/pipeline/entity"
	"assay/pipeline/transcript"
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

// surelyNamed is the same for names, whose words have other meanings.
const surelyNamed = 0.75

// note takes a value that was found.
func (k *known) note(t *turn, f found) {
	if f.confidence < sureEnough || strings.HasPrefix(f.value, "…") {
		return
	}
	if strings.Trim(f.value, "0123456789x") == "" && f.typ != Address && f.typ != BirthDate {
		if len(f.value) >= 5 {
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

// field is a text of the metadata.
type field struct {
	turn *turn
	path string
}

// nameKeys are words in the keys of metadata that are a person's name.
var nameKeys = []string{"customer_name", "customername", "agent_name", "agentname", "caller_name", "contact_name", "full_name", "fullname", "first_name", "last_name", "user_name", "realname", "姓名", "客户名", "联系人", "收件人", "坐席名", "客服名"}

// fields reads the agent's name and the metadata: names there are known names.
func (x *session) fields() {
	if a := x.session.Agent; a != nil && a.Name != "" {
		x.named(a.Name)
		t := newTurn(a.Name)
		t.add(0, len(t.text), Person, strings.ReplaceAll(t.text, " ", "_"), 0.95, "the agent's name")
		x.meta = append(x.meta, field{t, agentPath})
	}
	if c := x.session.Customer; c != nil && c.ID != "" {
		x.text(customerPath, "", c.ID) // some sources know their customers by their phones
	}
	for k, v := range x.session.Metadata {
		x.field(k, k, v, 0)
	}
	slices.SortFunc(x.meta, func(a, b field) int { return strings.Compare(a.path, b.path) })
}

// The paths of the agent's name and the customer's id; no key of metadata begins so.
const (
	agentPath    = "\x00agent"
	customerPath = "\x00customer"
)

// mostDepth bounds lists and objects within metadata.
const mostDepth = 8

func (x *session) field(path, k string, v any, depth int) {
	switch v := v.(type) {
	case string:
		x.text(path, k, v)
	case float64:
		if v == math.Trunc(v) && math.Abs(v) >= 1e5 && math.Abs(v) < 1e19 {
			x.text(path, k, strconv.FormatFloat(v, 'f', 0, 64))
		}
	case []any:
		for i, e := range v {
			if depth < mostDepth {
				x.field(path+"\x00"+strconv.Itoa(i), k, e, depth+1)
			}
		}
	case map[string]any:
		for name, e := range v {
			if depth < mostDepth {
				x.field(path+"\x00"+name, name, e, depth+1)
			}
		}
	}
}

// text reads one text of the metadata; its key is the cue.
func (x *session) text(path, k, v string) {
	t := newTurn(v)
	name := transcript.Fold(k).Text
	if cues := cuesOf(strings.ReplaceAll(name, "_", " ")); len(cues) > 0 {
		t.asked = cues[len(cues)-1].topic
	}
	if slices.ContainsFunc(nameKeys, func(w string) bool { return strings.Contains(name, w) }) && runes(v) <= 40 && v != "" {
		x.named(v)
		t.add(0, len(t.text), Person, strings.ReplaceAll(t.text, " ", "_"), 0.95, "the metadata's key")
	}
	t.find()
	x.patterns(t)
	t.found = resolve(slices.DeleteFunc(t.found, func(f found) bool { return f.confidence < x.rules.Least || x.allowed(t, f) }))
	for _, f := range t.found {
		x.known.note(t, f)
	}
	x.meta = append(x.meta, field{t, path})
}

// named notes a person's name that is known beforehand.
func (x *session) named(name string) {
	t := newTurn(name)
	f := found{0, len(t.text), Person, strings.ReplaceAll(strings.TrimSpace(t.text), " ", "_"), 0.95, "a name that the session tells"}
	if x.rules.allowed[t.text] || entity.Runs(t.text) != nil || notNamesEn[t.text] {
		return
	}
	x.known.name(strings.TrimSpace(t.text), f)
}

// fields are the agent's name, the customer's id and the metadata with tags.
func (g *tagger) fields(x *session) (agent, customer string, metadata map[string]any) {
	texts := map[string]Text{}
	for _, f := range x.meta {
		texts[f.path] = newText(f.turn.original, g.spans(0, f.turn))
	}
	if x.session.Metadata != nil {
		metadata = map[string]any{}
	}
	for k, v := range x.session.Metadata {
		metadata[k] = withTags(texts, k, v, 0)
	}
	agent, customer = texts[agentPath].Text, texts[customerPath].Text
	return agent, customer, metadata
}

// withTags is a value of the metadata with redacted texts.
func withTags(texts map[string]Text, path string, v any, depth int) any {
	switch v := v.(type) {
	case string, float64:
		if t, ok := texts[path]; ok && len(t.Spans) > 0 {
			return t.Text
		}
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = deeper(texts, path+"\x00"+strconv.Itoa(i), e, depth)
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(v))
		for name, e := range v {
			out[name] = deeper(texts, path+"\x00"+name, e, depth)
		}
		return out
	}
	return v
}

// deeper leaves out what lies too deep to have been read.
func deeper(texts map[string]Text, path string, v any, depth int) any {
	if depth >= mostDepth {
		return nil
	}
	return withTags(texts, path, v, depth+1)
}
