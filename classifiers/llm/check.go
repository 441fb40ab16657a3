package llm

import (
	"fmt"
	"regexp"
	"slices"

	"assay/pipeline"
)

// checked is an answer to one question after its checks.
type checked struct {
	outcome  pipeline.Outcome
	reason   pipeline.Reason
	evidence []pipeline.Evidence
	// rationale is the model's reason, where its answer counts.
	rationale string
	// complaints say what is wrong, for the model; without any the answer stands.
	complaints []string
}

// check holds an answer against the transcript and against itself.
func (v *view) check(w window, q *query, a claim) checked {
	c := checked{outcome: outcomeOf(a), rationale: a.Reason}
	if why := contradicts(a); why != "" {
		return checked{outcome: pipeline.Undetermined, reason: pipeline.Contradiction, complaints: []string{fmt.Sprintf("question %q: %s", q.ID, why)}}
	}
	switch {
	case c.outcome == pipeline.NotApplicable:
		c.reason = pipeline.NoOpportunity
		return c
	case c.outcome == pipeline.Undetermined:
		c.reason = pipeline.Unsure
		return c
	}
	for _, said := range a.Quotes {
		e, complaint := v.place(w, said, whoProves(q, c.outcome))
		if complaint != "" {
			c.complaints = append(c.complaints, fmt.Sprintf("question %q: %s", q.ID, complaint))
		} else if !slices.Contains(c.evidence, e) {
			c.evidence = append(c.evidence, e)
		}
	}
	if needsProof(q.Prove, c.outcome) && len(c.evidence) == 0 {
		c.complaints = append(c.complaints, fmt.Sprintf("question %q: the answer %q is not proved by any quote", q.ID, a.Answer))
		c.outcome, c.reason, c.rationale = pipeline.Undetermined, pipeline.NoQuote, ""
	}
	return c
}

func outcomeOf(a claim) pipeline.Outcome {
	switch {
	case !a.Applies:
		return pipeline.NotApplicable
	case a.Answer == "yes":
		return pipeline.Met
	case a.Answer == "no":
		return pipeline.NotMet
	}
	return pipeline.Undetermined
}

// What a reason says outright. Only forms that can hardly mean anything else
// count: "no" at the beginning of a sentence may be part of "no insult was found".
var (
	saysYes = regexp.MustCompile(`(?i)^yes[,.;:!—-]|\bthe (?:correct |right |final )?answer (?:is|must be|should be)(?: therefore| thus| clearly)?:? ["“']?yes\b|` +
		`\b(?:the criterion|the requirement) (?:is|was) (?:clearly |fully |thus |therefore )?(?:met|fulfilled)\b|` +
		`^是的?[，,。！]|答案(?:应当?|因此)?(?:是|为)[：:]?["“]?(?:是["”。，]|yes)|(?:标准|要求)已?(?:得到|被)?(?:满足|达成)[。！]?$`)
	saysNo = regexp.MustCompile(`(?i)^no[,.;:!—-]|\bthe (?:correct |right |final )?answer (?:is|must be|should be)(?: therefore| thus| clearly)?:? ["“']?no\b|` +
		`\b(?:the criterion|the requirement) (?:is|was) (?:clearly |thus |therefore )?(?:not (?:met|fulfilled)|unmet)\b|` +
		`^(?:否|不是)[，,。！]|答案(?:应当?|因此)?(?:是|为)[：:]?["“]?(?:否["”。，]|no\b)|(?:标准|要求)(?:未|没有|并未)(?:得到|被)?(?:满足|达成)`)
	saysNotApplicable = regexp.MustCompile(`(?i)^(?:n/a\b|not applicable\b|does not apply\b)|\bthe question (?:does not apply|is not applicable)\b|^不适用|(?:该|此|本)?问题不适用`)
	saysApplicable    = regexp.MustCompile(`(?i)\bthe question (?:does apply|applies|is applicable)\b|(?:该|此|本)问题适用`)
)

// contradicts says where an answer does not agree with itself; "" when it does.
func contradicts(a claim) string {
	switch {
	case !a.Applies && a.Answer == "yes":
		return `"applies" is false, but the answer is "yes"`
	case !a.Applies && saysApplicable.MatchString(a.Reason) && !saysNotApplicable.MatchString(a.Reason):
		return `"applies" is false, but the reason says that the question applies`
	case a.Applies && saysNotApplicable.MatchString(a.Reason):
		return `"applies" is true, but the reason says that the question does not apply`
	case a.Applies && a.Answer == "yes" && saysNo.MatchString(a.Reason) && !saysYes.MatchString(a.Reason):
		return `the answer is "yes", but the reason says no`
	case a.Applies && a.Answer == "no" && saysYes.MatchString(a.Reason) && !saysNo.MatchString(a.Reason):
		return `the answer is "no", but the reason says yes`
	}
	return ""
}

// refuses recognises an answer in words in which a model will not answer.
var refuses = regexp.MustCompile(`(?i)^\W*(?:i['’]?m sorry|sorry,|i (?:am sorry|cannot|can['’]?t|am unable|won['’]?t)|i['’]m (?:unable|not able)|as an ai\b)|^\W*(?:很?抱歉|对不起|我?无法|我不能|作为(?:一个|一名)?(?:人工智能|AI|语言模型))`)
