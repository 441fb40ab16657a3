package knowledge

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"strings"
	"time"
	"unicode"

	"github.com/jackc/pgx/v5"
	"golang.org/x/text/unicode/norm"
)

const (
	// DefaultList is how many solutions List returns when nothing is asked for.
	DefaultList = 50
	// maxList is how many it returns at most.
	maxList = 1_000
	// countLimit is up to which number Matches counts.
	countLimit = 10_000
)

// ErrCursor means that a list cannot go on where it was told to.
var ErrCursor = errors.New("the cursor is not of this list")

// Validity says whether a solution may be suggested by now, from a closed list.
type Validity string

// The validities of a solution at a time.
const (
	Valid    Validity = "valid"
	Upcoming Validity = "upcoming" // not yet
	Expired  Validity = "expired"
)

// Validities lists all validities.
var Validities = []Validity{Valid, Upcoming, Expired}

// ValidityAt is the solution's validity at t.
func (s *Solution) ValidityAt(t time.Time) Validity {
	switch {
	case t.Before(s.ValidFrom):
		return Upcoming
	case s.ValidAt(t):
		return Valid
	}
	return Expired
}

// Order says in which order solutions are listed, from a closed list.
type Order string

// The orders of lists.
const (
	ByChange Order = "changed" // the last changed first
	ByID     Order = "id"
	ByReview Order = "reviewed" // what nobody looked at for longest first
)

// Orders lists all orders.
var Orders = []Order{ByChange, ByID, ByReview}

// Filter says which solutions to list. What is "" or nil does not matter; a
// pointer to "" means solutions that are for all, or of nobody.
type Filter struct {
	Text         string // all its words stand in id, title, questions, answer, tags or product; the last of a word may be missing
	IDs          []string
	Status       Status
	Owner        *string
	Product      *string
	Region       *string
	CustomerType *string
	Language     string // as the solution has it, or with any region
	Tag          string
	Stage        *Stage
	Validity     Validity
	Disputed     bool // there are complaints about it
	Stale        bool
	StaleAfter   time.Duration // default DefaultStaleAfter
	Now          time.Time     // default time.Now()

	Order Order  // default ByChange
	Limit int    // default 50, at most 1,000
	After string // the Next of the list before
}

// Page is a part of a list.
type Page struct {
	Entries []Entry
	Next    string // cursor of the part behind it; "" at the end
}

func (f Filter) orDefault() Filter {
	f.Order = cmp.Or(f.Order, ByChange)
	f.Limit = min(cmp.Or(max(f.Limit, 0), DefaultList), maxList)
	f.StaleAfter = cmp.Or(max(f.StaleAfter, 0), DefaultStaleAfter)
	if f.Now.IsZero() {
		f.Now = time.Now()
	}
	return f
}

// conditions are the parts of a WHERE and their arguments. Only what a filter
// sets is in it, so that the planner sees what there is to choose from.
type conditions struct {
	parts []string
	args  pgx.StrictNamedArgs
}

func (c *conditions) add(part string) { c.parts = append(c.parts, part) }

func (c *conditions) with(part, name string, value any) {
	c.add(part)
	c.args[name] = value
}

func (c *conditions) where() string {
	if len(c.parts) == 0 {
		return ""
	}
	return "\n\tWHERE " + strings.Join(c.parts, "\n\t\tAND ")
}

// conditions of a filter that has its defaults.
func (f *Filter) conditions() *conditions {
	c := &conditions{args: pgx.StrictNamedArgs{}}
	if words := searchWords(f.Text); words != "" {
		c.with(`s.searched @@ to_tsquery('simple', @words)`, "words", words)
	} else if strings.TrimSpace(f.Text) != "" {
		c.add(`false`) // nothing but punctuation stands nowhere
	}
	if f.IDs != nil {
		c.with(`s.id = ANY(@ids)`, "ids", f.IDs)
	}
	if f.Status != "" {
		c.with(`s.status = @status`, "status", f.Status)
		if f.Status != Published {
			c.add(`s.status <> 'published'`) // what the index of the others is for
		}
	}
	f.conditionsOfScope(c)
	f.conditionsOfTime(c)
	return c
}

