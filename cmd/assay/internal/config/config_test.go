package config

import (
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"
	"github.com/google/go-cmp/cmp"
)

// parse reads flags with a configuration file, as the program does.
func parse(t *testing.T, yaml string, args ...string) (Work, error) {
	t.Helper()
	var w Work
	resolver, err := YAML("assay.yaml", []byte(yaml))
	if err != nil {
		return w, err
	}
	parser, err := kong.New(&w, kong.Resolvers(resolver))
	if err != nil {
		t.Fatal(err)
	}
	_, err = parser.Parse(args)
	return w, err
}

func TestFlagsOverEnvironmentOverFile(t *testing.T) {
	dir, other := t.TempDir(), t.TempDir()
	file := "workers: 7\nsettle: 5s\nwatch-every: 1m\nwatch: [" + dir + ", " + other + "]\n"
	t.Setenv("ASSAY_SETTLE", "6s")
	t.Setenv("ASSAY_WATCH_EVERY", "2m")
	got, err := parse(t, file, "--watch-every", "3m")
	if err != nil {
		t.Fatal(err)
	}
	want := Work{Workers: 7, JudgeWorkers: 4, KeepCalls: 400, KeepAnswers: 90, KeepAsks: 400, Settle: 6 * time.Second, WatchEvery: 3 * time.Minute, Watch: []string{dir, other}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("settings (-want +got):\n%s", diff)
	}
}

func TestMistakesInTheFileNameTheirPlace(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, yaml string
		want       []string
	}{
		{"unknown keys, all of them", "workers: 1\nsetle: 1s\nqqqqq: 2\n", []string{`assay.yaml:2: unknown setting "setle"; did you mean "settle"?`, `assay.yaml:3: unknown setting "qqqqq"; allowed`}},
		{"empty value", "settle:\n", []string{`assay.yaml:1: setting "settle" has no value`}},
		{"wrong type", "workers: many\n", []string{"workers", "many"}},
		{"no YAML", "a: [\n", []string{"assay.yaml"}},
		{"a list alone", "- a\n", []string{"assay.yaml"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := parse(t, c.yaml)
			for _, want := range c.want {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("error %v, want %q in it", err, want)
				}
			}
		})
	}
}

func TestDaysOfKeeping(t *testing.T) {
	t.Parallel()
	for days, good := range map[[2]int]bool{{0, 0}: true, {2, 1}: true, {1, 9}: false, {-1, 9}: false, {9, -1}: false} {
		if err := (Work{KeepCalls: days[0], KeepAnswers: days[1]}).Keeps(); (err == nil) != good {
			t.Errorf("%d days of calls, %d of answers: %v", days[0], days[1], err)
		}
	}
}
