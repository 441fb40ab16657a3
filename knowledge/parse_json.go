package knowledge

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"assay/pipeline/transcript"
)

// member is a key of a JSON object with its value.
type member struct {
	key   string
	value json.RawMessage
}

// parseSolution reads one line; the solution is never nil.
func parseSolution(line []byte, o ReadOptions) (*Solution, transcript.Problems) {
	d := newDraft(o)
	if at := transcript.FirstInvalid(line); at >= 0 {
		d.fail("", fmt.Sprintf("not valid UTF-8 at byte %d", at+1), "UTF-8")
		return &d.s, d.problems
	}
	members, err := parseMembers(line)
	if err != nil {
		d.fail("", err.Error(), "one JSON object on a line")
		return &d.s, d.problems
	}
	d.corpus = hasKey(members, "text") && !hasKey(members, "answer")
	for _, m := range members {
		d.take(m.key, jsonValue(m.value))
	}
	d.check()
	return &d.s, d.problems
}

func hasKey(members []member, key string) bool {
	return slices.ContainsFunc(members, func(m member) bool { return m.key == key })
}

// parseMembers reads a JSON object and keeps the order and repetition of its keys.
func parseMembers(line []byte) ([]member, error) {
	d := json.NewDecoder(bytes.NewReader(line))
	open, err := d.Token()
	if err != nil {
		return nil, jsonError(err, d)
	}
	if open != json.Delim('{') {
		return nil, fmt.Errorf("the line is %s", kindOf(line))
	}
	var out []member
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return nil, jsonError(err, d)
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return nil, jsonError(err, d)
		}
		out = append(out, member{fmt.Sprint(key), value})
	}
	if _, err := d.Token(); err != nil {
		return nil, jsonError(err, d)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("more behind the object at byte %d", d.InputOffset())
	}
	return out, nil
}

func jsonError(err error, d *json.Decoder) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("JSON ends too early")
	}
	at := d.InputOffset()
	if e, ok := errors.AsType[*json.SyntaxError](err); ok {
		at = max(at, e.Offset)
	}
	return fmt.Errorf("not JSON at byte %d: %w", at, err)
}

// jsonValue reads a value that the decoder has found to be JSON.
func jsonValue(raw json.RawMessage) value {
	v := value{is: kindOf(raw)}
	var err error
	switch v.is {
	case isText:
		err = json.Unmarshal(raw, &v.text)
	case isList:
		var items []json.RawMessage
		err = json.Unmarshal(raw, &items)
		for _, item := range items {
			v.items = append(v.items, jsonValue(item))
		}
	}
	if err != nil {
		v.is = fmt.Sprintf("not readable: %v", err)
	}
	return v
}

// kindOf names what a JSON value is.
func kindOf(value []byte) string {
	value = bytes.TrimSpace(value)
	if len(value) == 0 {
		return "nothing"
	}
	switch value[0] {
	case '{':
		return "an object"
	case '[':
		return isList
	case '"':
		return isText
	case 't', 'f':
		return "true or false"
	case 'n':
		return isNothing
	}
	return "a number"
}
