package sla_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"assay/pipeline/scorecard"
	"assay/pipeline/sla"
	"assay/pipeline/transcript"
)

func matrix(t *testing.T, src string) *sla.Matrix {
	t.Helper()
	doc := scorecard.Open("sla.yaml", []byte(src))
	if doc.Root == nil {
		t.Fatal(doc.Problems())
	}
	m := sla.ReadMatrix(doc.Root)
	if err := doc.Problems().Err(); err != nil {
		t.Fatal(err)
	}
	return m
}

const rows = `
- {first_response: 10m}
- {urgency: critical, first_response: 1m, handover: 5m}
- {customer_type: enterprise, first_response: 2m}
- {business_type: Inquiry, first_response: 3m, response: 90s}
- {business_type: [loan, card], customer_type: "*", urgency: "*", first_response: 4m}
- {customer_type: enterprise, urgency: [urgent, critical], first_response: 30s}
- {business_type: inquiry, urgency: critical, first_response: 40s}
- {business_type: ＬＯＡＮ, customer_type: individual, first_response: 50s}
- {business_type: loan, customer_type: enterprise, urgency: urgent, first_response: 5s}
`

func TestTheMostSpecificRowCounts(t *testing.T) {
	t.Parallel()
	m := matrix(t, rows)
	tests := map[string]struct {
		key   sla.Key
		limit sla.Limit
		want  time.Duration // 0: none
	}{
		"nothing known":             {sla.Key{}, sla.FirstResponse, 10 * time.Minute},
		"a value that no row names": {sla.Key{BusinessType: "mortgage"}, sla.FirstResponse, 10 * time.Minute},
		"one key":                   {sla.Key{Urgency: "critical"}, sla.FirstResponse, time.Minute},
		"customer before urgency, but two keys win": {sla.Key{CustomerType: "enterprise", Urgency: "critical"}, sla.FirstResponse, 30 * time.Second},
		"business before customer":                  {sla.Key{BusinessType: "inquiry", CustomerType: "enterprise"}, sla.FirstResponse, 3 * time.Minute},
		"business and urgency before customer and urgency": {
			sla.Key{BusinessType: "inquiry", CustomerType: "enterprise", Urgency: "critical"}, sla.FirstResponse, 40 * time.Second},
		"one of several values, stars name no key": {sla.Key{BusinessType: "card"}, sla.FirstResponse, 4 * time.Minute},
		"width and case do not matter":             {sla.Key{BusinessType: "loan", CustomerType: "individual"}, sla.FirstResponse, 50 * time.Second},
		"three keys":                               {sla.Key{BusinessType: "loan", CustomerType: "enterprise", Urgency: "urgent"}, sla.FirstResponse, 5 * time.Second},
		"each limit by its own row":                {sla.Key{BusinessType: "inquiry", Urgency: "critical"}, sla.Handover, 5 * time.Minute},
		"a limit that no matching row sets":        {sla.Key{BusinessType: "inquiry"}, sla.Handover, 0},
		"every answer":                             {sla.Key{BusinessType: "inquiry"}, sla.Response, 90 * time.Second},
		"every answer by the first":                {sla.Key{Urgency: "critical"}, sla.Response, time.Minute},
	}
	for name, tt := range tests {
		got, ok := m.Find(tt.key, tt.limit)
		if got != tt.want || ok != (tt.want > 0) {
			t.Errorf("%s: %s, %t, want %s", name, got, ok, tt.want)
		}
	}
	if m.Sets(sla.Progress) || !m.Sets(sla.Handover) || !m.Sets(sla.Response) {
		t.Error("Sets is wrong")
	}
}

// TestTheOrderOfRowsDoesNotMatter holds for every key over the values of rows.
func TestTheOrderOfRowsDoesNotMatter(t *testing.T) {
	t.Parallel()
	lines := strings.Split(strings.TrimSpace(rows), "\n")
	m := matrix(t, rows)
	for turn := range lines {
		rotated := append(append([]string{}, lines[turn:]...), lines[:turn]...)
		other := matrix(t, strings.Join(rotated, "\n"))
		for _, b := range []string{"", "inquiry", "loan", "card", "x"} {
			for _, c := range append(transcript.CustomerTypes, "") {
				for _, u := range append(transcript.Urgencies, "") {
					k := sla.Key{BusinessType: b, CustomerType: c, Urgency: u}
					want, _ := m.Find(k, sla.FirstResponse)
					if got, _ := other.Find(k, sla.FirstResponse); got != want {
						t.Errorf("%+v: %s after turning by %d, %s before", k, got, turn, want)
					}
				}
			}
		}
	}
}

