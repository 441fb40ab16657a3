package transcript

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestCheckNamesEveryProblem(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		change func(s *Session)
		want   string // "" is no problem
	}{
		{"as it is", func(*Session) {}, ""},
		{"empty text", func(s *Session) { s.Turns[0].Text = "" }, ""},
		{"only blanks", func(s *Session) { s.Turns[0].Text = " \t" }, ""},
		{"turns overlap", func(s *Session) { s.Turns[1].StartMS = new(int64(100)) }, ""},
		{"free business type", func(s *Session) { s.BusinessType = "宽带报修" }, ""},
		{"longest id", func(s *Session) { s.ID = SessionID(strings.Repeat("x", 200)) }, ""},
		{"no id", func(s *Session) { s.ID = "" }, `field "id": missing or empty`},
		{"id of other bytes", func(s *Session) { s.ID = "a\xff" }, `field "id": not valid UTF-8`},
		{"new line in id", func(s *Session) { s.ID = "a\nb" }, `field "id": "a\nb" has a control character`},
		{"channel", func(s *Session) { s.Channel = "sms" }, `field "channel": unknown channel "sms"; allowed: call, chat, email`},
		{"speaker", func(s *Session) { s.Turns[1].Speaker = "boss" },
			`field "turns[1].speaker": unknown speaker "boss"; allowed: agent, customer, bot, system`},
		{"kind", func(s *Session) { s.Turns[0].Kind = "card" }, `field "turns[0].kind": unknown kind "card"; allowed: message, event, note`},
		{"agent of a turn", func(s *Session) { s.Turns[0].Agent = "a\x00" }, `field "turns[0].agent": NUL character at byte 1`},
		{"urgency", func(s *Session) { s.Urgency = "p1" }, `field "urgency": unknown urgency "p1"; allowed: normal, urgent, critical`},
		{"rating", func(s *Session) { s.CSAT = -1 }, `field "csat": rating -1 is out of range; allowed: 1, 2, 3, 4, 5`},
		{"loudness", func(s *Session) { s.Turns[1].Loudness = 11 }, `field "turns[1].loudness": level 11 is out of range; allowed: 1 to 10`},
		{"duration", func(s *Session) { s.DurationMS = new((31 * 24 * time.Hour).Milliseconds()) },
			`field "duration_ms": 2678400000 ms is out of range; allowed: 0 to 30 days in milliseconds`},
		{"no turns", func(s *Session) { s.Turns = nil }, `field "turns": no turns; allowed: at least one`},
		{"too many turns", func(s *Session) { s.Turns = make([]Turn, 4) }, `field "turns": 4 turns, more than the limit of 3 turns (setting max-turns)`},
		{"long text in characters", func(s *Session) { s.Turns[0].Text = strings.Repeat("长", 10) }, ""},
		{"too long text", func(s *Session) { s.Turns[0].Text = strings.Repeat("长", 11) },
			`field "turns[0].text": 11 characters, more than the limit of 10 characters (setting max-turn-runes)`},
		{"zero byte", func(s *Session) { s.Turns[0].Text = "a\x00" }, `field "turns[0].text": NUL character at byte 1`},
		{"zero byte in metadata", func(s *Session) { s.Metadata = map[string]any{"k": []any{"\x00"}} },
			`field "metadata.k[0]": NUL character at byte 0`},
		{"end before start", func(s *Session) { s.Turns[0].EndMS = new(int64(-1)) },
			`field "turns[0].end_ms": -1 ms is out of range; allowed: 0 to 30 days in milliseconds`},
		{"thirty days", func(s *Session) { s.Turns[1].EndMS = new((30 * 24 * time.Hour).Milliseconds()) }, ""},
		{"year", func(s *Session) { s.Turns[0].At = time.Date(1969, 1, 1, 0, 0, 0, 0, time.UTC) },
			`field "turns[0].at": year 1969 is out of range; allowed: 1970 to 2199`},
		{"two at once", func(s *Session) { s.Channel, s.CSAT = "", 7 },
			`field "channel": missing channel; allowed: call, chat, email; field "csat": rating 7 is out of range; allowed: 1, 2, 3, 4, 5`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := &Session{ID: "a", Channel: Call, Turns: []Turn{
				{Speaker: Agent, Text: "hello", StartMS: new(int64(500)), EndMS: new(int64(900))}, {Speaker: Customer, Text: "hi"}}}
			c.change(s)
			got := ""
			if err := s.Check(Limits{Turns: 3, TurnRunes: 10}); err != nil {
				got = err.Error()
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestSpeakersAreFoundByTheirUsualNames(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]Speaker{
		"agent": Agent, "AGENT": Agent, "Ａｇｅｎｔ": Agent, "客服": Agent, "客服1": Agent, "客服（小王）": Agent, "坐席 02": Agent, "Operator#3": Agent,
		"user": Customer, "End-User": Customer, "顾客": Customer, "来电人": Customer,
		"assistant": Bot, "智能客服": Bot, "IVR": Bot, "系统": System, "boss": "", "": "", "1": "", "(x)": "",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got, _ := SpeakerOf(name); got != want {
				t.Errorf("%q is %q, want %q", name, got, want)
			}
		})
	}
}

