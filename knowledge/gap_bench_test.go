package knowledge

import (
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"
)

// asker makes questions in English and Chinese: most are wordings of topics, of
// which few are asked often and many now and then; the others are asked once.
type asker struct {
	r      *rand.Rand
	topics *rand.Zipf
	words  *rand.Zipf
}

func newAsker(topics uint64) *asker {
	r := rand.New(rand.NewPCG(5, 11))
	return &asker{r, rand.NewZipf(r, 1.1, 8, topics-1), rand.NewZipf(r, 1.2, 20, 19_999)}
}

// syllables make words that no dictionary has.
const syllables = "ba ce di fo gu ka le mi no pu ra se ti vo zu bra cle dri flo gru"

// word is the nth word, the first ones being those said most.
func (a *asker) word(n uint64, chinese bool) string {
	if chinese {
		return string([]rune{rune(0x4E00 + n*7919%3000), rune(0x4E00 + n*104_729%2897)})
	}
	parts := strings.Fields(syllables)
	out := ""
	for n += 20; n > 0; n /= 20 {
		out += parts[n%20]
	}
	return out
}

var askedAs = map[bool][]string{
	false: {"How do I %s my %s %s?", "Why was the %[2]s not %[1]s at %[3]s", "I want to %s a %s, it says %s", "please help, %[2]s %[3]s will not %[1]s!", "can you %s the %s for me %s"},
	true:  {"请问怎么%s我的%s，%s", "为什么%[2]s没有%[1]s呢%[3]s", "我想%s一下%s，可以%s吗", "你好，%[2]s一直不能%[1]s，%[3]s", "麻烦帮我%s%s，%s谢谢"},
}

// ask makes a question.
func (a *asker) ask() string {
	topic := a.r
	if a.r.IntN(5) > 0 {
		n := a.topics.Uint64()
		topic = rand.New(rand.NewPCG(n, 1))
	}
	chinese := topic.IntN(2) == 0
	words := rand.NewZipf(topic, 1.2, 20, 19_999)
	verb, thing := a.word(words.Uint64()%300, chinese), a.word(words.Uint64(), chinese)+" "+a.word(words.Uint64(), chinese)
	if chinese {
		thing = strings.ReplaceAll(thing, " ", "")
	}
	form := askedAs[chinese][a.r.IntN(5)]
	return fmt.Sprintf(form, verb, thing, a.word(a.words.Uint64(), chinese))
}

// BenchmarkCluster puts questions into gaps, 100,000 or as many as GAP_QUESTIONS
// says, and reports how fast the last tenth was.
func BenchmarkCluster(b *testing.B) {
	n, err := strconv.Atoi(os.Getenv("GAP_QUESTIONS"))
	if err != nil {
		n = 100_000
	}
	questions := make([]string, n)
	a := newAsker(uint64(n / 20))
	for i := range questions {
		questions[i] = a.ask()
	}
	var before, after runtime.MemStats
	for b.Loop() {
		runtime.GC()
		runtime.ReadMemStats(&before)
		c, err := NewClusterer()
		if err != nil {
			b.Fatal(err)
		}
		next, start := int64(1), time.Now()
		for _, q := range questions {
			id, _ := c.Nearest(q)
			if id == 0 {
				id, next = next, next+1
			}
			c.Add(id, q)
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		b.ReportMetric(float64(len(c.gaps)), "gaps")
		b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/(1<<20), "MiB")
		b.ReportMetric(float64(n)/time.Since(start).Seconds(), "questions/s")
	}
}
