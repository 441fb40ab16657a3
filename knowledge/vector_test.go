package knowledge

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"log/slog"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"assay/pipeline/redact"
	"assay/pipeline/store/storetest"
)

// meanings are words that mean the same; others mean themselves.
var meanings = map[string]string{
	"moolah": "money", "cash": "money", "refund": "money", "telly": "television", "screen": "television",
	"busted": "broken", "cracked": "broken", "钱": "money", "退款": "money",
}

// meaner embeds texts by the meanings of their words.
type meaner struct {
	dimension int
	version   string
	rules     *redact.Rules

	mu    sync.Mutex
	got   []string
	fault func(ctx context.Context, texts []string) ([][]float32, error)
}

func (m *meaner) Embed(ctx context.Context, texts []string) ([][]float32, error) {
	m.mu.Lock()
	m.got = append(m.got, texts...)
	fault := m.fault
	m.mu.Unlock()
	if fault != nil {
		if out, err := fault(ctx, texts); out != nil || err != nil {
			return out, err
		}
	}
	out := make([][]float32, len(texts))
	for i, text := range texts {
		out[i] = m.vector(text)
	}
	return out, nil
}

func (m *meaner) vector(text string) []float32 {
	v := make([]float32, m.dimension)
	v[0] = 0.1 // no text is without direction
	for word := range strings.FieldsFuncSeq(strings.ToLower(text), func(r rune) bool { return strings.ContainsRune(" ?.,？。", r) }) {
		if same, ok := meanings[word]; ok {
			word = same
		}
		h := fnv.New64a()
		h.Write([]byte(word))
		if sum := h.Sum64(); len(word) > 3 {
			v[1+sum%uint64(m.dimension-1)] += 1
		}
	}
	sum := 0.0
	for _, x := range v {
		sum += float64(x) * float64(x)
	}
	for i := range v {
		v[i] /= float32(math.Sqrt(sum))
	}
	return v
}

func (m *meaner) Redaction() *redact.Rules { return m.rules }
func (m *meaner) Version() string          { return m.version }

// texts returns what was asked for since it was called last.
func (m *meaner) texts() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	got := m.got
	m.got = nil
	return got
}

func (m *meaner) breaks(how func(ctx context.Context, texts []string) ([][]float32, error)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.fault = how
}

func newMeaner() *meaner { return &meaner{dimension: 512, version: "meaner 1"} }

// stall is a library whose wordings tell probabilities from cosines.
func stall() []Solution {
	out := []Solution{
		{ID: "money", Title: "When does my refund arrive", Questions: []string{"refund arrive when bank"}, Answer: "Within three days."},
		{ID: "panel", Title: "Television cracked during delivery", Questions: []string{"television broken delivery courier"}, Answer: "Send us a photograph."},
	}
	for i := range 40 {
		out = append(out, Solution{
			ID: fmt.Sprintf("s%02d", i), Answer: fmt.Sprintf("Reply%02d.", i),
			Title: fmt.Sprintf("topic%02d matter%02d detail%02d", i, i, i), Questions: []string{fmt.Sprintf("topic%02d matter%02d other%02d", i, i, i)},
		})
	}
	return out
}

func embeddedIndex(t testing.TB, m *meaner, o Options, solutions ...Solution) *Index {
	t.Helper()
	o.Embedder = m
	o.Log = slog.New(slog.DiscardHandler)
	o.EmbedWait = 10 * time.Second // nothing here is to depend on the machine's speed
	x := newTestIndex(t, o, solutions...)
	if err := x.Embed(t.Context(), func(int, int) {}); err != nil {
		t.Fatal(err)
	}
	return x
}

