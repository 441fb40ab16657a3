package knowledge

import (
	"bufio"
	"cmp"
	"math"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
)

// readTopics reads questions, a topic in each paragraph.
func readTopics(t *testing.T) [][]string {
	t.Helper()
	f, err := os.Open("testdata/gap_topics.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var topics [][]string
	next := true
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		line := strings.TrimSpace(lines.Text())
		if line == "" {
			next = true
			continue
		}
		if next {
			topics, next = append(topics, nil), false
		}
		topics[len(topics)-1] = append(topics[len(topics)-1], line)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return topics
}

// clustered puts questions into gaps in an order and then merges those grown
// alike. It returns the gap of each.
func clustered(t *testing.T, questions []string, order []int) []int64 {
	t.Helper()
	c, err := NewClusterer()
	if err != nil {
		t.Fatal(err)
	}
	gaps := make([]int64, len(questions))
	for n, i := range order {
		id, _ := c.Nearest(questions[i])
		if id == 0 {
			id = int64(n + 1)
		}
		c.Add(id, questions[i])
		gaps[i] = id
	}
	for m := range c.Merges(func(_, _ int64) bool { return true }) {
		for i, g := range gaps {
			if g == m.From {
				gaps[i] = m.Into
			}
		}
	}
	return gaps
}

// agreement counts the pairs that are together in both partitions, and in either.
func agreement(a, b []int64) (both, either int) {
	for i := range a {
		for j := range i {
			x, y := a[i] == a[j], b[i] == b[j]
			if x && y {
				both++
			}
			if x || y {
				either++
			}
		}
	}
	return both, either
}

// pure counts the questions that are in a gap most of which is of their topic.
func pure(gaps, topics []int64) int {
	sizes := map[[2]int64]int{}
	biggest := map[int64]int{}
	for i, g := range gaps {
		at := [2]int64{g, topics[i]}
		sizes[at]++
		biggest[g] = max(biggest[g], sizes[at])
	}
	n := 0
	for _, of := range biggest {
		n += of
	}
	return n
}

func TestGapsAreTopicsWhateverTheOrder(t *testing.T) {
	t.Parallel()
	var questions []string
	var topics []int64
	for n, topic := range readTopics(t) {
		for _, q := range topic {
			questions, topics = append(questions, q), append(topics, int64(n))
		}
	}
	order := func(seed uint64) []int { return rand.New(rand.NewPCG(seed, 0)).Perm(len(questions)) }
	first := clustered(t, questions, order(0))
	for seed := range uint64(5) {
		got := clustered(t, questions, order(seed+1))
		if n := pure(got, topics); 50*n < 49*len(questions) {
			t.Errorf("order %d: %d of %d questions are in a gap of their topic", seed, n, len(questions))
		}
		if both, either := agreement(got, topics); 5*both < 4*either {
			t.Errorf("order %d: %d of %d pairs are together in topics and gaps", seed, both, either)
		}
		if both, either := agreement(got, first); 4*both < 3*either {
			t.Errorf("order %d: %d of %d pairs are together as in another order", seed, both, either)
		}
	}
}

func TestClustererGoesOnFromWhatWasStored(t *testing.T) {
	t.Parallel()
	c, err := NewClusterer()
	if err != nil {
		t.Fatal(err)
	}
	again, err := NewClusterer()
	if err != nil {
		t.Fatal(err)
	}
	for n, topic := range readTopics(t) {
		for _, q := range topic {
			id, _ := c.Nearest(q)
			id = cmp.Or(id, int64(n+1))
			c.Add(id, q)
			again.Put(id, *c.Terms(id))
		}
	}
	for _, topic := range readTopics(t) {
		for _, q := range topic {
			want, a := c.Nearest(q)
			got, b := again.Nearest(q)
			if got != want || math.Abs(a-b) > 0.02 {
				t.Errorf("%q belongs to gap %d by %.3f, and to %d by %.3f when gaps are read again", q, want, a, got, b)
			}
		}
	}
}
