package redact

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"assay/pipeline/transcript"
)

// FuzzSession holds that spans are places of the text, that the original comes
// back from them, that offsets map both ways, and that nothing that was found
// stands in the redacted text.
func FuzzSession(f *testing.F) {
	for _, s := range []string{
		"我的手机是138 1234 5678\n好的，幺三八一二三四五六七八", "card 4111 1111 1111 1111\nending in 1111", "my name is John Smith\nthanks John", "发到zhang艾特163点com",
		"住在浙江省杭州市文三路8号2单元501\n<地址1>", "DE89370400440532013000 a123456(3) 2001:db8::1", "138\n嗯\n1234\n5678", "\xff幺三八ﬀ①②③㎏", "oh oh oh double double", "密码是abc123!\nA as in Alpha, B as in Bravo",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s := &transcript.Session{}
		for i, line := range strings.Split(text, "\n") {
			s.Turns = append(s.Turns, transcript.Turn{Speaker: transcript.Speakers[i%2], Text: line})
		}
		r := every.Session(s)
		for i := range r.Turns {
			holds(t, s.Turns[i].Text, &r.Turns[i])
		}
	})
}

func holds(t *testing.T, original string, text *Text) {
	t.Helper()
	var back strings.Builder
	at, from := 0, 0
	for i, sp := range text.Spans {
		if sp.Start < from || sp.End <= sp.Start || sp.End > len(original) || sp.Confidence <= 0 || sp.Confidence > 1 || sp.Tag == "" || sp.Reason == "" {
			t.Fatalf("%q: span %+v after %d", original, sp, from)
		}
		if utf8.ValidString(original) && !utf8.ValidString(original[sp.Start:sp.End]) {
			t.Fatalf("%q: span %+v cuts a character", original, sp)
		}
		start := text.places[i]
		back.WriteString(text.Text[at:start] + original[sp.Start:sp.End])
		if got := text.Text[start : start+len(sp.Tag)]; got != sp.Tag {
			t.Fatalf("%q stands where the tag %q belongs", got, sp.Tag)
		}
		at, from = start+len(sp.Tag), sp.End
		if a, b := text.FromOriginal(sp.Start, sp.End); a != start || b != at {
			t.Fatalf("%q: %+v maps to [%d, %d), want [%d, %d)", original, sp, a, b, start, at)
		}
		if a, b := text.ToOriginal(start, at); a != sp.Start || b != sp.End {
			t.Fatalf("%q: the tag of %+v maps to [%d, %d)", original, sp, a, b)
		}
	}
	if back.WriteString(text.Text[at:]); back.String() != original {
		t.Fatalf("%q came back as %q", original, back.String())
	}
	for _, sp := range text.Spans {
		value := original[sp.Start:sp.End]
		if len(value) >= 11 && strings.Trim(value, "0123456789") == "" && stands(text.Text, value) {
			t.Fatalf("%q: %q is left in %q", original, value, text.Text)
		}
	}
}

// stands reports whether digits stand in a text as a number of their own.
func stands(text, digits string) bool {
	for i := strings.Index(text, digits); i >= 0; {
		end := i + len(digits)
		alone := (i == 0 || !isNear(text[i-1])) && (end == len(text) || !isNear(text[end]))
		if alone {
			return true
		}
		next := strings.Index(text[i+1:], digits)
		if next < 0 {
			return false
		}
		i += 1 + next
	}
	return false
}

// isNear reports whether a character may make a number a part of something longer.
func isNear(c byte) bool { return c >= utf8.RuneSelf || c > ' ' }

// hostile are texts that cost most.
var hostile = map[string]string{
	"digits": "1", "groups": "1234 ", "phones": "13812345678,", "cards": "4111 1111 1111 1111 ", "said": "幺三八", "words": "one ", "oh": "oh ", "letters": "a-", "as in": "a as in alpha, ",
	"addresses": "文三路8号", "cues": "手机号", "names": "王先生", "capitals": "John Smith ", "mail": "a dot ", "at": "a at b dot ", "hex": "2001:", "dots": "1.", "tags": "<电话1>", "blank": " \n", "surnames": "王李张",
	"streets": "12 Glyn ", "plates": "京A12345", "ask": "my name is ", "password": "密码是a1b2 ",
}

// randomly are pieces of hostile texts in no order.
var randomly = map[string][]string{
	"digits": strings.Split("0123456789", ""), "rows": strings.Split("0123456789  -", ""), "numerals": strings.Split("零一二三四五六七八九十百千万幺", ""), "said": {"one ", "two ", "oh ", "double ", "twenty "},
	"people": {"王", "李", "先生", "女士", "张三", "我叫", "John Smith ", "my name is "}, "places": {"路", "街", "12", "号", "栋", "楼", "室", "文三", "单元", " st ", " road "}, "mails": {"a", "@", ".", "com", " dot ", " at ", "点", "艾特"},
}

// BenchmarkRandom is a megabyte of such pieces in one turn.
func BenchmarkRandom(b *testing.B) {
	for name, pieces := range randomly {
		b.Run(name, func(b *testing.B) {
			random := rand.New(rand.NewPCG(1, 2))
			var text strings.Builder
			for text.Len() < 1<<20 {
				text.WriteString(pieces[random.IntN(len(pieces))])
			}
			s := &transcript.Session{Turns: []transcript.Turn{{Speaker: transcript.Customer, Text: text.String()}}}
			b.SetBytes(1 << 20)
			for b.Loop() {
				every.Session(s)
			}
		})
	}
}

// BenchmarkHostile holds that the time per byte does not grow with the length.
func BenchmarkHostile(b *testing.B) {
	for name, text := range hostile {
		for _, kilobytes := range []int{16, 1024} {
			b.Run(fmt.Sprintf("%s/%dKB", name, kilobytes), func(b *testing.B) {
				s := &transcript.Session{Turns: []transcript.Turn{{Speaker: transcript.Customer, Text: strings.Repeat(text, kilobytes<<10/len(text))}}}
				b.SetBytes(int64(len(s.Turns[0].Text)))
				for b.Loop() {
					every.Session(s)
				}
			})
		}
	}
}

// BenchmarkSessions measures ordinary sessions of both languages, and how many
// times longer redaction takes than folding the same turns.
func BenchmarkSessions(b *testing.B) {
	var sessions []*transcript.Session
	turns := 0
	for rec := range transcript.Read(b.Context(), []string{"../../testdata/demo/sessions", "../../testdata/redaction"}, transcript.Options{}) {
		if rec.Session != nil {
			sessions = append(sessions, rec.Session)
			turns += len(rec.Session.Turns)
		}
	}
	var folding time.Duration
	for b.Loop() {
		start := time.Now()
		for _, s := range sessions {
			for i := range s.Turns {
				transcript.Fold(s.Turns[i].Text)
			}
		}
		folding += time.Since(start)
		for _, s := range sessions {
			every.Session(s)
		}
	}
	redacting := b.Elapsed() - folding
	b.ReportMetric(float64(turns)*float64(b.N)/redacting.Seconds(), "turns/s")
	b.ReportMetric(float64(redacting)/float64(folding), "×fold")
}

// TestManyTurnsOfDigits holds that what looks like one long dictation ends.
func TestManyTurnsOfDigits(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	s := &transcript.Session{}
	for i := range 20000 {
		s.Turns = append(s.Turns, transcript.Turn{Speaker: transcript.Speakers[i%2], Text: fmt.Sprint(random.IntN(10000))})
	}
	r := every.Session(s)
	for i := range r.Turns {
		holds(t, s.Turns[i].Text, &r.Turns[i])
	}
}
