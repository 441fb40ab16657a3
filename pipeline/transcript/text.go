package transcript

import (
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"unicode/utf8"
)

// readText reads plain text: a turn begins with a speaker and a colon, perhaps
// after a time; other lines continue the turn before, but a label that begins
// several lines is taken for a speaker whom nobody knows. A file is one session with
// the file's name as its id, unless lines of dashes (---) or titles
// (=== id ===) part it into several.
func readText(in *input) error {
	r := &textReader{in: in, times: timeReader{zone: in.o.Zone}}
	l := &lines{r: in.r, limit: in.o.Limits.LineBytes}
	for {
		line, err := l.next()
		switch {
		case errors.Is(err, io.EOF):
			return r.finish()
		case errors.Is(err, errLong):
			r.draft(l.n).wrong(l.n, "", overLimit("line is too long", in.o.Limits.LineBytes, "line-bytes"), "")
			continue
		case err == nil:
			err = r.add(string(line), l.n)
		}
		if err != nil {
			return err
		}
	}
}

// textReader gathers lines into sessions.
type textReader struct {
	in     *input
	times  timeReader
	d      *draft // nil before the first line of a session
	id     string // from a title
	timing []timing
	open   strings.Builder // text of the last turn
	blank  int             // empty lines since the last one
	nth    int             // sessions so far without a title
	labels map[string]int  // unknown labels at the beginning of lines, by how often
	parted bool
}

var (
	titleForm = regexp.MustCompile(`^={3,}\s*(.+?)\s*={3,}$`)
	ruleForm  = regexp.MustCompile(`^-{3,}$`)
	// timeForm is a time before the speaker, in brackets or not.
	timeForm = regexp.MustCompile(`^[\[(（【]?(\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}日?[T ]?\s*\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?|(?:\d{1,3}:)?\d{1,3}:\d{2}(?:[.,]\d+)?)[\])）】]?\s*[-–]?\s*`)
)

// maxLabel is how long a speaker's name may be, in bytes.
const maxLabel = 60

// cutLabel splits a line at its first colon when a name could stand before it.
func cutLabel(line string) (label, text string, ok bool) {
	i := strings.IndexAny(line, ":：")
	if i <= 0 || i > maxLabel {
		return "", "", false
	}
	_, size := utf8.DecodeRuneInString(line[i:])
	return strings.TrimSpace(line[:i]), strings.TrimSpace(line[i+size:]), true
}

// cutTime splits a time off the beginning of a line.
func cutTime(line string) (at, rest string) {
	m := timeForm.FindStringSubmatchIndex(line)
	if m == nil {
		return "", line
	}
	return line[m[2]:m[3]], line[m[1]:]
}

// isText goes by a turn among the first lines that are not empty.
func isText(sample []byte) bool {
	seen := 0
	for line := range strings.Lines(string(sample)) {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		_, rest := cutTime(line)
		if label, _, ok := cutLabel(rest); ok {
			if _, known := SpeakerOf(label); known {
				return true
			}
		}
		if seen++; seen > 20 {
			return false
		}
	}
	return false
}

// add takes one line.
func (r *textReader) add(line string, n int) error {
	trimmed := strings.TrimSpace(line)
	if title := titleForm.FindStringSubmatch(trimmed); title != nil {
		err := r.finish()
		r.id, r.parted = title[1], true
		r.draft(n)
		return err
	}
	if ruleForm.MatchString(trimmed) {
		r.parted = true
		return r.finish()
	}
	if trimmed == "" {
		r.blank++
		if r.d != nil {
			r.d.keep("")
		}
		return nil
	}
	d := r.draft(n)
	d.keep(line)
	if d.size > r.in.o.Limits.LineBytes {
		r.full(n, "session is too long", r.in.o.Limits.LineBytes, "line-bytes")
		return nil
	}
	r.line(trimmed, n)
	r.blank = 0
	return nil
}

// draft is the session in the making, which begins with line n when there is none.
func (r *textReader) draft(n int) *draft {
	if r.d == nil {
		r.d = &draft{line: n}
		r.timing, r.blank, r.labels = nil, 0, map[string]int{}
	}
	return r.d
}

// full notes once that the session is over a limit; its further lines are skipped.
func (r *textReader) full(n int, what string, limit int, name string) {
	if r.d.s.Turns != nil {
		r.d.wrong(n, "", overLimit(what, limit, name), "")
	}
	r.d.s.Turns, r.timing = nil, nil
}

// line makes a turn of a line, or adds it to the turn before.
func (r *textReader) line(line string, n int) {
	at, rest := cutTime(line)
	label, text, ok := cutLabel(rest)
	speaker, known := SpeakerOf(label)
	switch {
	case ok && known:
	case ok && at != "":
		r.d.wrong(n, "", unknown("speaker", label), allowedSpeakers)
		speaker = System
	case len(r.d.s.Turns) == 0:
		if len(r.d.problems) == 0 {
			r.d.wrong(n, "", fmt.Sprintf("no speaker before %q", clip(line)), `"SPEAKER: text" with `+allowedSpeakers)
		}
		return
	default:
		if ok && r.repeated(label) {
			r.d.wrong(n, "", unknown("speaker", label), allowedSpeakers)
		}
		r.open.WriteString(strings.Repeat("\n", r.blank+1))
		r.open.WriteString(line)
		return
	}
	r.closeTurn()
	r.open.WriteString(text)
	r.d.s.Turns = append(r.d.s.Turns, Turn{Speaker: speaker})
	r.timing = append(r.timing, r.time(at, n))
}

// maxName is how long the name of a person may be, in characters.
const maxName = 20

// repeated reports, once, that an unknown label stands at the beginning of a
// second line. One such line is part of a message (a form's "地址：…"); a
// speaker says more than one thing.
func (r *textReader) repeated(label string) bool {
	if utf8.RuneCountInString(label) > maxName || strings.ContainsAny(label, "/.,，。!！?？") {
		return false
	}
	r.labels[label]++
	return r.labels[label] == 2
}

// closeTurn gives the last turn the text of its lines.
func (r *textReader) closeTurn() {
	if n := len(r.d.s.Turns); n > 0 {
		r.d.s.Turns[n-1].Text = r.open.String()
	}
	r.open.Reset()
}

func (r *textReader) time(at string, n int) timing {
	if at == "" {
		return timing{}
	}
	m, ok := r.times.read(at)
	if !ok {
		r.d.wrong(n, "", fmt.Sprintf("%q is no time", at), "hh:mm:ss, mm:ss, 2025-03-01 09:30:00")
		return timing{}
	}
	return timing{at: &m}
}

// finish passes the session in the making on.
func (r *textReader) finish() error {
	d, id := r.d, r.id
	if d == nil {
		return nil
	}
	r.closeTurn()
	r.d, r.id = nil, ""
	if id == "" {
		r.nth++
		id = r.untitled()
	}
	d.s.ID = SessionID(id)
	if id != "" {
		d.raw = append([]byte("=== "+id+" ===\n"), d.raw...)
	} else {
		d.problems.add("id", "text from standard input has no name to be its id", "a line such as === call-17 === before the session")
	}
	d.s.setTimes(r.timing)
	d.s.Channel = r.in.o.channel(d.s.Turns)
	return r.in.done(d)
}

// untitled is the id of a session without a title.
func (r *textReader) untitled() string {
	switch {
	case r.in.file == Stdin:
		return ""
	case r.parted:
		return fmt.Sprintf("%s-%d", stem(r.in.file), r.nth)
	}
	return stem(r.in.file)
}
