package web

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTurnsAreToldAsTheyComeIn(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	got := s.say("live 1/a", `{"session":{"channel":"chat","language":"zh"},"first":0,"turns":[{"speaker":"customer","text":"在吗"}]}`)
	if diff := cmp.Diff(map[string]any{"session_id": "live 1/a", "turns": 1.0, "last_event": 1.0, "added": 1.0, "replaced": 0.0}, got); diff != "" {
		t.Error(diff)
	}
	l := s.listen("live 1/a", "")
	if got := l.answer.Header.Get("Content-Type"); got != "text/event-stream" {
		t.Errorf("content type %q", got)
	}
	first := l.until("turn")[0]
	want := map[string]any{"turn": 0.0, "speaker": "customer", "text": "在吗", "final": true}
	if diff := cmp.Diff(want, first.told(t)); diff != "" || first.ID != "1" {
		t.Errorf("event %s: %s", first.ID, diff)
	}
	s.say("live 1/a", `{"first":1,"turns":[{"speaker":"agent","text":"卡号6222021234567890123对吗"}]}`)
	second := l.until("turn")[0]
	if text, _ := second.told(t)["text"].(string); strings.Contains(text, "6222021234567890") || !strings.Contains(text, "对吗") {
		t.Errorf("the reader is shown %q", text)
	}
}

func TestAdditionsThatDoNotFitAreRefused(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	s.say("a", `{"session":{"channel":"chat"},"turns":[{"speaker":"agent","text":"1"},{"speaker":"agent","text":"2"}]}`)
	s.say("over", `{"session":{"channel":"chat"},"turns":[{"speaker":"agent","text":"1"}]}`)
	if status, _ := s.add("/api/v1/sessions/over/end", `{"count":1}`); status != http.StatusOK {
		t.Fatalf("end: %d", status)
	}
	for name, c := range map[string]struct {
		path, body string
		status     int
		want       map[string]any
	}{
		"a gap":                    {"a/turns", `{"first":3,"turns":[{"speaker":"agent","text":"4"}]}`, 409, map[string]any{"expected": 2.0, "turn": 3.0}},
		"other words":              {"a/turns", `{"first":1,"turns":[{"speaker":"agent","text":"zwei"}]}`, 409, map[string]any{"expected": 2.0, "turn": 1.0}},
		"a beginning in the midst": {"b/turns", `{"session":{"channel":"chat"},"first":1,"turns":[{"speaker":"agent","text":"x"}]}`, 409, map[string]any{"expected": 0.0, "turn": 1.0}},
		"an end too early":         {"a/end", `{"count":3}`, 409, map[string]any{"expected": 2.0, "turn": 2.0}},
		"after the end":            {"over/turns", `{"first":1,"turns":[{"speaker":"agent","text":"2"}]}`, 409, map[string]any{"ended": true}},
		"no channel":               {"c/turns", `{"turns":[{"speaker":"agent","text":"1"}]}`, 400, nil},
		"another agent":            {"a/turns", `{"session":{"channel":"call"},"turns":[]}`, 400, nil},
		"no JSON":                  {"a/turns", `{"turns":`, 400, nil},
		"no such speaker":          {"a/turns", `{"turns":[{"speaker":"boss","text":"x"}]}`, 400, nil},
		"a NUL":                    {"a/turns", `{"turns":[{"speaker":"agent","text":"\u0000"}]}`, 400, nil},
		"half a character":         {"a/turns", `{"turns":[{"speaker":"agent","text":"\ud83d"}]}`, 400, nil},
		"an end of nothing":        {"nothing/end", ``, 404, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			status, got := s.add("/api/v1/sessions/"+c.path, c.body)
			if status != c.status || got["status"] != float64(c.status) {
				t.Fatalf("status %d, want %d: %v", status, c.status, got)
			}
			for key, want := range c.want {
				if diff := cmp.Diff(want, got[key]); diff != "" {
					t.Errorf("%s: %s", key, diff)
				}
			}
			if _, ok := got["problems"]; ok != (c.status == 400) {
				t.Errorf("problems: %v", got)
			}
		})
	}
}
