package web

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"assay/cmd/assay/internal/web/text"
	"assay/knowledge"
	"assay/pipeline"
	"assay/pipeline/redact"
	"assay/pipeline/store"
)

const (
	// gapsShown is how many gaps a page lists.
	gapsShown = 50
	// twice is how often a question must have been asked to be listed: what a single
	// customer asks is seldom worth a solution.
	twice = 2
	// nearestShown is how many solutions that come near a gap's page shows.
	nearestShown = 3
	// gapSamples is how many questions a gap's page shows.
	gapSamples = 20
)

// newGaps returns the gaps in the store's database; what they are called by has
// lost personal data as exports do.
func newGaps(s *store.Store, policy *redact.Policy) *knowledge.Gaps {
	rules := policy.For(redact.Export)
	return knowledge.NewGaps(s.Pool(), func(text string) string { return rules.Text(text).Text })
}

// gapStatuses are what a list of gaps can be narrowed to.
var gapStatuses = []knowledge.GapStatus{
	knowledge.GapOpen, knowledge.GapDrafted, knowledge.GapClosed, knowledge.GapUnanswerable,
}

// gapsPage is the list of questions that no solution answers.
type gapsPage struct {
	page
	Gaps      []knowledge.Gap
	Status    knowledge.GapStatus
	Language  string
	Statuses  []knowledge.GapStatus
	Languages []string
	Once      bool   // also what was asked once
	Next      string // the next page; "" on the last one
}

func (s *server) gapList(w http.ResponseWriter, r *http.Request) error {
	in := values{q: r.URL.Query()}
	f := knowledge.GapFilter{
		Status: oneOf(&in, "status", gapStatuses), Language: in.text("language"),
		Least: twice, After: int64(in.number("after", 0, maxKey, 0)), Limit: gapsShown + 1,
	}
	once := in.number("once", 1, 1, 0) == 1
	if err := in.bad.or(); err != nil {
		return err
	}
	if once {
		f.Least = 0
	}
	list, err := s.gaps.List(r.Context(), f)
	if err == nil && len(list) == 0 && len(in.q) == 0 { // what was asked once is better than nothing
		once, f.Least = true, 0
		list, err = s.gaps.List(r.Context(), f)
	}
	if err != nil {
		return err
	}
	p := gapsPage{page: s.page(w, r, "gaps"), Status: f.Status, Language: f.Language, Statuses: gapStatuses, Languages: text.Languages, Once: once}
	p.Title = p.T("gaps.title")
	if len(list) > gapsShown {
		list = list[:gapsShown]
		q := url.Values{"after": {strconv.FormatInt(list[gapsShown-1].ID, 10)}}
		for name, value := range map[string]string{"status": string(f.Status), "language": f.Language} {
			if value != "" {
				q.Set(name, value)
			}
		}
		if once {
			q.Set("once", "1")
		}
		p.Next = "/gaps?" + q.Encode()
	}
	p.Gaps = list
	return s.render(w, "gaps", http.StatusOK, &p)
}

// maxKey bounds keys in addresses.
const maxKey = 1 << 53

// gapPage is one gap with its questions, and how good sessions answered them.
type gapPage struct {
	page
	Gap     knowledge.Gap
	Asked   []knowledge.Asked
	Answers []knowledge.Passage
	Words   bool                  // a model can word a draft
	Now     []pipeline.Suggestion // what is suggested for its title by now
	Near    []knowledge.Ranked    // solutions that come near, below the threshold
}

func gapKey(r *http.Request) (int64, error) {
	text := r.PathValue("key")
	key, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("gap %q: %w", text, knowledge.ErrNotFound)
	}
	return key, nil
}

func (s *server) gap(w http.ResponseWriter, r *http.Request) error {
	key, err := gapKey(r)
	if err != nil {
		return err
	}
	p := gapPage{page: s.page(w, r, "gaps")}
	if p.Gap, err = s.gaps.Gap(r.Context(), key); err != nil {
		return err
	}
	if into := p.Gap.MergedInto; into != nil {
		http.Redirect(w, r, fmt.Sprintf("/gaps/%d", *into), http.StatusSeeOther)
		return nil
	}
	p.Title = cmp.Or(p.Gap.Title, p.T("gap.untitled"))
	if p.Asked, err = s.gaps.Questions(r.Context(), key, gapSamples); err != nil {
		return err
	}
	rules := s.rules(p.Reader)
	for i := range p.Asked {
		p.Asked[i].Text = rules.Text(p.Asked[i].Text).Text
	}
	if p.Now, p.Near, err = s.nearest(r.Context(), &p.Gap); err != nil {
		return err
	}
	if p.Answers, err = s.gaps.Answers(r.Context(), key); err != nil {
		return err
	}
	p.Words = s.o.Word != nil && len(p.Answers) > 0
	return s.render(w, "gap", http.StatusOK, &p)
}

