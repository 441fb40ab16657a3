package classifiers_test

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"golang.org/x/tools/txtar"

	"assay/classifiers/rule"
	"assay/pipeline/scorecard"
)

const schemaFile = "scorecard.schema.json"

func TestSchemaFileIsCurrent(t *testing.T) {
	t.Parallel()
	got, err := rule.Schema()
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(schemaFile, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("the readers read something else now: go generate ./classifiers/... (-file +readers)\n%s", diff)
	}
}

func compiledSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	src, err := rule.Schema()
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(src))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	if err := c.AddResource(schemaFile, doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// validate holds a YAML file against the schema.
func validate(t *testing.T, s *jsonschema.Schema, src []byte) error {
	t.Helper()
	text, err := yaml.YAMLToJSON(src)
	if err != nil {
		return err
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return err
	}
	return s.Validate(doc)
}

func TestSchemaAdmitsWhatIsShipped(t *testing.T) {
	t.Parallel()
	files := map[string][]byte{}
	for _, pack := range scorecard.Packs() {
		files[pack.Name] = pack.Source
	}
	for _, pattern := range []string{"../testdata/scorecards/*.yaml", "../testdata/cases/*.txtar", "../README.md"} {
		names, err := filepath.Glob(pattern)
		if err != nil || len(names) == 0 {
			t.Fatalf("%s: no files: %v", pattern, err)
		}
		for _, name := range names {
			files[name] = scorecardIn(t, name)
		}
	}
	schema := compiledSchema(t)
	for name, src := range files {
		if err := validate(t, schema, src); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// scorecardIn is the scorecard that a file is or has.
func scorecardIn(t *testing.T, name string) []byte {
	t.Helper()
	src, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	switch filepath.Ext(name) {
	case ".txtar":
		return part(txtar.Parse(src), "scorecard.yaml")
	case ".md":
		return regexp.MustCompile("(?s)```yaml\n(.*?)```").FindSubmatch(src)[1]
	}
	return src
}

func TestSchemaRefusesWhatIsBroken(t *testing.T) {
	t.Parallel()
	schema := compiledSchema(t)
	refused := `aliases bad_counts bad_id bad_keywords bad_metadata bad_tone bad_where blank_texts everything_at_once list_at_top
		manual_false mistyped_keys mode_misspelt nothing_but_a_name numbers_out_of_range unknown_kind unknown_words`
	for _, name := range strings.Fields(refused) {
		src, err := os.ReadFile(filepath.Join("../testdata/broken/scorecards", name+".yaml"))
		if err != nil {
			t.Fatal(err)
		}
		if err := validate(t, schema, src); err == nil {
			t.Errorf("%s is admitted", name)
		}
	}
}

func TestSchemaKnowsTypesAndKeys(t *testing.T) {
	t.Parallel()
	const criterion = "scorecard: s\nname: S\nsections: [{id: s, name: S, criteria: [{id: c, name: C, met_when: x, conditions: {x: {%}}}]}]\n"
	tests := []struct {
		name, condition string
		ok              bool
	}{
		{"a condition", "keywords: {any: [a, b], at_least: 2}", true},
		{"one word instead of a list", "keywords: {any: a}", true},
		{"an empty list of words", "keywords: {any: []}", false},
		{"a bound that hangs on the list", "keywords: {any: [a, b, c], at_least: 3}", true},
		{"no kind", "speaker: agent", false},
		{"two kinds", "keywords: {any: [a]}, regex: {pattern: a}", false},
		{"a key of another kind", "keywords: {pattern: a}", false},
		{"a number instead of a mapping", "keywords: 3", false},
		{"turns", "first: 3, regex: {pattern: a}", true},
		{"a stretch of time", "first: 1m30s, regex: {pattern: a}", true},
		{"no turns", "first: 0, regex: {pattern: a}", false},
		{"a word instead of an extent", "first: many, regex: {pattern: a}", false},
		{"an anchor as a name", "after: y, regex: {pattern: a}", true},
		{"an anchor with its hit as a number", "after: {condition: y, hit: 2, within: 30s}, regex: {pattern: a}", true},
		{"an anchor with its hit as a word", "after: {condition: y, hit: every}, regex: {pattern: a}", true},
		{"an anchor with an unknown hit", "after: {condition: y, hit: second}, regex: {pattern: a}", false},
		{"an anchor without its condition", "after: {hit: every}, regex: {pattern: a}", false},
		{"a missing key", "tone: {at_least: 0.5}", false},
		{"no duration", "response_gap: {more_than: 5}", false},
		{"an unknown speaker", "speaker: clerk, regex: {pattern: a}", false},
		{"a list of values", "metadata: {field: queue, op: in, values: [a, 1, true]}", true},
		{"no operator", "metadata: {field: queue, value: a}", false},
		{"an unknown tone", "tone: {labels: [rood]}", false},
	}
	schema := compiledSchema(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			err := validate(t, schema, []byte(strings.Replace(criterion, "%", tt.condition, 1)))
			if (err == nil) != tt.ok {
				t.Errorf("%s: %v", tt.condition, err)
			}
		})
	}
}
