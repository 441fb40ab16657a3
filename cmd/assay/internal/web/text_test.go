package web

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"assay/cmd/assay/internal/web/text"
	"assay/knowledge"
	"assay/pipeline/injection"
	"assay/pipeline/redact"
	"assay/pipeline/scorecard"
	"assay/pipeline/store"
	"assay/pipeline/transcript"
)

func TestLanguageIsChosen(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	for name, c := range map[string]struct {
		path    string
		headers []string
		want    string
	}{
		"English when nobody says":          {"/", nil, "en"},
		"as the browser likes best":         {"/", []string{"Accept-Language", "en;q=0.7, zh-CN, zh;q=0.9"}, "zh-CN"},
		"the browser's second when it must": {"/", []string{"Accept-Language", "fr, zh-TW;q=0.8, en;q=0.5"}, "zh-CN"},
		"not one that the browser refuses":  {"/", []string{"Accept-Language", "zh;q=0"}, "en"},
		"the cookie before the browser":     {"/", []string{"Accept-Language", "zh", "Cookie", "lang=en"}, "en"},
		"the address before the cookie":     {"/?lang=zh", []string{"Cookie", "lang=en"}, "zh-CN"},
		"not a language that there is not":  {"/?lang=fr", []string{"Cookie", "lang=de"}, "en"},
		"on pages of errors as well":        {"/nothing?lang=zh", nil, "zh-CN"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := s.get(c.path, c.headers...)
			if !strings.Contains(a.body, `<html lang="`+c.want+`">`) {
				t.Errorf("the page is not in %s", c.want)
			}
			kept := a.header.Get("Set-Cookie")
			if chosen := strings.Contains(c.path, "lang=zh"); chosen != strings.HasPrefix(kept, "lang=zh; Path=/;") {
				t.Errorf("the cookie is %q", kept)
			}
		})
	}
}

func TestSwitchOfLanguageKeepsTheAddress(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	if body := s.get("/?team=%E4%B8%80&severity=low").body; !strings.Contains(body, `href="/?lang=zh&amp;severity=low&amp;team=%E4%B8%80"`) {
		t.Error("the switch must lead to the same page")
	}
}

func loaded(t *testing.T) text.Texts {
	t.Helper()
	all, err := text.Load()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestTextsHaveTheSameKeys(t *testing.T) {
	t.Parallel()
	all := loaded(t)
	if diff := cmp.Diff(slices.Sorted(maps.Keys(all["en"])), slices.Sorted(maps.Keys(all["zh"]))); diff != "" {
		t.Error(diff)
	}
	verb := regexp.MustCompile(`%[a-z]`)
	for key, text := range all["en"] {
		if text == "" || all["zh"][key] == "" {
			t.Errorf("%q is empty", key)
		}
		if diff := cmp.Diff(verb.FindAllString(text, -1), verb.FindAllString(all["zh"][key], -1)); diff != "" {
			t.Errorf("%q has other arguments: %s", key, diff)
		}
	}
}

// constants are the values of the constants of a type, read from a package's
// source, so that a new value cannot be forgotten here.
func constants(t *testing.T, folder, typ string) []string {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".go") || strings.HasSuffix(e.Name(), "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), folder+"/"+e.Name(), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if spec, ok := n.(*ast.ValueSpec); ok && isType(spec.Type, typ) {
				out = append(out, literals(t, spec)...)
			}
			return true
		})
	}
	if len(out) == 0 {
		t.Fatalf("%s has no constants of type %s", folder, typ)
	}
	return out
}

func isType(e ast.Expr, name string) bool {
	id, ok := e.(*ast.Ident)
	return ok && id.Name == name
}

func literals(t *testing.T, spec *ast.ValueSpec) []string {
	var out []string
	for _, v := range spec.Values {
		if lit, ok := v.(*ast.BasicLit); ok && lit.Kind == token.STRING {
			s, err := strconv.Unquote(lit.Value)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, s)
		}
	}
	return out
}

