package tone

import (
	"math"
	"strings"
	"testing"

	"assay/classifiers/tone/linear"
	"assay/pipeline"
	"assay/pipeline/transcript"
)

// turn makes a session of one turn, and one before it where there is a text for it.
func turn(speaker transcript.Speaker, text, before string) (*pipeline.Input, int) {
	s := &transcript.Session{Channel: transcript.Chat}
	other := transcript.Agent
	if speaker == transcript.Agent {
		other = transcript.Customer
	}
	if before != "" {
		s.Turns = append(s.Turns, transcript.Turn{Speaker: other, Text: before})
	}
	s.Turns = append(s.Turns, transcript.Turn{Speaker: speaker, Text: text})
	return pipeline.NewInput(s), len(s.Turns) - 1
}

func labelsOf(t *testing.T, c *Classifier, speaker transcript.Speaker, text, before string) map[pipeline.Label]float64 {
	t.Helper()
	in, at := turn(speaker, text, before)
	for _, found := range c.Classify(t.Context(), in).Turns {
		if found.Turn == at {
			return found.Labels
		}
	}
	return nil
}

func TestLearnerKeepsToWhatTheLexiconsDeny(t *testing.T) {
	t.Parallel()
	c := classifier(t)
	for _, tc := range []struct {
		name, text string
		speaker    transcript.Speaker
		label      pipeline.Label
	}{
		{"reported", "他说我是骗子", transcript.Customer, pipeline.Abuse},
		{"quoted", "上一个客服回我“你是不是有病”", transcript.Customer, pipeline.Abuse},
		{"negated", "I'm not angry", transcript.Customer, pipeline.Angry},
		{"negated from afar", "I'm not saying that I want to complain", transcript.Customer, pipeline.Complaint},
		{"a joke", "笑死，再这样我可要投诉了哈哈哈", transcript.Customer, pipeline.Publicity},
		{"help beside it", "这个不归我们管，我帮您转接过去", transcript.Agent, pipeline.Shirking},
		{"a neutral phrase", "Where is the password manager?", transcript.Customer, pipeline.Escalation},
		{"the name of an office", "You could take it up with the press office, their number is on our page.", transcript.Agent, pipeline.Shirking},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if got := labelsOf(t, c, tc.speaker, tc.text, "")[tc.label]; got >= firm {
				t.Errorf("%q: %s %v", tc.text, tc.label, got)
			}
		})
	}
}

func TestTheTurnBeforeCounts(t *testing.T) {
	t.Parallel()
	c := classifier(t)
	after := func(before string) float64 {
		return labelsOf(t, c, transcript.Agent, "OK then.", before)[pipeline.Perfunctory]
	}
	if bad, fine := after("I've been without heating for six days and my baby is ill, what am I to do?"), after("Great, thanks, I'll wait for the email."); bad <= fine {
		t.Errorf("perfunctory %v after a plea, %v after thanks", bad, fine)
	}
}

func TestExplanationsAddUp(t *testing.T) {
	t.Parallel()
	c := classifier(t)
	for _, tc := range []struct {
		speaker      transcript.Speaker
		text, before string
	}{
		{transcript.Agent, "That's nothing to do with us, take it up with the courier", "My parcel is wet, the second time!"},
		{transcript.Customer, "他说“别啰嗦”，再不解决我就找媒体曝光", "请您再等等"},
		{transcript.Customer, "？？？", ""},
		{transcript.Customer, "", "Hello?"},
		{transcript.Agent, " ", ""},
	} {
		in, at := turn(tc.speaker, tc.text, tc.before)
		labels := labelsOf(t, c, tc.speaker, tc.text, tc.before)
		learned := 0
		for _, e := range c.Explain(in, at) {
			if e.Confidence != labels[e.Label] {
				t.Errorf("%q: %s is explained as %v, given as %v", tc.text, e.Label, e.Confidence, labels[e.Label])
			}
			if e.Learned == nil {
				continue
			}
			learned++
			sum := e.Bias
			for _, w := range e.Weights {
				sum += w.Weight
			}
			if math.Abs(sum-e.Score) > 1e-6 {
				t.Errorf("%q: the weights of %s add up to %v, the score is %v", tc.text, e.Label, sum, e.Score)
			}
		}
		if learned == 0 {
			t.Errorf("%q: nothing was learned", tc.text)
		}
	}
}

func TestWeightsMustFit(t *testing.T) {
	t.Parallel()
	head := func(label string) []*linear.Bank {
		return []*linear.Bank{linear.NewBank(AgentBank, 8, []*linear.Head{{Label: label}}, []linear.Weights{{ByID: make([]float64, 256)}})}
	}
	for name, tc := range map[string]struct {
		model *linear.Model
		want  string
	}{
		"other features":      {&linear.Model{Features: "old"}, `weights fit features "old"`},
		"a customer's label":  {&linear.Model{Features: Features, Banks: head("angry")}, `bank "agent" cannot tell "angry"`},
		"a label of nobody's": {&linear.Model{Features: Features, Banks: head("grumpy")}, `bank "agent" cannot tell "grumpy"`},
	} {
		if _, err := With(tc.model); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: error %v, want %q", name, err, tc.want)
		}
	}
}

func TestVersionFollowsTheWeights(t *testing.T) {
	t.Parallel()
	bare, err := With(nil)
	if err != nil {
		t.Fatal(err)
	}
	if bare.Version() == classifier(t).Version() {
		t.Error("with and without weights the version is the same")
	}
}

func TestWeightsAreSmall(t *testing.T) {
	t.Parallel()
	if len(weights) > 3<<20 {
		t.Errorf("the weights have %d bytes, more than 3 MB", len(weights))
	}
}
