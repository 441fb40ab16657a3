package web

import "assay/knowledge"

// opinionsView is what people think of a solution, on a page.
type opinionsView struct{ List []opinionView }

// opinionView is how many think one thing.
type opinionView struct {
	Name, Title, Sign string
	Count             int
}

// None reports whether nobody said anything.
func (o opinionsView) None() bool { return len(o.List) == 0 }

// Opinions puts what people think of a solution on the page.
func (p *page) Opinions(o knowledge.Opinions) opinionsView {
	var view opinionsView
	for _, v := range []opinionView{
		{Name: "helpful", Sign: "✓", Count: o.Helpful}, {Name: "partly", Sign: "~", Count: o.Partly},
		{Name: "wrong", Sign: "✗", Count: o.Wrong}, {Name: "outdated", Sign: "!", Count: o.Outdated},
	} {
		if v.Count > 0 {
			v.Title = p.T("grade." + v.Name)
			view.List = append(view.List, v)
		}
	}
	return view
}

// diffView is a comparison on a page.
type diffView struct {
	Page *page
	List []knowledge.FieldDiff
}

// Diffs puts a comparison on the page.
func (p *page) Diffs(list []knowledge.FieldDiff) diffView { return diffView{p, list} }

// fieldView is a field of the form with the page that it stands on.
type fieldView struct {
	Page        *editPage
	Name, Value string
}

// Field puts a field on the page.
func (p *editPage) Field(name, value string) fieldView { return fieldView{p, name, value} }

// Hint says how to fill a field in; "" for those that need no word.
func (f fieldView) Hint() string {
	if f.Name == "valid_from" || f.Name == "valid_to" {
		return f.Page.T("solhint."+f.Name, f.Page.zone)
	}
	if hint := f.Page.Known("solhint", f.Name); hint != f.Name {
		return hint
	}
	return ""
}

// Rows is how high a field for text is.
func (f fieldView) Rows() int {
	switch f.Name {
	case "answer":
		return 14
	case "questions":
		return 6
	}
	return 3
}

// bulkField is a field of the form that edits many.
type bulkField struct {
	Page *bulkPage
	Name string
}

// Field puts a field on the page.
func (p *bulkPage) Field(name string) bulkField { return bulkField{p, name} }
