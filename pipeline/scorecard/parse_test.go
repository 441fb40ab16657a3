package scorecard_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"assay/pipeline/scorecard"
	"assay/pipeline/transcript"
)

const whole = `
scorecard: retail
name: {zh: 零售, en: Retail}
for: {channels: [chat, email], languages: [zh, en], business_types: [Card], teams: [售后一组], queues: vip}
effective: {from: 2026-01-01, to: 2026-12-31}
synonyms: {退款: [退钱], refund: money back}
sla: [{business_type: complaint}]
mode: deduction
pass: 80
undetermined_limit: 50
start: 90
cap: 110
floor: -10
conditions:
  greets:
    speaker: agent
    leg: last
    first: 20%
    range: {from: 2, to: -2}
    keywords: {any: [您好]}
sections:
- id: opening
  name: Opening
  criteria:
  - id: late
    name: {en: Late}
    advice: Answer sooner.
    deduct: 3
    per: hit
    count: late
    at_most: 9
    critical: section
    severity: severe
    category: process
    stage: solution
    business: [card, loan]
    effective: {to: 2026-06-30}
    requires: {criterion: kind, outcome: not_met}
    conditions:
      late:
        before: {condition: greets, hit: 2, within: 90s}
        after: greets
        around: {condition: greets, hit: every, within: 3}
        first: 12.5% time
        last: 1m
        turns: all
        response_gap: {more_than: 60s}
    applies_when: greets
    not_met_when: late and not greets
    evidence: [late]
    examples:
    - outcome: not_met
      channel: call
      language: en-GB
      started_at: 2026-03-01T09:30:00+08:00
      business_type: card
      urgency: urgent
      csat: 2
      customer_type: enterprise
      team: 售后一组
      queue: vip
      metadata: {holds: 2, new: true}
      turns: ["customer 1s-2.5s: help", "agent@a17 70s: 您好: 请讲"]
  - {id: kind, name: Kind, bonus: 2, judge: Was the agent kind?}
  - {id: wise, name: Wise, bonus: 2, judge: {question: Was he wise?, include: [patience], exclude: [age, wealth]}}
  - {id: tidy, name: Tidy, deduct: 0, manual: true}
`

