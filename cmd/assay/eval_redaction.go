package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"unicode"
	"unicode/utf8"

	"assay/cmd/assay/internal/config"
	"assay/pipeline/redact"
	"assay/pipeline/review"
	"assay/pipeline/scorecard"
	"assay/pipeline/transcript"
)

type evalRedactionCmd struct {
	Paths  []string `arg:"" name:"path" type:"existingfile" help:"JSONL files: sessions or texts with spans [{start, end, type}] in characters or [{quote, type}], or texts with type and count."`
	Policy string   `name:"redaction" env:"ASSAY_REDACTION" type:"existingfile" placeholder:"FILE" help:"YAML file that says what personal data is replaced for whom. Default: the shipped one."`
	For    string   `name:"for" default:"model" help:"Audience whose rules are measured: model, export, default (pages), or a role: agent, reviewer, supervisor, admin."`
	JSON   bool     `name:"json" help:"Print figures as JSON."`
	Errors int      `name:"errors" placeholder:"N" help:"Print up to N mistakes of each type to standard error."`
}

// Help says how spans are compared.
func (c *evalRedactionCmd) Help() string {
	return `A marked span is found when at least half of its characters are redacted as its type; a redacted span is right when at least
half of its characters are marked as its type. "covered" counts the marked spans that are redacted as anything. Types
that the rules leave are not counted. A date counts
where "birth" or "born" stands up to 40 characters before it. Characters other than blanks are lost needlessly when nothing marks them.
A quote marks every place where the text has it.
A text with type and count is right when that many spans of the type are redacted.`
}

// marked is one line of the data.
type marked struct {
	ID    string       `json:"id"`
	Text  string       `json:"text"`
	Spans []markedSpan `json:"spans"`
	Type  string       `json:"type"`
	Count *int         `json:"count"`
	markedSession
}

// markedSession is a session's part of a line that has turns.
type markedSession struct {
	Language string `json:"language"`
	Turns    []struct {
		Speaker transcript.Speaker `json:"speaker"`
		Text    string             `json:"text"`
		Spans   []markedSpan       `json:"spans"`
	} `json:"turns"`
}

type markedSpan struct {
	Start int    `json:"start"` // characters
	End   int    `json:"end"`
	Quote string `json:"quote"` // instead of start and end: all places of the text that have it
	Type  string `json:"type"`
}

// markedTypes are the types of other sets by their names there, besides our own
// names; "" is what such a set marks and is none of ours.
var markedTypes = map[string]redact.Type{
	"CREDIT_CARD": redact.BankCard, "PHONE_NUMBER": redact.Phone, "US_SSN": redact.SSN, "EMAIL_ADDRESS": redact.Email, "IBAN_CODE": redact.IBAN,
	"IP_ADDRESS": redact.IP, "US_DRIVER_LICENSE": redact.DriverLicense, "PERSON": redact.Person, "STREET_ADDRESS": redact.Address,
	"ZIP_CODE": redact.Address, "DATE_TIME": redact.BirthDate, "DOMAIN_NAME": redact.URL, "BANK_CARD": redact.BankCard, "ID_CARD": redact.IDCard,
	"PASSPORT": redact.Passport, "AGE": "", "GPE": "", "NRP": "", "ORGANIZATION": "", "TITLE": "",
}

// ourType is our type of a name in the data, "" for one of another set's that is
// none of ours. A name that no set has is an error.
func (e *redactionEval) ourType(name string) (redact.Type, error) {
	if t, ok := markedTypes[name]; ok {
		return t, nil
	}
	ours := redact.Types
	for _, t := range e.rules.Types { // with the policy's own
		if !slices.Contains(ours, t) {
			ours = append(slices.Clip(ours), t)
		}
	}
	if slices.Contains(ours, redact.Type(name)) {
		return redact.Type(name), nil
	}
	var known []string
	for _, t := range ours {
		known = append(known, string(t))
	}
	sets := slices.Sorted(maps.Keys(markedTypes))
	near := ""
	if w := scorecard.Nearest(name, slices.Concat(known, sets)); w != "" {
		near = fmt.Sprintf("; did you mean %q?", w)
	}
	return "", fmt.Errorf("unknown type %q%s; allowed: %s; of other sets: %s", name, near, strings.Join(known, ", "), strings.Join(sets, ", "))
}

// sameMark are the types that the sets put under one name: places are parts of
// addresses, permits are travel documents.
var sameMark = map[redact.Type]redact.Type{redact.Permit: redact.Passport}

// redactionRow is how one type compares.
type redactionRow struct {
	Type      redact.Type     `json:"type"`
	Marked    int             `json:"marked"`
	Found     int             `json:"found"`
	Covered   int             `json:"covered"`
	Redacted  int             `json:"redacted"`
	Right     int             `json:"right"`
	Recall    review.Estimate `json:"recall"`
	Precision review.Estimate `json:"precision"`
	wrong     []string
}

