package rule

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"assay/pipeline"
	"assay/pipeline/scorecard"
	"assay/pipeline/transcript"
)

// similarity hits at turns that say nearly what a sample says:
//
//	similarity: {to: [我要投诉, I want to make a complaint], at_least: 70}
//	similarity: {to: [...], by: embedding, at_least: 85}
//
// The score, 0 to 100, is that of the best sample. By lexical, the default,
// compares letters (see lexical.go); at_least is 70 by default, and the place is
// the stretch of the turn that is most like the sample. By embedding compares
// meanings: the cosine, in percent, of the vectors that the configured model
// gives to a sample and to a sentence of the turn, which is the place. What is
// alike differs from model to model, so that at_least must be given. Without a
// model, or when it does not answer, embedding is not evaluable.
type similarity struct {
	to      []string
	samples []*sample // unless meaning
	least   float64
	meaning bool
}

// Bounds of a list of samples.
const (
	mostSamples = 100
	sampleRunes = 300
)

func readSimilarity(_ *builder, c *condition, m *scorecard.Map) test {
	c.turnwise, c.local = true, true
	s := &similarity{least: 70}
	if n := m.Key("by"); n != nil {
		s.meaning = n.OneOf("lexical", "embedding") == "embedding"
	}
	if n := m.Must("to"); n != nil {
		s.readSamples(n)
	}
	n := m.Key("at_least")
	switch {
	case n != nil:
		s.least = n.Number(1, 100)
	case s.meaning:
		m.Must("at_least")
	}
	return s
}

func (s *similarity) readSamples(n *scorecard.Node) {
	nodes := []*scorecard.Node{n}
	if n.IsList() {
		nodes = n.List()
	}
	if len(nodes) == 0 || len(nodes) > mostSamples {
		n.Problem([]string{fmt.Sprintf("1 to %d samples", mostSamples)}, "the list has %d", len(nodes))
		return
	}
	for _, e := range nodes {
		text := e.NonEmpty()
		x := newSample(text)
		switch count := utf8.RuneCountInString(text); {
		case strings.TrimSpace(text) == "":
		case count > sampleRunes:
			e.Problem(nil, "the sample has %d characters, more than %d", count, sampleRunes)
		case x.tokens == 0:
			e.Problem(nil, "%q has no letter to compare", text)
		case slices.Contains(s.to, text):
			e.Problem(nil, "%q stands twice in the list", text)
		}
		s.to, s.samples = append(s.to, text), append(s.samples, x)
	}
}

func (s *similarity) judge(e *Evaluation, turns []int) outcome {
	if s.meaning {
		return s.judgeMeaning(e, turns)
	}
	var hits []transcript.Span
	for _, t := range turns {
		if e.stopped() {
			break
		}
		if best, _ := s.best(e, t, s.least); best.score >= s.least {
			hits = addPlaces(hits, []transcript.Span{e.span(t, best.start, best.end)})
		}
	}
	return hitIf(hits)
}

// best is the stretch of a turn that is most like a sample, and the sample.
func (s *similarity) best(e *Evaluation, turn int, least float64) (stretch, string) {
	tokens := e.tokensOf(turn)
	var best stretch
	to := ""
	for _, x := range s.samples {
		if b := x.best(tokens, max(least, best.score)); b.score > best.score {
			best, to = b, x.text
		}
	}
	return best, to
}

// mostKept bounds the tokens, and the entities, that are kept of one session:
// those of turns after that are found again for every condition.
const mostKept = 200_000

// tokensOf takes a turn apart, once for all conditions.
func (e *Evaluation) tokensOf(turn int) []lexToken {
	if e.tokens == nil {
		e.tokens = make([][]lexToken, len(e.in.Folded))
	}
	if e.tokens[turn] != nil {
		return e.tokens[turn]
	}
	tokens := lexTokens(e.in.Folded[turn].Text)
	if e.kept += len(tokens); e.kept <= mostKept {
		e.tokens[turn] = tokens
	}
	return tokens
}

// sentence is a part of a turn with its meaning.
type sentence struct {
	span   transcript.Span
	vector []float32
}

func (s *similarity) judgeMeaning(e *Evaluation, turns []int) outcome {
	sentences, samples, reason := s.vectors(e, turns)
	if reason != "" {
		return notEvaluable(reason)
	}
	var hits []transcript.Span
	for _, x := range sentences {
		if score, _ := closestTo(x.vector, samples); score >= s.least {
			hits = append(hits, x.span)
		}
	}
	return hitIf(hits)
}