func TestParseReadsEverything(t *testing.T) {
	t.Parallel()
	got, problems := scorecard.Parse("retail.yaml", []byte(whole))
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	greets := &scorecard.Condition{Name: "greets", Kind: "keywords",
		Where: scorecard.Where{
			Speaker: transcript.Agent, Leg: scorecard.LegLast, First: &scorecard.Extent{Percent: 20}, Range: &scorecard.Range{From: 2, To: -2},
		}}
	late := &scorecard.Condition{Name: "late", Kind: "response_gap", Where: scorecard.Where{
		First: &scorecard.Extent{Percent: 12.5, OfTime: true},
		Last:  &scorecard.Extent{Time: time.Minute},
		Anchors: []scorecard.Anchor{
			{Side: scorecard.Before, Condition: "greets", Hit: 2, Within: &scorecard.Extent{Time: 90 * time.Second}},
			{Side: scorecard.After, Condition: "greets"},
			{Side: scorecard.Around, Condition: "greets", Hit: scorecard.HitEvery, Within: &scorecard.Extent{Turns: 3}},
		},
		All: true,
	}}
	want := &scorecard.Scorecard{
		ID: "retail", Version: got.Version, Name: scorecard.Text{ZH: "零售", EN: "Retail"}, Source: []byte(whole),
		Scope: scorecard.Scope{Channels: []transcript.Channel{transcript.Chat, transcript.Email}, Languages: []string{"zh", "en"},
			BusinessTypes: []string{"Card"}, Teams: []string{"售后一组"}, Queues: []string{"vip"}},
		Effective: scorecard.Period{From: day(2026, 1, 1), To: day(2026, 12, 31)},
		Synonyms:  [][]string{{"退款", "退钱"}, {"refund", "money back"}},
		Mode:      scorecard.Deduction, Pass: 80, UndeterminedLimit: 0.5, Start: 90, Cap: 110, Floor: -10,
		Conditions: []*scorecard.Condition{greets},
		Sections: []*scorecard.Section{{ID: "opening", Name: scorecard.Text{ZH: "Opening", EN: "Opening"}, Weight: 1, Criteria: []*scorecard.Criterion{
			{
				ID: "late", Section: "opening", Name: scorecard.Text{EN: "Late"}, Advice: scorecard.Text{ZH: "Answer sooner.", EN: "Answer sooner."},
				Weight: 3, Points: -3, PerHit: true, Count: "late", AtMost: 9,
				Critical: scorecard.CriticalSection, Severity: scorecard.Severe, Category: scorecard.Process, Stage: "solution",
				Business: []string{"card", "loan"}, Effective: scorecard.Period{To: day(2026, 6, 30)},
				Requires:    &scorecard.Requirement{Criterion: "kind", Outcome: "not_met"},
				AppliesWhen: parse(t, "greets"), NotMetWhen: parse(t, "late && !greets"),
				Conditions: []*scorecard.Condition{late}, Evidence: scorecard.Shown{Met: []string{"late"}, NotMet: []string{"late"}},
				Examples: []scorecard.Example{{Outcome: "not_met", Session: &transcript.Session{
					ID: "example", Channel: transcript.Call, Language: "en-GB",
					StartedAt: time.Date(2026, 3, 1, 1, 30, 0, 0, time.UTC), BusinessType: "card", Urgency: "urgent", CSAT: 2,
					Customer: &transcript.CustomerRef{Type: "enterprise"}, Agent: &transcript.AgentRef{ID: "example", Team: "售后一组"},
					Metadata: map[string]any{"queue": "vip", "holds": 2.0, "new": true},
					Turns: []transcript.Turn{
						{Speaker: transcript.Customer, Text: "help", StartMS: new(int64(1000)), EndMS: new(int64(2500))},
						{Speaker: transcript.Agent, Text: "您好: 请讲", StartMS: new(int64(70_000)), Agent: "a17"},
					},
				}}},
			},
			{ID: "kind", Section: "opening", Name: scorecard.Text{ZH: "Kind", EN: "Kind"}, Weight: 2, Points: 2,
				Severity: scorecard.Moderate, Category: scorecard.ServiceQuality, Judge: &scorecard.Judge{Question: "Was the agent kind?", Prove: scorecard.ProveMet, Speaker: transcript.Agent}},
			{ID: "wise", Section: "opening", Name: scorecard.Text{ZH: "Wise", EN: "Wise"}, Weight: 2, Points: 2,
				Severity: scorecard.Moderate, Category: scorecard.ServiceQuality,
				Judge: &scorecard.Judge{Question: "Was he wise?", Include: []string{"patience"}, Exclude: []string{"age", "wealth"}, Prove: scorecard.ProveMet, Speaker: transcript.Agent}},
			{ID: "tidy", Section: "opening", Name: scorecard.Text{ZH: "Tidy", EN: "Tidy"}, Weight: 1,
				Severity: scorecard.Moderate, Category: scorecard.ServiceQuality, Manual: true},
		}}},
	}
	opts := cmp.Options{
		cmpopts.IgnoreUnexported(scorecard.Scorecard{}),
		cmpopts.IgnoreTypes(&scorecard.Node{}),
		cmp.Comparer(func(a, b *scorecard.Expr) bool { return fmt.Sprint(a) == fmt.Sprint(b) }),
	}
	if diff := cmp.Diff(want, got, opts); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if got.SLA == nil || !got.SLA.IsList() {
		t.Error("the rows of the response matrix are not kept")
	}
}

func day(year, month, day int) time.Time {
	return time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
}

func TestParseDefaults(t *testing.T) {
	t.Parallel()
	s, problems := scorecard.Parse("x", []byte("scorecard: s\nname: S\nsections:\n- {id: a, name: A, criteria: [{id: c, name: C, manual: true}]}\n"))
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	if s.Mode != scorecard.Weighted || s.Pass != 60 || s.UndeterminedLimit != 0.3 || s.Start != 100 || s.Cap != 100 || s.Floor != 0 {
		t.Errorf("mode %s, pass %g, limit %g, start %g, cap %g, floor %g", s.Mode, s.Pass, s.UndeterminedLimit, s.Start, s.Cap, s.Floor)
	}
	if len(s.Version) != 12 {
		t.Errorf("version %q has not 12 digits", s.Version)
	}
}

