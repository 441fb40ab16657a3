package llm

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"assay/pipeline"
	"assay/pipeline/redact"
	"assay/pipeline/scorecard"
	"assay/pipeline/transcript"
)

// JudgeOptions say how a model is asked about criteria.
type JudgeOptions struct {
	Client *Client // must be given
	Ledger Ledger  // keeps checked answers, so that the same question costs nothing twice; must be given
	// Redact says which personal data is replaced before anything is sent; nil sends
	// texts as they are.
	Redact *redact.Rules
	// Reasons is the language that reasons are written in, zh or en; "" is each
	// transcript's own.
	Reasons string
	// WindowTokens is the most of a transcript that one call shows, estimated in
	// tokens; default 12,000, at least 500. Longer sessions are judged in parts, of
	// which there are at most Windows; default 8.
	WindowTokens, Windows int
	// Together is how many criteria one call asks at the most; default 8. Critical
	// ones are always asked alone.
	Together int
	// AnswerTokens is the most that a model may write for each question, its thoughts
	// included; default 800.
	AnswerTokens int
}

// Judge asks a model closed questions about sessions and believes only answers
// that hold against the transcript. It implements pipeline.Judge and is safe for
// concurrent use.
type Judge struct {
	o       JudgeOptions
	prompts map[language]*prompts
	version string
	random  io.Reader
	secret  []byte // makes marks that nobody can guess
}

// leastWindow is the smallest WindowTokens that leave room for a few turns.
const leastWindow = 500

// NewJudge checks the options.
func NewJudge(o JudgeOptions) (*Judge, error) {
	switch {
	case o.Client == nil || o.Ledger == nil:
		return nil, errors.New("judge: no client, or no ledger")
	case o.Reasons != "" && o.Reasons != string(chinese) && o.Reasons != string(english):
		return nil, fmt.Errorf("judge: language of reasons %q: zh and en are known", o.Reasons)
	}
	o.WindowTokens, o.Windows = cmp.Or(o.WindowTokens, 12_000), cmp.Or(o.Windows, 8)
	o.Together, o.AnswerTokens = cmp.Or(o.Together, 8), cmp.Or(o.AnswerTokens, 800)
	if o.WindowTokens < leastWindow || o.Windows < 1 || o.Together < 1 || o.AnswerTokens < 1 {
		return nil, fmt.Errorf("judge: a window has at least %d tokens, and windows, criteria together and tokens of answers are above 0", leastWindow)
	}
	j := &Judge{o: o, prompts: map[language]*prompts{}, random: rand.Reader, secret: make([]byte, sha256.Size)}
	if _, err := io.ReadFull(j.random, j.secret); err != nil {
		return nil, fmt.Errorf("judge: random secret: %w", err)
	}
	for _, l := range []language{chinese, english} {
		p, err := readPrompts(l)
		if err != nil {
			return nil, err
		}
		j.prompts[l] = p
	}
	return j, j.setVersion()
}

// setVersion hashes all that an answer depends on besides the model and the question.
func (j *Judge) setVersion() error {
	redaction := "raw"
	if j.o.Redact != nil {
		redaction = j.o.Redact.Version()
	}
	of, err := json.Marshal([]any{
		j.prompts[chinese].hash, j.prompts[english].hash, redaction, j.o.Reasons, j.o.Client.o.Extra, j.o.WindowTokens, j.o.Windows,
	})
	if err != nil {
		return fmt.Errorf("judge: further fields of requests: %w", err)
	}
	sum := sha256.Sum256(of)
	j.version = j.o.Client.Name() + " " + short(sum[:])
	return nil
}

// Version implements pipeline.Judge: the model, its host, and a hash of the
// prompts, of what is redacted, and of the settings.
func (j *Judge) Version() string { return j.version }

// Judge implements pipeline.Judge.
func (j *Judge) Judge(ctx context.Context, q pipeline.Judging) (map[string]pipeline.Judgement, error) {
	s := j.sitting(q)
	for _, batch := range j.batches(q.Criteria) {
		if err := s.judge(ctx, batch); err != nil {
			return s.out, err
		}
	}
	return s.out, nil
}

// batches are the criteria that are asked together: critical ones alone.
func (j *Judge) batches(criteria []*scorecard.Criterion) [][]*scorecard.Criterion {
	var out [][]*scorecard.Criterion
	var plain []*scorecard.Criterion
	for _, c := range criteria {
		if c.Critical != scorecard.NotCritical {
			out = append(out, []*scorecard.Criterion{c})
		} else {
			plain = append(plain, c)
		}
	}
	return slices.AppendSeq(out, slices.Chunk(plain, j.o.Together))
}

