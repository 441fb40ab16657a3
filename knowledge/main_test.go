package knowledge

import (
	"flag"
	"fmt"
	"os"
	"testing"

	"assay/pipeline/store"
	"assay/pipeline/store/storetest"
)

var update = flag.Bool("update", false, "rewrite the files of expected results")

func TestMain(m *testing.M) {
	if what := os.Getenv(processEnv); what != "" {
		if err := runProcess(what); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(storetest.Run(m, storetest.Options{Migrate: store.Migrate}))
}

// checkFile compares got with a file of expected results.
func checkFile(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(want) != got {
		t.Errorf("%s differs (run with -update to accept):\n%s\nwant:\n%s", path, got, want)
	}
}
