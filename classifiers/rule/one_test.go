package rule

import (
	"fmt"
	"strings"
	"testing"

	"assay/pipeline"
	"assay/pipeline/scorecard"
	"assay/pipeline/transcript"
)

// compileOne compiles a scorecard with one condition, given by its keys.
func compileOne(keys string) (*Set, *scorecard.Criterion, error) {
	src := "scorecard: s\nname: S\nsections: [{id: s, name: S, criteria: [{id: c, name: C, met_when: k, conditions: {k: {" + keys + "}}}]}]\n"
	card, problems := scorecard.Parse("s.yaml", []byte(src))
	if card == nil {
		return nil, nil, problems.Err()
	}
	set := Compile(card)
	if err := card.Problems().Err(); err != nil {
		return nil, nil, err
	}
	return set, card.Criteria()[0], nil
}

// judgeOne evaluates one condition on a session of lines such as "agent: hello".
func judgeOne(t *testing.T, keys string, lines ...string) (*Evaluation, *Result) {
	t.Helper()
	set, criterion, err := compileOne(keys)
	if err != nil {
		t.Fatal(err)
	}
	e := set.Evaluate(t.Context(), pipeline.NewInput(sessionOf(lines...)))
	return e, e.Result(criterion, "k")
}

// nearOne says how near one condition came to hitting; "" when it cannot.
func nearOne(t *testing.T, keys string, lines ...string) string {
	t.Helper()
	set, criterion, err := compileOne(keys)
	if err != nil {
		t.Fatal(err)
	}
	near, ok := set.Evaluate(t.Context(), pipeline.NewInput(sessionOf(lines...))).Nearest(criterion, "k")
	if ok != (near.Text != "") {
		t.Errorf("%s: near miss %v is %q", keys, ok, near.Text)
	}
	return near.Text
}

func sessionOf(lines ...string) *transcript.Session {
	s := &transcript.Session{ID: "s", Channel: transcript.Chat}
	for _, l := range lines {
		speaker, text, _ := strings.Cut(l, ": ")
		s.Turns = append(s.Turns, transcript.Turn{Speaker: transcript.Speaker(speaker), Text: text})
	}
	return s
}

// quotes are the texts of a result's hits.
func quotes(e *Evaluation, r *Result) []string {
	var out []string
	for _, h := range r.Hits {
		out = append(out, e.in.Session.Quote(h))
	}
	return out
}

// benchmarkGrowth judges one turn of many lengths: the time per byte must not grow.
func benchmarkGrowth(b *testing.B, keys, text string) {
	set, criterion, err := compileOne(keys)
	if err != nil {
		b.Fatal(err)
	}
	for _, kilobytes := range []int{1, 8, 64} {
		b.Run(fmt.Sprintf("%dKB", kilobytes), func(b *testing.B) {
			in := pipeline.NewInput(sessionOf("agent: " + strings.Repeat(text, 1+kilobytes<<10/len(text))))
			b.SetBytes(int64(len(in.Session.Turns[0].Text)))
			for b.Loop() {
				set.Evaluate(b.Context(), in).Result(criterion, "k")
			}
		})
	}
}
