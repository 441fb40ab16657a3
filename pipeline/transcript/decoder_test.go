package transcript

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// full is a session with a value in every field.
func full() *Session {
	at := time.Date(2025, 3, 1, 9, 30, 0, 250_000_000, time.FixedZone("", 8*3600))
	s := &Session{
		ID: "会话 <1> & \"2\"\\", StartedAt: at, Agent: &AgentRef{}, Customer: &CustomerRef{}, CSAT: 4,
		Metadata: map[string]any{
			"a": "b\n\u2028", "n": 12.0, "f": -0.5, "t": true, "x": false, "z": nil, "l": []any{1.0, "二"},
			"big": 1e300, "none": []any{}, "o": map[string]any{"k": 1.0},
		},
	}
	fill(reflect.ValueOf(s).Elem())
	s.Turns = make([]Turn, 3)
	for i := range s.Turns {
		fill(reflect.ValueOf(&s.Turns[i]).Elem())
		s.Turns[i].At = at.Add(time.Duration(i) * time.Second).UTC()
	}
	s.Turns[1].Text = "tab\t, <b>, 😀, \u0001 and a \"quote\""
	return s
}

// fill sets what is still empty, so that a field that is added is tried here.
func fill(v reflect.Value) {
	for i := range v.NumField() {
		f := v.Field(i)
		switch {
		case f.Kind() == reflect.Pointer && f.Type().Elem().Kind() == reflect.Struct && !f.IsNil():
			fill(f.Elem())
		case !f.IsZero() || f.Type() == reflect.TypeFor[time.Time]() || f.Kind() == reflect.Slice || f.Kind() == reflect.Map:
		case f.Kind() == reflect.Pointer:
			f.Set(reflect.New(f.Type().Elem()))
			f.Elem().SetInt(int64(1000 + i))
		case f.Kind() == reflect.String:
			f.SetString(fmt.Sprintf("field %d", i))
		case f.CanInt():
			f.SetInt(int64(1 + i))
		default:
			panic("a field of a type that fill does not know: " + v.Type().Field(i).Name)
		}
	}
}