// conditionsOfScope are those of whom a solution is for.
func (f *Filter) conditionsOfScope(c *conditions) {
	for _, field := range []struct {
		name  string
		value *string
	}{{"owner", f.Owner}, {"product", f.Product}, {"region", f.Region}, {"customer_type", f.CustomerType}} {
		if field.value != nil {
			c.with(`s.`+field.name+` = @`+field.name, field.name, *field.value)
			if *field.value != "" {
				c.add(`s.` + field.name + ` <> ''`) // some indexes are without those for all
			}
		}
	}
	if f.Language != "" {
		c.with(`(s.language = @language OR s.language LIKE @languages)`, "language", f.Language)
		c.args["languages"] = likePrefix(f.Language + "-")
	}
	if f.Tag != "" {
		c.with(`s.tags @> ARRAY[@tag::text]`, "tag", f.Tag)
	}
	if f.Stage != nil {
		c.with(`s.stage = @stage`, "stage", *f.Stage)
		if *f.Stage != "" {
			c.add(`s.stage <> ''`)
		}
	}
}

func (f *Filter) conditionsOfTime(c *conditions) {
	switch f.Validity {
	case Valid:
		c.with(`(s.valid_from IS NULL OR s.valid_from <= @now) AND (s.valid_to IS NULL OR s.valid_to > @now)`, "now", f.Now)
	case Upcoming:
		c.with(`s.valid_from > @now`, "now", f.Now)
	case Expired:
		c.with(`s.valid_to <= @now`, "now", f.Now)
	}
	if f.Disputed {
		c.add(`s.id IN (SELECT s.id` + complaintSQL + `)`)
	}
	if f.Stale {
		c.with(staleSQL, "today", dayOf(f.Now))
		c.args["vouched"] = f.Now.Add(-f.StaleAfter)
	}
}

func likePrefix(s string) string {
	return strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(s) + "%"
}

// searchWords writes a text for to_tsquery in the cut that solution_words makes:
// all words, and of each run of Chinese characters the phrase. The end of the last
// word may be missing, as when somebody still types it.
func searchWords(text string) string {
	var all []string
	for _, run := range strings.FieldsFunc(norm.NFKC.String(clip(text, maxQuestionRunes)), parts) {
		all = append(all, searchWord(run))
	}
	return strings.Join(all, " & ")
}

// parts reports whether r stands between words: ASCII punctuation, white space.
func parts(r rune) bool {
	return r == 0 || unicode.IsSpace(r) || r < unicode.MaxASCII && !unicode.IsLetter(r) && !unicode.IsDigit(r) ||
		unicode.IsPunct(r) || unicode.IsSymbol(r) || unicode.IsControl(r) || r == unicode.ReplacementChar
}

// searchWord writes a run of letters and digits without a gap: its Chinese
// characters one by one, its words by their beginnings.
func searchWord(run string) string {
	var out []string
	word := 0 // where the current word began
	end := func(at int) {
		if at > word {
			out = append(out, "'"+run[word:at]+"':*")
		}
	}
	for i, r := range run {
		if standsAlone(r) {
			end(i)
			out = append(out, "'"+string(r)+"'")
			word = i + len(string(r))
		}
	}
	end(len(run))
	return "(" + strings.Join(out, " <-> ") + ")"
}

// standsAlone reports whether solution_words sets a character apart.
func standsAlone(r rune) bool {
	return r >= 0x3005 && r <= 0x30FF || r >= 0x3400 && r <= 0x9FFF || r >= 0xAC00 && r <= 0xD7AF || r >= 0xF900 && r <= 0xFAFF
}

// cursor is where a list goes on.
type cursor struct {
	Order Order      `json:"o"`
	At    *time.Time `json:"t,omitempty"`
	ID    string     `json:"i"`
}

