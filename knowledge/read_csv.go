package knowledge

import (
	"bufio"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"assay/pipeline/transcript"
)

// column is what a column of a CSV file fills; key "" is nothing.
type column struct{ key, name string }

// readCSV reads a row of columns, then one row per solution.
func (in *reader) readCSV(b *bufio.Reader, sample string) {
	var columns []column
	for row, err := range transcript.Rows(b, commaOf(sample), in.o.LineBytes) {
		switch {
		case err != nil:
			in.reject(0, "", problem("", fmt.Sprintf("read after line %d: %v", row.Line, err), ""))
		case columns == nil:
			var problems transcript.Problems
			if columns, problems = in.columns(row); len(problems) > 0 {
				in.reject(row.Line, "", problems...)
				return
			}
			in.found = false // the header is no solution
		default:
			in.takeRow(row, columns)
		}
		if in.stopped {
			return
		}
	}
}

// columns decides which key each column fills. Of lists there may be several. A
// column of questions is the title where there is none.
func (in *reader) columns(head transcript.Row) (all []column, problems transcript.Problems) {
	if head.Wrong != "" {
		return nil, transcript.Problems{problem("", "header: "+head.Wrong, "")}
	}
	titled := slices.ContainsFunc(head.Cells, func(cell string) bool { return columnKey(cell) == "title" })
	numbered, allowed := "", bothNames()+", and names that begin with _ or x_, which are passed over, as all others are with --skip-unknown"
	for _, cell := range head.Cells {
		name := strings.TrimSpace(cell)
		key := columnKey(name)
		if !titled && isAsked(name) {
			key, titled = "title", true
		}
		twice := slices.ContainsFunc(all, func(c column) bool { return c.key == key })
		switch {
		case key != "" && twice && !isListKey(key):
			problems = append(problems, problem(clip(name, 60), "a second column for "+key, ""))
		case isRowNumber(name):
			numbered = name
		case key == "" && name != "" && !isPrivate(name) && !in.o.SkipUnknown:
			problems = append(problems, problem(clip(name, 60), "unknown column"+suggestion(clip(name, 60)), allowed))
			allowed = "" // said once
		}
		all = append(all, column{key, name})
	}
	return all, append(problems, in.lacking(all, numbered)...)
}

// lacking are the problems of a header without columns that must be there; numbered
// is a column that counts its rows.
func (in *reader) lacking(all []column, numbered string) (problems transcript.Problems) {
	for _, key := range []string{"id", "title", "answer"} {
		switch {
		case slices.ContainsFunc(all, func(c column) bool { return c.key == key }), key == "answer" && in.o.NoAnswers:
		case key == "id" && numbered != "":
			problems = append(problems, problem(key, fmt.Sprintf("no column for it: %q counts rows, and rows move", clip(numbered, 60)), strings.Join(columnNames[key], ", ")))
		default:
			problems = append(problems, problem(key, "no column for it", strings.Join(columnNames[key], ", ")))
		}
	}
	return problems
}

// takeRow reads one row.
func (in *reader) takeRow(row transcript.Row, columns []column) {
	cells := row.Cells
	for len(cells) > len(columns) && strings.TrimSpace(cells[len(cells)-1]) == "" {
		cells = cells[:len(cells)-1]
	}
	if row.Wrong == "" && len(cells) != len(columns) {
		row.Wrong = fmt.Sprintf("row has %d cells, the header %d", len(cells), len(columns))
	}
	if row.Wrong != "" {
		in.reject(row.Line, "", problem("", row.Wrong, ""))
		return
	}
	if p := in.lost([]byte(strings.Join(cells, "\n"))); p != nil {
		in.reject(row.Line, "", p...)
		return
	}
	d := newDraft(in.o)
	d.byHand = true
	lists := map[string][]string{}
	for i, cell := range cells {
		key, cell := columns[i].key, clean(harmless(cell))
		switch {
		case key == "":
		case isListKey(key):
			lists[key] = append(lists[key], splitList(cell)...)
		case cell != "":
			d.set(key, columns[i].name, value{is: isText, text: cell})
		default:
			d.names[key] = columns[i].name
		}
	}
	for _, key := range listKeys {
		d.fill(key, listValue(lists[key]))
	}
	d.check()
	in.take(&d.s, row.Line, d.problems)
}

func listValue(texts []string) value {
	v := value{is: isList}
	for _, t := range texts {
		v.items = append(v.items, value{is: isText, text: t})
	}
	return v
}

// splitList reads a list in one cell: a JSON list of texts, else its lines, else
// in one line what bars part. Blank entries are none.
func splitList(cell string) []string {
	if strings.HasPrefix(cell, "[") {
		var all []string
		if json.Unmarshal([]byte(cell), &all) == nil {
			return cleanAll(all)
		}
	}
	if strings.Contains(cell, "\n") {
		return cleanAll(strings.Split(cell, "\n"))
	}
	return cleanAll(strings.FieldsFunc(cell, func(r rune) bool { return r == '|' || r == '｜' }))
}

// formulaMarks are the beginnings of cells that spreadsheets would run.
const formulaMarks = "=+-@\t\r＝＋－＠"

// isRunnable reports whether a spreadsheet would run the cell, apostrophes before
// it apart.
func isRunnable(cell string) bool {
	rest := strings.TrimLeft(cell, "'")
	return rest != "" && strings.IndexAny(rest, formulaMarks) == 0
}

// harmless takes the apostrophe away that keeps a spreadsheet from running a cell.
func harmless(cell string) string {
	if strings.HasPrefix(cell, "'") && isRunnable(cell) {
		return cell[1:]
	}
	return cell
}

// commaOf finds the delimiter that makes the most known columns.
func commaOf(sample string) byte {
	best, most := byte(','), 0
	for _, comma := range []byte{',', ';', '\t', '|'} {
		if n := len(knownColumns(sample, comma)); n > most {
			best, most = comma, n
		}
	}
	return best
}

// knownColumns are the keys that the first line names.
func knownColumns(sample string, comma byte) map[string]bool {
	head, _, _ := strings.Cut(strings.TrimLeft(sample, "\r\n"), "\n")
	found := map[string]bool{}
	for cell := range strings.SplitSeq(clip(strings.TrimSpace(head), 10_000), string(rune(comma))) {
		if key := columnKey(strings.Trim(cell, `" `)); key != "" {
			found[key] = true
		}
		if isAsked(strings.Trim(cell, `" `)) {
			found["title"] = true
		}
		if isRowNumber(strings.Trim(cell, `" `)) {
			found["id"] = true // it is a table of solutions, but for that
		}
	}
	return found
}

// isCSV goes by a first line that names at least two columns that must be there.
func isCSV(sample string) bool {
	n := 0
	found := knownColumns(sample, commaOf(sample))
	for _, key := range []string{"id", "title", "answer"} {
		if found[key] {
			n++
		}
	}
	return n >= 2
}
