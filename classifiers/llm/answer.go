package llm

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"unicode"
)

// claim is what a model says about one question.
type claim struct {
	Criterion string  `json:"criterion"`
	Applies   bool    `json:"applies"`
	Reason    string  `json:"reason"`
	Answer    string  `json:"answer"` // yes, no, unsure
	Quotes    []quote `json:"quotes"`
}

type quote struct {
	Turn int    `json:"turn"`
	Text string `json:"text"`
}

// Bounds of one answer.
const (
	mostQuotes  = 20
	reasonRunes = 2000 // kept of a reason
)

var choices = []string{"yes", "no", "unsure"}

// parseAnswers reads a model's answer to the questions with these ids, in their
// order. Nothing is guessed: an answer with anything missing, doubled or not asked
// for is none. The client has taken off thoughts and code fences.
func parseAnswers(text string, ids []string) ([]claim, error) {
	d := json.NewDecoder(strings.NewReader(text))
	found := make([]*claim, len(ids))
	err := object(d, map[string]func() error{"answers": func() error {
		return array(d, func() error {
			a, err := parseAnswer(d)
			if err != nil {
				return err
			}
			i := slices.Index(ids, a.Criterion)
			switch {
			case i < 0:
				return fmt.Errorf("there is no question %q", shortened(a.Criterion))
			case found[i] != nil:
				return fmt.Errorf("question %q is answered twice", a.Criterion)
			}
			found[i] = &a
			return nil
		})
	}})
	if err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something follows the JSON object")
	}
	out := make([]claim, len(ids))
	for i, a := range found {
		if a == nil {
			return nil, fmt.Errorf("question %q is not answered", ids[i])
		}
		out[i] = *a
	}
	return out, nil
}

// parseAnswer reads the answer to one question.
func parseAnswer(d *json.Decoder) (claim, error) {
	var a claim
	err := object(d, map[string]func() error{
		"criterion": func() error { return d.Decode(&a.Criterion) },
		"applies":   func() error { return boolean(d, &a.Applies) },
		"reason":    func() error { return d.Decode(&a.Reason) },
		"answer":    func() error { return d.Decode(&a.Answer) },
		"quotes": func() error {
			return array(d, func() error {
				q, err := parseQuote(d)
				if a.Quotes = append(a.Quotes, q); err == nil && len(a.Quotes) > mostQuotes {
					err = fmt.Errorf("more than %d quotes for one question", mostQuotes)
				}
				return err
			})
		},
	})
	if err != nil {
		return a, err
	}
	if !slices.Contains(choices, a.Answer) {
		return a, fmt.Errorf("the answer to %q is %q, not one of %s", shortened(a.Criterion), shortened(a.Answer), strings.Join(choices, ", "))
	}
	if a.Reason = readable(a.Reason); a.Reason == "" {
		return a, fmt.Errorf("the reason for %q is empty", shortened(a.Criterion))
	}
	return a, nil
}

func parseQuote(d *json.Decoder) (quote, error) {
	var q quote
	var turn *int
	err := object(d, map[string]func() error{
		"turn": func() error { return d.Decode(&turn) },
		"text": func() error { return d.Decode(&q.Text) },
	})
	switch {
	case err != nil:
		return q, err
	case turn == nil:
		return q, errors.New("the turn of a quote is no number")
	}
	q.Turn = *turn
	return q, nil
}

// boolean reads true or false; null is neither.
func boolean(d *json.Decoder, into *bool) error {
	t, err := d.Token()
	if err != nil {
		return unreadable(err)
	}
	var ok bool
	if *into, ok = t.(bool); !ok {
		return fmt.Errorf("%v is not true or false", t)
	}
	return nil
}

// object reads a JSON object that has exactly these keys, each once.
func object(d *json.Decoder, keys map[string]func() error) error {
	if err := open(d, '{'); err != nil {
		return err
	}
	seen := map[string]bool{}
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return unreadable(err)
		}
		key, _ := t.(string)
		switch value := keys[key]; {
		case value == nil:
			return fmt.Errorf("the key %q is not asked for", shortened(key))
		case seen[key]:
			return fmt.Errorf("the key %q stands twice", key)
		default:
			if err := value(); err != nil {
				return unreadable(err)
			}
		}
		seen[key] = true
	}
	if _, err := d.Token(); err != nil {
		return unreadable(err)
	}
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		if !seen[key] {
			return fmt.Errorf("the key %q is missing", key)
		}
	}
	return nil
}

// array reads a JSON array.
func array(d *json.Decoder, element func() error) error {
	if err := open(d, '['); err != nil {
		return err
	}
	for d.More() {
		if err := element(); err != nil {
			return err
		}
	}
	_, err := d.Token()
	return unreadable(err)
}

func open(d *json.Decoder, want json.Delim) error {
	t, err := d.Token()
	if err != nil {
		return unreadable(err)
	}
	if t != want {
		return fmt.Errorf("%s is expected where %q stands", want, shortened(fmt.Sprint(t)))
	}
	return nil
}

// unreadable says of the decoder's errors what they mean here.
func unreadable(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("the JSON object ends too early")
	}
	return err
}

// readable is a model's sentence without what cannot be shown or stored.
func readable(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case invisible(r):
			return -1
		}
		return r
	}, s)
	s, _ = cutAfter(oneLine(s), reasonRunes)
	return s
}

// shortened is a model's word for a message.
func shortened(s string) string {
	s, _ = cutAfter(readable(s), 60)
	return s
}
