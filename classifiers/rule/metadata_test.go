package rule

import (
	"testing"

	"assay/pipeline"
	"assay/pipeline/scorecard"
	"assay/pipeline/transcript"
)

func TestMetadataCompares(t *testing.T) {
	t.Parallel()
	session := sessionWithFields()
	const hit, not, noField, wrong = "hit", "not_hit", "not_evaluable no_metadata", "not_evaluable wrong_type"
	tests := []struct {
		field, op string
		values    []any
		want      string
	}{
		{"queue", "==", []any{"vip"}, hit},
		{"metadata.queue", "!=", []any{"vip"}, not},
		{"queue", "contains", []any{"ip"}, hit},
		{"queue", "contains", []any{4.0}, wrong},
		{"queue", "==", []any{1.0}, wrong},
		{"queue", "<", []any{1.0}, wrong},
		{"queue", "==", []any{true}, wrong},
		{"holds", "==", []any{3.0}, hit},
		{"holds", "!=", []any{3.0}, not},
		{"holds", "<", []any{3.0}, not},
		{"holds", "<=", []any{3.0}, hit},
		{"holds", ">", []any{2.5}, hit},
		{"holds", ">=", []any{3.5}, not},
		{"holds", "==", []any{"3"}, wrong},
		{"holds", "contains", []any{"3"}, wrong},
		{"holds", "in", []any{"three", 3.0}, hit},
		{"holds", "in", []any{"three"}, wrong},
		{"holds", "not_in", []any{1.0, 2.0}, hit},
		{"holds", "not_in", []any{1.0, 3.0}, not},
		{"text", ">", []any{3.0}, hit},
		{"holds", "between", []any{3.0, 4.0}, hit},
		{"holds", "between", []any{4.0, 5.0}, not},
		{"queue", "between", []any{4.0, 5.0}, wrong},
		{"due", "<", []any{day("2026-02-01")}, hit},
		{"due", "<", []any{day("2026-01-31")}, not},
		{"due", "between", []any{day("2026-01-31"), day("2026-01-31")}, hit},
		{"called", "<=", []any{day("2026-01-31")}, hit},
		{"called", "<", []any{day("2026-01-31T16:00:00Z")}, hit},
		{"called", "<", []any{day("2026-01-31T15:00:00Z")}, not},
		{"holds", "<", []any{day("2026-01-31")}, wrong},
		{"queue", "<", []any{day("2026-01-31")}, wrong},
		{"missing", "<", []any{day("2026-01-31")}, noField},
		{"new", "==", []any{true}, hit},
		{"new", "==", []any{false}, not},
		{"new", "!=", []any{false}, hit},
		{"said", "==", []any{false}, hit},
		{"empty", "==", []any{""}, noField},
		{"null", "exists", nil, not},
		{"nested", "exists", nil, hit},
		{"nested", "==", []any{"a"}, wrong},
		{"nested", "contains", []any{"a"}, wrong},
		{"tags", "contains", []any{"LATE"}, hit},
		{"tags", "contains", []any{4.0}, hit},
		{"tags", "contains", []any{"lat"}, not},
		{"missing", "not_in", []any{"a"}, noField},
		{"channel", "==", []any{"call"}, hit},
		{"language", "==", []any{"zh"}, hit},
		{"language", "==", []any{"zh-TW"}, not},
		{"language", "in", []any{"en", "zh-cn"}, hit},
		{"business_type", "==", []any{"complaint"}, hit},
		{"urgency", "in", []any{"urgent", "critical"}, hit},
		{"csat", "<=", []any{2.0}, hit},
		{"agent.id", "==", []any{"7"}, hit},
		{"agent.team", "==", []any{"north"}, hit},
		{"customer.id", "exists", nil, hit},
		{"customer.type", "==", []any{"individual"}, not},
	}
	e := (&Set{}).Evaluate(t.Context(), pipeline.NewInput(session))
	for _, tt := range tests {
		var values []operand
		for _, v := range tt.values {
			values = append(values, operand{fixed: v})
		}
		o := (&metadata{field: tt.field, op: tt.op, values: values}).judge(e, nil)
		got := o.state.String()
		if o.state == scorecard.NotEvaluable {
			got += " " + string(o.reason)
		}
		if got != tt.want {
			t.Errorf("%s %s %v is %s, want %s", tt.field, tt.op, tt.values, got, tt.want)
		}
	}
}

func sessionWithFields() *transcript.Session {
	return &transcript.Session{
		Channel: transcript.Call, Language: "zh-CN", BusinessType: "complaint", Urgency: "urgent", CSAT: 2,
		Agent: &transcript.AgentRef{ID: "7", Team: "North"}, Customer: &transcript.CustomerRef{ID: "c", Type: "enterprise"},
		Metadata: map[string]any{
			"queue": "ＶＩＰ ", "holds": 3.0, "text": " 3.5", "new": true, "said": "False", "empty": "", "null": nil,
			"due": "2026-01-31", "called": "2026-01-31T23:30:00+08:00",
			"tags": []any{"late", 4.0, true}, "nested": map[string]any{"a": 1.0},
		},
	}
}

func day(s string) any {
	at, _ := asMoment(s)
	return at
}

func TestMetadataOfAnEmptySession(t *testing.T) {
	t.Parallel()
	e := (&Set{}).Evaluate(t.Context(), pipeline.NewInput(&transcript.Session{}))
	for _, field := range []string{"channel", "language", "business_type", "urgency", "csat", "agent.id", "agent.team", "customer.id", "customer.type", "x"} {
		if o := (&metadata{field: field, op: "exists"}).judge(e, nil); o.state != scorecard.NotHit {
			t.Errorf("%s exists", field)
		}
	}
}
