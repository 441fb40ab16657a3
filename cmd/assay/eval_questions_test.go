package main

import (
	"fmt"
	"strings"
	"testing"
)

func TestEvalQuestionsOfAWrongFileStopsRepeatingItself(t *testing.T) {
	t.Parallel()
	var lines strings.Builder
	for i := range 30 {
		fmt.Fprintf(&lines, `{"id":"s-%d","chanel":"chat","turns":[{"speaker":"customer","text":"x"}]}`+"\n", i)
	}
	r := assay(t, "eval", "questions", "--sessions", write(t, "s.jsonl", lines.String()))
	if r.status != exitUsage || strings.Count(r.stderr, "s.jsonl:") != sameTold+1 || !strings.Contains(r.stderr, "\n10 more records with this problem: chanel: unknown key\n") {
		t.Errorf("%+v", r)
	}
}

func TestEvalQuestionsSaysWhatWasTakenForWhat(t *testing.T) {
	t.Parallel()
	path := write(t, "s.jsonl", `{"id":"a","channel":"chat","turns":[{"speaker":"customer","text":"How do I reset my router?"}],"labels":{"needs_knowledge":false}}
{"id":"b","channel":"chat","turns":[{"speaker":"customer","text":"thanks"}],"labels":{"needs_knowledge":true}}
`)
	r := assay(t, "eval", "questions", "--sessions", path, "--errors", "3")
	for _, want := range []string{
		`a turn 0 was taken for a question, and its label says it is none: "How do I reset my router?"`,
		`b turn 0 was taken for no question, and its label says it is one: `,
	} {
		if !strings.Contains(r.stderr, want) {
			t.Errorf("without %q: %+v", want, r)
		}
	}
}
