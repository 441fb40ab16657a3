package classifiers_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"assay/classifiers"
	"assay/pipeline"
	"assay/pipeline/transcript"
)

var update = flag.Bool("update", false, "rewrite the wanted parts of testdata/cases and testdata/broken")

// TestCases runs testdata/cases: a description, a scorecard, a session as lines
// ("agent@a17 1s-2s !7: text" with times and loudness, "@field value"), perhaps tones
// ("turn label confidence quote") and questions ("turn solution [tag …]: answer",
// an empty part for a library without suggestions), the wanted answers with
// evidence and why, and perhaps how near the conditions came that did not hit.
func TestCases(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../testdata/cases/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			checkCase(t, file)
		})
	}
}

func checkCase(t *testing.T, file string) {
	t.Helper()
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	card, err := classifiers.Load("scorecard.yaml", part(archive, "scorecard.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	in := input(t, archive)
	got := render(card, in, card.Classifier.Classify(t.Context(), in))
	wantNear, nears := part(archive, "near"), ""
	if wantNear != nil {
		nears = nearMisses(t, card, in)
	}
	if *update {
		if wantNear != nil {
			setPart(archive, "near", nears)
		}
		setPart(archive, "want", got)
		if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(string(part(archive, "want")), got); diff != "" {
		t.Errorf("%s(-want +got)\n%s", archive.Comment, diff)
	}
	if diff := cmp.Diff(string(part(archive, "near")), nears); diff != "" {
		t.Errorf("%snearest (-want +got)\n%s", archive.Comment, diff)
	}
}

// nearMisses writes how near every condition came that did not hit.
func nearMisses(t *testing.T, card pipeline.Card, in *pipeline.Input) string {
	t.Helper()
	set, err := classifiers.New(card.Scorecard)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	for _, x := range set.Explain(t.Context(), in) {
		for _, c := range x.Conditions {
			switch {
			case c.Near != nil && c.Near.Turn >= 0:
				fmt.Fprintf(&b, "%s %s: %s, turn %d\n", x.Criterion.ID, c.Name, c.Near.Text, c.Near.Turn)
			case c.Near != nil:
				fmt.Fprintf(&b, "%s %s: %s\n", x.Criterion.ID, c.Name, c.Near.Text)
			}
		}
	}
	return b.String()
}

// input prepares the session of a case.
func input(t *testing.T, archive *txtar.Archive) *pipeline.Input {
	t.Helper()
	in := pipeline.NewInput(session(t, string(part(archive, "session"))))
	in.Tone = tones(t, in.Session, string(part(archive, "tone")))
	in.Questions = questions(t, in.Session, part(archive, "questions"))
	return in
}

func part(a *txtar.Archive, name string) []byte {
	for _, f := range a.Files {
		if f.Name == name {
			return f.Data
		}
	}
	return nil
}

func setPart(a *txtar.Archive, name, text string) {
	a.Files = slices.DeleteFunc(a.Files, func(f txtar.File) bool { return f.Name == name })
	a.Files = append(a.Files, txtar.File{Name: name, Data: []byte(text)})
}

// session reads the session part of a case.
func session(t *testing.T, text string) *transcript.Session {
	t.Helper()
	s := &transcript.Session{ID: "case", Channel: transcript.Chat, Metadata: map[string]any{}}
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if field, ok := strings.CutPrefix(line, "@"); ok {
			setField(t, s, field)
			continue
		}
		head, said, ok := strings.Cut(line, ": ")
		if !ok {
			t.Fatalf("no turn: %q", line)
		}
		who, times, _ := strings.Cut(head, " ")
		times, loudness, _ := strings.Cut(times, "!")
		start, end, _ := strings.Cut(strings.TrimSpace(times), "-")
		who, agent, _ := strings.Cut(who, "@")
		who, kind, _ := strings.Cut(who, "/")
		s.Turns = append(s.Turns, transcript.Turn{
			Speaker: transcript.Speaker(who), Kind: transcript.Kind(kind), Text: strings.ReplaceAll(said, `\n`, "\n"),
			StartMS: millis(t, start), EndMS: millis(t, end), Agent: agent, Loudness: level(t, loudness),
		})
	}
	return s
}

func level(t *testing.T, s string) int {
	t.Helper()
	if s == "" {
		return 0
	}
	n, err := strconv.Atoi(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func setField(t *testing.T, s *transcript.Session, field string) {
	t.Helper()
	name, value, _ := strings.Cut(field, " ")
	switch name {
	case "duration":
		s.DurationMS = millis(t, value)
	case "channel":
		s.Channel = transcript.Channel(value)
	case "language":
		s.Language = value
	case "business_type":
		s.BusinessType = value
	case "started_at":
		at, err := time.Parse(time.RFC3339, value)
		if err != nil {
			t.Fatal(err)
		}
		s.StartedAt = at
	case "csat":
		s.CSAT = len(value)
	case "urgency":
		s.Urgency = value
	case "customer.type":
		s.Customer = &transcript.CustomerRef{Type: value}
	case "agent.team":
		s.Agent = &transcript.AgentRef{Team: value}
	default:
		s.Metadata[name] = value
		if n, err := strconv.ParseFloat(value, 64); err == nil && name != "text" {
			s.Metadata[name] = n
		}
		if strings.Contains(value, ",") {
			s.Metadata[name] = []any{strings.Split(value, ",")[0], strings.Split(value, ",")[1]}
		}
	}
}

func millis(t *testing.T, s string) *int64 {
	t.Helper()
	if s == "" {
		return nil
	}
	d, err := time.ParseDuration(s)
	if err != nil {
		t.Fatal(err)
	}
	return new(d.Milliseconds())
}

// tones reads the tone part of a case.
func tones(t *testing.T, s *transcript.Session, text string) pipeline.Tone {
	t.Helper()
	var tone pipeline.Tone
	for line := range strings.Lines(text) {
		f := strings.SplitN(strings.TrimSpace(line), " ", 4)
		turn, err1 := strconv.Atoi(f[0])
		confidence, err2 := strconv.ParseFloat(f[2], 64)
		if err1 != nil || err2 != nil {
			t.Fatalf("no tone: %q", line)
		}
		tt := pipeline.TurnTone{Turn: turn, Labels: map[pipeline.Label]float64{pipeline.Label(f[1]): confidence}}
		if len(f) == 4 {
			start := strings.Index(s.Turns[turn].Text, f[3])
			tt.Marks = []pipeline.ToneMark{{Label: pipeline.Label(f[1]), Start: start, End: start + len(f[3]), Quote: f[3]}}
		}
		tone.Turns = append(tone.Turns, tt)
	}
	return tone
}

// questions reads the questions part of a case; nil when there is none.
func questions(t *testing.T, s *transcript.Session, text []byte) []pipeline.Question {
	t.Helper()
	if text == nil {
		return nil
	}
	found := []pipeline.Question{}
	for line := range strings.Lines(string(text)) {
		head, answer, ok := strings.Cut(strings.TrimSpace(line), ": ")
		f := strings.Fields(head)
		turn, err := strconv.Atoi(f[0])
		if err != nil {
			t.Fatal(err)
		}
		q := pipeline.Question{Turn: turn, Text: s.Turns[turn].Text}
		if ok {
			q.Suggestions = []pipeline.Suggestion{{SolutionID: f[1], Title: f[1], Score: 0.9, Passage: answer, Answer: answer, Tags: f[2:]}}
		}
		found = append(found, q)
	}
	return found
}

// render writes answers as lines: the criterion, its evidence, its steps.
func render(card pipeline.Card, in *pipeline.Input, answers []pipeline.Answer) string {
	var b bytes.Buffer
	for i, c := range card.Criteria() {
		a := answers[i]
		fmt.Fprintf(&b, "%s: %s", c.ID, a.Outcome)
		if a.Reason != "" {
			fmt.Fprintf(&b, "(%s)", a.Reason)
		}
		fmt.Fprintf(&b, " by %s, hits %d\n", a.By, a.Hits)
		for _, e := range a.Evidence {
			if in.Session.Quote(e.Span) != e.Quote {
				fmt.Fprintf(&b, "WRONG QUOTE ")
			}
			fmt.Fprintf(&b, "  %s %d:%d-%d %q\n", e.Condition, e.Turn, e.Start, e.End, e.Quote)
		}
		for _, s := range a.Why {
			fmt.Fprintf(&b, "  ? %s %s", s.Condition, s.State)
			if s.Reason != "" {
				fmt.Fprintf(&b, "(%s)", s.Reason)
			}
			fmt.Fprintf(&b, " in %d turns, %d to %d\n", s.Searched, s.From, s.To)
		}
	}
	return b.String()
}
