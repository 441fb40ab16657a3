package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode"

	"assay/classifiers/llm"
	"assay/pipeline/transcript"
)

// recordedModel is how the demo's endpoint names what answers.
const recordedModel = "recorded-by-hand"

// recording is one answer of demo/answers, which stands for a model's: the
// answer to one criterion about one session.
type recording struct {
	Session   transcript.SessionID `json:"session"` // * is any
	Criterion string               `json:"criterion"`
	Vote      *int                 `json:"vote,omitempty"`    // of several answers, from 0; nil is each of them
	Without   []int                `json:"without,omitempty"` // the answer where these turns are not shown
	Repair    bool                 `json:"repair,omitempty"`  // the answer to a complaint about the first one
	recordedAnswer
}

// recordedAnswer is what is sent, beside the criterion's id.
type recordedAnswer struct {
	Applies bool            `json:"applies"`
	Reason  string          `json:"reason"`
	Answer  string          `json:"answer"`
	Quotes  []recordedQuote `json:"quotes"`
}

type recordedQuote struct {
	Turn int    `json:"turn"`
	Text string `json:"text"`
}

// readRecordings reads the answers of all files in a folder.
func readRecordings(in fs.FS) ([]recording, error) {
	names, err := fs.Glob(in, "demo/answers/*.jsonl")
	if err != nil {
		return nil, fmt.Errorf("recorded answers: %w", err)
	}
	var all []recording
	for _, name := range names {
		src, err := fs.ReadFile(in, name)
		if err != nil {
			return nil, fmt.Errorf("recorded answers: %w", err)
		}
		lines := json.NewDecoder(bytes.NewReader(src))
		lines.DisallowUnknownFields()
		for {
			var r recording
			err := lines.Decode(&r)
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				return nil, fmt.Errorf("recorded answers: %s: %w", name, err)
			}
			all = append(all, r)
		}
	}
	return all, nil
}

// replay is an endpoint that speaks the protocol and answers from recordings. It
// knows a session by what its turns say, so that marks, order and form of the
// prompt may be any; a question without a recording is not found.
type replay struct {
	recordings []recording
	sessions   map[transcript.SessionID]*transcript.Session
}

// replayed is a request, as far as the answer depends on it.
type replayed struct {
	Seed     int           `json:"seed"` // the vote and 1
	Messages []llm.Message `json:"messages"`
	Format   struct {
		Schema struct {
			Schema struct {
				Properties struct {
					Answers struct {
						Items struct {
							Properties struct {
								Criterion struct {
									IDs []string `json:"enum"`
								} `json:"criterion"`
							} `json:"properties"`
						} `json:"items"`
					} `json:"answers"`
				} `json:"properties"`
			} `json:"schema"`
		} `json:"json_schema"`
	} `json:"response_format"`
}

func (r *replay) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	const most = 4 << 20
	var asked replayed
	if err := json.NewDecoder(http.MaxBytesReader(w, req.Body, most)).Decode(&asked); err != nil {
		refuse(w, http.StatusBadRequest, "the request cannot be read")
		return
	}
	text, err := r.answer(&asked)
	if err != nil {
		refuse(w, http.StatusNotFound, err.Error())
		return
	}
	sent := 0
	for _, m := range asked.Messages {
		sent += llm.EstimateTokens(m.Content)
	}
	writeReply(w, http.StatusOK, map[string]any{
		"id": "recorded", "object": "chat.completion", "created": 0, "model": recordedModel,
		"choices": []any{map[string]any{"index": 0, "finish_reason": "stop", "message": map[string]any{"role": "assistant", "content": text}}},
		"usage":   map[string]any{"prompt_tokens": sent, "completion_tokens": llm.EstimateTokens(text)},
	})
}

func refuse(w http.ResponseWriter, status int, words string) {
	writeReply(w, status, map[string]any{"error": map[string]any{"message": words, "type": "invalid_request_error", "code": "no_recording"}})
}

func writeReply(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(body) // an error means that the client left
}

