package transcript

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"regexp"
	"slices"
)

// Format names a file format of transcripts.
type Format string

// The formats that Read knows.
const (
	JSONL Format = "jsonl" // canonical sessions: one per line, one pretty-printed, or a list
	CSV   Format = "csv"   // one row per turn
	Text  Format = "text"  // one turn per line, the speaker before a colon
	SCA   Format = "sca"   // tickets as Alibaba Cloud's conversation analysis takes them
)

// format is how a format is recognised and read.
type format struct {
	name       Format
	extensions []string
	recognise  func(sample []byte) bool // by the beginning of the file, as UTF-8
	read       func(in *input) error    // passes each record on; its errors end the file
}

// table lists the formats; the first that recognises a file reads it.
func table() []format {
	return []format{
		{SCA, nil, isSCA, readSCA},
		{JSONL, []string{".jsonl", ".json", ".ndjson"}, isJSON, readJSONL},
		{CSV, []string{".csv", ".tsv"}, isCSV, readCSV},
		{Text, []string{".txt"}, isText, readText},
	}
}

// Formats lists the formats' names.
func Formats() []Format {
	var names []Format
	for _, f := range table() {
		names = append(names, f.name)
	}
	slices.Sort(names)
	return names
}

func extensions() []string {
	var all []string
	for _, f := range table() {
		all = append(all, f.extensions...)
	}
	return all
}

// recognise finds the format: the wanted one, else by content, else by the
// extension, so that a file with a mistake in its first line gets the messages
// of its format.
func recognise(want Format, file string, sample []byte) (format, bool) {
	formats := table()
	by := func(found func(f format) bool) (format, bool) {
		if i := slices.IndexFunc(formats, found); i >= 0 {
			return formats[i], true
		}
		return format{}, false
	}
	if want != "" {
		return by(func(f format) bool { return f.name == want })
	}
	if len(bytes.TrimSpace(sample)) > 0 {
		if f, ok := by(func(f format) bool { return f.recognise(sample) }); ok {
			return f, true
		}
	}
	return by(func(f format) bool { return slices.Contains(f.extensions, extension(file)) })
}

func unrecognised(want Format, sample []byte) string {
	switch {
	case want != "":
		return fmt.Sprintf("unknown format %q", want)
	case len(bytes.TrimSpace(sample)) == 0:
		return "empty file"
	}
	return "format not recognised by content or extension"
}

// isJSON goes by the first character; a bracket may also begin a line of text
// with a time before the speaker.
func isJSON(sample []byte) bool {
	trimmed := bytes.TrimSpace(sample)
	return len(trimmed) > 0 && (trimmed[0] == '{' || trimmed[0] == '[' && !timeForm.Match(trimmed))
}

var (
	ticketKey = regexp.MustCompile(`"(?:tickets|dialogue)"\s*:\s*\[`)
	turnsKey  = regexp.MustCompile(`"turns"\s*:`)
)

// isSCA goes by which comes first: a ticket's key or the key of canonical turns.
func isSCA(sample []byte) bool {
	if !isJSON(sample) || bytes.HasPrefix(sample, []byte(`{"_reject"`)) {
		return false
	}
	ticket, turns := ticketKey.FindIndex(sample), turnsKey.FindIndex(sample)
	return ticket != nil && (turns == nil || ticket[0] < turns[0])
}

// Recognises reports whether the content of a file that begins so, packed or not,
// is of one of the formats.
func Recognises(beginning []byte) bool {
	text := bufio.NewReaderSize(newDecoder(bytes.NewReader(beginning)), sampleBytes)
	sample, err := text.Peek(sampleBytes)
	if err != nil && len(sample) == 0 {
		return false // nothing, or nothing that can be unpacked
	}
	_, ok := recognise("", "", sample)
	return ok
}

// Lines reads a text line by line, packed or not, in the encodings that formats
// are read in. A line of more than limit bytes is an error, and so is a file that
// breaks off; after an error of one line reading goes on.
func Lines(r io.Reader, limit int) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		in := &lines{r: bufio.NewReaderSize(newDecoder(r), sampleBytes), limit: limit}
		for {
			line, err := in.next()
			switch {
			case errors.Is(err, io.EOF):
				return
			case errors.Is(err, errLong):
				if !yield("", fmt.Errorf("line %d has more than %d bytes", in.n, limit)) {
					return
				}
			case err != nil:
				yield("", fmt.Errorf("reading broke off after line %d: %w", in.n, err))
				return
			default:
				if !yield(string(line), nil) {
					return
				}
			}
		}
	}
}