func TestShippedMatrixAndLevels(t *testing.T) {
	t.Parallel()
	d, err := sla.Default()
	if err != nil {
		t.Fatal(err)
	}
	type find struct {
		business, customer string
		limit              sla.Limit
	}
	tests := map[find]time.Duration{
		{"inquiry", "individual", sla.FirstResponse}:   3 * time.Minute,
		{"咨询", "individual", sla.FirstSolution}:        15 * time.Minute,
		{"Inquiry ", "individual", sla.Response}:       3 * time.Minute,
		{"complaint", "enterprise", sla.Handover}:      10 * time.Minute,
		{"投诉", "enterprise", sla.Progress}:             2 * time.Hour,
		{"after_sales", "", sla.CrossDepartment}:       4 * time.Hour,
		{"after_sales", "individual", sla.Handover}:    0,
		{"", "individual", sla.FirstResponse}:          0,
		{"inquiry", "enterprise", sla.FirstResponse}:   0,
		{"complaint", "individual", sla.FirstSolution}: 0,
	}
	for f, want := range tests {
		s := &transcript.Session{BusinessType: f.business, Customer: &transcript.CustomerRef{Type: f.customer}}
		if got, _ := d.Matrix.Find(sla.KeyOf(s), f.limit); got != want {
			t.Errorf("%+v: %s, want %s", f, got, want)
		}
	}
	began := time.Date(2026, 12, 31, 17, 0, 0, 0, time.UTC) // a Thursday
	cal := matrix(t, "calendar: {zone: UTC, week: {mon-fri: 09:00-18:00}, holidays: [2027-01-01]}").Calendar
	var got []string
	for _, l := range d.Levels {
		for _, c := range l.Clocks {
			got = append(got, string(l.Owner)+" "+c.Name+" "+c.Due.Of(began, cal).Format("2006-01-02 15:04"))
		}
	}
	want := []string{
		"supervisor contact 2027-01-01 17:00", "supervisor result 2027-01-06 18:00",
		"shift_leader contact 2027-01-01 05:00", "shift_leader result 2027-01-05 18:00",
		"quality improvement_list 2027-01-04 00:00", "quality adoption_report 2027-01-01 00:00",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// TestWhatIsWrongIsSaid reads files with mistakes; each gives all of its problems.
func TestWhatIsWrongIsSaid(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ src, want string }{
		"no rows":          {"[]", "x:1:1: the matrix has 0 rows; allowed: 1 to 1000 rows"},
		"text":             {"fast", "x:1:1: expected a list, found text"},
		"a row without":    {"- {urgency: urgent}", "x:1:3: [0]: the row sets no limit; allowed: first_response, response, first_solution, handover, progress, cross_department"},
		"mistyped keys":    {"- {first_respons: 3m, urgency: urgent, handover: 1m}", `x:1:4: [0].first_respons: unknown key; did you mean "first_response"?; allowed: business_type, cross_department, customer_type, first_response, first_solution, handover, progress, response, urgency`},
		"unknown values":   {"- {customer_type: company, urgency: [high, low], handover: 1m}", "x:1:19: [0].customer_type: unknown value \"company\"; allowed: individual, enterprise, *\nx:1:38: [0].urgency[0]: unknown value \"high\"; allowed: normal, urgent, critical, *\nx:1:44: [0].urgency[1]: unknown value \"low\"; allowed: normal, urgent, critical, *"},
		"no time":          {"- {handover: 10}\n- {progress: 0s}\n- {response: -3m}\n- {first_solution: 800h}", "x:1:14: [0].handover: \"10\" is no duration; allowed: a positive duration such as 1.5s, 30s, 3m\nx:2:14: [1].progress: \"0s\" is no duration; allowed: a positive duration such as 1.5s, 30s, 3m\nx:3:14: [2].response: \"-3m\" is no duration; allowed: a positive duration such as 1.5s, 30s, 3m\nx:4:20: [3].first_solution: the limit of 800h0m0s is longer than a month; allowed: at most 744h"},
		"a star in a list": {`- {urgency: [urgent, "*"], handover: 1m}`, `x:1:22: [0].urgency[1]: "*" is every value: it stands alone`},
		"equal rows":       {"- {urgency: urgent, handover: 1m}\n- {urgency: [normal, urgent], progress: 1m, handover: 2m}\n- {customer_type: individual, handover: 3m}", "x:2:3: [1]: row 1 is just as specific and sets handover for some of the same sessions"},
		"an empty list":    {"- {business_type: [], handover: 1m}", `x:1:19: [0].business_type: the list is empty; allowed: "*"`},
		"twice in a list":  {"- {business_type: [Loan, loan], handover: 1m}", `x:1:26: [0].business_type[1]: "loan" stands twice`},
		"a calendar": {"calendar:\n  zone: Mars/Olympus\n  week: {mon-fry: 9-5, sat: 09:00-25:00, sun: '09:00-12:00, 11:00-13:00', sat-sun: 08:00-08:00, wed: [9-12]}\n  holidays: [2026-02-30, 2026-01-02..2026-01-01]\n  extra: [tomorrow]",
			`x:2:9: calendar.zone: "Mars/Olympus" is no time zone; allowed: names such as Asia/Shanghai, Europe/London, UTC
x:3:10: calendar.week.mon-fry: "mon-fry" is no day of the week; allowed: mon, tue, wed, thu, fri, sat, sun, ranges such as mon-fri
x:3:19: calendar.week.mon-fry: "9-5" is no stretch of work; allowed: hours such as "09:00-12:00, 13:30-18:00", "22:00-06:00", "00:00-24:00"
x:3:29: calendar.week.sat: "09:00-25:00" is no stretch of work; allowed: hours such as "09:00-12:00, 13:30-18:00", "22:00-06:00", "00:00-24:00"
x:3:47: calendar.week.sun: 11:00-13:00 begins before the hours ahead of it end
x:3:75: calendar.week.sat-sun: sat stands twice
x:3:75: calendar.week.sat-sun: sun stands twice
x:3:84: calendar.week.sat-sun: "08:00-08:00" is no stretch of work; allowed: hours such as "09:00-12:00, 13:30-18:00", "22:00-06:00", "00:00-24:00"
x:3:102: calendar.week.wed: the hours of a day are one text; allowed: hours such as "09:00-12:00, 13:30-18:00", "22:00-06:00", "00:00-24:00"
x:4:14: calendar.holidays[0]: "2026-02-30" is no day and no range of days; allowed: 2026-10-01, ranges of up to 400 days such as 2026-10-01..2026-10-07
x:4:26: calendar.holidays[1]: "2026-01-02..2026-01-01" is no day and no range of days; allowed: 2026-10-01, ranges of up to 400 days such as 2026-10-01..2026-10-07
x:5:11: calendar.extra[0]: "tomorrow" is no day and no range of days; allowed: 2026-10-01, ranges of up to 400 days such as 2026-10-01..2026-10-07`},
		"no working time": {"calendar: {zone: UTC, week: {}, holidays: [2026-10-01], extra: {2026-10-01: 09:00-10:00}}",
			"x:1:29: calendar.week: nobody works on any day of the week\nx:1:65: calendar.extra.2026-10-01: 2026-10-01 stands twice, or among the holidays too"},
		"no zone": {"calendar: {week: {mon: 09:00-10:00}}", `x:1:11: calendar: "zone" is missing`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			doc := scorecard.Open("x", []byte(tt.src))
			sla.ReadMatrix(doc.Root)
			if diff := cmp.Diff(tt.want, doc.Problems().Error()); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestABareStarIsNoValue(t *testing.T) {
	t.Parallel()
	doc := scorecard.Open("x", []byte("- {urgency: *, handover: 1m}"))
	if want := `x:1:14: unexpected scalar value type; write "*" in quotes`; doc.Root != nil || doc.Problems().Error() != want {
		t.Errorf("problems %v, want %s", doc.Problems(), want)
	}
}

func TestWrongLevelsAreSaid(t *testing.T) {
	t.Parallel()
	doc := scorecard.Open("x", []byte("- {level: 1, name: N, when: W, owner: boss, clocks: {contact: soon, result: 0 working days}}\n- {level: 1, name: N, when: W, owner: quality, clocks: {list: weekly}}"))
	sla.ReadLevels(doc.Root)
	want := `x:1:39: [0].owner: unknown value "boss"; allowed: supervisor, shift_leader, quality
x:1:63: [0].clocks.contact: "soon" says not when it is due; allowed: 24h, 1 to 250 working days, weekly, monthly
x:1:77: [0].clocks.result: "0 working days" says not when it is due; allowed: 24h, 1 to 250 working days, weekly, monthly
x:2:3: [1]: level 1 stands twice`
	if diff := cmp.Diff(want, doc.Problems().Error()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