// answer puts the recorded answers to what is asked together.
func (r *replay) answer(asked *replayed) (string, error) {
	shown := ""
	if i := slices.IndexFunc(asked.Messages, func(m llm.Message) bool { return m.Role == "user" }); i >= 0 {
		shown = letters(asked.Messages[i].Content)
	}
	s := r.session(shown)
	if s == nil {
		return "", errors.New("no recording is about this session")
	}
	type answered struct {
		Criterion string `json:"criterion"`
		recordedAnswer
	}
	var out struct {
		Answers []answered `json:"answers"`
	}
	for _, id := range asked.Format.Schema.Schema.Properties.Answers.Items.Properties.Criterion.IDs {
		best, rank := -1, -1
		for i := range r.recordings {
			if fit := r.recordings[i].fits(s, id, asked, shown); fit > rank {
				best, rank = i, fit
			}
		}
		if best < 0 {
			return "", fmt.Errorf("no recording answers %q about session %q", id, s.ID)
		}
		out.Answers = append(out.Answers, answered{id, r.recordings[best].recordedAnswer})
	}
	text, err := json.Marshal(out)
	return string(text), err
}

// fits says how closely a recording is about what is asked, below 0 not at all.
func (r *recording) fits(s *transcript.Session, id string, asked *replayed, shown string) int {
	repair := slices.ContainsFunc(asked.Messages, func(m llm.Message) bool { return m.Role == "assistant" })
	withheld := !slices.ContainsFunc(r.Without, func(turn int) bool { return said(&s.Turns[turn], shown) > least })
	if r.Criterion != id || r.Session != s.ID && r.Session != "*" || r.Repair && !repair || r.Vote != nil && *r.Vote != asked.Seed-1 || !withheld {
		return -1
	}
	fit := 0
	for i, closer := range []bool{r.Vote != nil, r.Repair, len(r.Without) > 0, r.Session == s.ID} {
		if closer {
			fit += 1 << i
		}
	}
	return fit
}

// least is the share of a text that must be shown for it to count as shown:
// personal data was replaced in it.
const least = 0.6

// leastShown is how many bytes of a session's text must be shown for it to be
// known.
const leastShown = 30

// session is the one of which most is shown, perhaps a few turns only; nil when
// there is none.
func (r *replay) session(shown string) *transcript.Session {
	var best *transcript.Session
	most := leastShown
	for _, s := range r.sessions {
		found := 0
		for i := range s.Turns {
			if said(&s.Turns[i], shown) > least {
				found += len(s.Turns[i].Text)
			}
		}
		if found > most {
			best, most = s, found
		}
	}
	return best
}

// said is the share of a turn's words that stand in a text of letters.
func said(t *transcript.Turn, shown string) float64 {
	all, found := 0, 0
	for _, part := range strings.FieldsFunc(t.Text, func(r rune) bool { return !unicode.IsLetter(r) && r != ' ' && r != '\'' }) {
		part = letters(part)
		all += len(part)
		if strings.Contains(shown, part) {
			found += len(part)
		}
	}
	if all == 0 {
		return 0
	}
	return float64(found) / float64(all)
}

// letters is a text without anything else.
func letters(s string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsLetter(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, s)
}

// startReplay serves the recordings on loopback until stop is called.
func startReplay(in fs.FS, sessions map[transcript.SessionID]*transcript.Session) (url string, stop func() error, err error) {
	recordings, err := readRecordings(in)
	if err != nil {
		return "", nil, err
	}
	about := map[transcript.SessionID]*transcript.Session{}
	for _, r := range recordings {
		if r.Session == "*" {
			continue
		}
		if about[r.Session] = sessions[r.Session]; about[r.Session] == nil {
			return "", nil, fmt.Errorf("recorded answers: no session %q", r.Session)
		}
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, fmt.Errorf("recorded answers: %w", err)
	}
	mux := http.NewServeMux()
	mux.Handle("POST /v1/chat/completions", &replay{recordings, about})
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	return fmt.Sprintf("http://%s/v1", listener.Addr()), func() error {
		if err := errors.Join(server.Close(), <-ended); err != nil && !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("recorded answers: %w", err)
		}
		return nil
	}, nil
}