func TestMeaningFindsWhatNoWordDoes(t *testing.T) {
	t.Parallel()
	retired, expired, german := stall()[0], stall()[0], stall()[0]
	retired.Status, expired.ValidTo, german.Language = Retired, today.Add(-time.Hour), "de"
	product := stall()[0]
	product.Product, product.Region, product.CustomerType = "Card", "north", "enterprise"
	script := stall()[0]
	script.Stage = Guide
	paraphrase := Query{Text: "moolah arrive?"}
	paraphrase.Text = "moolah cash?"
	for _, tt := range []struct {
		name  string
		first Solution
		query Query
		want  []string
	}{
		{"a paraphrase without common words", stall()[0], paraphrase, []string{"money"}},
		{"something else", stall()[0], Query{Text: "weather tomorrow in Paris?"}, []string{}},
		{"only words that say nothing", stall()[0], Query{Text: "what is it?"}, []string{}},
		{"retired", retired, paraphrase, []string{}},
		{"expired", expired, paraphrase, []string{}},
		{"for this product", product, Query{Text: paraphrase.Text, Products: []string{"card"}}, []string{"money"}},
		{"for another product", product, Query{Text: paraphrase.Text, Products: []string{"loan"}}, []string{}},
		{"for another region", product, Query{Text: paraphrase.Text, Region: "south"}, []string{}},
		{"for another type of customer", product, Query{Text: paraphrase.Text, CustomerType: "individual"}, []string{}},
		{"for a stage", product, Query{Text: paraphrase.Text, Stage: Guide}, []string{}},
		{"a script of the stage", script, Query{Text: paraphrase.Text, Stage: Guide}, []string{"money"}},
		{"in another language when there is none", german, paraphrase, []string{"money"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			all := append([]Solution{tt.first}, stall()[1:]...)
			if diff := cmp.Diff(tt.want, suggestedIDs(t, embeddedIndex(t, newMeaner(), Options{}, all...), tt.query)); diff != "" {
				t.Error(diff)
			}
			if found := suggestedIDs(t, newTestIndex(t, Options{}, all...), tt.query); len(found) > 0 {
				t.Errorf("words alone find %v", found)
			}
		})
	}
}

func TestASolutionInTheQuestionsLanguageComesAlone(t *testing.T) {
	t.Parallel()
	german := stall()[0]
	german.ID, german.Language = "geld", "de"
	x := embeddedIndex(t, newMeaner(), Options{}, append(stall(), german)...)
	if diff := cmp.Diff([]string{"money"}, suggestedIDs(t, x, Query{Text: "moolah cash?"})); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"geld"}, suggestedIDs(t, x, Query{Text: "moolah cash?", Language: "de"})); diff != "" {
		t.Error(diff)
	}
}

func TestWithoutWordingsToMeasureMeaningOnlyPutsInOrder(t *testing.T) {
	t.Parallel()
	x := embeddedIndex(t, newMeaner(), Options{}, stall()[:2]...)
	if s := x.Status().Vectors; s.Measured || s.Solutions != 2 || s.Wordings != 6 {
		t.Errorf("status is %+v", s)
	}
	if found := suggestedIDs(t, x, Query{Text: "moolah cash?"}); len(found) > 0 {
		t.Errorf("suggested %v by a cosine that tells nothing", found)
	}
}

func TestAMissingVectorLeavesWordsAlone(t *testing.T) {
	t.Parallel()
	queries := []Query{{Text: "When does my refund arrive?"}, {Text: "television broken"}, {Text: "topic07 matter07"}, {Text: "moolah cash?"}}
	var want [][]Ranked
	plain := newTestIndex(t, Options{}, stall()...)
	for _, q := range queries {
		want = append(want, ranks(t, plain, q))
	}
	for _, tt := range []struct {
		name  string
		fault func(ctx context.Context, texts []string) ([][]float32, error)
	}{
		{"it refuses", func(context.Context, []string) ([][]float32, error) { return nil, errors.New("status 429") }},
		{"it never answers", func(ctx context.Context, _ []string) ([][]float32, error) { <-ctx.Done(); return nil, ctx.Err() }},
		{"another dimension", func(context.Context, []string) ([][]float32, error) { return [][]float32{{1, 0}}, nil }},
		{"no numbers", func(context.Context, []string) ([][]float32, error) { return [][]float32{{}}, nil }},
		{"no vectors", func(context.Context, []string) ([][]float32, error) { return [][]float32{}, nil }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			m := newMeaner()
			x := embeddedIndex(t, m, Options{}, stall()...)
			m.breaks(tt.fault)
			if tt.name == "it never answers" {
				x.o.EmbedWait = 50 * time.Millisecond
			}
			m.texts()
			for i, q := range queries {
				if diff := cmp.Diff(want[i], ranks(t, x, q)); diff != "" {
					t.Errorf("%q: %s", q.Text, diff)
				}
			}
			if got := m.texts(); len(got) != restAfter {
				t.Errorf("asked %q though it had failed %d times", got, restAfter)
			}
			if !x.Status().Vectors.Resting {
				t.Error("status does not tell")
			}
		})
	}
}

