package knowledge

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"assay/pipeline/store/storetest"
	"assay/pipeline/transcript"
)

// databaseOnly returns an index of the library in which PostgreSQL answers.
func databaseOnly(t *testing.T, l *Library, o Options) *Index {
	t.Helper()
	if o.Now == nil {
		o.Now = atToday
	}
	x, err := Open(t.Context(), l, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeIndex(t, x) })
	x.swap(t.Context(), nil)
	if s := x.Status().State; s != Fallback {
		t.Fatalf("without an index the state is %s", s)
	}
	return x
}

func TestPostgreSQLAnswers(t *testing.T) {
	t.Parallel()
	l := NewLibrary(storetest.New(t))
	imports(t, l, demoSolutions(t)...)
	x := databaseOnly(t, l, Options{})
	tests := []struct {
		name  string
		query Query
		want  []string
	}{
		{"Chinese", Query{Text: "退货的退款怎么还没到", Limit: 1}, []string{"SOL-RET-ZH-006"}},
		{"English", Query{Text: "How long does a refund take?", Limit: 1}, []string{"SOL-RET-EN-006"}},
		{"both in one question", Query{Text: "我的 eSIM 怎么换", Limit: 1}, []string{"SOL-TEL-ZH-016"}},
		{"a product code", Query{Text: "QH-C65 支持多少瓦快充"}, []string{"SOL-RET-ZH-017"}},
		{"other forms of the words", Query{Text: "is the brake on the strollers feeling loose"}, []string{"SOL-RET-EN-016"}},
		{"a short question by what was said before",
			Query{Text: "那什么时候到账", Context: []Said{{Text: "您好，退货的退款仓库验收以后就发起"}}, Limit: 1}, []string{"SOL-RET-ZH-006"}},
		{"not in the library", Query{Text: "明天北京天气怎么样"}, []string{}},
		{"expired", Query{Text: "2025 年春节期间发货吗"}, []string{}},
		{"nothing", Query{}, []string{}},
		{"only words that say nothing", Query{Text: "what is it? 请问是什么呢"}, []string{}},
		{"signs that mean something to PostgreSQL", Query{Text: `' \ & | ! ( ) <-> :* '' "`}, []string{}},
		{"not UTF-8", Query{Text: "\xff\xfe\x00"}, []string{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, suggestedIDs(t, x, tt.query)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// The ranking is the same, so that scores are; only candidates may differ, and
// what is misspelled is not corrected.
func TestPostgreSQLRanksAsTheIndexDoes(t *testing.T) {
	t.Parallel()
	l := NewLibrary(storetest.New(t))
	imports(t, l, demoSolutions(t)...)
	index := newTestIndex(t, Options{}, demoSolutions(t)...)
	x := databaseOnly(t, l, Options{})
	same, n := 0, 0
	for _, j := range judgedQuestions(t) {
		want, got := suggestedIDs(t, index, Query{Text: j.Text, Limit: 1}), suggestedIDs(t, x, Query{Text: j.Text, Limit: 1})
		n++
		if slices.Equal(want, got) {
			same++
		}
	}
	if same < n*93/100 {
		t.Errorf("of %d questions %d have the same best answer", n, same)
	}
}

// What the index understands of a question is understood without it.
func TestPostgreSQLUnderstandsQuestionsAsTheIndexDoes(t *testing.T) {
	t.Parallel()
	l := NewLibrary(storetest.New(t))
	all := append(guide(), Solution{ID: "box", Title: "Reset the Wonder Box", Answer: "Hold the button."},
		Solution{ID: "a", Title: "Reset the router", Answer: "Hold the button."})
	imports(t, l, all...)
	if err := l.SetSynonyms(t.Context(), synonyms(t, "AB-1 => Wonder Box\n账单 => invoice\n")); err != nil {
		t.Fatal(err)
	}
	x := databaseOnly(t, l, Options{Threshold: 0.01})
	said := func(who transcript.Speaker, text string) []Said { return []Said{{who, text}} }
	for _, tt := range []struct {
		name  string
		query Query
		want  string
	}{
		{"synonyms", Query{Text: "reset the AB-1"}, "box"},
		{"synonyms in what the customer said before", Query{Text: "hello?", Context: said(transcript.Customer, "I would like to reset the AB-1")}, "box"},
		{"the product that is named", Query{Text: "Are the Acorn's rooms clean?"}, "room-1"},
		{"the product that was named before", Query{Text: "房间干净吗？", Context: said(transcript.Customer, "想订云栖湖畔")}, "room-8"},
		{"the product that the session is about", Query{Text: "Are the rooms clean?", About: "Cambridge Lodge"}, "room-3"},
		{"what an ordinary word does not name", Query{Text: "Is there breakfast in the city?", About: "Cambridge Lodge"}, "breakfast-3"},
		{"what the customer said last, when the question only urges", Query{Text: "hello?", Context: said(transcript.Customer, "How do I get an invoice?")}, "invoice"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := suggestedIDs(t, x, tt.query); len(got) == 0 || got[0] != tt.want {
				t.Errorf("suggested %v; want %s first", got, tt.want)
			}
		})
	}
}

func TestPostgreSQLFollowsWhatProductsThereAre(t *testing.T) {
	t.Parallel()
	l := NewLibrary(storetest.New(t))
	imports(t, l, guide()...)
	x := databaseOnly(t, l, Options{Threshold: 0.01})
	query := Query{Text: "Are the rooms clean?", About: "Lakeside Inn", Limit: 1}
	suggestedIDs(t, x, query)
	imports(t, l, Solution{ID: "z", Title: "Are the rooms clean?", Answer: "Very.", Product: "Lakeside Inn"})
	x.fallback.known.at = x.fallback.known.at.Add(-statisticsAge)
	if _, err := x.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := suggestedIDs(t, x, query); !cmp.Equal(got, []string{"z"}) {
		t.Errorf("suggested %v; want z", got)
	}
}

func TestPostgreSQLTakesOverSynonyms(t *testing.T) {
	t.Parallel()
	l := NewLibrary(storetest.New(t))
	imports(t, l, Solution{ID: "box", Title: "Reset the Wonder Box", Answer: "Hold the button."})
	x := databaseOnly(t, l, Options{})
	if err := l.SetSynonyms(t.Context(), synonyms(t, "AB-1 => Wonder Box\n")); err != nil {
		t.Fatal(err)
	}
	version := x.Version()
	if _, err := x.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := suggestedIDs(t, x, Query{Text: "reset the AB-1"}); !cmp.Equal(got, []string{"box"}) {
		t.Errorf("suggested %v", got)
	}
	if x.Version() == version {
		t.Error("the version is the same although synonyms changed")
	}
}

func TestPostgreSQLHonoursWhomSolutionsAreFor(t *testing.T) {
	t.Parallel()
	l := NewLibrary(storetest.New(t))
	for i, s := range []Solution{
		{ID: "all"}, {ID: "router", Product: "Router X1"}, {ID: "north", Region: "North"}, {ID: "firms", CustomerType: "enterprise"},
		{ID: "script", Stage: Guide}, {ID: "draft", Status: Draft}, {ID: "over", ValidTo: today}, {ID: "early", ValidFrom: today.Add(time.Hour)},
	} {
		s.Title, s.Answer = "How do I reset the device?", fmt.Sprint("Hold the button number ", i)
		imports(t, l, s)
	}
	x := databaseOnly(t, l, Options{Threshold: 0.001})
	ask := Query{Text: "how do I reset the device", Limit: 50}
	for name, tt := range map[string]struct {
		change func(*Query)
		want   []string
	}{
		"nothing is said": {func(*Query) {}, []string{"all", "firms", "north", "router"}},
		"a product":       {func(q *Query) { q.Products = []string{" router X1"} }, []string{"all", "firms", "north", "router"}},
		"another product": {func(q *Query) { q.Products = []string{"Camera", "Phone"} }, []string{"all", "firms", "north"}},
		"a region":        {func(q *Query) { q.Region = "south" }, []string{"all", "firms", "router"}},
		"a customer type": {func(q *Query) { q.CustomerType = "individual" }, []string{"all", "north", "router"}},
		"a stage":         {func(q *Query) { q.Stage = Guide }, []string{"script"}},
	} {
		q := ask
		tt.change(&q)
		got := suggestedIDs(t, x, q)
		slices.Sort(got)
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestChangesAreSearchedInPostgreSQLAtOnce(t *testing.T) {
	t.Parallel()
	l := NewLibrary(storetest.New(t))
	s := Solution{ID: "s", Title: "How do I reset the router?", Answer: "Hold the button."}
	imports(t, l, s)
	x := databaseOnly(t, l, Options{})
	version := x.Version()
	s.Title = "How do I clean the camera?"
	imports(t, l, s)
	for text, want := range map[string][]string{"reset the router": {}, "clean the camera": {"s"}} {
		if got := suggestedIDs(t, x, Query{Text: text}); !cmp.Equal(got, want) {
			t.Errorf("%q: %v", text, got)
		}
	}
	if _, err := x.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	if x.Version() == version {
		t.Error("the version is the same although a solution changed")
	}
}

func TestMissingTermsAreFilledIn(t *testing.T) {
	t.Parallel()
	pool := storetest.New(t)
	l := NewLibrary(pool)
	all := synthetic(termsBatch + termsBatch/2)
	imports(t, l, append(all, Solution{ID: "draft", Title: "t", Answer: "a", Status: Draft})...)
	a, err := newAnalyzers()
	if err != nil {
		t.Fatal(err)
	}
	terms := func() (n int) {
		t.Helper()
		err := pool.QueryRow(t.Context(), `SELECT count(*) FROM solution_terms AS t JOIN solutions USING (id, hash) WHERE analysis = $1`, analysisVersion()).Scan(&n)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	for _, tt := range []struct {
		name, sql string
		want      int
	}{
		{"they are there", `SELECT 1`, 0},
		{"imported before them", `DELETE FROM solution_terms WHERE id <> 's7'`, len(all) - 1},
		{"of another content", `UPDATE solution_terms SET hash = 'x' WHERE id IN ('s1', 's2')`, 2},
		{"of another analysis", `UPDATE solution_terms SET analysis = 'older' WHERE id = 's3'`, 1},
		{"of what was published", `UPDATE solutions SET status = 'retired' WHERE id = 's4'`, 0},
	} {
		name := tt.name
		if _, err := pool.Exec(t.Context(), tt.sql); err != nil {
			t.Fatal(err)
		}
		filled := int64(0)
		n, err := l.fillMissing(t.Context(), a, &filled)
		if n != tt.want || err != nil {
			t.Errorf("%s: %d filled in, error %v; want %d", name, n, err, tt.want)
		}
		if got := terms(); got != len(all) {
			t.Errorf("%s: %d of %d solutions have their terms", name, got, len(all))
		}
		if n, err := l.fillMissing(t.Context(), a, &filled); n != 0 || err != nil {
			t.Errorf("%s: %d filled in again, error %v", name, n, err)
		}
	}
}

// The one who fills in yields to those who write, whom it could lock out.
func TestFillingInWaitsForWriters(t *testing.T) {
	t.Parallel()
	pool := storetest.New(t)
	l := NewLibrary(pool)
	imports(t, l, synthetic(3)...)
	if _, err := pool.Exec(t.Context(), `DELETE FROM solution_terms`); err != nil {
		t.Fatal(err)
	}
	a, err := newAnalyzers()
	if err != nil {
		t.Fatal(err)
	}
	filled := int64(0)
	err = pgx.BeginFunc(t.Context(), pool, func(tx pgx.Tx) error {
		if err := startWriting(t.Context(), tx); err != nil {
			return err
		}
		n, err := l.fillMissing(t.Context(), a, &filled)
		if n != 0 {
			err = errors.Join(err, fmt.Errorf("%d filled in beside a writer", n))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if n, err := l.fillMissing(t.Context(), a, &filled); n != 3 || err != nil {
		t.Errorf("after the writer %d filled in, error %v", n, err)
	}
}

func TestTermsThatPostgreSQLRefusesAreLeftOut(t *testing.T) {
	t.Parallel()
	l := NewLibrary(storetest.New(t))
	long := make([]byte, 5_000)
	for i := range long {
		long[i] = 'a' + byte(i%7)
	}
	many := ""
	for i := range 2 * maxTerms {
		many += fmt.Sprintf("w%dx ", i)
	}
	imports(t, l, Solution{ID: "none", Title: "?!", Answer: "a"}, Solution{ID: "long", Title: "A word " + string(long), Answer: "It's a 'quoted' back\\slash."},
		Solution{ID: "many", Title: "How many words are many?", Answer: many})
	x := databaseOnly(t, l, Options{})
	if got := suggestedIDs(t, x, Query{Text: "it's quoted backslash word"}); !cmp.Equal(got, []string{"long"}) && len(got) > 0 {
		t.Errorf("found %v", got)
	}
}

// With statistics the frequent terms are not counted one by one.
func TestStatisticsTellTheFrequentTerms(t *testing.T) {
	t.Parallel()
	pool := storetest.New(t)
	l := NewLibrary(pool)
	imports(t, l, synthetic(3_000)...)
	if _, err := pool.Exec(t.Context(), `ANALYZE solution_terms`); err != nil {
		t.Fatal(err)
	}
	x := databaseOnly(t, l, Options{})
	s, err := x.fallback.statistics(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if s.solutions != 3_000 || len(s.frequent) < 100 {
		t.Errorf("%d solutions, %d frequent terms", s.solutions, len(s.frequent))
	}
	for _, q := range synthetic(3_000)[:5] {
		if got := suggestedIDs(t, x, Query{Text: q.Questions[1]}); len(got) == 0 || got[0] != q.ID {
			t.Errorf("%q: %v, want %s", q.Questions[1], got, q.ID)
		}
	}
}

// What has all of the question's words is found among thousands that have one,
// also before PostgreSQL has counted how frequent the words are.
func TestPostgreSQLFindsWhatSharesMostAmongMany(t *testing.T) {
	t.Parallel()
	l := NewLibrary(storetest.New(t))
	words := []string{"copper", "kettle", "spout"}
	all := make([]Solution, 3*fallbackRows)
	for i := range all {
		all[i] = Solution{ID: fmt.Sprintf("a%05d", i), Title: words[i%len(words)], Answer: "a"}
	}
	imports(t, l, append(all, Solution{ID: "z", Title: "copper kettle spout", Answer: "a"})...)
	x, err := Open(t.Context(), l, Options{Postpone: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeIndex(t, x) })
	if got := suggestedIDs(t, x, Query{Text: "copper kettle spout", Limit: 1}); !cmp.Equal(got, []string{"z"}) {
		t.Errorf("suggested %v; want z", got)
	}
}

// A library that has grown since is not searched by what is known of the old one.
func TestStatisticsFollowTheLibrary(t *testing.T) {
	t.Parallel()
	pool := storetest.New(t)
	l := NewLibrary(pool)
	x := databaseOnly(t, l, Options{})
	suggestedIDs(t, x, Query{Text: "anything"})
	imports(t, l, synthetic(2*statisticsChanges)...)
	if _, err := x.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	s := x.fallback.lastStatistics()
	if s.solutions != 2*statisticsChanges || len(s.frequent) < 100 {
		t.Errorf("%d solutions and %d frequent terms are known", s.solutions, len(s.frequent))
	}
	imports(t, l, Solution{ID: "one", Title: "one more", Answer: "a"})
	if _, err := x.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	if again := x.fallback.lastStatistics(); again.at != s.at {
		t.Error("statistics were read again after one change")
	}
}

func TestALibraryIsCountedWhenItChanged(t *testing.T) {
	t.Parallel()
	l := NewLibrary(storetest.New(t))
	imports(t, l, synthetic(3)...)
	x := databaseOnly(t, l, Options{})
	const uncounted = 77
	x.stand.published = uncounted
	for _, want := range []int{uncounted, 4} {
		if _, err := x.Refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := x.Len(); got != want {
			t.Errorf("%d solutions; want %d", got, want)
		}
		imports(t, l, Solution{ID: "one", Title: "one more", Answer: "a"})
	}
}
