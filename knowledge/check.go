package knowledge

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"assay/pipeline/transcript"
)

// Check finds what a solution that people wrote must not have. Only what
// is published must have an answer. Its error is transcript.Problems, whose fields are the keys of the
// solution's JSON.
func (s *Solution) Check() error {
	var p transcript.Problems
	p = append(p, checkID(s.ID)...)
	p = append(p, checkLine("title", s.Title, 1, maxTitleRunes)...)
	p = append(p, checkAll("questions", s.Questions, maxWordings, maxWordingRunes)...)
	p = append(p, checkAnswer(s)...)
	p = append(p, checkText("short_reply", s.ShortReply, 0, maxReplyRunes)...)
	p = append(p, checkText("note", s.Note, 0, maxNoteRunes)...)
	p = append(p, checkAll("tags", s.Tags, maxTags, maxNameRunes)...)
	p = append(p, checkLine("product", s.Product, 0, maxNameRunes)...)
	p = append(p, checkLine("region", s.Region, 0, maxNameRunes)...)
	p = append(p, checkLine("owner", s.Owner, 0, maxNameRunes)...)
	p = append(p, checkCustomerType(s.CustomerType)...)
	if !isLanguage(s.Language) {
		p = append(p, problem("language", fmt.Sprintf("%q is no language tag", clip(s.Language, 60)), "BCP 47 tags such as zh, en, zh-CN"))
	}
	if s.Stage != "" && !slices.Contains(Stages, s.Stage) {
		p = append(p, problem("stage", fmt.Sprintf("unknown stage %q", clip(string(s.Stage), 60)), listed(Stages)))
	}
	p = append(p, checkValidity(s)...)
	p = append(p, checkDay("review_by", s.ReviewBy)...)
	if s.Status != "" {
		p = append(p, checkStatus(s.Status)...)
	}
	return problemsOf(p)
}

// checkAnswer checks the answer, which only what is published must have.
func checkAnswer(s *Solution) transcript.Problems {
	least := 1
	if s.Status == Draft || s.Status == Retired {
		least = 0
	}
	return checkText("answer", s.Answer, least, maxAnswerRunes)
}

const (
	maxReplyRunes = 2_000
	maxNoteRunes  = 20_000
)

// problemsOf is the problems as an error: nil when there are none.
func problemsOf(p transcript.Problems) error {
	if len(p) == 0 {
		return nil
	}
	return p
}

func checkID(id string) transcript.Problems {
	switch {
	case id == "":
		return transcript.Problems{problem("id", "missing or empty", "")}
	case len(id) > maxIDBytes:
		return transcript.Problems{problem("id", fmt.Sprintf("%d bytes, more than %d", len(id), maxIDBytes), "")}
	case !utf8.ValidString(id) || strings.ContainsFunc(id, unicode.IsControl):
		return transcript.Problems{problem("id", fmt.Sprintf("%q has a control character", id), "")}
	case strings.TrimSpace(id) != id:
		return transcript.Problems{problem("id", fmt.Sprintf("%q begins or ends with white space", id), "")}
	}
	return nil
}

// checkLine checks a text of one line.
func checkLine(field, s string, least, most int) transcript.Problems {
	if strings.ContainsAny(s, "\r\n") {
		return transcript.Problems{problem(field, "has more than one line", "")}
	}
	return checkText(field, s, least, most)
}

// checkText checks a text's form and its length in characters.
func checkText(field, s string, least, most int) transcript.Problems {
	n := utf8.RuneCountInString(s)
	switch {
	case !utf8.ValidString(s):
		return transcript.Problems{problem(field, "not valid UTF-8", "UTF-8")}
	case strings.IndexByte(s, 0) >= 0:
		return transcript.Problems{problem(field, "has a NUL character", "")}
	case least > 0 && strings.TrimSpace(s) == "":
		return transcript.Problems{problem(field, "missing or empty", "")}
	case n > most:
		return transcript.Problems{problem(field, fmt.Sprintf("%d characters, more than %d", n, most), "")}
	}
	return nil
}

func checkAll(field string, all []string, most, runes int) transcript.Problems {
	if len(all) > most {
		return transcript.Problems{problem(field, fmt.Sprintf("%d entries, more than %d", len(all), most), "")}
	}
	var p transcript.Problems
	for i, s := range all {
		p = append(p, checkLine(fmt.Sprintf("%s[%d]", field, i), s, 1, runes)...)
	}
	return p
}

// customerTypes are those that a solution may be for.
var customerTypes = []string{"individual", "enterprise"}

func checkCustomerType(s string) transcript.Problems {
	if s == "" || slices.Contains(customerTypes, s) {
		return nil
	}
	return transcript.Problems{problem("customer_type", fmt.Sprintf("unknown customer type %q", clip(s, 60)), listed(customerTypes))}
}

func checkStatus(s Status) transcript.Problems {
	if slices.Contains(Statuses, s) {
		return nil
	}
	return transcript.Problems{problem("status", fmt.Sprintf("unknown status %q", clip(string(s), 60)), listed(Statuses))}
}

func checkValidity(s *Solution) transcript.Problems {
	p := append(checkDay("valid_from", s.ValidFrom), checkDay("valid_to", s.ValidTo)...)
	if len(p) == 0 && !s.ValidTo.IsZero() && !s.ValidTo.After(s.ValidFrom) {
		p = append(p, problem("valid_to", "is not after valid_from", ""))
	}
	return p
}

// checkDay checks a time that may be missing.
func checkDay(field string, t time.Time) transcript.Problems {
	if t.IsZero() || t.Year() >= 1970 && t.Year() <= 2199 {
		return nil
	}
	return transcript.Problems{problem(field, fmt.Sprintf("year %d is out of range", t.Year()), "1970 to 2199")}
}

// listed writes allowed values for people.
func listed[T ~string](all []T) string {
	words := make([]string, len(all))
	for i, v := range all {
		words[i] = string(v)
	}
	return strings.Join(words, ", ")
}
