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
	// draftOf is among how many of a gap's questions, the newest, they are looked for.
	draftOf = 2_000
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
	answers, err := g.Answers(ctx, id)
	if err != nil {
		return Drafted{}, err
	}
	wordings := g.wordings(asked)
	d := Drafted{Answers: answers, Solution: Solution{
		ID: fmt.Sprintf("gap-%d", id), Title: draftTitle(&gap, wordings), Language: gap.Language, Product: productOf(asked), Status: Draft,
	}}
	for _, w := range wordings {
		if w != d.Solution.Title && len(d.Solution.Questions) < draftQuestions {
			d.Solution.Questions = append(d.Solution.Questions, w)
		}
	}
	if len(answers) > 0 {
		d.Solution.Answer = answers[0].Text
		d.Solution.Note = sources(answers, gap.Language)
	}
	return d, nil
}

// draftTitle is what a draft is called; its writer may know better.
func draftTitle(gap *Gap, wordings []string) string {
	switch {
	case gap.Title != "":
		return strings.TrimSuffix(gap.Title, "…")
	case len(wordings) > 0:
		return wordings[0]
	case IsChinese(gap.Language):
		return fmt.Sprintf("缺口 %d", gap.ID)
	}
	return fmt.Sprintf("Gap %d", gap.ID)
}

// Answers returns what agents answered to a gap's questions in sessions that passed
// and have no flag: first the answer that is most like the others, at most five.
func (g *Gaps) Answers(ctx context.Context, id int64) ([]Passage, error) {
	good, err := g.goodSessions(ctx, id)
	if err != nil {
		return nil, err
	}
	answers, err := g.answers(good)
	if err != nil {
		return nil, fmt.Errorf("read answers to gap %d: %w", id, err)
	}
	return answers, nil
}

// sources names the sessions of a draft's answers, in the draft's language.
func sources(answers []Passage, language string) string {
	var ids []string
	for _, a := range answers {
		ids = append(ids, a.SourceID)
	}
	if IsChinese(language) {
		return "起草自会话：" + strings.Join(ids, "、")
	}
	return "Drafted from sessions: " + strings.Join(ids, ", ")
}

// IsChinese reports whether a BCP 47 language is Chinese.
func IsChinese(language string) bool { return baseLanguage(language) == "zh" }

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
		SELECT q.session_id AS session, s.source_id, q.turn, v.score, t.content
		FROM (
			SELECT id, session_id, verdict_id, transcript_id, turn, day
			FROM questions
			WHERE gap_id = $1
			ORDER BY day DESC
			LIMIT $3
		) AS q
		JOIN sessions s ON s.id = q.session_id
		JOIN verdicts v ON v.id = q.verdict_id
		JOIN transcripts t ON t.id = q.transcript_id
		WHERE v.result = 'pass' AND v.severity IS NULL
		ORDER BY v.score DESC NULLS LAST, q.day DESC, q.id
		LIMIT $2`
	rows, err := g.pool.Query(ctx, query, id, draftSessions, draftOf)
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
		turns, said := answering(s, in.Turn)
		text := g.clean(said)
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
// something else, and what they say there, verbatim: sentences that ask the
// customer, and turns of courtesies, are not part of it.
func answering(s *transcript.Session, turn int) (turns []int, said string) {
	var parts []string
	for i := turn + 1; i < len(s.Turns) && len(turns) < draftTurns; i++ {
		t := &s.Turns[i]
		if !t.IsMessage() {
			continue
		}
		if t.Speaker == transcript.Customer {
			if how, _ := askingOf(t.Text); how == questioning && len(turns) > 0 {
				break
			}
			continue
		}
		told := statements(t.Text)
		if _, n := askingOf(told); t.Speaker == transcript.Agent && n >= leastPiece {
			turns, parts = append(turns, i), append(parts, told)
		}
	}
	return turns, strings.Join(parts, "\n")
}

// statements are the parts of a text that ask nothing, each as it was written.
func statements(text string) string {
	var parts []string
	open := false
	for _, s := range sentences(text) {
		sentence := text[s.start:s.end]
		switch {
		case strings.ContainsAny(sentence, "?？"):
			open = false
		case open:
			parts[len(parts)-1] += sentence
		default:
			parts, open = append(parts, sentence), true
		}
	}
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
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
