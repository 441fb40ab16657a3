package scorecard_test

import (
	"encoding/json"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"assay/pipeline/scorecard"
)

// schemaOf is the schema of what a reader reads under a condition's kind.
func schemaOf(t *testing.T, read func(n *scorecard.Node)) string {
	t.Helper()
	src, err := scorecard.Schema(map[string]*scorecard.Shape{"kind": scorecard.Explore(read)})
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Defs map[string]map[string]any `json:"$defs"`
	}
	if err := json.Unmarshal(src, &doc); err != nil {
		t.Fatal(err)
	}
	properties, _ := doc.Defs["condition"]["properties"].(map[string]any)
	kind, _ := properties["kind"].(map[string]any)
	if _, elsewhere := kind["$ref"]; elsewhere {
		kind = doc.Defs["kind"]
	}
	out, err := json.Marshal(kind)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func TestExplore(t *testing.T) {
	t.Parallel()
	const text = `"type":["string","number","boolean"]`
	tests := map[string]struct {
		read func(n *scorecard.Node)
		want string
	}{
		"any text":     {func(n *scorecard.Node) { _ = n.String() }, `{` + text + `}`},
		"a blank text": {func(n *scorecard.Node) { n.NonEmpty() }, `{"pattern":"\\S",` + text + `}`},
		"a number":     {func(n *scorecard.Node) { n.Number(0, 1) }, `{"maximum":1,"minimum":0,"type":"number"}`},
		"only true":    {func(n *scorecard.Node) { n.True() }, `{"const":true}`},
		"a text or a list of texts": {func(n *scorecard.Node) { n.Strings() },
			`{"anyOf":[{"pattern":"\\S",` + text + `},{"items":{"pattern":"\\S",` + text + `},"type":"array"}]}`},
		"a list that must not be empty": {func(n *scorecard.Node) {
			if len(n.List()) == 0 {
				n.Problem(nil, "empty")
			}
		}, `{"items":{},"minItems":1,"type":"array"}`},
		"keys, of which one must be there": {func(n *scorecard.Node) {
			m := n.Map()
			m.Must("a").Bool()
			if b := m.Key("b"); b != nil {
				b.Int(1, 2)
			}
			m.Done()
		}, `{"additionalProperties":false,"properties":{"a":{"type":"boolean"},"b":{"maximum":2,"minimum":1,"type":"integer"}},"required":["a"],"type":"object"}`},
		"one key or another": {func(n *scorecard.Node) {
			m := n.Map()
			if m.Key("a") == nil {
				m.Must("b")
			}
			m.Done()
		}, `{"additionalProperties":false,"properties":{"a":{},"b":{}},"type":"object"}`},
		"a key that hangs on a word": {func(n *scorecard.Node) {
			m := n.Map()
			if m.Must("op").OneOf("is", "in") == "in" {
				m.Must("list").List()
			}
			m.Done()
		}, `{"additionalProperties":false,"properties":{"list":{"type":"array","items":{}},"op":{"enum":["is","in"]}},"required":["op"],"type":"object"}`},
		"any keys": {func(n *scorecard.Node) {
			m := n.Map()
			for _, name := range m.Names() {
				m.Key(name).Duration()
			}
		}, `{"additionalProperties":{"pattern":"^(([0-9]+(\\.[0-9]*)?|\\.[0-9]+)(ns|us|µs|μs|ms|s|m|h))+$","type":"string"},"properties":{},"type":"object"}`},
		"a text that the reader interprets": {func(n *scorecard.Node) {
			if _, err := time.Parse(time.DateOnly, n.String()); err != nil {
				n.Problem([]string{"a day such as 2026-01-31"}, "no day")
			}
		}, `{"pattern":"^[0-9]{4}-[0-9]{2}-[0-9]{2}$","type":"string"}`},
		"words that the reader only tells when it is asked": {func(n *scorecard.Node) {
			if s := n.String(); s != "first" && s != "last" {
				n.Problem([]string{"first", "last", "1, 2, …"}, "unknown")
			}
		}, `{"enum":["first","last"]}`},
		"an example that the reader tells": {func(n *scorecard.Node) {
			if s := n.String(); s != "5 words" {
				n.Problem([]string{`"5 words"`}, "unknown")
			}
		}, `{"pattern":"^[0-9]+ words$","type":"string"}`},
		"a bound that hangs on a list": {func(n *scorecard.Node) {
			m := n.Map()
			list := m.Must("list").List()
			m.Must("n").Int(0, len(list))
		}, `{"properties":{"list":{"type":"array","items":{}},"n":{"minimum":0,"type":"integer"}},"required":["list","n"],"type":"object"}`},
		"a number or a word": {func(n *scorecard.Node) {
			if _, err := strconv.Atoi(n.String()); err == nil {
				n.Int(1, 9)
				return
			}
			if n.String() != "all" {
				n.Problem([]string{"all"}, "unknown")
			}
		}, `{"anyOf":[{"enum":["all"]},{"maximum":9,"minimum":1,"type":"integer"}]}`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var want, got any
			if err := json.Unmarshal([]byte(tt.want), &want); err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal([]byte(schemaOf(t, tt.read)), &got); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestExploreEndsWithReadersThatGoOn(t *testing.T) {
	t.Parallel()
	var read func(n *scorecard.Node)
	read = func(n *scorecard.Node) {
		if n.IsMap() {
			if inner := n.Map().Key("not"); inner != nil {
				read(inner)
			}
			return
		}
		n.NonEmpty()
	}
	if got := schemaOf(t, read); got == "" {
		t.Error("no schema")
	}
}
