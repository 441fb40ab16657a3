package web

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"assay/knowledge"
	"assay/pipeline/review"
)

const (
	// coverageDays is how far back coverage looks unless asked.
	coverageDays = 90
	// leastCovered is how many questions a share needs to be compared with the target.
	leastCovered = 30
	// checksShown is how many changes of the library the page lists.
	checksShown = 20
)

// coveragePage says how much of what customers ask the library answers.
type coveragePage struct {
	page
	Days      int
	All       *coveredRow
	Weeks     []coveredRow
	Products  []coveredRow
	Languages []coveredRow
	Now       *nowCovered // nil before the first check
	Checks    []knowledge.Check
	Check     *knowledge.Check // the one whose changes are shown
	Shifts    []knowledge.Shift
	Target    float64
}

// coveredRow is a share with its interval.
type coveredRow struct {
	knowledge.Covered
	Share review.Estimate
	Right review.Estimate // of the answers that were compared with their solution
}

// nowCovered is how the library answers the newest sessions' questions since it was
// edited last.
type nowCovered struct {
	knowledge.Check
	Share review.Estimate
}

// Short reports whether the share is below the target beyond doubt.
func (c *coveredRow) Short() bool {
	return c.Questions >= leastCovered && c.Share.High != nil && *c.Share.High < knowledge.CoverageTarget
}

// Reached reports whether the share is at the target beyond doubt.
func (c *coveredRow) Reached() bool {
	return c.Questions >= leastCovered && c.Share.Low != nil && *c.Share.Low >= knowledge.CoverageTarget
}

// Few reports whether there are too few questions to compare.
func (c *coveredRow) Few() bool { return c.Questions < leastCovered }

func (s *server) coverage(w http.ResponseWriter, r *http.Request) error {
	in := values{q: r.URL.Query()}
	p := coveragePage{page: s.page(w, r, "coverage"), Days: in.number("days", 1, 3650, coverageDays), Target: knowledge.CoverageTarget}
	check := int64(in.number("check", 0, maxKey, 0))
	if err := in.bad.or(); err != nil {
		return err
	}
	p.Title = p.T("coverage.title")
	today := time.Now().In(s.o.Zone)
	to := time.Date(today.Year(), today.Month(), today.Day()+1, 0, 0, 0, 0, time.UTC)
	for by, into := range map[knowledge.CoverageBy]*[]coveredRow{
		knowledge.CoverageWeek: &p.Weeks, knowledge.CoverageProduct: &p.Products, knowledge.CoverageLanguage: &p.Languages,
	} {
		rows, err := s.gaps.Coverage(r.Context(), to.AddDate(0, 0, -p.Days), to, by)
		if err != nil {
			return err
		}
		*into = coveredRows(rows)
	}
	for i := range p.Languages {
		p.Languages[i].Name = p.Known("language", p.Languages[i].Name)
	}
	all, err := s.gaps.Coverage(r.Context(), to.AddDate(0, 0, -p.Days), to, knowledge.CoverageAll)
	if err != nil {
		return err
	}
	if rows := coveredRows(all); len(rows) > 0 {
		p.All = &rows[0]
	}
	if p.Checks, err = s.gaps.Checks(r.Context(), checksShown); err != nil {
		return err
	}
	if len(p.Checks) > 0 && p.Checks[0].Questions > 0 {
		last := p.Checks[0]
		p.Now = &nowCovered{last, review.Wilson(last.After, last.Questions)}
	}
	if i := slices.IndexFunc(p.Checks, func(c knowledge.Check) bool { return c.ID == check }); i >= 0 {
		p.Check = &p.Checks[i]
		if p.Shifts, err = s.gaps.Shifts(r.Context(), check); err != nil {
			return err
		}
		rules := s.rules(p.Reader)
		for i := range p.Shifts {
			p.Shifts[i].Text = rules.Text(p.Shifts[i].Text).Text
		}
	}
	return s.render(w, "coverage", http.StatusOK, &p)
}

func coveredRows(list []knowledge.Covered) []coveredRow {
	rows := make([]coveredRow, len(list))
	for i, c := range list {
		compared := c.InLine + c.Contradicted + c.NotAnswered
		rows[i] = coveredRow{c, review.Wilson(c.Suggested, c.Questions), review.Wilson(c.InLine, compared)}
	}
	return rows
}

// Compared counts the answers that were compared with their solution.
func (c *coveredRow) Compared() int { return c.InLine + c.Contradicted + c.NotAnswered }

// coveredPart is a table of the page.
type coveredPart struct {
	Page *coveragePage
	Name string // of the first column
	Rows []coveredRow
}

// Part is a table of the page.
func (p *coveragePage) Part(name string, rows []coveredRow) coveredPart {
	return coveredPart{p, name, rows}
}

// Rate is a share in percent.
func (p *coveragePage) Rate(v *float64) string {
	if v == nil {
		return "–"
	}
	return strconv.FormatFloat(*v*100, 'f', 1, 64) + " %"
}

// Interval is a share's interval in percent.
func (p *coveragePage) Interval(e review.Estimate) string {
	if e.Low == nil || e.High == nil {
		return ""
	}
	return fmt.Sprintf("%.1f–%.1f %%", *e.Low*100, *e.High*100)
}

// Score is a suggestion's score, or a dash.
func (p *coveragePage) Score(v *float64) string {
	if v == nil {
		return "–"
	}
	return strconv.FormatFloat(*v, 'f', 2, 64)
}
