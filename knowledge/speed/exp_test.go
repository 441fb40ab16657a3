package speed

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"runtime/pprof"
	"strconv"
	"testing"
	"time"

	"assay/knowledge"
)

func expMaker() *Maker {
	f, _ := os.Open("../../testdata/demo/solutions.jsonl")
	var texts []string
	sc := bufio.NewScanner(f)
	sc.Buffer(nil, 1<<20)
	for sc.Scan() {
		var s knowledge.Solution
		json.Unmarshal(sc.Bytes(), &s)
		texts = append(append(texts, s.Title, s.Answer), s.Questions...)
	}
	return NewMaker(texts, 1)
}

func TestExpBuild(t *testing.T) {
	n, _ := strconv.Atoi(os.Getenv("N"))
	if n == 0 {
		t.Skip()
	}
	if p := os.Getenv("PROF"); p != "" {
		f, _ := os.Create(p)
		pprof.StartCPUProfile(f)
		defer pprof.StopCPUProfile()
	}
	folder := os.Getenv("DIR")
	os.RemoveAll(folder)
	m := expMaker()
	began := time.Now()
	if err := knowledge.BuildBench(context.Background(), folder, m.Solutions(t.Context(), n)); err != nil {
		t.Fatal(err)
	}
	fmt.Println(n, time.Since(began))
}
