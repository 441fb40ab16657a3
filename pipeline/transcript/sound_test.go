package transcript

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// one reads standard input, which holds one session.
func one(t *testing.T, o Options) *Session {
	t.Helper()
	var found *Session
	for r := range Read(t.Context(), []string{Stdin}, o) {
		if r.Session == nil || found != nil {
			t.Fatalf("not one session: %+v", r)
		}
		found = r.Session
	}
	return found
}

func TestDurationAndLoudnessAreReadAndWritten(t *testing.T) {
	t.Parallel()
	line := `{"id":"a","channel":"call","duration_ms":65000,"turns":[{"speaker":"agent","text":"hi","loudness":7}]}`
	for _, c := range []struct{ name, in, want string }{
		{"canonical", line, line},
		{"without them nothing is written", `{"id":"a","channel":"call","turns":[{"speaker":"agent","text":"hi"}]}`,
			`{"id":"a","channel":"call","turns":[{"speaker":"agent","text":"hi"}]}`},
		{"columns", "id,channel,speaker,text,duration_ms,loudness\na,call,agent,hi,65000,7\n", line},
		{"a duration in minutes and seconds", "id,channel,speaker,text,duration_ms,loudness\na,call,agent,hi,1:05,7\n", line},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, _, err := one(t, Options{Stdin: strings.NewReader(c.in)}).Encode()
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, string(got)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestMappedDuration(t *testing.T) {
	t.Parallel()
	m := &Mapping{Columns: map[string]string{"通话时长": "duration", "能量": "loudness"}, Time: TimeMapping{Unit: Seconds}}
	s := one(t, Options{Mapping: m, Stdin: strings.NewReader("id,speaker,text,通话时长,能量\na,agent,hi,65,10\n")})
	if d, ok := s.Length(); !ok || d != 65*time.Second || s.Turns[0].Loudness != 10 {
		t.Errorf("duration %s (%t), loudness %d", d, ok, s.Turns[0].Loudness)
	}
}

func TestWhenASessionBeganIsKnown(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 1, 1, 9, 0, 5, 0, time.UTC)
	for _, c := range []struct {
		name    string
		session Session
		known   bool
	}{
		{"offset", Session{Turns: []Turn{{StartMS: new(int64(5000))}}}, true},
		{"clock and beginning", Session{StartedAt: at.Add(-5 * time.Second), Turns: []Turn{{At: at}}}, true},
		{"clock alone", Session{Turns: []Turn{{At: at}}}, false},
		{"nothing", Session{StartedAt: at, Turns: []Turn{{}}}, false},
	} {
		if d, ok := c.session.Opened(0); ok != c.known || ok && d != 5*time.Second {
			t.Errorf("%s: %s, %t", c.name, d, ok)
		}
	}
}

func TestMonoAudio(t *testing.T) {
	t.Parallel()
	for value, want := range map[any]bool{"mono": true, " Mono": true, "stereo": false, nil: false, 1.0: false} {
		s := Session{Metadata: map[string]any{"audio": value}}
		if s.MonoAudio() != want {
			t.Errorf("audio %v: mono is %t", value, s.MonoAudio())
		}
	}
}