func TestTimesInTheirUsualForms(t *testing.T) {
	t.Parallel()
	nine := time.Date(2025, 3, 1, 9, 30, 5, 0, shanghai)
	for _, c := range []struct {
		in     string
		unit   TimeUnit
		at     time.Time
		offset time.Duration
		ok     bool
	}{
		{in: "2025-03-01 09:30:05", at: nine, ok: true},
		{in: "2025/3/1 9:30:05", at: nine, ok: true},
		{in: "2025-03-01T01:30:05Z", at: nine, ok: true},
		{in: "2025-03-01T09:30:05+08:00", at: nine, ok: true},
		{in: "2025年3月1日 09:30:05", at: nine, ok: true},
		{in: "2025-03-01 09:30:05.250", at: nine.Add(250 * time.Millisecond), ok: true},
		{in: "1740792605", at: nine, ok: true},
		{in: "1740792605000", at: nine, ok: true},
		{in: "1740792605000000", at: nine, ok: true},
		{in: "1740792605", unit: Seconds, at: nine, ok: true},
		{in: "1500", offset: 1500 * time.Millisecond, ok: true},
		{in: "1.5", offset: 1500 * time.Millisecond, ok: true},
		{in: "15", unit: Seconds, offset: 15 * time.Second, ok: true},
		{in: "1500000", unit: Microseconds, offset: 1500 * time.Millisecond, ok: true},
		{in: "01:02:03", offset: time.Hour + 2*time.Minute + 3*time.Second, ok: true},
		{in: "02:03", offset: 2*time.Minute + 3*time.Second, ok: true},
		{in: "75:03,5", offset: 75*time.Minute + 3500*time.Millisecond, ok: true},
		{in: "00:61"}, {in: "01:60:00"}, {in: "soon"}, {in: "NaN"}, {in: "1e300"}, {in: "2025-02-30 09:00:00"}, {in: ""},
	} {
		t.Run(c.in+string(c.unit), func(t *testing.T) {
			t.Parallel()
			m, ok := timeReader{unit: c.unit, zone: shanghai}.read(c.in)
			if ok != c.ok || !ok {
				if ok != c.ok {
					t.Errorf("read: %v, want %v", ok, c.ok)
				}
				return
			}
			if !m.at.Equal(c.at) || m.offset != c.offset {
				t.Errorf("got %v, %v; want %v, %v", m.at, m.offset, c.at, c.offset)
			}
		})
	}
}

func TestTimesOfTheDayGoPastMidnight(t *testing.T) {
	t.Parallel()
	got := sessions(t, Options{Stdin: strings.NewReader("=== a ===\n[23:59:50] Agent: hello\n[00:00:10] Customer: hi\n[00:00:05] Agent: you\n")}, Stdin)
	want := `{"id":"a","channel":"chat","turns":[{"speaker":"agent","text":"hello","start_ms":0},` +
		`{"speaker":"customer","text":"hi","start_ms":20000},{"speaker":"agent","text":"you","start_ms":15000}]}` + "\n"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestLegs(t *testing.T) {
	t.Parallel()
	for turns, want := range map[string]string{ // c is the customer, b a bot, - an agent without a name
		"c - c -":       "1111",
		"c b c x c x c": "1111111",
		"x c y c y":     "11222",
		"c x - y - x":   "111223",
		"- x y":         "112",
	} {
		s := &Session{}
		for _, who := range strings.Fields(turns) {
			turn := Turn{Speaker: Agent, Agent: strings.TrimPrefix(who, "-")}
			switch who {
			case "c":
				turn = Turn{Speaker: Customer, Agent: "z"} // tells nothing
			case "b":
				turn = Turn{Speaker: Bot, Agent: "z"}
			}
			s.Turns = append(s.Turns, turn)
		}
		got := ""
		for _, leg := range s.Legs() {
			got += string(rune('0' + leg))
		}
		if got != want {
			t.Errorf("%q: legs %s, want %s", turns, got, want)
		}
	}
}
