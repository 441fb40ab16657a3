package transcript

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// maxRaw is how much of a rejected record is kept with its reject, in bytes.
const maxRaw = 1 << 20

// maxProblems is how many problems of one record are told.
const maxProblems = 20

// Reject is a record, or a whole file, that could not be used.
type Reject struct {
	File    string    // path as it was given, "-" for standard input
	Line    int       // line of the record or of its first problem, counting from 1; 0 is the whole file
	Column  int       // character in the line, counting from 1; 0 is unknown
	Record  SessionID // "" when it could not be read
	Field   string    // path such as turns[3].speaker, or a CSV column; "" is the whole record
	Reason  string
	Allowed string    // what would have been right; "" when the reason says it
	More    []Problem // the record's other problems, at most 20
	Format  Format    // "" when it was not recognised
	Raw     []byte    // the record as UTF-8; nil when it has more than 1 MiB or could not be kept
}

// Error returns place and problems in one line.
func (r *Reject) Error() string {
	var b strings.Builder
	b.WriteString(r.place() + ": ")
	b.WriteString(Problem{Field: r.Field, Reason: r.Reason, Allowed: r.Allowed}.Error())
	for _, p := range r.More {
		b.WriteString("; ")
		if p.Line > 0 && p.Line != r.Line {
			fmt.Fprintf(&b, "line %d: ", p.Line)
		}
		b.WriteString(p.Error())
	}
	return b.String()
}

func (r *Reject) place() string {
	switch {
	case r.Line == 0:
		return r.File
	case r.Column == 0:
		return fmt.Sprintf("%s:%d", r.File, r.Line)
	}
	return fmt.Sprintf("%s:%d:%d", r.File, r.Line, r.Column)
}

// setProblems spreads the problems over the reject; there is at least one.
func (r *Reject) setProblems(p Problems) {
	first := p[0]
	r.Field, r.Reason, r.Allowed = first.Field, first.Reason, first.Allowed
	if first.Line > 0 {
		r.Line = first.Line
	}
	rest := p[1:]
	if n := len(rest); n >= maxProblems {
		rest = append(rest[:maxProblems-1:maxProblems-1],
			Problem{Reason: fmt.Sprintf("and %d more problems", n-maxProblems+1)})
	}
	if len(rest) > 0 {
		r.More = rest
	}
}

// rejectNote is what a written reject says about itself, under the key _reject.
type rejectNote struct {
	File    string    `json:"file"`
	Line    int       `json:"line"`
	Field   string    `json:"field,omitempty"`
	Reason  string    `json:"reason"`
	Allowed string    `json:"allowed,omitempty"`
	More    []Problem `json:"more,omitempty"`
}

// WriteReject writes r as one line of JSON that, once mended, can be imported
// again in the format JSONL. A record that was a JSON object keeps its keys and
// gets the key _reject; any other stands as text under _raw with its _format.
// A record that was too large to keep is only named by its place.
func WriteReject(w io.Writer, r *Reject) error {
	note, err := marshal(rejectNote{r.File, r.Line, r.Field, r.Reason, r.Allowed, r.More})
	if err != nil {
		return fmt.Errorf("write reject of %s: %w", r.place(), err)
	}
	var b bytes.Buffer
	b.WriteString(`{"_reject":`)
	b.Write(note)
	if err := r.writeRecord(&b); err != nil {
		return fmt.Errorf("write reject of %s: %w", r.place(), err)
	}
	b.WriteString("}\n")
	if _, err := w.Write(b.Bytes()); err != nil {
		return fmt.Errorf("write reject of %s: %w", r.place(), err)
	}
	return nil
}

func (r *Reject) writeRecord(b *bytes.Buffer) error {
	if r.Raw == nil {
		return nil
	}
	if r.Format != "" && r.Format != JSONL {
		fmt.Fprintf(b, `,"_format":%q`, string(r.Format))
	}
	var members bytes.Buffer
	if FirstInvalid(r.Raw) < 0 && copyMembers(&members, r.Raw) == nil {
		b.Write(members.Bytes())
		return nil
	}
	raw, err := marshal(string(r.Raw))
	if err != nil {
		return err
	}
	if r.Format == "" || r.Format == JSONL {
		fmt.Fprintf(b, `,"_format":%q`, string(JSONL))
	}
	b.WriteString(`,"_raw":`)
	b.Write(raw)
	return nil
}

// copyMembers writes the members of the JSON object raw, each after a comma,
// without those that an earlier reject added. It fails when raw is no object.
func copyMembers(b *bytes.Buffer, raw []byte) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	if open, err := d.Token(); err != nil || open != json.Delim('{') {
		return fmt.Errorf("not an object: %w", err)
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return err
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return err
		}
		if key == "_reject" || key == "_format" {
			continue
		}
		name, err := marshal(key)
		if err != nil {
			return err
		}
		fmt.Fprintf(b, ",%s:", name)
		if err := json.Compact(b, value); err != nil {
			return err
		}
	}
	if _, err := d.Token(); err != nil {
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return fmt.Errorf("more than one value")
	}
	return nil
}

// marshal is json.Marshal without the escapes for HTML, since people read the file.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return bytes.TrimRight(b.Bytes(), "\n"), err
}
