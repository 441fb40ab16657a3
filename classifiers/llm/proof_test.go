package llm

import (
	"fmt"
	"hash/fnv"
	"strings"
	"testing"

	"assay/classifiers"
	"assay/classifiers/llm/llmtest"
	"assay/pipeline"
	"assay/pipeline/transcript"
)

// ordinary is a scorecard as people write them: many criteria, few of them critical.
const ordinary = `scorecard: ordinary
name: O
pass: 80
sections:
- id: s
  name: S
  criteria:
  - {id: c1, name: N, weight: 5, critical: sheet, judge: {question: Did the agent avoid insults?, prove: not_met}}
  - {id: c2, name: N, weight: 15, judge: Was it so?}
  - {id: c3, name: N, weight: 15, judge: Was it so?}
  - {id: c4, name: N, weight: 10, judge: Was it so?}
  - {id: c5, name: N, weight: 10, judge: Was it so?}
  - {id: c6, name: N, weight: 10, judge: {question: Was it so?, prove: not_met}}
  - {id: c7, name: N, weight: 10, judge: Was it so?}
  - {id: c8, name: N, weight: 10, judge: Was it so?}
  - {id: c9, name: N, weight: 15, judge: Was it so?}
`

// TestProofsCostLittle: of ordinary sessions, whose model is honest and finds most
// of what it looks for, few are asked about once more for the sake of those that
// are not.
func TestProofsCostLittle(t *testing.T) {
	t.Parallel()
	for name, src := range map[string]string{"with a critical criterion": ordinary, "without": strings.Replace(ordinary, "critical: sheet, ", "", 1)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			card, err := classifiers.Load("card.yaml", []byte(src))
			if err != nil {
				t.Fatal(err)
			}
			sessions, calls, proofs := ordinarySessions(t, card)
			t.Logf("%d sessions, %d calls, of which %d are for proofs alone", sessions, calls, proofs)
			if sessions < 50 || 5*proofs > calls-proofs {
				t.Errorf("%d sessions, %d calls, of which %d are for proofs alone", sessions, calls, proofs)
			}
		})
	}
}

// ordinarySessions inspects the demo's sessions and counts them, the calls, and
// those of them that no vote would have needed.
func ordinarySessions(t *testing.T, card pipeline.Card) (sessions, calls, proofs int) {
	t.Helper()
	for rec := range transcript.Read(t.Context(), []string{"../../testdata/demo/sessions"}, transcript.Options{}) {
		s := rec.Session
		if s == nil {
			continue
		}
		j, server := judge(t, func(r llmtest.Request) llmtest.Answer { return llmtest.Answer{Text: honestly(s, ids(r))} }, JudgeOptions{})
		v, err := (&pipeline.Inspector{Tone: calm{}, Judge: j}).Inspect(t.Context(), s, card)
		if err != nil {
			t.Fatal(err)
		}
		sessions++
		calls += server.Count()
		more := map[bool]bool{}
		for _, f := range v.Criteria {
			if f.Judge != nil && f.Judge.Alone != "" && f.Judge.Votes == nil {
				more[f.ID == "c6"] = true
			}
		}
		proofs += len(more)
	}
	return sessions, calls, proofs
}

// honestly says of most questions that they are met, always the same of a session,
// and proves it by the agent's first words.
func honestly(s *transcript.Session, ids []string) string {
	first := quote{}
	for i := range s.Turns {
		if s.Turns[i].Speaker == transcript.Agent && len(s.Turns[i].Text) > 12 {
			first = quote{i, s.Turns[i].Text}
			break
		}
	}
	var out []claim
	for _, id := range ids {
		h := fnv.New32a()
		fmt.Fprint(h, s.ID, id)
		switch met := h.Sum32()%100 < 85; {
		case strings.HasPrefix(id, "code_word"), !met && id != "c6" && id != "c1":
			out = append(out, absent(id))
		case id == "c6" && !met:
			out = append(out, claim{id, true, "It was said.", "no", []quote{first}})
		default:
			out = append(out, found(id, first))
		}
	}
	return written(out)
}
