// Package web is what people and programs see of Assay over HTTP: the queue of
// flagged sessions, the session page, the suggestion search, back-tests, models
// and what they cost, the lists of problems and of reveals, and the JSON API under /api/v1 that openapi.json describes.
//
// Pages are rendered on the server, work without script and are better with
// it, and are the same in Chinese and English: every text stands in text/, one
// file per language. Handlers return an error that one wrapper maps. What a reader
// sees of personal data is decided in access.go and seen.go, for pages and API alike.
package web

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"assay/cmd/assay/internal/web/text"
	"assay/jobs"
	"assay/knowledge"
	"assay/pipeline/store"
)

// Options are what the pages need. Only Store is required.
type Options struct {
	Store    *store.Store
	Index    *knowledge.Index                // searches the solution library; nil: the search says that there is none
	Library  *knowledge.Library              // of the index; its solutions are shown whole; nil without an index
	Jobs     *river.Client[pgx.Tx]           // enqueues back-tests that are started from a page; nil: none are
	Backtest *jobs.Backtester                // shows evidence of samples; nil: they have no page
	Metrics  http.Handler                    // serves /metrics; nil: there is no such page
	Ready    func(ctx context.Context) error // whether requests can be served; nil: always
	Zone     *time.Location                  // of the times on pages; default the store's
	Log      *slog.Logger                    // default slog.Default()
	Loopback bool                            // refuse requests for other hosts than this machine
	Access   Access                          // who reads, and what of personal data
	// Word words a draft's answer in a language from what agents said; nil: drafts are
	// verbatim only.
	Word  func(ctx context.Context, language string, questions, passages []string) (string, error)
	Judge JudgeInfo  // what the page of models tells about settings
	Live  *jobs.Live // takes and tells what happens in running sessions; nil: there are no such pages

	LiveBeat  time.Duration // how often who follows a session hears that the line is open; default 15 s
	LiveStall time.Duration // who takes nothing of what is told for so long is cut off; default 10 s
	// LiveLongest is how long a reader is told before it has to come again, and so how
	// long a revoked token follows a session; default 10 min.
	LiveLongest     time.Duration
	LiveStreams     int // streams that are open at once in this process; default 5000
	LiveStreamsEach int // of them for one reader or token; default 20
	// StaleAfter is how long a solution may go without a review; default 92 days.
	StaleAfter time.Duration
	API        API // who may use the API, and how often
}

// server holds what handlers share. It does not change after New.
type server struct {
	o        Options
	cards    *cards
	texts    text.Texts
	assets   *assets
	pages    pages
	embedded component
	marker   *knowledge.Marker
	mux      *http.ServeMux
	lines    *openLines
	gaps     *knowledge.Gaps
	entrance
}

// New returns the handler of all pages and of the API. Its error is a mistake
// in the options or in the embedded files.
func New(o Options) (http.Handler, error) {
	if o.Store == nil {
		return nil, errors.New("web: no store")
	}
	if (o.Index == nil) != (o.Library == nil) {
		return nil, errors.New("web: an index and its library come together")
	}
	if o.Zone == nil {
		o.Zone = o.Store.Zone()
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	o.LiveBeat, o.LiveStall, o.LiveLongest = cmp.Or(o.LiveBeat, liveBeat), cmp.Or(o.LiveStall, liveStall), cmp.Or(o.LiveLongest, liveLongest)
	if err := o.Access.complete(); err != nil {
		return nil, err
	}
	s := &server{o: o, gaps: newGaps(o.Store, o.Access.Policy), cards: newCards(o.Store), mux: http.NewServeMux()}
	s.entrance = newEntrance(&o)
	s.lines = newOpenLines(cmp.Or(o.LiveStreams, liveStreams), cmp.Or(o.LiveStreamsEach, liveStreamsEach))
	var err error
	if s.texts, err = text.Load(); err != nil {
		return nil, err
	}
	if s.assets, err = loadAssets(); err != nil {
		return nil, err
	}
	if s.marker, err = knowledge.NewMarker(); err != nil {
		return nil, err
	}
	if s.embedded, err = newComponent(s.texts); err != nil {
		return nil, err
	}
	if s.pages, err = loadPages(); err != nil {
		return nil, err
	}
	if s.described, err = describe(s.routes(), o.API.RequireToken); err != nil {
		return nil, err
	}
	for _, route := range s.routes() {
		s.mux.Handle(route.pattern, s.wrap(route))
	}
	return s.guard(http.HandlerFunc(s.serve)), nil
}