func TestVersionIsTheContent(t *testing.T) {
	t.Parallel()
	a, _ := scorecard.Parse("a", []byte(whole))
	same, _ := scorecard.Parse("b", []byte(whole))
	other, _ := scorecard.Parse("a", []byte(whole+"\n"))
	if a.Version != same.Version || a.Version == other.Version {
		t.Errorf("versions %s, %s of the same, %s of another", a.Version, same.Version, other.Version)
	}
}

func TestParseNeedsNoTimeForAnchors(t *testing.T) {
	t.Parallel()
	// Every condition hangs on the next one three times: as a walk over paths
	// this would take 3^200 steps.
	var b strings.Builder
	b.WriteString("scorecard: s\nname: S\nconditions:\n")
	for i := range 200 {
		fmt.Fprintf(&b, "  c%d: {before: c%d, after: c%d, around: c%d, keywords: {any: [x]}}\n", i, i+1, i+1, i+1)
	}
	b.WriteString("  c200: {keywords: {any: [x]}}\nsections:\n- {id: a, name: A, criteria: [{id: c, name: C, met_when: c0}]}\n")
	if _, problems := scorecard.Parse("x", []byte(b.String())); len(problems) > 0 {
		t.Error(problems)
	}
}

func TestParseRefusesDepth(t *testing.T) {
	t.Parallel()
	tests := map[string]string{ // what is too deep, and the problem
		strings.Repeat("[", 1<<20):             "x.yaml:1:1: lists or mappings are nested too deep",
		"a:\n" + strings.Repeat("- ", 1<<20):   "x.yaml:2:1: lists or mappings are nested too deep",
		"a:\n\n" + strings.Repeat("{a: ", 999): "x.yaml:3:1: lists or mappings are nested too deep",
		strings.Repeat("# x\n", 2<<20):         "x.yaml:1:1: the file has 8388608 bytes, more than 4194304",
	}
	for src, want := range tests {
		s, problems := scorecard.Parse("x.yaml", []byte(src))
		if s != nil || problems.Error() != want {
			t.Errorf("%.10q…: %v, want %s", src, problems, want)
		}
	}
}

func TestScorecardFits(t *testing.T) {
	t.Parallel()
	s := &scorecard.Scorecard{Scope: scorecard.Scope{Channels: []transcript.Channel{transcript.Chat}, Languages: []string{"zh", "en_GB"}}}
	tests := map[string]struct {
		session transcript.Session
		want    bool
	}{
		"channel and region of the language": {transcript.Session{Channel: transcript.Chat, Language: "zh-Hant-TW"}, true},
		"unknown language":                   {transcript.Session{Channel: transcript.Chat}, true},
		"another language":                   {transcript.Session{Channel: transcript.Chat, Language: "en"}, false},
		"capitals":                           {transcript.Session{Channel: transcript.Chat, Language: "ZH-cn"}, true},
		"another language that begins so":    {transcript.Session{Channel: transcript.Chat, Language: "zha"}, false},
		"a region of its own":                {transcript.Session{Channel: transcript.Chat, Language: "en-gb"}, true},
		"another region":                     {transcript.Session{Channel: transcript.Chat, Language: "en-US"}, false},
		"another channel":                    {transcript.Session{Channel: transcript.Call, Language: "zh"}, false},
	}
	for name, tt := range tests {
		if got := s.Fits(&tt.session); got != tt.want {
			t.Errorf("%s: fits is %t", name, got)
		}
	}
	if !new(scorecard.Scorecard).Fits(&transcript.Session{Channel: transcript.Call, Language: "fr"}) {
		t.Error("a scorecard without scope does not fit")
	}
}

func TestScorecardFitsBusinessTeamAndQueue(t *testing.T) {
	t.Parallel()
	s := &scorecard.Scorecard{Scope: scorecard.Scope{BusinessTypes: []string{"Card", "贷款"}, Teams: []string{"A"}, Queues: []string{"7", "vip"}}}
	tests := map[string]struct {
		business, team string
		queue          any
		want           bool
	}{
		"all three":              {"贷款", "A", "vip", true},
		"case, width and blanks": {" ＣＡＲＤ", "a", "VIP", true},
		"a queue by its number":  {"card", "A", 7.0, true},
		"other business":         {"loan", "A", "vip", false},
		"another team":           {"card", "B", "vip", false},
		"another queue":          {"card", "A", "vip2", false},
		"unknown business":       {"", "A", "vip", false},
		"unknown team":           {"card", "", "vip", false},
		"unknown queue":          {"card", "A", nil, false},
	}
	for name, tt := range tests {
		session := &transcript.Session{BusinessType: tt.business, Metadata: map[string]any{"queue": tt.queue}}
		if tt.team != "" {
			session.Agent = &transcript.AgentRef{Team: tt.team}
		}
		if got := s.Fits(session); got != tt.want {
			t.Errorf("%s: fits is %t", name, got)
		}
	}
}