// vectors asks for the meanings of all sentences in range and of the samples at once.
func (s *similarity) vectors(e *Evaluation, turns []int) ([]sentence, [][]float32, pipeline.Reason) {
	var sentences []sentence
	texts := slices.Clone(s.to)
	for _, t := range turns {
		for _, at := range sentencesOf(e.in.Folded[t].Text) {
			span := e.span(t, at[0], at[1])
			sentences = append(sentences, sentence{span: span})
			texts = append(texts, e.shown(span))
		}
	}
	if len(sentences) == 0 {
		return nil, nil, ""
	}
	vectors, reason := e.embed(texts)
	if reason != "" {
		return nil, nil, reason
	}
	for i := range sentences {
		sentences[i].vector = vectors[len(s.to)+i]
	}
	return sentences, vectors[:len(s.to)], ""
}

// shown is what an embedder may see of a place: its personal data is redacted.
func (e *Evaluation) shown(span transcript.Span) string {
	if e.in.Embedder == nil || e.in.Embedder.Redaction() == nil {
		return e.in.Session.Quote(span)
	}
	if e.redacted == nil {
		e.redacted = e.in.Embedder.Redaction().Session(e.in.Session).Turns
	}
	turn := &e.redacted[span.Turn]
	start, end := turn.FromOriginal(span.Start, span.End)
	return turn.Text[start:end]
}

// embed asks the model. When it failed once it is not asked again for this session.
func (e *Evaluation) embed(texts []string) ([][]float32, pipeline.Reason) {
	switch {
	case e.in.Embedder == nil:
		return nil, pipeline.NoModel
	case e.mute:
		return nil, pipeline.ModelUnavailable
	}
	vectors, err := e.in.Embedder.Embed(e.ctx, texts)
	if err != nil || len(vectors) != len(texts) {
		e.mute = true // the embedder has said why where it is configured
		return nil, pipeline.ModelUnavailable
	}
	return vectors, ""
}

// closestTo is the score of the sample that is closest in meaning, and its index.
func closestTo(v []float32, samples [][]float32) (score float64, index int) {
	for i, s := range samples {
		dot := 0.0
		for j := range min(len(v), len(s)) {
			dot += float64(v[j]) * float64(s[j])
		}
		if 100*dot > score {
			score, index = min(100*dot, 100), i
		}
	}
	return score, index
}

// longestSentence is the bytes after which a sentence without an end is cut.
const longestSentence = 2000

// sentencesOf are the parts of a folded text between the ends of sentences that
// have at least two letters or digits.
func sentencesOf(text string) [][2]int {
	var out [][2]int
	start, letters := 0, 0
	end := func(at int) {
		if part := strings.TrimSpace(text[start:at]); letters > 1 {
			from := start + strings.Index(text[start:at], part)
			out = append(out, [2]int{from, from + len(part)})
		}
		start, letters = at, 0
	}
	for i, r := range text {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			letters++
		}
		next := i + utf8.RuneLen(r)
		if strings.ContainsRune("。!?;…", r) || r == '.' && (next == len(text) || text[next] == ' ') || next-start >= longestSentence {
			end(next)
		}
	}
	end(len(text))
	return out
}

// nearest is what was most like a sample.
func (s *similarity) nearest(e *Evaluation, turns []int) (Near, bool) {
	if s.meaning {
		return s.nearestMeaning(e, turns)
	}
	near, best := Near{Turn: -1}, 10.0 // less is by chance
	for _, t := range turns {
		if e.stopped() {
			break
		}
		b, to := s.best(e, t, best)
		if b.score > best {
			best = b.score
			near = s.miss(t, b.score, e.in.Folded[t].Text[b.start:b.end], to)
		}
	}
	return near, near.Turn >= 0
}

func (s *similarity) miss(turn int, score float64, quote, to string) Near {
	return Near{Turn: turn, Text: fmt.Sprintf("similarity %.0f < %.0f: %q to %q", score, s.least, quote, to)}
}

func (s *similarity) nearestMeaning(e *Evaluation, turns []int) (Near, bool) {
	near, best := Near{Turn: -1}, 0.0
	sentences, samples, _ := s.vectors(e, turns)
	for _, x := range sentences {
		if score, i := closestTo(x.vector, samples); score > best {
			best, near = score, s.miss(x.span.Turn, score, e.in.Session.Quote(x.span), s.to[i])
		}
	}
	return near, near.Turn >= 0
}
