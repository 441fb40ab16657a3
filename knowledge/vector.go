package knowledge

import (
	lru "container/list"
	"context"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"assay/pipeline"
)

const (
	// DefaultEmbedWait bounds how long a search waits for the vector of its question.
	DefaultEmbedWait = 150 * time.Millisecond
	// inspectWait bounds it where nobody waits for the answer.
	inspectWait = 5 * time.Second
	// MaxWordings is how many vectors of a library are kept in memory, at 4 bytes a
	// number: 50,000 of 1,024 numbers take 205 MB. Of a larger library only the
	// solutions that words find are compared with the question.
	MaxWordings = 50_000
	// maxEmbedded is how many wordings of a solution are embedded, its title first,
	// and maxEmbeddedRunes how much of each; the beginning of the answer is another.
	maxEmbedded      = 16
	maxEmbeddedRunes = maxQuestionRunes
	// keptQuestions is how many questions' vectors are kept.
	keptQuestions = 1_000
	// maxAsking is how many questions are embedded at once; the others are answered
	// by words alone.
	maxAsking = 8
	// restAfter is after how many failures in a row the model is left alone for a
	// while: for restFirst, then twice as long each time, up to restMost.
	restAfter = 3
	restFirst = 5 * time.Second
	restMost  = 2 * time.Minute
)

// textHash identifies a text that is embedded.
type textHash [sha256.Size]byte

// embeddedTexts are the texts of a solution that are embedded, each once: title,
// other wordings, and the beginning of the answer. They are sent as they are
// written.
func embeddedTexts(s *Solution) []string {
	var out []string
	seen := map[string]bool{"": true}
	add := func(text string) {
		text = strings.TrimSpace(clip(text, maxEmbeddedRunes))
		if !seen[text] {
			seen[text] = true
			out = append(out, text)
		}
	}
	add(s.Title)
	for _, q := range s.Questions {
		if len(out) == maxEmbedded {
			break
		}
		add(q)
	}
	add(s.Answer)
	return out
}

// wordingsOf is how many of a solution's embedded texts are wordings of its question.
func wordingsOf(s *Solution) int {
	only := Solution{Title: s.Title, Questions: s.Questions}
	return len(embeddedTexts(&only))
}

// vectors compares what questions and solutions mean by a model for embedding.
// All generations of an index share them. It is safe to share.
type vectors struct {
	embedder pipeline.Embedder
	log      *slog.Logger
	asking   chan struct{}
	space    *space
	library  *Library // of which vectors are read when there are too many for memory; nil: none

	mu    sync.Mutex
	kept  questionVectors
	rest  rest
	fills fillState
}

func newVectors(e pipeline.Embedder, log *slog.Logger) *vectors {
	return &vectors{
		embedder: e, log: log, asking: make(chan struct{}, maxAsking), space: newSpace(MaxWordings),
		kept: newQuestionVectors(keptQuestions),
		rest: rest{wait: backoff{first: restFirst, most: restMost}},
	}
}

// version changes with everything that decides what vectors do to the ranking.
func (v *vectors) version() string {
	return fmt.Sprint(v.embedder.Version(), rankConstant, maxNear, mostOdds, leastPairs, maxPairs, maxEmbedded, maxEmbeddedRunes, v.space.version())
}

// meaning is the vector of a question.
type meaning struct {
	vectors *vectors
	q       []float32
	until   time.Time // when whoever asks has waited long enough
}

// meaning asks for the vector of a question and waits no longer than that; nil
// when there is none, for whatever reason: then words alone decide.
func (v *vectors) meaning(ctx context.Context, text string, wait time.Duration) *meaning {
	until := time.Now().Add(wait)
	if v == nil || v.space.empty() {
		return nil
	}
	text = strings.TrimSpace(clip(text, maxQuestionRunes))
	if rules := v.embedder.Redaction(); rules != nil {
		text = rules.Text(text).Text
	}
	if text == "" {
		return nil
	}
	key := textHash(sha256.Sum256([]byte(text)))
	v.mu.Lock()
	q := v.kept.get(key)
	may := q != nil || v.rest.over(time.Now(), wait)
	v.mu.Unlock()
	if q == nil && may {
		q = v.ask(ctx, key, text, wait)
	}
	if q == nil {
		return nil
	}
	return &meaning{v, q, until}
}

// ask asks the model, even one that does not heed its context, for that long.
func (v *vectors) ask(ctx context.Context, key textHash, text string, wait time.Duration) []float32 {
	select {
	case v.asking <- struct{}{}:
	default:
		return nil
	}
	asked, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	type answer struct {
		vectors [][]float32
		err     error
	}
	got := make(chan answer, 1)
	go func() {
		defer func() { <-v.asking }()
		var a answer
		a.vectors, a.err = v.embedder.Embed(asked, []string{text})
		got <- a
	}()
	var a answer
	select {
	case a = <-got:
	case <-asked.Done():
		a.err = asked.Err()
	}
	if ctx.Err() != nil {
		return nil // who asked has gone, which is no failure of the model
	}
	if a.err == nil {
		a.err = v.space.fits(a.vectors, 1)
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if a.err != nil {
		if pause := v.rest.failed(time.Now()); pause > 0 {
			v.log.WarnContext(ctx, "questions are not embedded for a while; words alone find solutions", "pause", pause.String(), "error", a.err)
		}
		return nil
	}
	v.rest.succeeded()
	v.kept.put(key, a.vectors[0])
	return a.vectors[0]
}

// rest leaves a model alone that failed several times in a row.
type rest struct {
	failures int
	until    time.Time
	wait     backoff
}

// over reports whether the model may be asked. After a pause one question tries
// it; the others wait until that must have its answer.
func (r *rest) over(now time.Time, wait time.Duration) bool {
	if r.failures < restAfter {
		return true
	}
	if now.Before(r.until) {
		return false
	}
	r.until = now.Add(wait)
	return true
}

// failed returns for how long the model is left alone, 0 for not yet.
func (r *rest) failed(now time.Time) time.Duration {
	r.failures++
	if r.failures < restAfter {
		return 0
	}
	pause := r.wait.next()
	r.until = now.Add(pause)
	return pause
}

func (r *rest) succeeded() {
	r.failures = 0
	r.wait.succeeded()
}

// questionVectors keeps the vectors of the questions that were asked last.
type questionVectors struct {
	most int
	used *lru.List // of questionVector, the last used first
	at   map[textHash]*lru.Element
}

type questionVector struct {
	key    textHash
	vector []float32
}

func newQuestionVectors(most int) questionVectors {
	return questionVectors{most, lru.New(), map[textHash]*lru.Element{}}
}

func (k *questionVectors) get(key textHash) []float32 {
	found := k.at[key]
	if found == nil {
		return nil
	}
	k.used.MoveToFront(found)
	return found.Value.(questionVector).vector
}

func (k *questionVectors) put(key textHash, vector []float32) {
	if k.at[key] != nil {
		return
	}
	k.at[key] = k.used.PushFront(questionVector{key, vector})
	if k.used.Len() > k.most {
		delete(k.at, k.used.Remove(k.used.Back()).(questionVector).key)
	}
}
