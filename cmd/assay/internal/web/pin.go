package web

import "net/http"

// pinnedList are the solutions that a reader has at hand.
type pinnedList struct {
	Pins []hit `json:"pins"`
}

func (s *server) apiPins(w http.ResponseWriter, r *http.Request) error {
	if s.o.Library == nil {
		return errNoLibrary
	}
	hits, err := s.pinned(r.Context(), s.asker(r))
	if err != nil {
		return err
	}
	return writeJSON(w, pinnedList{hits})
}

func (s *server) apiPin(w http.ResponseWriter, r *http.Request) error {
	return s.setPin(w, r, r.PathValue("solution"), true)
}

func (s *server) apiUnpin(w http.ResponseWriter, r *http.Request) error {
	return s.setPin(w, r, r.PathValue("solution"), false)
}

func (s *server) setPin(w http.ResponseWriter, r *http.Request, solution string, on bool) error {
	if err := s.keepPin(r, solution, on); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (s *server) keepPin(r *http.Request, solution string, on bool) error {
	person, err := s.named(r)
	switch {
	case err != nil:
		return err
	case on:
		return s.o.Library.Pin(r.Context(), person, solution)
	}
	return s.o.Library.Unpin(r.Context(), person, solution)
}

// pinForm pins from the page without script, and leads back to it.
func (s *server) pinForm(w http.ResponseWriter, r *http.Request) error {
	in, err := smallForm(w, r)
	if err != nil {
		return err
	}
	solution := in.required("solution_id")
	if err := in.bad.or(); err != nil {
		return err
	}
	if err := s.keepPin(r, solution, in.q.Get("pin") == "1"); err != nil {
		return err
	}
	return backToSuggest(w, r, in)
}