func encode(t testing.TB, s *Session) string {
	t.Helper()
	b, _, err := s.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestDecoderKnowsEveryField fails when a field is added that the decoder leaves
// to Decode: it would still be right, but slow.
func TestDecoderKnowsEveryField(t *testing.T) {
	t.Parallel()
	s := full()
	for _, slow := range []string{"f", "big", "o"} {
		delete(s.Metadata, slow)
	}
	var d Decoder
	d.text = encode(t, s)
	if !d.read() {
		t.Fatalf("stopped at byte %d: %.60s", d.at, d.text[d.at:])
	}
}

func checkDecoder(t *testing.T, d *Decoder, text string) {
	t.Helper()
	want, wantErr := Decode([]byte(text))
	got, err := d.Decode(text)
	if (err == nil) != (wantErr == nil) {
		t.Fatalf("error %v, Decode says %v\n%s", err, wantErr, text)
	}
	if err != nil {
		return
	}
	sameTime := cmp.Comparer(func(a, b time.Time) bool {
		_, x := a.Zone()
		_, y := b.Zone()
		return a.Equal(b) && x == y
	})
	nothing := cmp.FilterValues(func(a, b []Turn) bool { return len(a) == 0 && len(b) == 0 }, cmp.Ignore())
	if diff := cmp.Diff(want, got, sameTime, nothing); diff != "" {
		t.Fatalf("(-Decode +Decoder)\n%s\n%s", diff, text)
	}
}

func TestDecoderReadsWhatDecodeReads(t *testing.T) {
	t.Parallel()
	whole := encode(t, full())
	var d Decoder
	for _, text := range []string{
		whole, `{}`, `{"turns":null}`, `{"turns":[]}`, `{"id":null}`, `[]`, `null`, ``, `{`, `{"id":"a"`, `{"id":"a"}x`, `{"id":"a"} `,
		`{"id":"a","id":"b"}`, `{"ID":"a"}`, `{"other":1,"id":"a"}`, `{"id":"\ud83d\ude00"}`, `{"id":"\ud83d"}`, `{"id":"\q"}`, "{\"id\":\"a\nb\"}",
		`{"csat":1.0}`, `{"csat":1e2}`, `{"csat":01}`, `{"csat":-0}`, `{"csat":99999999999999999999}`, `{"csat":"1"}`, `{"csat":-3}`,
		`{"started_at":"2025-02-29T00:00:00Z"}`, `{"started_at":"2024-02-29T00:00:00Z"}`, `{"started_at":"2024-02-29T24:00:00Z"}`,
		`{"started_at":"2024-02-29T00:00:00.123456789+05:30"}`, `{"started_at":"2024-02-29T00:00:00,5Z"}`, `{"started_at":"2024-02-29T00:00:00+24:00"}`,
		`{"started_at":""}`, `{"started_at":null}`, `{"started_at":"2024-02-29T00:00:60Z"}`, `{"started_at":"2024-02-29T00:00:00.Z"}`,
		`{"metadata":{"a":{"b":1}}}`, `{"metadata":{"a":1.5}}`, `{"metadata":{"a":9007199254740993}}`, `{"metadata":{"a":-0}}`, `{"metadata":null}`,
		`{"turns":[{"start_ms":5},{"start_ms":-5,"end_ms":0}]}`, `{"turns":[1]}`, `{"turns":[{"text":"a"},]}`, `{"agent":{"id":"a","id":"b"}}`,
		`{"agent":null,"customer":{}}`, `{"turns":[{"text":"\/\b\f\u00e9\u4f60"}]}`,
	} {
		checkDecoder(t, &d, text)
	}
	for i := range whole {
		checkDecoder(t, &d, whole[:i])
	}
}

func TestDecoderUsesItsMemoryAgain(t *testing.T) { // alone: it counts allocations
	var d Decoder
	checkDecoder(t, &d, encode(t, full()))
	checkDecoder(t, &d, `{"id":"b","channel":"chat","turns":[{"speaker":"agent","text":"hi"}]}`)
	text := encode(t, &Session{ID: "plain", Channel: Chat, Turns: slicesOf(40)})
	if n := testing.AllocsPerRun(100, func() {
		if _, err := d.Decode(text); err != nil {
			t.Fatal(err)
		}
	}); n > 0 {
		t.Errorf("%g allocations for a plain session", n)
	}
}

func slicesOf(n int) []Turn {
	turns := make([]Turn, n)
	for i := range turns {
		turns[i] = Turn{Speaker: Speakers[i%2], Text: strings.Repeat("您好 hello ", 3), StartMS: new(int64(i) * 1000)}
	}
	return turns
}

func FuzzDecoder(f *testing.F) {
	f.Add(encode(f, full()))
	f.Add(`{"id":"a","turns":[{"speaker":"agent","text":"\u00e9","at":"2025-03-01T09:30:00.25+08:00","start_ms":12}]}`)
	f.Add(`{"metadata":{"a":[1,null,"x",true],"b":-5}}`)
	f.Fuzz(func(t *testing.T, text string) {
		if !utf8.ValidString(text) {
			return
		}
		checkDecoder(t, new(Decoder), text)
	})
}

func BenchmarkDecoder(b *testing.B) {
	text := encode(b, &Session{ID: "plain", Channel: Chat, Turns: slicesOf(40)})
	b.Run("Decoder", func(b *testing.B) {
		var d Decoder
		b.SetBytes(int64(len(text)))
		b.ReportAllocs()
		for b.Loop() {
			if _, err := d.Decode(text); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("Decode", func(b *testing.B) {
		b.SetBytes(int64(len(text)))
		b.ReportAllocs()
		for b.Loop() {
			if _, err := Decode([]byte(text)); err != nil {
				b.Fatal(err)
			}
		}
	})
}