// nearest returns what is suggested for a gap's title by now, and the solutions
// that come near.
func (s *server) nearest(ctx context.Context, gap *knowledge.Gap) ([]pipeline.Suggestion, []knowledge.Ranked, error) {
	if !s.hasLibrary() || gap.Title == "" {
		return nil, nil, nil
	}
	q := knowledge.Query{Text: gap.Title, Language: gap.Language, Limit: nearestShown}
	now, err := s.o.Index.Suggest(ctx, q)
	if err != nil {
		return nil, nil, err
	}
	all, err := s.o.Index.Rank(ctx, q, nearestShown)
	if err != nil {
		return nil, nil, err
	}
	above := s.o.Index.Threshold()
	return now, slices.DeleteFunc(all, func(r knowledge.Ranked) bool { return r.Score >= above }), nil
}

// Path is where a solution is read.
func (p *gapPage) Path(id string) string { return solutionPath(id) }

// setGap notes what became of a gap.
func (s *server) setGap(w http.ResponseWriter, r *http.Request) error {
	key, err := gapKey(r)
	if err != nil {
		return err
	}
	in, err := smallForm(w, r)
	if err != nil {
		return err
	}
	settable := []knowledge.GapStatus{knowledge.GapOpen, knowledge.GapClosed, knowledge.GapUnanswerable}
	status, solution := oneOf(in, "status", settable), in.text("solution")
	if !slices.Contains(settable, status) {
		in.refuse("status", "open", "closed", "unanswerable")
	}
	if err := in.bad.or(); err != nil {
		return err
	}
	if solution != "" {
		if _, err := s.o.Library.Solution(r.Context(), solution); errors.Is(err, knowledge.ErrNotFound) {
			return badParameters{{Name: "solution", Value: solution, Allowed: []string{"the id of a solution"}}}
		} else if err != nil {
			return err
		}
	}
	if err := s.gaps.SetStatus(r.Context(), key, status, solution, s.reader(r).name); err != nil {
		return err
	}
	http.Redirect(w, r, fmt.Sprintf("/gaps/%d", key), http.StatusSeeOther)
	return nil
}

// draftGap makes a draft of a gap and leads to where it is edited. A gap that has
// been drafted keeps its draft, and leads to its solution once that is published.
// The model words the answer where that is asked for; when it fails, the draft is
// verbatim and its note says why.
func (s *server) draftGap(w http.ResponseWriter, r *http.Request) error {
	key, err := gapKey(r)
	if err != nil {
		return err
	}
	in, err := smallForm(w, r)
	if err != nil {
		return err
	}
	d, err := s.gaps.Draft(r.Context(), key)
	if err != nil {
		return err
	}
	if in.q.Get("words") != "" && s.o.Word != nil && len(d.Answers) > 0 {
		s.word(r.Context(), &d)
	}
	by := s.reader(r).name
	reason := fmt.Sprintf(draftWords(d.Solution.Language).reason, key)
	_, err = s.o.Library.SaveDraft(r.Context(), d.Solution, knowledge.Change{By: by, Reason: reason})
	if errors.Is(err, knowledge.ErrExists) {
		there, err := s.o.Library.Solution(r.Context(), d.Solution.ID)
		if err != nil {
			return err
		}
		if there.Status != knowledge.Draft { // not everybody may edit it, nor is it for drafting
			http.Redirect(w, r, solutionPath(d.Solution.ID), http.StatusSeeOther)
			return nil
		}
	} else if err != nil {
		return err
	}
	if err := s.gaps.SetStatus(r.Context(), key, knowledge.GapDrafted, d.Solution.ID, by); err != nil {
		return err
	}
	http.Redirect(w, r, solutionPath(d.Solution.ID)+"/edit", http.StatusSeeOther)
	return nil
}

// word has the model word a draft's answer. What is sent has lost personal data as
// all that models are sent.
func (s *server) word(ctx context.Context, d *knowledge.Drafted) {
	rules := s.o.Access.Policy.For(redact.Model)
	passages := make([]string, len(d.Answers))
	for i, a := range d.Answers {
		passages[i] = rules.Text(a.Text).Text
	}
	questions := []string{rules.Text(d.Solution.Title).Text}
	for _, q := range d.Solution.Questions {
		questions = append(questions, rules.Text(q).Text)
	}
	answer, err := s.o.Word(ctx, d.Solution.Language, questions, passages)
	if err != nil {
		d.Solution.Note += "\n" + draftWords(d.Solution.Language).failed + err.Error()
		return
	}
	d.Solution.Answer = answer
	d.Solution.Note += "\n" + draftWords(d.Solution.Language).worded
}

// draftText is what is stored with a draft, for whoever reads the draft.
type draftText struct{ reason, failed, worded string }

// draftWords are in the draft's language, which need not be the language of the page.
func draftWords(language string) draftText {
	if knowledge.IsChinese(language) {
		return draftText{"来自知识缺口 %d", "模型未能改写：", "答案由模型根据这些会话改写，发布前请核对。"}
	}
	return draftText{"gap %d", "Not worded by the model: ", "Worded by a model from what they say; compare before publishing."}
}