// redactionEval collects the figures.
type redactionEval struct {
	rules      redact.Rules
	rows       map[redact.Type]*redactionRow
	texts      int
	cases      int
	casesRight int
	plain      int // characters that nothing marks, without blanks
	lost       int // of these, redacted
	errors     int
	stderr     io.Writer
}

// Run compares line by line.
func (c *evalRedactionCmd) Run(p *program) error {
	rules, err := redactionRules(c.Policy, c.For)
	if err != nil {
		return err
	}
	e := &redactionEval{rules: rules, rows: map[redact.Type]*redactionRow{}, errors: c.Errors, stderr: p.stderr}
	for _, path := range c.Paths {
		if err := e.file(path); err != nil {
			return err
		}
	}
	if e.texts+e.cases == 0 {
		return usageError{errors.New("no line has text with spans, or with type and count")}
	}
	return e.print(p, c.JSON)
}

func (e *redactionEval) file(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return usageError{err}
	}
	defer f.Close() // it was only read
	in := json.NewDecoder(f)
	for line := 1; ; line++ {
		var m marked
		err := in.Decode(&m)
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return usageError{fmt.Errorf("%s: record %d: %w", path, line, err)}
		case m.Count != nil:
			err = e.count(m)
		case len(m.Turns) > 0:
			err = e.session(m)
		case m.Spans != nil:
			err = e.add(m, e.rules.Text(m.Text).Spans)
		}
		if err != nil {
			return usageError{fmt.Errorf("%s: record %d: %w", path, line, err)}
		}
	}
}

func (e *redactionEval) row(t redact.Type) *redactionRow {
	if e.rows[t] == nil {
		e.rows[t] = &redactionRow{Type: t}
	}
	return e.rows[t]
}

func (r *redactionRow) mistake(format string, args ...any) {
	r.wrong = append(r.wrong, fmt.Sprintf(format, args...))
}

// count compares a text whose marks are only counted.
func (e *redactionEval) count(m marked) error {
	want, err := e.ourType(m.Type)
	if err != nil {
		return err
	}
	e.cases++
	n := 0
	for _, s := range e.rules.Text(m.Text).Spans {
		if typeOf(s.Type) == typeOf(want) {
			n++
		}
	}
	if n == *m.Count {
		e.casesRight++
		return nil
	}
	e.row(want).mistake("%s: %d of %s, want %d: %q", m.ID, n, want, *m.Count, m.Text)
	return nil
}

func typeOf(t redact.Type) redact.Type { return cmp.Or(sameMark[t], t) }

// session compares the turns of a session, which are redacted together.
func (e *redactionEval) session(m marked) error {
	s := &transcript.Session{ID: transcript.SessionID(m.ID), Language: m.Language}
	for _, t := range m.Turns {
		s.Turns = append(s.Turns, transcript.Turn{Speaker: t.Speaker, Text: t.Text})
	}
	done := e.rules.Session(s)
	for i, t := range m.Turns {
		turn := marked{ID: fmt.Sprintf("%s turn %d", m.ID, i), Text: t.Text, Spans: t.Spans}
		if err := e.add(turn, done.Turns[i].Spans); err != nil {
			return fmt.Errorf("turn %d: %w", i, err)
		}
	}
	return nil
}

// places are the marked spans by characters, quotes looked up.
func (e *redactionEval) places(m marked, at []int) ([]markedSpan, error) {
	var places []markedSpan
	for _, s := range m.Spans {
		if _, err := e.ourType(s.Type); err != nil {
			return nil, err
		}
		if s.Quote == "" {
			places = append(places, s)
			continue
		}
		if !strings.Contains(m.Text, s.Quote) {
			return nil, fmt.Errorf("the text has no %q", s.Quote)
		}
		for from := 0; ; {
			i := strings.Index(m.Text[from:], s.Quote)
			if i < 0 {
				break
			}
			from += i
			start, _ := slices.BinarySearch(at, from)
			from += len(s.Quote)
			end, _ := slices.BinarySearch(at, from)
			places = append(places, markedSpan{Start: start, End: end, Type: s.Type})
		}
	}
	return places, nil
}

// add compares a text whose marks have places with what was redacted of it.
func (e *redactionEval) add(m marked, redacted []redact.Span) error {
	e.texts++
	at := characters(m.Text)
	size := len(at) - 1
	gold := make([]map[redact.Type]bool, size)
	places, err := e.places(m, at)
	if err != nil {
		return err
	}
	var spans []markedSpan
	for _, s := range places {
		if s.Start < 0 || s.End > size || s.Start >= s.End {
			return fmt.Errorf("span [%d, %d) is none of a text of %d characters", s.Start, s.End, size)
		}
		typ := e.goldType(m, s, at)
		for i := s.Start; i < s.End; i++ {
			if gold[i] == nil {
				gold[i] = map[redact.Type]bool{}
			}
			gold[i][typ] = true
			if s.Type == "GPE" {
				gold[i][redact.Address] = true
			}
		}
		if typ != "" {
			spans = append(spans, s)
		}
	}
	e.compare(m, at, gold, spans, redacted)
	return nil
}

