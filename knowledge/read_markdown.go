package knowledge

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"assay/pipeline/transcript"
)

// frontMark is the line around the front matter.
const frontMark = "---"

// readMarkdown reads a file that is one solution; id is its id when it gives none.
func (in *reader) readMarkdown(b *bufio.Reader, id string) {
	src, err := io.ReadAll(io.LimitReader(b, int64(in.o.LineBytes)+1))
	switch {
	case err != nil:
		in.reject(0, "", problem("", "read: "+err.Error(), ""))
		return
	case len(src) > in.o.LineBytes:
		in.reject(0, "", problem("", fmt.Sprintf("more than the limit of %d bytes (setting line_bytes)", in.o.LineBytes), ""))
		return
	case len(bytes.TrimSpace(src)) == 0:
		return
	}
	if p := in.lost(src); p != nil {
		in.reject(0, "", p...)
		return
	}
	s, problems := parseMarkdown(string(src), id, in.o)
	line := 0
	if i := slices.IndexFunc(problems, func(p transcript.Problem) bool { return p.Line > 0 }); i >= 0 {
		line = problems[i].Line
	}
	in.take(s, line, problems)
}

// nameID is the id of a Markdown file that gives none: its path without its end.
func nameID(path string) string {
	path = strings.TrimSuffix(filepath.ToSlash(path), ".gz")
	for _, e := range extensionsOf(Markdown) {
		if strings.HasSuffix(strings.ToLower(path), e) {
			return path[:len(path)-len(e)]
		}
	}
	return path
}

// parseMarkdown reads a Markdown file: front matter, which is YAML between two
// lines of ---, then the answer. What the front matter does not give, the text may:
// the title as the first line, "# Title"; questions, a short reply and a note in
// sections named as in sectionKeys. The solution is never nil.
func parseMarkdown(src, id string, o ReadOptions) (*Solution, transcript.Problems) {
	d := newDraft(o)
	d.byHand = true
	src = strings.ReplaceAll(src, "\r\n", "\n")
	front, body, err := cutFront(src)
	if err != nil {
		d.fail("", err.Error(), "front matter between two lines of "+frontMark)
		return &d.s, d.problems
	}
	if !d.takeFront(front) {
		return &d.s, d.problems
	}
	if _, given := d.names["id"]; !given {
		d.fill("id", value{is: isText, text: id})
	}
	if answer, given := d.names["answer"]; !given {
		d.takeBody(body)
	} else if strings.TrimSpace(body) != "" {
		d.fail(answer, "stands in the front matter, and more text below it", "one of the two")
	}
	d.check()
	return &d.s, d.problems
}

var errFrontOpen = errors.New("front matter is opened and never closed")

// cutFront parts the front matter from the text below it.
func cutFront(src string) (front, body string, err error) {
	first, rest, _ := strings.Cut(src, "\n")
	if strings.TrimRight(first, " \t") != frontMark {
		return "", src, nil
	}
	for at := 0; at < len(rest); {
		line, _, _ := strings.Cut(rest[at:], "\n")
		next := min(at+len(line)+1, len(rest))
		if strings.TrimRight(line, " \t") == frontMark {
			return rest[:at], rest[next:], nil
		}
		at = next
	}
	return "", "", errFrontOpen
}

// sectionKeys are the headings of the second level that begin a section, in lower
// case. A section counts only where the front matter does not give its key.
var sectionKeys = map[string]string{
	"questions": "questions", "similar questions": "questions", "相似问": "questions", "相似问法": "questions", "其他问法": "questions",
	"short reply": "short_reply", "短回复": "short_reply", "快捷回复": "short_reply",
	"internal note": "note", "内部备注": "note",
}

// takeBody takes title, sections and answer out of the text below the front matter.
func (d *draft) takeBody(body string) {
	if _, given := d.names["title"]; !given {
		body = d.takeHeading(body)
	}
	sections := map[string][]string{} // lines by key; "answer" is what stands in none
	key, fence := "answer", ""
	for line := range strings.SplitSeq(body, "\n") {
		fence = fenceAfter(line, fence)
		if level, heading := headingOf(line); fence == "" && level > 0 && level <= 2 {
			key = "answer"
			if section, ok := sectionKeys[strings.ToLower(heading)]; ok && level == 2 && !d.gives(section) {
				key = section
				continue
			}
		}
		sections[key] = append(sections[key], line)
	}
	for _, key := range []string{"questions", "short_reply", "note", "answer"} {
		text := strings.Join(sections[key], "\n")
		switch {
		case sections[key] == nil:
		case key == "questions":
			d.fill(key, listValue(listItems(sections[key])))
		default:
			d.fill(key, value{is: isText, text: text})
		}
	}
}

func (d *draft) gives(key string) bool {
	_, ok := d.names[key]
	return ok
}

// takeHeading takes the title from the first line that is not blank.
func (d *draft) takeHeading(body string) string {
	trimmed := strings.TrimLeft(body, "\n\t ")
	first, rest, _ := strings.Cut(trimmed, "\n")
	level, heading := headingOf(first)
	if level != 1 {
		d.fail("title", "missing", `title in the front matter, or "# Title" as the first line of the text`)
		return body
	}
	d.fill("title", value{is: isText, text: heading})
	return rest
}

// headingOf reads a heading such as "## Text ##"; level 0 is none.
func headingOf(line string) (level int, text string) {
	rest := strings.TrimLeft(line, "#")
	level = len(line) - len(rest)
	if level == 0 || level > 6 || rest != "" && rest[0] != ' ' && rest[0] != '\t' {
		return 0, ""
	}
	text = strings.TrimSpace(rest)
	return level, strings.TrimSpace(strings.TrimRight(text, "#"))
}

// fenceAfter is the mark of the code block that is open after the line; "" is none.
func fenceAfter(line, open string) string {
	trimmed := strings.TrimLeft(line, " ")
	if open != "" {
		if strings.HasPrefix(trimmed, open) && strings.Trim(trimmed, open[:1]+" \t") == "" {
			return ""
		}
		return open
	}
	for _, mark := range []string{"`", "~"} {
		if rest := strings.TrimLeft(trimmed, mark); len(trimmed)-len(rest) >= 3 && (mark == "~" || !strings.Contains(rest, mark)) {
			return trimmed[:len(trimmed)-len(rest)]
		}
	}
	return ""
}

// listItems reads the items of a list, one per line, with or without its marks.
func listItems(lines []string) []string {
	var items []string
	for _, line := range lines {
		line = strings.TrimSpace(line)
		for _, mark := range []string{"- ", "* ", "+ "} {
			if rest, ok := strings.CutPrefix(line, mark); ok {
				line = rest
				break
			}
		}
		items = append(items, line)
	}
	return cleanAll(items)
}