func TestScorecardFitsDays(t *testing.T) {
	t.Parallel()
	china := time.FixedZone("", 8*3600)
	whole := scorecard.Period{From: day(2026, 1, 1), To: day(2026, 1, 31)}
	tests := []struct {
		name   string
		period scorecard.Period
		at     time.Time
		want   bool
	}{
		{"the first moment", whole, time.Date(2026, 1, 1, 0, 0, 0, 0, china), true},
		{"the moment before", whole, time.Date(2025, 12, 31, 23, 59, 59, 0, china), false},
		{"the last moment", whole, time.Date(2026, 1, 31, 23, 59, 59, 999, china), true},
		{"the next day", whole, time.Date(2026, 2, 1, 0, 0, 0, 0, china), false},
		{"no start", whole, time.Time{}, true},
		{"open end", scorecard.Period{From: day(2026, 1, 1)}, time.Date(2199, 1, 1, 0, 0, 0, 0, time.UTC), true},
		{"open beginning", scorecard.Period{To: day(2026, 1, 1)}, time.Date(1971, 1, 1, 0, 0, 0, 0, time.UTC), true},
		{"no period", scorecard.Period{}, time.Date(1971, 1, 1, 0, 0, 0, 0, time.UTC), true},
	}
	for _, tt := range tests {
		s := &scorecard.Scorecard{Effective: tt.period}
		if got := s.Fits(&transcript.Session{StartedAt: tt.at}); got != tt.want {
			t.Errorf("%s: fits is %t", tt.name, got)
		}
	}
}

func TestTextFallsBack(t *testing.T) {
	t.Parallel()
	both, zh, en := scorecard.Text{ZH: "中", EN: "E"}, scorecard.Text{ZH: "中"}, scorecard.Text{EN: "E"}
	got := []string{both.In("zh"), both.In("en"), zh.In("en"), en.In("zh")}
	if diff := cmp.Diff([]string{"中", "E", "中", "E"}, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestNearest(t *testing.T) {
	t.Parallel()
	known := []string{"keywords", "regex", "tone", "关键词"}
	tests := map[string]string{"keyword": "keywords", "rgeex": "regex", "tonne": "tone", "fr": "", "metadata": "", "关健词": "关键词", "": ""}
	for in, want := range tests {
		if got := scorecard.Nearest(in, known); got != want {
			t.Errorf("Nearest(%q) = %q, want %q", in, got, want)
		}
	}
}

// FuzzParse holds that no file makes Parse fail otherwise than with problems
// that stand somewhere in it, and that it answers the same twice.
func FuzzParse(f *testing.F) {
	f.Add([]byte(whole))
	for _, s := range []string{"", "a", "- a", "scorecard: [", "scorecard: x\nname: {zh: *a}", "? a\n: b", "<<: {a: b}", "sections:\n- criteria: [{}]", "sections: [{criteria: [{examples: [{turns: [~]}]}]}]"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		s, problems := scorecard.Parse("x.yaml", src)
		if s == nil && len(problems) == 0 {
			t.Fatal("neither a scorecard nor a problem")
		}
		for _, p := range problems {
			if p.Line < 1 || p.Column < 1 || p.Message == "" {
				t.Errorf("problem without a place: %+v", p)
			}
		}
		_, again := scorecard.Parse("x.yaml", src)
		if diff := cmp.Diff(problems, again); diff != "" {
			t.Errorf("another answer the second time\n%s", diff)
		}
	})
}

func TestFilesMayBeginWithAByteOrderMark(t *testing.T) {
	t.Parallel()
	const src = "scorecard: s\nname: 评分卡\nsections: [{id: a, name: A, criteria: [{id: c, name: C, manual: true}]}]\n"
	s, problems := scorecard.Parse("bom.yaml", []byte("\uFEFF"+src))
	if len(problems) > 0 || s.Name.ZH != "评分卡" {
		t.Errorf("%v", problems)
	}
}
