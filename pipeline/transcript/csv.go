package transcript

import (
	"cmp"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"slices"
	"strings"
)

// readCSV reads one row per turn. The rows of a session stand together.
func readCSV(in *input) error {
	r := &csvReader{in: in, rows: &rows{lines: &lines{r: in.r, limit: in.o.Limits.LineBytes}}, seed: maphash.MakeSeed()}
	if ok, err := r.header(); !ok {
		return err
	}
	for {
		row, err := r.rows.next()
		if errors.Is(err, io.EOF) {
			return r.finish()
		}
		if err == nil {
			err = r.add(row)
		}
		if err != nil {
			return err
		}
	}
}

// csvReader gathers rows into sessions.
type csvReader struct {
	in       *input
	rows     *rows
	head     row
	places   map[field]int // column of each field
	others   []int         // columns that go to the metadata
	names    []string      // of the columns; in others, the keys of the metadata
	times    timeReader
	units    map[field]TimeUnit
	speakers map[string]Speaker // of the mapping, by plain name

	id     string // of the session in the making
	d      *draft // nil between sessions
	timing []timing
	values []columnValues // of the session's columns, by column
	seed   maphash.Seed
	now    map[uint64]struct{} // sessions read lately
	before map[uint64]struct{} // and before these
}

// remembered is how many sessions a file's reader recalls at least, to notice one
// whose rows do not stand together; more would let memory grow with the file.
const remembered = 1 << 17

// header reads the first row and finds the fields' columns. It rejects the file
// and returns false when one is missing that must be there.
func (r *csvReader) header() (bool, error) {
	r.rows.comma = commaOf(string(r.in.sample()), r.in.o.Mapping)
	head, err := r.rows.next()
	if errors.Is(err, io.EOF) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if head.wrong != "" {
		return false, r.in.emit(Record{Line: head.line, Reject: &Reject{Line: head.line, Reason: "header: " + head.wrong, Format: CSV}})
	}
	r.head = head
	problems := r.setColumns(head.cells)
	if problems = append(problems, r.setTimes()...); len(problems) > 0 {
		reject := &Reject{Line: head.line, Format: CSV}
		reject.setProblems(problems)
		return false, r.in.emit(Record{Line: head.line, Reject: reject})
	}
	return true, nil
}

// commaOf finds the delimiter that makes the most known columns.
func commaOf(sample string, m *Mapping) byte {
	if m != nil && m.Delimiter != "" {
		return m.Delimiter[0]
	}
	best, most := byte(','), -1
	for _, comma := range []byte{',', ';', '\t', '|'} {
		if n := len(headerFields(sample, comma)); n > most {
			best, most = comma, n
		}
	}
	return best
}

// headerFields are the fields that the first line names.
func headerFields(sample string, comma byte) map[field]bool {
	head, _, _ := strings.Cut(strings.TrimLeft(sample, "\r\n"), "\n")
	found := map[field]bool{}
	for cell := range strings.SplitSeq(strings.TrimSpace(head), string(rune(comma))) {
		if f, _, ok := columnField(strings.Trim(cell, `" `)); ok {
			found[f.field] = true
		}
	}
	return found
}

// isCSV goes by a first line that names a speaker's and a text's column.
func isCSV(sample []byte) bool {
	found := headerFields(string(sample), commaOf(string(sample), nil))
	return found[fieldSpeaker] && found[fieldText]
}

// setColumns decides for every column which field it fills: as the mapping says,
// else by its name; of two columns for one field the better name wins.
func (r *csvReader) setColumns(head []string) (problems Problems) {
	r.places, r.units = map[field]int{}, map[field]TimeUnit{}
	r.names = make([]string, len(head))
	ranks := map[field]int{}
	for i, name := range head {
		name = strings.TrimSpace(name)
		r.names[i] = name
		target, mapped := r.target(name)
		f, unit, known := columnField(name)
		if mapped {
			f, known = rankedName{field(target), -1}, isField(target)
		}
		switch {
		case target == "-":
		case isMetadata(target):
			r.names[i] = strings.TrimPrefix(target, "metadata.")
			r.others = append(r.others, i)
		case !known:
			r.others = append(r.others, i)
		case r.has(f.field) && ranks[f.field] <= f.rank:
			r.others = append(r.others, i)
		default:
			if old, ok := r.places[f.field]; ok {
				r.others = append(r.others, old)
			}
			r.places[f.field], r.units[f.field], ranks[f.field] = i, unit, f.rank
		}
	}
	slices.Sort(r.others)
	for _, need := range []field{fieldID, fieldSpeaker, fieldText} {
		if !r.has(need) && (need != fieldSpeaker || r.constant(need) == "") {
			problems.add(string(need), "no column for it", strings.Join(columns[need][:6], ", ")+" and others, or a mapping file")
		}
	}
	return append(problems, r.unusedMapping(head)...)
}

func (r *csvReader) has(f field) bool {
	_, ok := r.places[f]
	return ok
}

// target is what the mapping makes of a column.
func (r *csvReader) target(name string) (string, bool) {
	if r.in.o.Mapping == nil {
		return "", false
	}
	target, ok := r.in.o.Mapping.Columns[name]
	return target, ok
}