func ranks(t testing.TB, x *Index, q Query) []Ranked {
	t.Helper()
	out, err := x.Rank(t.Context(), q, 10)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestAModelThatHeedsNoContextDelaysNobody(t *testing.T) {
	t.Parallel()
	m := newMeaner()
	x := embeddedIndex(t, m, Options{}, stall()...)
	x.o.EmbedWait = time.Millisecond
	end := make(chan struct{})
	defer close(end)
	m.breaks(func(context.Context, []string) ([][]float32, error) { <-end; return nil, errors.New("ended") })
	if diff := cmp.Diff([]string{"money"}, suggestedIDs(t, x, Query{Text: "When does my refund arrive?"})); diff != "" {
		t.Error(diff)
	}
}

func TestRest(t *testing.T) {
	t.Parallel()
	r := rest{wait: backoff{first: restFirst, most: restMost}}
	now := today
	for range restAfter - 1 {
		if r.failed(now) != 0 || !r.over(now, time.Second) {
			t.Fatal("rests too early")
		}
	}
	if pause := r.failed(now); pause != restFirst || r.over(now.Add(pause-1), time.Second) {
		t.Fatalf("pause is %v", pause)
	}
	now = now.Add(restFirst)
	if !r.over(now, time.Second) || r.over(now, time.Second) {
		t.Error("after the pause not exactly one question tries")
	}
	if pause := r.failed(now); pause != 2*restFirst {
		t.Errorf("the second pause is %v", pause)
	}
	if r.succeeded(); !r.over(now, time.Second) {
		t.Error("rests after a success")
	}
}

func TestAQuestionIsEmbeddedOnceAndRedacted(t *testing.T) {
	t.Parallel()
	m := newMeaner()
	rules := redact.DefaultPolicy().For(redact.Model)
	m.rules = &rules
	x := embeddedIndex(t, m, Options{}, stall()...)
	m.texts()
	for range 3 {
		suggestedIDs(t, x, Query{Text: "Where is the moolah, my number is 13800000044?"})
	}
	got := m.texts()
	if len(got) != 1 || strings.Contains(got[0], "13800000044") || !strings.Contains(got[0], "moolah") {
		t.Errorf("the model was sent %q", got)
	}
}

func TestVersionTellsTheModelAndWhatItEmbedded(t *testing.T) {
	t.Parallel()
	seen := map[string]string{}
	note := func(name string, x *Index) {
		if other, ok := seen[x.Version()]; ok {
			t.Errorf("%s has the version of %s", name, other)
		}
		seen[x.Version()] = name
	}
	note("none", newTestIndex(t, Options{}, stall()...))
	note("not yet embedded", newTestIndex(t, Options{Embedder: newMeaner()}, stall()...))
	note("a model", embeddedIndex(t, newMeaner(), Options{}, stall()...))
	other := newMeaner()
	other.version = "meaner 2"
	note("another model", embeddedIndex(t, other, Options{}, stall()...))
}

func TestFuse(t *testing.T) {
	t.Parallel()
	entries := map[string]*entry{}
	for _, id := range []string{"a", "b", "c", "d"} {
		entries[id] = &entry{sketch: sketch{id: id, wordings: []uint64{textID(id)}}}
	}
	order := func(all ...any) (out []ranked) {
		for i := 0; i < len(all); i += 2 {
			out = append(out, ranked{entries[all[i].(string)], all[i+1].(float64)})
		}
		return out
	}
	for _, tt := range []struct {
		name         string
		question     string
		words, meant []ranked
		want         []Ranked
	}{
		{"both agree", "?", order("a", .9, "b", .2), order("a", .6, "b", .1), []Ranked{{"a", .9}, {"b", .2}}},
		{"only meaning finds it", "?", nil, order("a", .6), []Ranked{{"a", .6}}},
		{"only words find it", "?", order("a", .6), nil, []Ranked{{"a", .6}}},
		{"an order against the probabilities pools them", "?",
			order("a", .8, "b", .75, "c", .7), order("c", 0., "d", 0., "b", 0.), []Ranked{{"c", .75}, {"b", .75}, {"a", .75}, {"d", 0}}},
		{"what is likely stays before what is not", "?", order("a", .8, "b", .3), order("b", .4), []Ranked{{"a", .8}, {"b", .4}}},
		{"the question letter by letter stays first", "a", order("a", .98, "b", .9), order("b", .8), []Ranked{{"a", .98}, {"b", .9}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			found := fuse(&question{plain: textID(tt.question)}, tt.words, tt.meant, DefaultThreshold)
			if diff := cmp.Diff(tt.want, firstRanked(found, 10)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// filled is a library whose solutions were embedded as Follow does it.
func filled(t *testing.T, l *Library, m *meaner) (*Index, *filler) {
	t.Helper()
	x, err := Open(t.Context(), l, Options{Embedder: m, EmbedWait: 10 * time.Second, Now: atToday, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeIndex(t, x) })
	f := &filler{v: x.o.vectors, library: l}
	pass(t, f)
	return x, f
}

func pass(t *testing.T, f *filler) {
	t.Helper()
	if err := f.pass(t.Context(), today); err != nil {
		t.Fatal(err)
	}
}

func TestVectorsAreKept(t *testing.T) {
	t.Parallel()
	l := NewLibrary(storetest.New(t))
	imports(t, l, stall()...)
	m := newMeaner()
	x, f := filled(t, l, m)
	if n := len(m.texts()); n != 3*len(stall()) {
		t.Errorf("%d texts were embedded", n)
	}
	ask := Query{Text: "moolah cash?"}
	if diff := cmp.Diff([]string{"money"}, suggestedIDs(t, x, ask)); diff != "" {
		t.Error(diff)
	}

	m.texts()
	again, _ := filled(t, l, m)
	if got := m.texts(); len(got) > 0 {
		t.Errorf("a restart embeds again: %q", got)
	}
	if x.Version() != again.Version() {
		t.Error("a restart has another version")
	}

	changed := stall()[0]
	changed.Questions = []string{"television"}
	imports(t, l, changed)
	if _, err := x.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	if found := suggestedIDs(t, x, ask); len(found) > 0 {
		t.Errorf("%v is found by vectors of what it was", found)
	}
	pass(t, f)
	if diff := cmp.Diff([]string{"television"}, m.texts()); diff != "" {
		t.Errorf("a changed wording: %s", diff)
	}

	retired := stall()[1]
	retired.Status = Retired
	imports(t, l, retired)
	pass(t, f)
	if n := x.Status().Vectors.Solutions; n != len(stall())-1 {
		t.Errorf("%d solutions have vectors after one was retired", n)
	}

	other := newMeaner()
	other.version = "meaner 2"
	filled(t, l, other)
	if n := len(other.texts()); n != 3*(len(stall())-1) {
		t.Errorf("another model embeds %d texts", n)
	}
}

func TestOneProcessEmbeds(t *testing.T) {
	t.Parallel()
	l := NewLibrary(storetest.New(t))
	imports(t, l, stall()...)
	m := newMeaner()
	x, err := Open(t.Context(), l, Options{Embedder: m, Now: atToday})
	if err != nil {
		t.Fatal(err)
	}
	defer closeIndex(t, x)
	f := &filler{v: x.o.vectors, library: l}
	ours, err := f.alone(t.Context(), func() error { return f.pass(t.Context(), today) })
	if got := m.texts(); !ours || err != nil || len(got) > 0 {
		t.Fatalf("ours %v, error %v, embedded %q while another process does", ours, err, got)
	}
	if pass(t, f); x.Status().Vectors.Solutions != len(stall()) {
		t.Error("not embedded when the other process has gone")
	}
}

func TestFillingGoesOnWhereItStopped(t *testing.T) {
	t.Parallel()
	l := NewLibrary(storetest.New(t))
	imports(t, l, stall()...)
	m := newMeaner()
	down := errors.New("status 500")
	batches := 0
	m.breaks(func(context.Context, []string) ([][]float32, error) {
		if batches++; batches > 1 {
			return nil, down
		}
		return nil, nil
	})
	x, err := Open(t.Context(), l, Options{Embedder: m, Now: atToday})
	if err != nil {
		t.Fatal(err)
	}
	defer closeIndex(t, x)
	f := &filler{v: x.o.vectors, library: l}
	if err := f.pass(t.Context(), today); !errors.Is(err, down) {
		t.Fatalf("error is %v", err)
	}
	m.texts()
	m.breaks(nil)
	pass(t, f)
	if n := len(m.texts()); n != 3*len(stall())-embedBatch {
		t.Errorf("%d texts were embedded the second time", n)
	}
}

func TestATextThatIsRefusedHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	l := NewLibrary(storetest.New(t))
	imports(t, l, stall()...)
	m := newMeaner()
	m.breaks(func(_ context.Context, texts []string) ([][]float32, error) {
		if slices.Contains(texts, "refund arrive when bank") {
			return nil, errors.New("status 400")
		}
		return nil, nil
	})
	x, _ := filled(t, l, m)
	s := x.Status().Vectors
	if want := (VectorStatus{Model: "meaner 1", Solutions: len(stall()), Wordings: 3*len(stall()) - 1, Measured: true}); *s != want {
		t.Errorf("status is %+v; want %+v", *s, want)
	}
}

func TestUnusedVectorsAreForgotten(t *testing.T) {
	t.Parallel()
	pool := storetest.New(t)
	l := NewLibrary(pool)
	imports(t, l, stall()...)
	_, f := filled(t, l, newMeaner())
	_, err := pool.Exec(t.Context(), `
		UPDATE solution_vectors SET used_at = now() - interval '20 days';
		INSERT INTO solution_vectors SELECT 'old', hash, vector, used_at FROM solution_vectors`)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.pass(t.Context(), today.Add(refillEvery)); err != nil {
		t.Fatal(err)
	}
	var versions string
	err = pool.QueryRow(t.Context(), `SELECT string_agg(DISTINCT version, ' ') || ' ' || count(*) FROM solution_vectors`).Scan(&versions)
	if want := fmt.Sprintf("meaner 1 %d", 3*len(stall())); err != nil || versions != want {
		t.Errorf("kept are %q, error %v; want %q", versions, err, want)
	}
}

func TestALargeLibraryIsOnlyPutInOrder(t *testing.T) {
	t.Parallel()
	l := NewLibrary(storetest.New(t))
	all := []Solution{
		{ID: "a", Title: "Delivery of television", Answer: "a"},
		{ID: "b", Title: "Delivery broken", Answer: "b"},
	}
	imports(t, l, all...)
	x, f := filled(t, l, newMeaner())
	x.o.vectors.space.most = 1
	f.begun = time.Time{}
	pass(t, f)
	if s := x.Status().Vectors; !s.Large || s.Solutions != 0 {
		t.Fatalf("status is %+v", s)
	}
	got := ranks(t, x, Query{Text: "delivery busted"})
	if len(got) != 2 || got[0].ID != "b" {
		t.Errorf("ranked %v", got)
	}
}

// A database that is slow to read vectors keeps no other search, and nobody who
// writes, from going on.
func TestVectorsAreReadWithoutHoldingTheIndex(t *testing.T) {
	t.Parallel()
	pool := storetest.New(t)
	l := NewLibrary(pool)
	imports(t, l, stall()...)
	x, f := filled(t, l, newMeaner())
	x.o.vectors.space.most = 1
	f.begun = time.Time{}
	pass(t, f)
	done := make(chan error, 1)
	err := pgx.BeginFunc(t.Context(), pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(t.Context(), `LOCK TABLE solution_vectors IN ACCESS EXCLUSIVE MODE`); err != nil {
			return err
		}
		go func() { _, err := x.Suggest(t.Context(), Query{Text: "change my cash"}); done <- err }()
		waitForLock(t, tx, "relation")
		g := x.current.generation
		if !g.mu.TryLock() {
			t.Error("the index is locked while vectors are read")
		} else {
			g.mu.Unlock()
		}
		if n := len(g.searching); n > 0 {
			t.Errorf("%d searches count as running while vectors are read", n)
		}
		return nil
	})
	if err := errors.Join(err, <-done); err != nil {
		t.Error(err)
	}
}

// BenchmarkMeaning is the cost that vectors of 1,024 numbers add to a question.
func BenchmarkMeaning(b *testing.B) {
	for _, wordings := range []int{10_000, 50_000} {
		b.Run(fmt.Sprint(wordings), func(b *testing.B) {
			s := newSpace(MaxWordings)
			state := uint64(1)
			vector := func() []float32 {
				v := make([]float32, 1024)
				for i := range v {
					state = state*6364136223846793005 + 1442695040888963407
					v[i] = float32(int64(state)>>40) / (1 << 27)
				}
				return v
			}
			for i := range wordings / 5 {
				sol := Solution{ID: fmt.Sprint(i), Title: "t", Answer: "a"}
				if err := s.put(&sol, [][]float32{vector(), vector(), vector(), vector(), vector()}); err != nil {
					b.Fatal(err)
				}
			}
			q := vector()
			for b.Loop() {
				s.nearest(q, filters{}, today)
			}
			b.ReportMetric(float64(4*1024*wordings)/1e6, "MB")
		})
	}
}