func (c cursor) String() string {
	b, err := json.Marshal(c)
	if err != nil {
		return "" // a time and two texts can be written always
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

func parseCursor(s string, order Order) (cursor, error) {
	var c cursor
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil || json.Unmarshal(b, &c) != nil || c.Order != order || (c.At == nil) != (order == ByID) {
		return cursor{}, ErrCursor
	}
	return c, nil
}

// after adds what comes behind the filter's cursor, and returns the order.
func (c *conditions) after(f *Filter) (string, error) {
	order := map[Order]string{
		ByChange: `s.updated_at DESC, s.id`, ByID: `s.id`, ByReview: `s.vouched_at, s.id`,
	}[f.Order]
	if order == "" {
		return "", fmt.Errorf("unknown order %q; allowed: %s", f.Order, listed(Orders))
	}
	if f.After == "" {
		return order, nil
	}
	from, err := parseCursor(f.After, f.Order)
	if err != nil {
		return "", err
	}
	c.args["after_id"] = from.ID
	if f.Order == ByID {
		c.add(`s.id > @after_id`)
		return order, nil
	}
	c.args["after_at"] = *from.At
	if f.Order == ByReview {
		c.add(`(s.vouched_at, s.id) > (@after_at, @after_id)`)
	} else { // one direction down and one up have no comparison of rows
		c.add(`s.updated_at <= @after_at AND (s.updated_at < @after_at OR s.id > @after_id)`)
	}
	return order, nil
}

// List returns a part of the solutions that fit the filter. It costs no more for
// the last part than for the first. Its error is ErrCursor when f.After is not of
// a list in the same order.
func (l *Library) List(ctx context.Context, f Filter) (Page, error) {
	f = f.orDefault()
	c := f.conditions()
	order, err := c.after(&f)
	if err != nil {
		return Page{}, fmt.Errorf("list solutions: %w", err)
	}
	c.args["limit"] = f.Limit + 1
	// The revisions of the few that are listed are read afterwards.
	entries, err := collectEntries(ctx, l.pool, `
	WITH s AS MATERIALIZED (
		SELECT *
		FROM solutions s`+c.where()+`
		ORDER BY `+order+`
		LIMIT @limit
	)`+strings.Replace(entrySQL, "FROM solutions s", "FROM s", 1)+`
	ORDER BY `+order, c.args)
	if err != nil {
		return Page{}, fmt.Errorf("list solutions: %w", err)
	}
	page := Page{Entries: entries}
	if len(entries) > f.Limit {
		page.Entries = entries[:f.Limit]
		page.Next = cursorOf(&page.Entries[f.Limit-1], f.Order).String()
	}
	return page, nil
}

func cursorOf(e *Entry, order Order) cursor {
	c := cursor{Order: order, ID: e.ID}
	switch order {
	case ByChange:
		c.At = &e.ChangedAt
	case ByReview:
		c.At = &e.VouchedAt
	}
	return c
}

// Matches counts the solutions that fit the filter, up to 10,000: more are
// reported as that many, and exact is false.
func (l *Library) Matches(ctx context.Context, f Filter) (n int, exact bool, err error) {
	f = f.orDefault()
	c := f.conditions()
	c.args["limit"] = countLimit + 1
	found, err := l.pool.Query(ctx, `
		SELECT count(*)
		FROM (SELECT FROM solutions s`+c.where()+` LIMIT @limit) AS found`, c.args)
	if err != nil {
		return 0, false, fmt.Errorf("count solutions: %w", err)
	}
	if n, err = pgx.CollectExactlyOneRow(found, pgx.RowTo[int]); err != nil {
		return 0, false, fmt.Errorf("count solutions: %w", err)
	}
	return min(n, countLimit), n <= countLimit, nil
}

// Each goes through all solutions that fit the filter, in the order of their ids;
// the filter's own order, limit and cursor do not count. It ends after an error.
func (l *Library) Each(ctx context.Context, f Filter) iter.Seq2[Entry, error] {
	f.Order, f.Limit, f.After = ByID, maxList, ""
	return func(yield func(Entry, error) bool) {
		for {
			page, err := l.List(ctx, f)
			if err != nil {
				yield(Entry{}, err)
				return
			}
			for _, e := range page.Entries {
				if !yield(e, nil) {
					return
				}
			}
			if f.After = page.Next; f.After == "" {
				return
			}
		}
	}
}