func (r *csvReader) constant(f field) string {
	if r.in.o.Mapping == nil {
		return ""
	}
	return r.in.o.Mapping.Constants[string(f)]
}

// unusedMapping tells of columns in the mapping that the file does not have.
func (r *csvReader) unusedMapping(head []string) (problems Problems) {
	if r.in.o.Mapping == nil {
		return nil
	}
	for name := range r.in.o.Mapping.Columns {
		if !slices.ContainsFunc(head, func(h string) bool { return strings.TrimSpace(h) == name }) {
			problems.add(name, "the mapping names a column that the file does not have", strings.Join(head, ", "))
		}
	}
	slices.SortFunc(problems, func(a, b Problem) int { return strings.Compare(a.Field, b.Field) })
	return problems
}

func (r *csvReader) setTimes() (problems Problems) {
	m := r.in.o.Mapping
	zone, err := m.zone(r.in.o.Zone)
	if err != nil {
		problems.add("time.zone", err.Error(), "")
	}
	r.times.zone = zone
	r.speakers = map[string]Speaker{}
	if m != nil {
		r.times.layout, r.times.unit = goLayout(m.Time.Format), m.Time.Unit
		for value, speaker := range m.Speakers {
			r.speakers[plain(value)] = speaker
		}
	}
	return problems
}

// add takes one row: it continues the session in the making or begins another.
func (r *csvReader) add(row row) error {
	if row.wrong == "" {
		row.wrong = r.fit(&row)
	}
	id, wrong := r.idOf(row)
	if r.d == nil || id != r.id {
		if err := r.finish(); err != nil {
			return err
		}
		r.begin(id, row.line)
	}
	r.d.keep(row.raw)
	switch {
	case wrong != "":
		r.d.wrong(row.line, r.name(fieldID), wrong, "")
	case row.wrong != "":
		r.d.wrong(row.line, "", row.wrong, "")
	case r.d.size > r.in.o.Limits.LineBytes:
		r.full(row.line, "rows of the session are too long", r.in.o.Limits.LineBytes, "line-bytes")
	case len(r.d.s.Turns) >= r.in.o.Limits.Turns:
		r.full(row.line, "too many rows in the session", r.in.o.Limits.Turns, "turns")
	default:
		r.turn(row)
	}
	return nil
}

// full notes once that the session is over a limit; its further rows are skipped.
func (r *csvReader) full(line int, what string, limit int, name string) {
	reason := overLimit(what, limit, name)
	if !slices.ContainsFunc(r.d.problems, func(p Problem) bool { return p.Reason == reason }) {
		r.d.wrong(line, "", reason, "")
	}
	r.d.s.Turns, r.timing = r.d.s.Turns[:1], r.timing[:1]
}

// fit makes the row as wide as the header, or says why it cannot.
func (r *csvReader) fit(row *row) string {
	want := len(r.head.cells)
	for len(row.cells) > want && strings.TrimSpace(row.cells[len(row.cells)-1]) == "" {
		row.cells = row.cells[:len(row.cells)-1]
	}
	if len(row.cells) != want {
		return fmt.Sprintf("row has %d cells, the header %d", len(row.cells), want)
	}
	return ""
}

// idOf is the session of the row. A row that does not say belongs to the session
// before it, which is then not complete.
func (r *csvReader) idOf(row row) (id, wrong string) {
	if i := r.places[fieldID]; i < len(row.cells) {
		id = strings.TrimSpace(row.cells[i])
	}
	if id != "" {
		return id, ""
	}
	if row.wrong == "" {
		wrong = "empty, the row belongs to no session"
	}
	return r.id, wrong
}

func (r *csvReader) name(f field) string {
	if i, ok := r.places[f]; ok {
		return r.names[i]
	}
	return string(f)
}

func (r *csvReader) begin(id string, line int) {
	r.id = id
	r.d = &draft{line: line, s: Session{ID: SessionID(id)}}
	r.d.keep(r.head.raw)
	r.timing = r.timing[:0]
	r.values = make([]columnValues, len(r.head.cells))
	if id != "" && r.seen(id) {
		r.d.wrong(line, r.name(fieldID), fmt.Sprintf("session %q had rows earlier in the file and was read without these: the rows of one session must stand together", clip(id)), "")
	}
}

// seen remembers a session and reports whether it was known.
func (r *csvReader) seen(id string) bool {
	h := maphash.String(r.seed, id)
	_, now := r.now[h]
	_, before := r.before[h]
	if len(r.now) >= remembered || r.now == nil {
		r.now, r.before = map[uint64]struct{}{}, r.now
	}
	r.now[h] = struct{}{}
	return now || before
}

// finish passes the session in the making on.
func (r *csvReader) finish() error {
	if r.d == nil {
		return nil
	}
	d := r.d
	r.d = nil
	r.setSession(d)
	d.s.setTimes(r.timing)
	d.s.dropSoleAgent()
	d.s.Channel = cmp.Or(d.s.Channel, r.in.o.channel(d.s.Turns))
	return r.in.done(d)
}
