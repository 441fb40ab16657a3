package knowledge

import (
	"bufio"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"strings"
	"time"
	"unicode"
)

// ErrNotEmpty means that a folder has files already.
var ErrNotEmpty = errors.New("the folder is not empty")

// WriteMarkdown writes a file per solution into a folder, which is made where it is
// missing and must hold nothing but hidden files, and returns how many. Read gives
// the solutions back as they were: the front matter has everything but the answer.
func WriteMarkdown(folder string, solutions iter.Seq2[Solution, error]) (int, error) {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return 0, err
	}
	root, err := os.OpenRoot(folder)
	if err != nil {
		return 0, err
	}
	if err := checkEmpty(root); err != nil {
		return 0, errors.Join(fmt.Errorf("write solutions to %q: %w", folder, err), root.Close())
	}
	n, err := writeEach(solutions, func(s *Solution) error { return writeFile(root, s) })
	return n, errors.Join(err, root.Close())
}

func checkEmpty(root *os.Root) error {
	entries, err := fs.ReadDir(root.FS(), ".")
	if err != nil {
		return err
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), ".") {
			return ErrNotEmpty
		}
	}
	return nil
}

func writeFile(root *os.Root, s *Solution) error {
	f, err := root.OpenFile(fileName(s.ID), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(f)
	writeSolution(w, s)
	return errors.Join(w.Flush(), f.Close())
}

// writeSolution writes a solution as Markdown. Errors stay in w.
func writeSolution(w *bufio.Writer, s *Solution) {
	body := "\n" + s.Answer + "\n"
	fmt.Fprintln(w, frontMark)
	for _, key := range solutionKeys {
		switch text := valueText(s, key); {
		case key == "answer":
		case isListKey(key):
			writeList(w, key, fieldList(s, key), body)
		case text != "" || isSection(body, key):
			fmt.Fprintf(w, "%s: %s\n", key, quoted(text))
		}
	}
	fmt.Fprint(w, frontMark, "\n", body)
}

// writeList writes an item per line.
func writeList(w *bufio.Writer, key string, all []string, body string) {
	switch {
	case len(all) > 0:
		fmt.Fprintf(w, "%s:\n", key)
		for _, item := range all {
			fmt.Fprintf(w, "  - %s\n", quoted(item))
		}
	case isSection(body, key):
		fmt.Fprintf(w, "%s: []\n", key)
	}
}

// isSection reports whether the text has a heading that stands for the key: then
// the front matter must give the key, so that the heading stays in the answer.
func isSection(body, key string) bool {
	if key != "questions" && key != "short_reply" && key != "note" {
		return false
	}
	for line := range strings.SplitSeq(body, "\n") {
		if level, heading := headingOf(line); level == 2 && sectionKeys[strings.ToLower(heading)] == key {
			return true
		}
	}
	return false
}

// longestName bounds the name of a file, in bytes: file systems take 255.
const longestName = 100

// fileName is a solution's file, the same on every file system and for no other
// solution: its id where that is plain, else what is plain of it and a sum.
func fileName(id string) string {
	if isPlainName(id) {
		return id + ".md"
	}
	plain := strings.Map(func(r rune) rune {
		if isPlainRune(r) || r >= 'A' && r <= 'Z' {
			return r
		}
		return '-'
	}, id)
	plain = strings.Trim(clipBytes(plain, longestName-20), "-.")
	if plain == "" {
		plain = "solution"
	}
	sum := sha256.Sum256([]byte(id))
	return fmt.Sprintf("%s~%x.md", plain, sum[:8])
}

// isPlainName holds for names that mean the same file everywhere: upper case would
// not, where file systems know no case, nor would what they keep for themselves.
func isPlainName(id string) bool {
	if len(id) > longestName || strings.Trim(id, "-.") != id || id == "" {
		return false
	}
	switch base, _, _ := strings.Cut(id, "."); {
	case base == "con", base == "prn", base == "aux", base == "nul":
		return false
	case len(base) == 4 && (strings.HasPrefix(base, "com") || strings.HasPrefix(base, "lpt")):
		return false
	}
	return !strings.ContainsFunc(id, func(r rune) bool { return !isPlainRune(r) })
}

// isPlainRune holds for small letters, digits, - _ . and Chinese characters that no
// file system composes or folds.
func isPlainRune(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || strings.ContainsRune("-_.", r) || r >= 0x4E00 && r <= 0x9FFF && unicode.IsLetter(r)
}

// clipBytes cuts s to at most n bytes, at a character.
func clipBytes(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "")
}

// fieldList is a list of the solution.
func fieldList(s *Solution, key string) []string {
	if key == "tags" {
		return s.Tags
	}
	return s.Questions
}

// valueText is one value of the solution as text; "" when it has none, or a list.
func valueText(s *Solution, key string) string {
	switch key {
	case "id":
		return s.ID
	case "title":
		return s.Title
	case "answer":
		return s.Answer
	case "short_reply":
		return s.ShortReply
	case "note":
		return s.Note
	case "product":
		return s.Product
	case "region":
		return s.Region
	case "customer_type":
		return s.CustomerType
	case "language":
		return s.Language
	case "stage":
		return string(s.Stage)
	case "owner":
		return s.Owner
	case "status":
		return string(s.Status)
	}
	return timeValue(s, key)
}

// timeValue is one time of the solution; review_by is a day.
func timeValue(s *Solution, key string) string {
	t, form := time.Time{}, time.RFC3339Nano
	switch key {
	case "valid_from":
		t = s.ValidFrom
	case "valid_to":
		t = s.ValidTo
	case "review_by":
		t, form = s.ReviewBy, time.DateOnly
	case "reviewed_at":
		t = s.ReviewedAt
	}
	if t.IsZero() {
		return ""
	}
	return t.Format(form)
}

// Markdown is the solution as a Markdown file, which Read gives back as it was.
func (s *Solution) Markdown() string {
	var b strings.Builder
	w := bufio.NewWriter(&b)
	n := s.normal()
	writeSolution(w, &n)
	if err := w.Flush(); err != nil {
		return "" // a Builder takes everything
	}
	return b.String()
}