// sitting is the judging of one session.
type sitting struct {
	*Judge
	q       pipeline.Judging
	view    *view
	prompts *prompts
	reasons language
	mark    string // around the transcript
	out     map[string]pipeline.Judgement
}

func (j *Judge) sitting(q pipeline.Judging) *sitting {
	var redacted []redact.Text
	if j.o.Redact != nil {
		redacted = j.o.Redact.Session(q.Session).Turns
	}
	v := newView(q.Session, redacted, q.Withhold, min(turnRunes, j.o.WindowTokens))
	p := j.prompts[v.language]
	return &sitting{j, q, v, p, cmp.Or(language(j.o.Reasons), p.language), j.mark(q.Session), map[string]pipeline.Judgement{}}
}

// mark is what stands before and after a transcript. Whoever wrote the transcript
// cannot know it, since all of its text is in it, but all calls about one session
// have the same: they begin alike, which providers charge less for.
func (j *Judge) mark(s *transcript.Session) string {
	sum := hmac.New(sha256.New, j.secret)
	for i := range s.Turns {
		fmt.Fprintf(sum, "%d %s", len(s.Turns[i].Text), s.Turns[i].Text)
	}
	return hex.EncodeToString(sum.Sum(nil)[:8])
}

// judge asks some criteria together, of a long session window by window until
// each is settled.
func (s *sitting) judge(ctx context.Context, criteria []*scorecard.Criterion) error {
	var anchors []transcript.Span
	for _, c := range criteria {
		anchors = append(anchors, s.q.Anchors[c.ID]...)
	}
	windows := s.view.windows(anchors, s.o.WindowTokens)
	heard := map[string][]pipeline.Judgement{}
	shown := map[string][]window{}
	open := criteria
	for _, w := range windows[:min(len(windows), s.o.Windows)] {
		judged, err := s.about(ctx, w, open)
		if err != nil {
			return err
		}
		for _, c := range open {
			heard[c.ID], shown[c.ID] = append(heard[c.ID], judged[c.ID]), append(shown[c.ID], w)
		}
		open = slices.DeleteFunc(slices.Clone(open), func(c *scorecard.Criterion) bool { return settled(c.Judge.Prove, judged[c.ID]) })
		if len(open) == 0 {
			break
		}
	}
	for _, c := range criteria {
		s.out[c.ID] = s.view.combine(c.Judge.Prove, heard[c.ID], shown[c.ID])
	}
	return nil
}

// settled reports whether no other part of the session can change a judgement.
func settled(p scorecard.Proof, j pipeline.Judgement) bool {
	return j.Reason == pipeline.Manipulated || p != scorecard.ProveBoth && needsProof(p, j.Outcome)
}

// combine makes one judgement of those about the parts of a session: what is
// found in any part is found, and what is in none of them is absent, if all of
// the session was shown.
func (v *view) combine(p scorecard.Proof, parts []pipeline.Judgement, shown []window) pipeline.Judgement {
	out := decisive(p, parts)
	out.From, out.To = -1, -1
	for _, w := range shown {
		if n := len(w.turns); n > 0 {
			if out.From < 0 {
				out.From = w.turns[0]
			}
			out.From, out.To = min(out.From, w.turns[0]), max(out.To, w.turns[n-1])
		}
		for _, turn := range w.turns {
			if v.turns[turn].cut > 0 && !slices.Contains(out.Cut, turn) {
				out.Cut = append(out.Cut, turn)
			}
		}
	}
	slices.Sort(out.Cut)
	out.LeftOut = v.leftOut(shown)
	whole := len(out.LeftOut) == 0 && len(out.Cut) == 0
	if !whole && out.Outcome != pipeline.Undetermined && !settled(p, out) {
		out.Outcome, out.Reason, out.Evidence = pipeline.Undetermined, pipeline.TooLong, nil
	}
	return out
}

// decisive is the judgement that stands for those of all parts.
func decisive(p scorecard.Proof, parts []pipeline.Judgement) pipeline.Judgement {
	out := parts[0]
	rank := func(j pipeline.Judgement) int {
		switch {
		case settled(p, j):
			return 3
		case j.Outcome == pipeline.Undetermined:
			return 2
		case j.Outcome == pipeline.NotApplicable:
			return 0
		}
		return 1
	}
	for _, j := range parts[1:] {
		both := rank(j) == 1 && rank(out) == 1
		switch {
		case both && j.Outcome != out.Outcome: // quotes for either, in different parts
			out.Outcome, out.Reason = pipeline.Undetermined, pipeline.Split
			out.Evidence = slices.Concat(out.Evidence, j.Evidence)
		case both:
			out.Evidence = slices.Concat(out.Evidence, j.Evidence)
		case rank(j) > rank(out):
			out = j
		}
	}
	return out
}
