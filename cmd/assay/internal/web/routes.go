package web

import "net/http"

// kind says who reads a route's answer, and so how its errors are written.
type kind int

const (
	people   kind = iota // pages; errors are pages
	programs             // the API and probes; errors are problem+json
	files                // files that never change
)

// route is one address.
type route struct {
	pattern string
	kind    kind
	handle  handler
}

// handler answers a request, or returns the error that wrap maps. It writes
// nothing when it returns an error.
type handler func(w http.ResponseWriter, r *http.Request) error

// routes are all addresses.
func (s *server) routes() []route {
	list := []route{
		{"GET /{$}", people, s.queue},
		{"GET /sessions/{key}", people, s.session},
		{"GET /suggest", people, s.suggest},
		{"GET /problems", people, s.problems},
		{"GET /backtests", people, s.backtests},
		{"POST /backtests", people, s.startBacktest},
		{"GET /backtests/{key}", people, s.backtest},
		{"GET /backtests/{key}/samples", people, s.sample},
		{"POST /backtests/{key}/samples", people, s.label},
		{"GET /static/{name}", files, s.static},

		{"GET /api/v1/flags", programs, s.apiFlags},
		{"GET /api/v1/sessions/{key}/verdict", programs, s.apiVerdict},
		{"GET /api/v1/suggest", programs, s.apiSuggest},
		{"GET /api/v1/openapi.json", programs, s.apiDescription},
		{"GET /healthz", programs, s.health},
		{"GET /readyz", programs, s.ready},
	}
	if s.o.Metrics != nil {
		list = append(list, route{"GET /metrics", programs, s.metrics})
	}
	return list
}
