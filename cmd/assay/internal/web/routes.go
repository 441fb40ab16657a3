package web

import "net/http"

// kind says who reads a route's answer, and so how its errors are written.
type kind int

const (
	people   kind = iota // pages; errors are pages
	programs             // the API and probes; errors are problem+json
	scripts              // our own pages' script; errors are as the API's
	files                // files that never change, for anybody
)

// route is one address.
type route struct {
	pattern string
	kind    kind
	least   Role // of its readers; "": anybody, as for probes
	handle  handler
}

// handler answers a request, or returns the error that wrap maps. It writes
// nothing when it returns an error.
type handler func(w http.ResponseWriter, r *http.Request) error

// routes are all addresses.
func (s *server) routes() []route {
	list := []route{
		{"GET /{$}", people, Agent, s.queue},
		{"GET /sessions/{key}", people, Agent, s.session},
		{"GET /sessions/{key}/reveal", people, Agent, s.hideAgain},
		{"POST /sessions/{key}/reveal", people, Agent, s.reveal},
		{"GET /suggest", people, Agent, s.suggest},
		{"POST /suggest", people, Agent, s.suggestPart},
		{"POST /suggest/feedback", people, Agent, s.feedbackForm},
		{"POST /suggest/pins", people, Agent, s.pinForm},
		{"GET /solutions", people, Agent, s.solutions},
		{"GET /solutions/new", people, Reviewer, s.newSolution},
		{"POST /solutions/new", people, Reviewer, s.saveNew},
		{"POST /solutions/bulk", people, Supervisor, s.bulk},
		{"GET /solutions/{id}", people, Agent, s.solution},
		{"GET /solutions/{id}/edit", people, Reviewer, s.editSolution},
		{"POST /solutions/{id}/edit", people, Reviewer, s.saveEdit},
		{"POST /solutions/{id}/status", people, Supervisor, s.setStatus},
		{"POST /solutions/{id}/review", people, Reviewer, s.confirm},
		{"GET /solutions/{id}/history", people, Reviewer, s.history},
		{"POST /solutions/{id}/restore", people, Reviewer, s.restore},
		{"GET /gaps", people, Reviewer, s.gapList},
		{"GET /gaps/{key}", people, Reviewer, s.gap},
		{"POST /gaps/{key}", people, Reviewer, s.setGap},
		{"POST /gaps/{key}/draft", people, Reviewer, s.draftGap},
		{"GET /coverage", people, Reviewer, s.coverage},
		{"GET /problems", people, Reviewer, s.problems},
		{"GET /backtests", people, Reviewer, s.backtests},
		{"POST /backtests", people, Reviewer, s.startBacktest},
		{"GET /backtests/{key}", people, Reviewer, s.backtest},
		{"GET /backtests/{key}/samples", people, Reviewer, s.sample},
		{"POST /backtests/{key}/samples", people, Reviewer, s.label},
		{"GET /models", people, Supervisor, s.models},
		{"GET /reveals", people, Supervisor, s.reveals},
		{"GET /static/{name}", files, "", s.static},
		{"GET /component/assay-suggest.js", files, "", s.component},

		{"GET /api/v1/flags", programs, Agent, s.apiFlags},
		{"GET /api/v1/sessions/{key}/verdict", programs, Agent, s.apiVerdict},
		{"POST /api/v1/sessions/{key}/reveal", programs, Agent, s.apiReveal},
		{"GET /api/v1/suggest", programs, Agent, s.apiSuggest},
		{"POST /api/v1/suggest", programs, Agent, s.apiAsk},
		{"POST /api/v1/suggest/used", programs, Agent, s.apiUsed},
		{"POST /api/v1/feedback", programs, Agent, s.apiFeedback},
		{"DELETE /api/v1/feedback/{solution}", programs, Agent, s.apiTakeBack},
		{"GET /api/v1/pins", programs, Agent, s.apiPins},
		{"PUT /api/v1/pins/{solution}", programs, Agent, s.apiPin},
		{"DELETE /api/v1/pins/{solution}", programs, Agent, s.apiUnpin},
		{"GET /api/v1/solutions", programs, Agent, s.apiSolutions},
		{"GET /api/v1/solutions/{id}", programs, Agent, s.apiReadSolution},
		{"PUT /api/v1/solutions/{id}", programs, Reviewer, s.apiPutSolution},
		{"POST /api/v1/solutions/{id}/status", programs, Supervisor, s.apiSetStatus},
		{"POST /api/v1/solutions/{id}/review", programs, Reviewer, s.apiReview},
		{"GET /api/v1/solutions/{id}/history", programs, Reviewer, s.apiHistory},
		{"GET /api/v1/models", programs, Supervisor, s.apiModels},
		{"GET /api/v1/openapi.json", programs, Agent, s.apiDescription},
		{"GET /healthz", programs, "", s.health},
		{"GET /readyz", programs, "", s.ready},
	}
	list = append(list, s.scriptRoutes()...)
	if s.o.Live != nil {
		list = append(list, s.liveRoutes()...)
	}
	if s.o.Metrics != nil {
		list = append(list, route{"GET /metrics", programs, "", s.metrics})
	}
	return list
}

// scriptRoutes are what the script of our own pages asks: the API's handlers for
// people, whom the proxy names, and who have no token where the API requires one.
func (s *server) scriptRoutes() []route {
	return []route{
		{"POST /suggest/used", scripts, Agent, s.apiUsed},
		{"POST /suggest/grade", scripts, Agent, s.apiFeedback},
		{"DELETE /suggest/grade/{solution}", scripts, Agent, s.apiTakeBack},
		{"PUT /suggest/pins/{solution}", scripts, Agent, s.apiPin},
		{"DELETE /suggest/pins/{solution}", scripts, Agent, s.apiUnpin},
	}
}

// liveRoutes are the addresses of sessions that still run. Whoever writes turns can
// say anything in an agent's name: agents cannot.
func (s *server) liveRoutes() []route {
	return []route{
		{"GET /live", people, Agent, s.lives},
		{"GET /live/{id}", people, Agent, s.live},
		{"GET /live/{id}/events", scripts, Agent, s.apiLiveEvents},
		{"POST /api/v1/sessions/{id}/turns", programs, Supervisor, s.apiLiveTurns},
		{"GET /api/v1/sessions/{id}/events", programs, Agent, s.apiLiveEvents},
		{"POST /api/v1/sessions/{id}/end", programs, Supervisor, s.apiLiveEnd},
	}
}
