package llm

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"io"
	"math/big"
	"slices"
	"strings"

	mathrand "math/rand/v2"

	"assay/pipeline"
	"assay/pipeline/scorecard"
)

// about judges criteria by one window: from what is kept, else by asking.
func (s *sitting) about(ctx context.Context, w window, criteria []*scorecard.Criterion) (map[string]pipeline.Judgement, error) {
	out := map[string]pipeline.Judgement{}
	lines := s.view.lines(s.prompts, w)
	var open []query
	for _, c := range criteria {
		q := s.prompts.question(c)
		j, ok, err := s.known(ctx, w, lines, &q)
		if err != nil {
			return nil, err
		}
		if ok {
			out[c.ID] = j
		} else {
			open = append(open, q)
		}
	}
	if len(open) == 0 {
		return out, nil
	}
	if s.q.Vote > 0 {
		r := mathrand.New(mathrand.NewPCG(uint64(s.q.Vote), uint64(len(open))))
		r.Shuffle(len(open), func(a, b int) { open[a], open[b] = open[b], open[a] })
	}
	c, err := s.inquire(w, lines, open)
	if err != nil {
		return nil, err
	}
	if err := s.ask(ctx, c); err != nil {
		return nil, err
	}
	for i := range open {
		q := &open[i]
		out[q.ID] = s.judgement(c, c.found[q.ID])
		if err := s.keep(ctx, c, q); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// inquiry is one question to the model, and what comes of it.
type inquiry struct {
	window  window
	lines   []promptLine
	asked   []query // with the control question
	control string  // its id
	request Request
	input   string // hash
	model   string // that answered
	found   map[string]checked
	answers map[string]claim // that were found good
}

// inquire puts the questions into a prompt, with a control question among them and
// between marks that nobody can guess.
func (s *sitting) inquire(w window, lines []promptLine, open []query) (*inquiry, error) {
	ids := make([]string, len(open))
	for i := range open {
		ids[i] = open[i].ID
	}
	c := &inquiry{window: w, lines: lines, control: "code_word", found: map[string]checked{}, answers: map[string]claim{}}
	for slices.Contains(ids, c.control) {
		c.control += "_"
	}
	if err := s.insertControl(c, open); err != nil {
		return nil, err
	}
	system, err := s.prompts.system(s.reasons)
	if err != nil {
		return nil, err
	}
	user, err := s.prompts.execute("user.tmpl", s.userPrompt(s.mark, c, c.asked))
	if err != nil {
		return nil, err
	}
	plain, err := s.prompts.execute("user.tmpl", s.userPrompt("mark", c, open))
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256([]byte(system + "\x00" + plain))
	c.input = short(sum[:])
	c.request = s.request(c, ids, system, user)
	return c, nil
}

// insertControl puts a question with a known answer at a random place.
func (s *sitting) insertControl(c *inquiry, open []query) error {
	word, err := s.codeWord()
	if err != nil {
		return err
	}
	control, err := s.prompts.control(c.control, word)
	if err != nil {
		return err
	}
	at, err := rand.Int(s.random, big.NewInt(int64(len(open)+1)))
	if err != nil {
		return fmt.Errorf("random place: %w", err)
	}
	c.asked = slices.Insert(slices.Clone(open), int(at.Int64()), control)
	return nil
}

// codeWord is a word that nobody said.
func (s *sitting) codeWord() (string, error) {
	const consonants, vowels = "bdfgklmnprstvz", "aeiou"
	for {
		b := make([]byte, 10)
		if _, err := io.ReadFull(s.random, b); err != nil {
			return "", fmt.Errorf("random word: %w", err)
		}
		for i := range b {
			letters := consonants
			if i%2 == 1 {
				letters = vowels
			}
			b[i] = letters[int(b[i])%len(letters)]
		}
		said := slices.ContainsFunc(s.view.turns, func(t shownTurn) bool { return strings.Contains(t.plain.text, string(b)) })
		if !said {
			return string(b), nil
		}
	}
}

func (s *sitting) userPrompt(mark string, c *inquiry, questions []query) userPrompt {
	partly := slices.ContainsFunc(c.lines, func(l promptLine) bool { return l.Text == "" || l.Cut > 0 })
	return userPrompt{Mark: "=== " + mark + " ===", Partly: partly, Lines: c.lines, Questions: questions}
}

// voteTemperature is that of votes: at 0 they would repeat the first answer, and
// what the model is unsure of would not show.
const voteTemperature = 0.7

func (s *sitting) request(c *inquiry, ids []string, system, user string) Request {
	all := make([]string, len(c.asked))
	for i := range c.asked {
		all[i] = c.asked[i].ID
	}
	schema := answerSchema(all)
	output := s.o.AnswerTokens * len(all)
	purpose, temperature := ForJudgement, 0.0
	switch {
	case len(s.q.Withhold) > 0:
		purpose = ForCheck
	case s.q.Vote > 0:
		purpose, temperature = ForVote, voteTemperature
	}
	return Request{
		Call: Call{
			Purpose: purpose, Session: s.q.Session.ID, Ref: s.q.Ref, Criteria: ids,
			Input: EstimateTokens(system, user, string(schema)), Output: output,
			Template: s.prompts.hash, InputHash: c.input, Redacted: s.view.redacted != nil, Attempt: 1,
		},
		System: system, User: user, Schema: schema, SchemaName: "answers", MaxOutput: output, Seed: new(1 + s.q.Vote), Temperature: temperature,
	}
}

// ask sends the question and, once, what is wrong with the answer. Afterwards
// found has every question.
func (s *sitting) ask(ctx context.Context, c *inquiry) error {
	reply, err := s.o.Client.Ask(ctx, c.request)
	if err != nil {
		return err
	}
	complaints := s.read(c, reply)
	if len(complaints) == 0 {
		return nil
	}
	complaints = append(complaints, s.misworded(c)...)
	again := c.request
	again.Call.Purpose, again.Call.Attempt = ForRepair, 2
	complaint, err := s.prompts.execute("repair.tmpl", complaints)
	if err != nil {
		return err
	}
	again.Turns = []Message{{"assistant", saidBefore(reply.Text)}, {"user", complaint}}
	again.Call.Input += EstimateTokens(again.Turns[0].Content, complaint)
	if reply, err = s.o.Client.Ask(ctx, again); err != nil {
		return err
	}
	s.read(c, reply)
	return nil
}

// saidBefore is a bad answer as it is shown to the model again: not all of a long
// one, and something of an empty one.
func saidBefore(text string) string {
	const most = 6000
	if text = strings.TrimSpace(text); text == "" {
		return "{}"
	}
	text, _ = cutAfter(text, most)
	return text
}

// misworded complains of reasons in another language: by itself that is worth no
// second question.
func (s *sitting) misworded(c *inquiry) []string {
	for _, a := range c.answers {
		if !s.reasons.writes(a.Reason) {
			return []string{"the reasons are to be written in " + s.reasons.String()}
		}
	}
	return nil
}

// reword takes the reason of a later answer that says the same in the language
// that was asked for.
func (s *sitting) reword(c *inquiry, id string, later claim) {
	was, f := c.answers[id], c.found[id]
	if s.reasons.writes(was.Reason) || !s.reasons.writes(later.Reason) || later.Applies != was.Applies || later.Answer != was.Answer {
		return
	}
	was.Reason, f.rationale = later.Reason, later.Reason
	c.answers[id], c.found[id] = was, f
}

// read checks a reply and returns what is wrong with it. What an earlier reply
// already answered well stays as it is.
func (s *sitting) read(c *inquiry, reply Reply) (complaints []string) {
	if reply.Model != "" {
		c.model = reply.Model
	}
	answers, reason, err := parsed(reply, c.asked)
	if err != nil {
		for i := range c.asked {
			id := c.asked[i].ID
			if _, ok := c.answers[id]; ok {
				continue
			}
			if _, ok := c.found[id]; !ok || c.found[id].reason == pipeline.Unreadable {
				c.found[id] = checked{outcome: pipeline.Undetermined, reason: reason}
			}
		}
		if reason == pipeline.Refused || reason == pipeline.Filtered || reason == pipeline.TooLong {
			return nil // asking in the same words again does not help
		}
		return []string{err.Error()}
	}
	if obeyed(c, answers) {
		c.answers = map[string]claim{}
		for i := range c.asked {
			c.found[c.asked[i].ID] = checked{outcome: pipeline.Undetermined, reason: pipeline.Manipulated}
		}
		return nil
	}
	for i := range c.asked {
		q := &c.asked[i]
		if q.ID == c.control {
			continue
		}
		if _, ok := c.answers[q.ID]; ok {
			s.reword(c, q.ID, answers[i])
			continue
		}
		f := s.view.check(c.window, q, answers[i])
		c.found[q.ID] = f
		if len(f.complaints) == 0 {
			c.answers[q.ID] = answers[i]
		}
		complaints = append(complaints, f.complaints...)
	}
	return complaints
}

// parsed is the answer to all questions, or why there is none.
func parsed(reply Reply, asked []query) ([]claim, pipeline.Reason, error) {
	switch reply.Reason {
	case "":
	case pipeline.CutShort:
		return nil, reply.Reason, fmt.Errorf("it was too long and was cut off: write one short sentence for each reason")
	default:
		return nil, reply.Reason, fmt.Errorf("it could not be read: %s", reply.Reason)
	}
	ids := make([]string, len(asked))
	for i := range asked {
		ids[i] = asked[i].ID
	}
	answers, err := parseAnswers(reply.Text, ids)
	if err != nil && refuses.MatchString(reply.Text) {
		return nil, pipeline.Refused, err
	}
	return answers, pipeline.Unreadable, err
}

// obeyed reports whether the control question was answered wrongly: who says that
// a word was spoken that nobody spoke does what the transcript wants.
func obeyed(c *inquiry, answers []claim) bool {
	i := slices.IndexFunc(c.asked, func(q query) bool { return q.ID == c.control })
	return answers[i].Answer == "yes"
}

// judgement is a checked answer with how it came about.
func (s *sitting) judgement(c *inquiry, f checked) pipeline.Judgement {
	return pipeline.Judgement{
		Outcome: f.outcome, Reason: f.reason, Evidence: f.evidence, Rationale: f.rationale,
		JudgeRecord: pipeline.JudgeRecord{
			Model: c.model, Asked: s.o.Client.Name(), Template: s.prompts.hash, Input: c.input,
			Redacted: s.view.redacted != nil, Withheld: s.q.Withhold,
			OtherLanguage: f.rationale != "" && !s.reasons.writes(f.rationale),
		},
	}
}
