package main

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// order is the order of the packages: each imports only those before it, and
// of its own line those within itself. Entries cover the packages below them.
var order = []string{
	"assay/pipeline/transcript",
	"assay/pipeline/entity",
	"assay/pipeline/injection",
	"assay/pipeline/scorecard",
	"assay/pipeline/redact",
	"assay/pipeline/plan",
	"assay/pipeline",
	"assay/pipeline/answer",
	"assay/pipeline/review",
	"assay/pipeline/sla",
	"assay/pipeline/backtest",
	"assay/pipeline/store",
	"assay/classifiers",
	"assay/knowledge",
	"assay/jobs",
	"assay/testdata",
	"assay/cmd",
}

// siblings are lines of the same floor that do not know each other.
var siblings = [][]string{{"assay/classifiers", "assay/knowledge"}}

func TestImportsGoOneWay(t *testing.T) {
	t.Parallel()
	root := filepath.Join("..", "..")
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && path != root && strings.HasPrefix(d.Name(), ".") {
			return filepath.SkipDir
		}
		if !d.IsDir() && strings.HasSuffix(path, ".go") {
			checkImports(t, root, path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func checkImports(t *testing.T, root, path string) {
	t.Helper()
	src, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	file, err := parser.ParseFile(token.NewFileSet(), path, src, parser.ImportsOnly)
	if err != nil {
		t.Fatal(err)
	}
	dir, err := filepath.Rel(root, filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	from := line("assay/" + filepath.ToSlash(dir))
	if from < 0 {
		t.Errorf("%s: its package has no place in the order", path)
		return
	}
	test := strings.HasSuffix(path, "_test.go")
	for _, spec := range file.Imports {
		name, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Fatal(err)
		}
		to := line(name)
		if to < 0 || test {
			continue
		}
		if to > from || knowEachOther(order[from], order[to]) {
			t.Errorf("%s imports %s, which comes after it", path, name)
		}
	}
}

func knowEachOther(a, b string) bool {
	return a != b && slices.ContainsFunc(siblings, func(s []string) bool { return slices.Contains(s, a) && slices.Contains(s, b) })
}

// line is the place of a package in the order, by its longest entry; -1 when it
// is not ours.
func line(pkg string) int {
	best := -1
	for i, entry := range order {
		if (pkg == entry || strings.HasPrefix(pkg, entry+"/")) && (best < 0 || len(entry) > len(order[best])) {
			best = i
		}
	}
	return best
}
