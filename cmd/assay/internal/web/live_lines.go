package web

import (
	"errors"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// How many streams are open at once, at most: each costs a connection, and looks at
// the database whenever something is told.
const (
	liveStreams     = 5000 // of this process
	liveStreamsEach = 20   // of one reader
)

var (
	errStreams     = errors.New("this server tells as many readers as it may: try again later, or ask another")
	errStreamsEach = errors.New("too many streams are open for one reader: close some of them")
)

// After how long who was refused may ask again.
const (
	streamsRetry     = 5 * time.Second
	streamsEachRetry = 15 * time.Second
)

// openLines counts the streams that are open in this process.
type openLines struct {
	most, mostEach int

	mu   sync.Mutex
	all  int
	each map[string]int // by reader; those who have none are not in it
}

func newOpenLines(most, mostEach int) *openLines {
	return &openLines{most: most, mostEach: mostEach, each: map[string]int{}}
}

// open takes a place for a stream. Call the function when it ends.
func (l *openLines) open(w http.ResponseWriter, who string) (func(), error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.each[who] >= l.mostEach:
		w.Header().Set("Retry-After", strconv.Itoa(seconds(streamsEachRetry)))
		return nil, errStreamsEach
	case l.all >= l.most:
		w.Header().Set("Retry-After", strconv.Itoa(seconds(streamsRetry)))
		return nil, errStreams
	}
	l.all++
	l.each[who]++
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.all--
		if l.each[who]--; l.each[who] == 0 {
			delete(l.each, who)
		}
	}, nil
}

// follower is whose streams are counted together: the reader's, of a token those of
// the agent for whom it asks; where nothing says who reads, the address's.
func (s *server) follower(r *http.Request) string {
	if _, given := s.bearer(r); s.nameless() && !(given && isAPI(r)) {
		return s.addressOf(r)
	}
	return "reader " + s.reader(r).name
}
