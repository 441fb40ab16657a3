package web

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"assay/pipeline"
	"assay/pipeline/injection"
	"assay/pipeline/redact"
	"assay/pipeline/scorecard"
)

func TestPieces(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text string
		want []piece
	}{
		"nothing":                           {"", nil},
		"plain text is one piece":           {"plain 文字 é", []piece{{Text: "plain 文字 é"}}},
		"line breaks and tabs stay":         {"a\n\tb\r\n", []piece{{Text: "a\n\tb\r\n"}}},
		"a change of direction shows":       {"a\u202eb", []piece{{Text: "a"}, {Code: "202E"}, {Text: "b"}}},
		"isolates show":                     {"\u2066x\u2069", []piece{{Code: "2066"}, {Text: "x"}, {Code: "2069"}}},
		"a zero-width space shows":          {"a\u200bb", []piece{{Text: "a"}, {Code: "200B"}, {Text: "b"}}},
		"a byte order mark shows":           {"\ufeffa", []piece{{Code: "FEFF"}, {Text: "a"}}},
		"tags show":                         {"\U000e0041", []piece{{Code: "E0041"}}},
		"controls show":                     {"\x00\x1b", []piece{{Code: "0000"}, {Code: "001B"}}},
		"blank letters show":                {"\u3164", []piece{{Code: "3164"}}},
		"a joiner between letters shows":    {"a\u200db", []piece{{Text: "a"}, {Code: "200D"}, {Text: "b"}}},
		"a joiner within an emoji stays":    {family, []piece{{Text: family}}},
		"a joiner after a skin tone stays":  {"👩🏽\u200d💻", []piece{{Text: "👩🏽\u200d💻"}}},
		"right-to-left letters are letters": {"שלום", []piece{{Text: "שלום"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(c.want, pieces(c.text)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestSegments(t *testing.T) {
	t.Parallel()
	a, b := markView{ID: "a", Outcome: pipeline.Met}, markView{ID: "b", Outcome: pipeline.NotMet}
	type seen struct {
		Text, Criteria, Evidence string
		Tones                    int
	}
	for name, c := range map[string]struct {
		text  string
		marks []mark
		want  []seen
	}{
		"no text":           {"", nil, nil},
		"no marks":          {"abc", nil, []seen{{"abc", "", "", 0}}},
		"one in the middle": {"abcde", []mark{mark{start: 1, end: 3, evidence: 0, criterion: a}}, []seen{{"a", "", "", 0}, {"bc", "a", "0", 0}, {"de", "", "", 0}}},
		"the whole text":    {"abc", []mark{mark{start: 0, end: 3, evidence: 0, criterion: a}}, []seen{{"abc", "a", "0", 0}}},
		"overlapping": {"abcdef", []mark{mark{start: 0, end: 4, evidence: 0, criterion: a}, mark{start: 2, end: 6, evidence: 1, criterion: b}},
			[]seen{{"ab", "a", "0", 0}, {"cd", "a b", "0 1", 0}, {"ef", "b", "1", 0}}},
		"one in another": {"abcdef", []mark{mark{start: 0, end: 6, evidence: 0, criterion: a}, mark{start: 2, end: 3, evidence: 1, criterion: b}},
			[]seen{{"ab", "a", "0", 0}, {"c", "a b", "0 1", 0}, {"def", "a", "0", 0}}},
		"the same place twice":           {"ab", []mark{mark{start: 0, end: 2, evidence: 0, criterion: a}, mark{start: 0, end: 2, evidence: 1, criterion: b}}, []seen{{"ab", "a b", "0 1", 0}}},
		"one criterion side by side":     {"abcd", []mark{mark{start: 0, end: 2, evidence: 0, criterion: a}, mark{start: 2, end: 4, evidence: 1, criterion: a}}, []seen{{"ab", "a", "0", 0}, {"cd", "a", "1", 0}}},
		"a tone":                         {"abc", []mark{mark{start: 0, end: 2, evidence: -1, tone: pipeline.Rude}}, []seen{{"ab", "", "", 1}, {"c", "", "", 0}}},
		"a tone across evidence":         {"abc", []mark{mark{start: 0, end: 2, evidence: -1, tone: pipeline.Rude}, mark{start: 1, end: 3, evidence: 0, criterion: a}}, []seen{{"a", "", "", 1}, {"b", "a", "0", 1}, {"c", "a", "0", 0}}},
		"offsets are bytes, not letters": {"你好吗", []mark{mark{start: 3, end: 6, evidence: 0, criterion: a}}, []seen{{"你", "", "", 0}, {"好", "a", "0", 0}, {"吗", "", "", 0}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []seen
			for _, s := range segments(c.text, c.marks) {
				got = append(got, seen{s.Pieces[0].Text, s.IDs(), s.Numbers(), len(s.Tones)})
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
	said := segments("abcd", []mark{mark{start: 1, end: 3, evidence: -1, injection: injection.Role}, mark{start: 2, end: 4, evidence: 0, criterion: a}})
	var injected []bool
	for _, s := range said {
		injected = append(injected, len(s.Injections) > 0)
	}
	if diff := cmp.Diff([]bool{false, true, true, false}, injected); diff != "" {
		t.Errorf("orders to the model (-want +got)\n%s", diff)
	}
	both := segment{Criteria: []markView{a, b}}
	if both.Outcome() != pipeline.NotMet {
		t.Error("a mark of two criteria must look like the one that is not met")
	}
}

func TestMarksThatDoNotStandAreLeftOut(t *testing.T) {
	t.Parallel()
	s := rudeSession()
	good := evidence(s, 2, "说明书")
	for name, change := range map[string]func(e *pipeline.Evidence){
		"another quote":        func(e *pipeline.Evidence) { e.Quote = "x" },
		"behind the text":      func(e *pipeline.Evidence) { e.End = 1000 },
		"before the text":      func(e *pipeline.Evidence) { e.Start = -1 },
		"backwards":            func(e *pipeline.Evidence) { e.Start, e.End = e.End, e.Start },
		"behind the last turn": func(e *pipeline.Evidence) { e.Turn = 99 },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := good
			change(&e)
			v := &pipeline.Verdict{Criteria: []pipeline.Finding{{ID: "a", Evidence: []pipeline.Evidence{e}}}}
			v.Injections = []pipeline.Injection{{Evidence: e, Level: injection.Suspected}}
			if marks := marksOf(see(s, v, redact.Rules{}, revealed{}, plainName), v, nil); len(marks) != 0 {
				t.Errorf("got %v", marks)
			}
		})
	}
}

// plainName calls types of personal data by themselves.
func plainName(t redact.Type) string { return string(t) }

func TestClock(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		0: "00:00", 1499 * time.Millisecond: "00:01", 1500 * time.Millisecond: "00:02", 65 * time.Second: "01:05",
		59*time.Minute + 59*time.Second: "59:59", time.Hour: "1:00:00", 27*time.Hour + 61*time.Second: "27:01:01", -5 * time.Second: "−00:05",
	} {
		if got := clock(d); got != want {
			t.Errorf("%v is %q, want %q", d, got, want)
		}
	}
}

func TestNumbers(t *testing.T) {
	t.Parallel()
	for v, want := range map[float64]string{0: "0", 100: "100", 87.5: "87.5", 66.666: "66.67", -0.001: "0"} {
		if got := number(v); got != want {
			t.Errorf("%v is %q, want %q", v, got, want)
		}
	}
	for v, want := range map[float64]string{0.5: "+0.5", -0.85: "−0.85", 0: "0", -0.001: "0"} {
		if got := signed(v); got != want {
			t.Errorf("%v is %q, want %q", v, got, want)
		}
	}
	for v, want := range map[float64]string{0: "0 %", 0.874: "87 %", 0.875: "88 %", 1: "100 %"} {
		if got := percent(v); got != want {
			t.Errorf("%v is %q, want %q", v, got, want)
		}
	}
}

func TestWorth(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		f    pipeline.Finding
		mode scorecard.Mode
		want string
	}{
		"all of the weight":  {pipeline.Finding{Outcome: pipeline.Met, Points: 1, Weight: 5}, scorecard.Weighted, "5/5"},
		"none of the weight": {pipeline.Finding{Outcome: pipeline.NotMet, Weight: 5}, scorecard.Weighted, "0/5"},
		"points taken":       {pipeline.Finding{Outcome: pipeline.NotMet, Points: -10}, scorecard.Deduction, "−10"},
		"a bonus":            {pipeline.Finding{Outcome: pipeline.Met, Points: 3}, scorecard.Deduction, "+3"},
		"a weighted bonus":   {pipeline.Finding{Outcome: pipeline.Met, Points: 5}, scorecard.Weighted, "+5"},
		"no weighted bonus":  {pipeline.Finding{Outcome: pipeline.NotMet}, scorecard.Weighted, ""},
		"nothing to count":   {pipeline.Finding{Outcome: pipeline.NotApplicable, Weight: 5}, scorecard.Weighted, ""},
		"nothing known":      {pipeline.Finding{Outcome: pipeline.Undetermined, Weight: 5}, scorecard.Deduction, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := worth(c.f, c.mode); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestMood(t *testing.T) {
	t.Parallel()
	s := rudeSession()
	v := moodOf(s, pipeline.Tone{Turns: []pipeline.TurnTone{
		{Turn: 1, Labels: map[pipeline.Label]float64{pipeline.Praise: 1}},
		{Turn: 2, Labels: map[pipeline.Label]float64{pipeline.Rude: 0.9, pipeline.Courteous: 0.2}},
		{Turn: 3, Labels: map[pipeline.Label]float64{pipeline.Angry: 1, pipeline.Abuse: 0.5}},
		{Turn: 5, Labels: map[pipeline.Label]float64{pipeline.Courteous: 0.9}},
		{Turn: 99, Labels: map[pipeline.Label]float64{pipeline.Angry: 1}},
	}})
	want := moodView{
		Points: []moodPoint{
			{Turn: 1, X: 67, Y: 6, Good: true, Labels: []pipeline.Label{pipeline.Praise}},
			{Turn: 3, X: 190, Y: 50, Labels: []pipeline.Label{pipeline.Angry, pipeline.Abuse}},
		},
		Line:  "67,6 190,50",
		Slips: []moodPoint{{Turn: 2, X: 129, Y: 28, Labels: []pipeline.Label{pipeline.Rude, pipeline.Courteous}}},
	}
	if diff := cmp.Diff(want, v); diff != "" {
		t.Error(diff)
	}
	if got := v.Slips[0].Diamond(); got != "129,24 133,28 129,32 125,28" {
		t.Errorf("the diamond is %s", got)
	}
}
