package knowledge

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"assay/pipeline/transcript"
)

const (
	// draftSessions are read for a draft, the best ones.
	draftSessions = 50
	// draftAnswers are offered with their sessions.
	draftAnswers = 5
	// draftQuestions are taken over as wordings.
	draftQuestions = 20
	// draftTurns of the agent after a question may be its answer.
	draftTurns = 5
	// leastAnswer is the content an answer needs, by halfWords.
	leastAnswer = 8
)

// Passage is what an agent answered to a question of a gap, in a good session.
type Passage struct {
	Session  int64 // key
	SourceID string
	Turns    []int
	Text     string // verbatim, but for personal data
	Score    *float64
}

// Drafted is a solution drafted from a gap, with the answers that it may be made
// of: the first is the one that the others resemble most, and is the draft's.
type Drafted struct {
	Solution Solution
	Answers  []Passage
}

// answeredIn is a session in which a question of a gap was asked.
type answeredIn struct {
	Session  int64
	SourceID string
	Turn     int
	Score    *float64
	Content  string
	Asked    string
}

// Draft makes a draft of a gap's questions and of what agents answered in
// sessions that passed and have no flag, best scores first. Without any such
// answer the draft's answer is empty. It is not stored.
func (g *Gaps) Draft(ctx context.Context, id int64) (Drafted, error) {
	gap, err := g.Gap(ctx, id)
	if err != nil {
		return Drafted{}, err
	}
	asked, err := g.Questions(ctx, id, maxGapList)
	if err != nil {
		return Drafted{}, err
	}
	wordings := g.wordings(asked)
	good, err := g.goodSessions(ctx, id)
	if err != nil {
		return Drafted{}, err
	}
	answers, err := g.answers(good)
	if err != nil {
		return Drafted{}, fmt.Errorf("draft from gap %d: %w", id, err)
	}
	d := Drafted{Answers: answers, Solution: Solution{
		ID: fmt.Sprintf("gap-%d", id), Title: strings.TrimSuffix(gap.Title, "…"), Language: gap.Language, Product: productOf(asked), Status: Draft,
	}}
	for _, w := range wordings {
		if w != d.Solution.Title && len(d.Solution.Questions) < draftQuestions {
			d.Solution.Questions = append(d.Solution.Questions, w)
		}
	}
	if len(answers) > 0 {
		d.Solution.Answer = answers[0].Text
		d.Solution.Note = sources(answers)
	}
	return d, nil
}

// sources names the sessions of a draft's answers.
func sources(answers []Passage) string {
	var ids []string
	for _, a := range answers {
		ids = append(ids, a.SourceID)
	}
	return "Drafted from sessions: " + strings.Join(ids, ", ")
}

// productOf is the product of more than half of the questions; "" is none.
func productOf(asked []Asked) string {
	times := map[string]int{}
	for _, a := range asked {
		if times[a.Product]++; 2*times[a.Product] > len(asked) {
			return a.Product
		}
	}
	return ""
}

// wordings are the distinct questions of a gap without personal data, in their order.
func (g *Gaps) wordings(asked []Asked) []string {
	var out []string
	seen := map[string]bool{}
	for _, a := range asked {
		text := gapTitle(g.clean(a.Text))
		if key := plain(text); key != "" && !seen[key] && !strings.HasSuffix(text, "…") {
			seen[key] = true
			out = append(out, text)
		}
	}
	return out
}

func (g *Gaps) goodSessions(ctx context.Context, id int64) ([]answeredIn, error) {
	const query = `
		SELECT q.session_id AS session, s.source_id, q.turn, v.score, t.content, '' AS asked
		FROM questions q
		JOIN sessions s ON s.id = q.session_id
		JOIN verdicts v ON v.id = q.verdict_id
		JOIN transcripts t ON t.id = q.transcript_id
		WHERE q.gap_id = $1 AND v.result = 'pass' AND v.severity IS NULL
		ORDER BY v.score DESC NULLS LAST, q.day DESC, q.id
		LIMIT $2`
	rows, err := g.pool.Query(ctx, query, id, draftSessions)
	if err != nil {
		return nil, fmt.Errorf("read sessions of gap %d: %w", id, err)
	}
	good, err := pgx.CollectRows(rows, pgx.RowToStructByName[answeredIn])
	if err != nil {
		return nil, fmt.Errorf("read sessions of gap %d: %w", id, err)
	}
	return good, nil
}

// answers cuts the answers out of sessions, the one that is most like the others first.
func (g *Gaps) answers(good []answeredIn) ([]Passage, error) {
	cut, err := newAnalyzers()
	if err != nil {
		return nil, err
	}
	var all []Passage
	var terms []map[string]bool
	for _, in := range good {
		s, err := transcript.Decode([]byte(in.Content))
		if err != nil {
			return nil, fmt.Errorf("session %q: %w", in.SourceID, err)
		}
		turns := answering(s, in.Turn)
		text := g.clean(joined(s, turns))
		words := cut.telling(text)
		if n := content(words); n < leastAnswer {
			continue
		}
		all = append(all, Passage{Session: in.Session, SourceID: in.SourceID, Turns: turns, Text: text, Score: in.Score})
		terms = append(terms, setOfWords(words))
	}
	order := make([]int, len(all))
	for i := range order {
		order[i] = i
	}
	central := centrality(terms)
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(central[b], central[a]) })
	var out []Passage
	for _, i := range order[:min(len(order), draftAnswers)] {
		out = append(out, all[i])
	}
	return out, nil
}

// answering returns the agent's turns after a question until the customer asks
// something else; courtesies are not among them.
func answering(s *transcript.Session, turn int) []int {
	var out []int
	for i := turn + 1; i < len(s.Turns) && len(out) < draftTurns; i++ {
		t := &s.Turns[i]
		if !t.IsMessage() {
			continue
		}
		how, n := askingOf(t.Text)
		switch {
		case t.Speaker == transcript.Customer && how == questioning && len(out) > 0:
			return out
		case t.Speaker == transcript.Agent && !strings.ContainsAny(t.Text, "?？") && n >= leastPiece:
			out = append(out, i)
		}
	}
	return out
}

func joined(s *transcript.Session, turns []int) string {
	var parts []string
	for _, i := range turns {
		parts = append(parts, strings.TrimSpace(s.Turns[i].Text))
	}
	return strings.Join(parts, "\n")
}

func content(words []string) int {
	n := 0
	for _, w := range words {
		if utf8.RuneCountInString(w) > 1 || !strings.ContainsFunc(w, isHan) {
			n += halfWords(w)
		}
	}
	return n
}

func setOfWords(words []string) map[string]bool {
	set := make(map[string]bool, len(words))
	for _, w := range words {
		set[w] = true
	}
	return set
}

// centrality is how like the others each answer is: its mean share of common terms.
func centrality(terms []map[string]bool) []float64 {
	out := make([]float64, len(terms))
	for i, a := range terms {
		for j, b := range terms {
			if i == j {
				continue
			}
			both := 0
			for t := range a {
				if b[t] {
					both++
				}
			}
			out[i] += 2 * float64(both) / float64(len(a)+len(b))
		}
	}
	return out
}
