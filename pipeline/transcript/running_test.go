package transcript

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestReadAddition(t *testing.T) {
	t.Parallel()
	got, err := ReadAddition([]byte(`{"session":{"id":"s","channel":"chat","metadata":{"queue":"vip"}},"first":2,"count":9,
		"turns":[{"speaker":"customer","text":"a","final":false,"start_ms":5},{"speaker":"agent","text":""}]}`), "s", Limits{})
	if err != nil {
		t.Fatal(err)
	}
	want := &Addition{
		Session: &Session{ID: "s", Channel: Chat, Metadata: map[string]any{"queue": "vip"}}, First: new(2), Count: new(9),
		Turns: []LiveTurn{{Turn: Turn{Speaker: Customer, Text: "a", StartMS: new(int64(5))}}, {Turn: Turn{Speaker: Agent}, Final: true}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestReadAdditionSaysAllThatIsWrong(t *testing.T) {
	t.Parallel()
	l := Limits{LineBytes: 500, Turns: 3, TurnRunes: 5}
	for name, c := range map[string]struct {
		body  string
		field string
	}{
		"no JSON":                 {`{"turns"`, ""},
		"a list":                  {`[]`, ""},
		"an unknown key":          {`{"turn":[]}`, "turn"},
		"another session's id":    {`{"session":{"id":"other"}}`, "session.id"},
		"turns of the session":    {`{"session":{"turns":[]}}`, "session.turns"},
		"an unknown channel":      {`{"session":{"channel":"fax"}}`, "session.channel"},
		"a time that is none":     {`{"session":{"started_at":"today"}}`, "session.started_at"},
		"a place below 0":         {`{"first":-1}`, "first"},
		"a place above the limit": {`{"first":4}`, "first"},
		"too many turns":          {`{"turns":[{},{},{},{}]}`, "turns"},
		"a turn too long":         {`{"turns":[{"speaker":"agent","text":"123456"}]}`, "turns[0].text"},
		"a turn that is none":     {`{"turns":[1]}`, "turns[0]"},
		"final that is no truth":  {`{"turns":[{"speaker":"agent","text":"","final":1}]}`, "turns[0].final"},
		"a NUL":                   {`{"turns":[{"speaker":"agent","text":"\u0000"}]}`, "turns[0].text"},
		"half a character":        {`{"turns":[{"speaker":"agent","text":"\ud83d"}]}`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := ReadAddition([]byte(c.body), "s", l)
			p, ok := errors.AsType[Problems](err)
			if !ok || p[0].Field != c.field {
				t.Errorf("%v, want a problem of field %q", err, c.field)
			}
		})
	}
}

func TestMergeAddsAndChangesNothing(t *testing.T) {
	t.Parallel()
	s := &Session{ID: "s", Channel: Chat, Metadata: map[string]any{"queue": "vip"}}
	if err := s.Merge(&Session{ID: "s", Channel: Chat, Language: "zh", CSAT: 4, Metadata: map[string]any{"queue": "vip", "tag": "a"}}); err != nil {
		t.Fatal(err)
	}
	want := &Session{ID: "s", Channel: Chat, Language: "zh", CSAT: 4, Metadata: map[string]any{"queue": "vip", "tag": "a"}}
	if diff := cmp.Diff(want, s); diff != "" {
		t.Error(diff)
	}
	err := s.Merge(&Session{ID: "s", Channel: Call, StartedAt: time.Unix(1e9, 0), Metadata: map[string]any{"queue": "gold"}})
	if p, ok := errors.AsType[Problems](err); !ok || len(p) != 3 {
		t.Errorf("changes: %v", err)
	}
}

// FuzzReadAddition reads whatever comes: what is taken is within the limits, can be
// stored, and is read again as the same.
func FuzzReadAddition(f *testing.F) {
	for _, body := range []string{
		"", "{}", "[]", `{"first":0,"turns":[]}`, `{"session":{"channel":"chat","metadata":{"a":[1,{"b":null}]}}}`,
		`{"turns":[{"speaker":"agent","text":"\ud83d\ude00","final":false,"at":"2026-01-01T00:00:00Z"}]}`, `{"turns":[{"speaker":"boss"}],"count":"x"}`, "{\"turns\":[{\"speaker\":\"agent\",\"text\":\"\xff\"}]}",
	} {
		f.Add([]byte(body))
	}
	l := Limits{LineBytes: 4 << 10, Turns: 20, TurnRunes: 200}
	f.Fuzz(func(t *testing.T, b []byte) {
		a, err := ReadAddition(b, "s", l)
		if err != nil {
			if p, ok := errors.AsType[Problems](err); !ok || len(p) == 0 || p.Error() == "" {
				t.Fatalf("%v is no list of problems", err)
			}
			return
		}
		s := &Session{ID: "s", Channel: Chat, Turns: []Turn{}}
		if a.Session != nil {
			if err := s.Merge(a.Session); err != nil && a.Session.Channel == Chat && a.Session.StartedAt.IsZero() {
				t.Fatalf("fields that were read do not fit: %v", err)
			}
		}
		for _, turn := range a.Turns {
			s.Turns = append(s.Turns, turn.Turn)
		}
		if len(s.Turns) == 0 {
			s.Turns = []Turn{{Speaker: System}}
		}
		if err := s.Check(l); err != nil {
			t.Fatalf("what was taken makes no session: %v", err)
		}
		content, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		again, err := Decode(content)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(s, again); diff != "" {
			t.Fatal(diff)
		}
	})
}