func TestEveryValueOfAClosedListHasAText(t *testing.T) {
	t.Parallel()
	all := loaded(t)
	const ground = "../../../../pipeline"
	lists := map[string][]string{
		"flag": constants(t, ground, "FlagReason"), "outcome": constants(t, ground, "Outcome"), "reason": constants(t, ground, "Reason"),
		"result": constants(t, ground, "Result"), "label": constants(t, ground, "Label"), "severity": constants(t, ground, "FlagSeverity"),
		"by": constants(t, ground, "By"), "failure": constants(t, ground+"/store", "FailureReason"),
		"channel": texted(transcript.Channels), "speaker": texted(transcript.Speakers), "kind": texted(transcript.Kinds),
		"endpointstate": texted(endpointStates), "called": append(constants(t, "../../../../classifiers/llm", "Status"), "open", "lost"),
		"injected": texted(injection.Kinds), "personal": texted(redact.Types), "spentby": {"plan", "scorecard"},
		"stage": texted(knowledge.Stages), "grade": texted(knowledge.Grades), "copy": texted(knowledge.UseParts), "confidence": texted(confidences),
		"sort": texted(store.QueueSorts), "language": text.Languages,
		"solstatus": texted(knowledge.Statuses), "solmake": texted(knowledge.Statuses),
		"solvalid": texted(knowledge.Validities), "solsort": texted(knowledge.Orders), "made": texted(knowledge.Causes),
		"customer": texted(transcript.CustomerTypes), "solfield": solutionFilters,
		"state": {scorecard.Hit.String(), scorecard.NotHit.String(), scorecard.NotEvaluable.String()},
	}
	for list, values := range lists {
		for _, value := range values {
			for _, lang := range text.Languages {
				if all[lang][list+"."+value] == "" {
					t.Errorf("%s.%s has no text in %q", list, value, lang)
				}
			}
		}
	}
}

// used finds the keys that templates and code name outright, and the lists
// that they take keys from.
func used(t *testing.T) (keys, lists map[string]bool) {
	t.Helper()
	keys, lists = map[string]bool{}, map[string]bool{}
	direct := regexp.MustCompile(`\.([TN])\(? ?"([\w.]+)"([ ,)}]| \+)`)
	listed := regexp.MustCompile(`\(print "(\w+)\."|T\("(\w+)\." ?\+|Known\(? ?"(\w+)"|add\("(\w+)"`)
	err := fs.WalkDir(os.DirFS("."), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(path, "_test.go") || !strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, ".tmpl") {
			return err
		}
		b, err := os.ReadFile(path)
		for _, m := range direct.FindAllStringSubmatch(string(b), -1) {
			if m[1] == "N" {
				keys[m[2]+".one"], keys[m[2]+".other"] = true, true
			} else {
				keys[m[2]] = true
			}
		}
		for _, m := range listed.FindAllStringSubmatch(string(b), -1) {
			lists[strings.Join(m[1:], "")] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return keys, lists
}

func TestTextsAreThereAndUsed(t *testing.T) {
	t.Parallel()
	all := loaded(t)
	keys, lists := used(t)
	for key := range keys {
		if strings.HasSuffix(key, ".") {
			continue
		}
		if all["en"][key] == "" {
			t.Errorf("%q is used and has no text", key)
		}
	}
	for key := range all["en"] {
		list, _, _ := strings.Cut(key, ".")
		if !keys[key] && !lists[list] && list != "fact" && list != "component" {
			t.Errorf("%q has a text and is not used", key)
		}
	}
}

func TestComponentHasItsTexts(t *testing.T) {
	t.Parallel()
	all := loaded(t)
	named := map[string]bool{}
	for _, m := range regexp.MustCompile(`"([a-z_]+)"`).FindAllStringSubmatch(componentSource, -1) {
		named[m[1]] = true
	}
	for _, c := range confidences {
		named[string(c)] = true
	}
	for key := range all["en"] {
		if name, ok := strings.CutPrefix(key, "component."); ok && !named[name] {
			t.Errorf("%q has a text and is not used", key)
		}
	}
	for _, m := range regexp.MustCompile(`#t\("(\w+)"\)`).FindAllStringSubmatch(componentSource, -1) {
		if all["en"]["component."+m[1]] == "" {
			t.Errorf("%q is used and has no text", m[1])
		}
	}
}
