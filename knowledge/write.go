package knowledge

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"strings"
)

// WriteJSONL writes solutions as JSON lines, one at a time, and returns how many.
// Read gives them back as they were.
func WriteJSONL(w io.Writer, solutions iter.Seq2[Solution, error]) (int, error) {
	out := bufio.NewWriter(w)
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false) // people read the file
	n, err := writeEach(solutions, func(s *Solution) error { return encoder.Encode(s) })
	if err != nil {
		return n, err
	}
	return n, out.Flush()
}

// writeEach passes every solution on in its normal form, until an error.
func writeEach(solutions iter.Seq2[Solution, error], write func(s *Solution) error) (int, error) {
	n := 0
	for s, err := range solutions {
		if err != nil {
			return n, err
		}
		s = s.normal()
		if err := write(&s); err != nil {
			return n, fmt.Errorf("write solution %q: %w", s.ID, err)
		}
		n++
	}
	return n, nil
}

// WriteCSV writes solutions as CSV with the keys as columns and a byte order mark,
// without which spreadsheets take UTF-8 for something else. A cell that a
// spreadsheet would run gets an apostrophe before it, which Read takes away: Read
// gives the solutions back as they were.
func WriteCSV(w io.Writer, solutions iter.Seq2[Solution, error]) (int, error) {
	out := bufio.NewWriter(w)
	if _, err := out.WriteString("\uFEFF" + strings.Join(solutionKeys, ",") + "\r\n"); err != nil {
		return 0, err
	}
	n, err := writeEach(solutions, func(s *Solution) error { return writeRow(out, s) })
	if err != nil {
		return n, err
	}
	return n, out.Flush()
}

func writeRow(w *bufio.Writer, s *Solution) error {
	for i, key := range solutionKeys {
		if i > 0 {
			if err := w.WriteByte(','); err != nil {
				return err
			}
		}
		cell := valueText(s, key)
		if isListKey(key) {
			cell = joinList(fieldList(s, key))
		}
		if err := writeCell(w, cell); err != nil {
			return err
		}
	}
	_, err := w.WriteString("\r\n")
	return err
}

// writeCell quotes every cell that is not plain, so that no delimiter that a
// spreadsheet may take for one splits it.
func writeCell(w *bufio.Writer, cell string) error {
	if isRunnable(cell) {
		cell = "'" + cell
	}
	if strings.ContainsAny(cell, "\",;|\t\n ") || strings.HasPrefix(cell, "'") {
		cell = `"` + strings.ReplaceAll(cell, `"`, `""`) + `"`
	}
	_, err := w.WriteString(cell)
	return err
}

// joinList writes a list in one cell: a line per entry, or as JSON where that
// would not read back as the same list.
func joinList(all []string) string {
	cell := strings.Join(all, "\n")
	if back := splitList(cell); len(back) == len(all) && strings.Join(back, "\n") == cell {
		return cell
	}
	return quoted(all)
}

// quoted is a text, or a list of texts, as JSON, which is YAML, too.
func quoted[T string | []string](v T) string {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		panic(err) // texts always encode
	}
	return strings.TrimSpace(b.String())
}
