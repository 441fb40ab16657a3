package injection_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"assay/pipeline/injection"
	"assay/pipeline/transcript"
)

// attacked are the demo's sessions that hold an attack.
var attacked = map[transcript.SessionID]bool{"R-20261107-0003": true, "R-20261110-0103": true}

func TestOfTheDemoOnlyTheAttackedSessionsAreSuspected(t *testing.T) {
	t.Parallel()
	read := 0
	for rec := range transcript.Read(t.Context(), []string{"../../testdata/demo/sessions"}, transcript.Options{}) {
		if rec.Session == nil {
			t.Fatal(rec.Reject)
		}
		read++
		suspected := false
		for _, p := range find(rec.Session) {
			suspected = suspected || p.Level == injection.Suspected
			if p.Level == injection.Suspected && !attacked[rec.Session.ID] {
				t.Errorf("%s: %s %q", rec.Session.ID, p.Kind, rec.Session.Quote(p.Span))
			}
		}
		if attacked[rec.Session.ID] && !suspected {
			t.Errorf("%s is not suspected", rec.Session.ID)
		}
	}
	if read < 90 {
		t.Errorf("only %d sessions were read", read)
	}
}

// said is a turn of an example or a case.
var said = regexp.MustCompile(`(?:agent|customer|bot|system|坐席|客户): ([^"\n]+)`)

func TestNoExampleOfAScorecardIsSuspected(t *testing.T) {
	t.Parallel()
	read := 0
	for _, folder := range []string{"../../testdata/scorecards", "../../testdata/cases", "../scorecard"} {
		err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || filepath.Ext(path) != ".yaml" && filepath.Ext(path) != ".txtar" {
				return err
			}
			src, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			for _, turn := range said.FindAllStringSubmatch(string(src), -1) {
				read++
				s := session(turn[1])
				for _, p := range find(s) {
					if p.Level == injection.Suspected {
						t.Errorf("%s: %s %q in %q", path, p.Kind, s.Quote(p.Span), turn[1])
					}
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if read < 2000 {
		t.Errorf("only %d turns were read", read)
	}
}