// goldType is our type of a marked span, "" for none and for what the rules leave.
func (e *redactionEval) goldType(m marked, s markedSpan, at []int) redact.Type {
	typ, err := e.ourType(s.Type)
	if err != nil || !slices.Contains(e.rules.Types, typ) {
		return "" // places has refused the errors
	}
	typ = typeOf(typ)
	if s.Type == "DATE_TIME" {
		before := strings.ToLower(m.Text[at[max(0, s.Start-40)]:at[s.Start]])
		if !strings.Contains(before, "birth") && !strings.Contains(before, "born") {
			return ""
		}
	}
	return typ
}

func (e *redactionEval) compare(m marked, at []int, gold []map[redact.Type]bool, spans []markedSpan, done []redact.Span) {
	redacted := make([]redact.Type, len(gold))
	for _, s := range done {
		start, _ := slices.BinarySearch(at, s.Start)
		end, _ := slices.BinarySearch(at, s.End)
		typ, right := typeOf(s.Type), 0
		for i := start; i < end; i++ {
			redacted[i] = typ
			if gold[i][typ] {
				right++
			}
			if gold[i] == nil && !isBlank(m.Text, at[i]) {
				e.lost++
			}
		}
		r := e.row(typ)
		r.Redacted++
		if 2*right >= end-start {
			r.Right++
		} else {
			r.mistake("%s: redacted %q (%s) in %q", m.ID, m.Text[s.Start:s.End], s.Reason, m.Text)
		}
	}
	for i, g := range gold {
		if g == nil && !isBlank(m.Text, at[i]) {
			e.plain++
		}
	}
	for _, s := range spans {
		e.found(m, at, redacted, s)
	}
}

func isBlank(text string, at int) bool {
	r, _ := utf8.DecodeRuneInString(text[at:])
	return unicode.IsSpace(r)
}

// found notes whether a marked span was redacted.
func (e *redactionEval) found(m marked, at []int, redacted []redact.Type, s markedSpan) {
	typ := e.goldType(m, s, at)
	same, covered := 0, 0
	for i := s.Start; i < s.End; i++ {
		if redacted[i] == typ {
			same++
		}
		if redacted[i] != "" {
			covered++
		}
	}
	r := e.row(typ)
	r.Marked++
	if 2*covered >= s.End-s.Start {
		r.Covered++
	}
	if 2*same >= s.End-s.Start {
		r.Found++
		return
	}
	r.mistake("%s: missed %q in %q", m.ID, m.Text[at[s.Start]:at[s.End]], m.Text)
}

// characters are the offsets of a text's characters, and its length.
func characters(text string) []int {
	at := make([]int, 0, utf8.RuneCountInString(text)+1)
	for i := range text {
		at = append(at, i)
	}
	return append(at, len(text))
}

func (e *redactionEval) print(p *program, asJSON bool) error {
	rows := slices.SortedFunc(maps.Values(e.rows), func(a, b *redactionRow) int { return strings.Compare(string(a.Type), string(b.Type)) })
	for _, r := range rows {
		for _, w := range r.wrong[:min(len(r.wrong), e.errors)] {
			fmt.Fprintf(p.stderr, "%s: %s\n", r.Type, w)
		}
		r.Recall, r.Precision = review.Wilson(r.Found, r.Marked), review.Wilson(r.Right, r.Redacted)
	}
	if asJSON {
		printJSON(p, map[string]any{"types": rows, "texts": e.texts, "cases": e.cases, "cases_right": e.casesRight, "plain_characters": e.plain, "lost_characters": e.lost})
		return nil
	}
	if e.texts > 0 {
		w := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "type\tmarked\tcovered\trecall\tredacted\tprecision")
		for _, r := range rows {
			fmt.Fprintf(w, "%s\t%d\t%d\t%s\t%d\t%s\n", r.Type, r.Marked, r.Covered, estimate(r.Recall), r.Redacted, estimate(r.Precision))
		}
		if err := w.Flush(); err != nil {
			return err
		}
		fmt.Fprintf(p.stdout, "%d texts; of %d characters that nothing marks %d were lost (%.2f %%)\n", e.texts, e.plain, e.lost, 100*float64(e.lost)/float64(max(1, e.plain)))
	}
	if e.cases > 0 {
		fmt.Fprintf(p.stdout, "%d of %d counted cases right\n", e.casesRight, e.cases)
	}
	return nil
}

func estimate(e review.Estimate) string {
	value, ci := spread(e)
	return interval(value, ci)
}

// redactionRules are an audience's, of a policy file or of the default policy.
func redactionRules(path, audience string) (redact.Rules, error) {
	policy, err := config.Redaction(path)
	if err != nil {
		return redact.Rules{}, usageError{err}
	}
	who, err := redact.AudienceOf(audience)
	if err != nil {
		return redact.Rules{}, usageError{fmt.Errorf("--for: %w", err)}
	}
	return policy.For(who), nil
}
