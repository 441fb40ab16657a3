package web

import (
	"math"
	"net/http"
	"strconv"
	"strings"

	"assay/pipeline/plan"
)

// modelsPage says how models are, what they did, and what they cost.
type modelsPage struct {
	page
	*modelReport
	Policy plan.Judge
	Priced bool                         // the model's price is known
	names  map[string]map[string]string // of criteria, by scorecard
}

func (s *server) models(w http.ResponseWriter, r *http.Request) error {
	p := modelsPage{page: s.page(w, r, "models"), Policy: s.o.Judge.Policy, Priced: s.o.Judge.Prices.Known(), names: map[string]map[string]string{}}
	p.Title = p.T("models.title")
	var err error
	if p.modelReport, err = s.modelReport(r.Context()); err != nil {
		return err
	}
	active, err := s.cards.active(r.Context())
	if err != nil {
		return err
	}
	for _, card := range active {
		p.names[card.ID] = names(card, p.Lang)
	}
	return s.render(w, "models", http.StatusOK, &p)
}

// Criterion is the name of a criterion, or its id.
func (p *modelsPage) Criterion(card, id string) string {
	if name := p.names[card][id]; name != "" {
		return name
	}
	return id
}

// All is what was spent altogether, in each currency; at least one entry.
func (p *modelsPage) All() []modelSpending {
	if all := p.By("all"); len(all) > 0 {
		return all
	}
	return []modelSpending{{By: "all", Currency: p.Currency}}
}

// By is what was spent by plan or scorecard.
func (p *modelsPage) By(by string) []modelSpending {
	var out []modelSpending
	for _, s := range p.Spending {
		if s.By == by {
			out = append(out, s)
		}
	}
	return out
}

// Asked counts the week's calls.
func (p *modelsPage) Asked() int {
	n := 0
	for _, c := range p.Calls {
		n += c.Week
	}
	return n
}

// Money is an amount with its currency, or words where no price is known.
func (p *modelsPage) Money(v float64, currency string) string {
	text := strconv.FormatFloat(v, 'f', 2, 64)
	switch {
	case v == 0 && !p.Priced:
		return p.T("models.noprice")
	case v > 0 && v < 0.0001:
		text = "< 0.0001"
	case v > 0 && v < 1:
		text += strings.TrimRight(strconv.FormatFloat(v, 'f', 4, 64)[len("0.00"):], "0")
	}
	return strings.TrimSpace(text + " " + currency)
}

// useView is what was taken, as it is printed.
type useView struct {
	Tokens int64
	Money  string // "" where no price is known
}

// Use prints what was taken.
func (p *modelsPage) Use(u modelUse, currency string) useView {
	if u.Money == 0 && !p.Priced {
		return useView{Tokens: u.Tokens}
	}
	return useView{u.Tokens, p.Money(u.Money, currency)}
}

// spentRow is what was spent with the page that it stands on.
type spentRow struct {
	*modelsPage
	Spent modelSpending
}

// Row puts what was spent on the page.
func (p *modelsPage) Row(s modelSpending) spentRow { return spentRow{p, s} }

// Today is what today's budget counts: all tokens, and the budget's currency.
func (p *modelsPage) Today() modelUse {
	var sum modelUse
	for _, s := range p.By("all") {
		sum.Tokens += s.Today.Tokens
		if s.Currency == p.Currency {
			sum.Money += s.Today.Money
		}
	}
	return sum
}

// Mend is what to do about an endpoint that is not asked; "" where waiting is enough.
func (p *modelsPage) Mend(status string) string {
	if text := p.Known("mend", status); text != status {
		return text
	}
	return ""
}

// Waits is how long something waits, in the largest unit that fits.
func (p *modelsPage) Waits(seconds int64) string {
	switch {
	case seconds < 120:
		return p.T("models.seconds", seconds)
	case seconds < 2*3600:
		return p.T("models.minutes", seconds/60)
	}
	return p.T("models.hours", seconds/3600)
}

// Of is the part of a limit that is used, of 100; 0 without a limit.
func (p *modelsPage) Of(used, limit float64) int {
	if limit <= 0 {
		return 0
	}
	return int(math.Min(100, math.Round(100*used/limit)))
}

// Seconds is a latency in seconds; a dash without one.
func (p *modelsPage) Seconds(ms *int64) string {
	if ms == nil {
		return "–"
	}
	return strconv.FormatFloat(float64(*ms)/1000, 'f', 2, 64) + " s"
}

// grouped prints a count with its thousands apart.
func grouped(n int64) string {
	digits := strconv.FormatInt(n, 10)
	var b strings.Builder
	for i, d := range digits {
		if i > 0 && digits[i-1] != '-' && (len(digits)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(d)
	}
	return b.String()
}
