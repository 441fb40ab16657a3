package llmtest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"unicode/utf8"
)

// The answers as they are written.
type (
	chunk struct {
		ID      string   `json:"id"`
		Object  string   `json:"object"`
		Created int      `json:"created"`
		Model   string   `json:"model"`
		Choices []choice `json:"choices"`
		Usage   *usage   `json:"usage,omitempty"`
	}
	choice struct {
		Index   int      `json:"index"`
		Message *message `json:"message,omitempty"`
		Delta   *message `json:"delta,omitempty"`
		Finish  *string  `json:"finish_reason"`
	}
	message struct {
		Role      string  `json:"role,omitempty"`
		Content   *string `json:"content,omitempty"`
		Reasoning string  `json:"reasoning_content,omitempty"`
		Refusal   string  `json:"refusal,omitempty"`
	}
	usage struct {
		Prompt     int            `json:"prompt_tokens"`
		Completion int            `json:"completion_tokens"`
		Total      int            `json:"total_tokens"`
		Input      map[string]int `json:"prompt_tokens_details,omitempty"`
		Output     map[string]int `json:"completion_tokens_details,omitempty"`
	}
)

// write sends a whole answer.
func write(w http.ResponseWriter, asked Request, a Answer) {
	w.Header().Set("Content-Type", "application/json")
	for k, v := range a.Header {
		w.Header().Set(k, v)
	}
	if a.Status == 0 && a.Error != nil {
		a.Status = http.StatusBadRequest
	}
	body := ""
	switch {
	case a.Body != nil:
		body = *a.Body
	case a.Error != nil || a.Status >= 400:
		body = failure(a)
	case asked.Input != nil:
		body = vectors(asked, a)
	case asked.Stream:
		w.Header().Set("Content-Type", cmp.Or(a.Header["Content-Type"], "text/event-stream"))
		body = events(asked, a)
	default:
		body = whole(asked, a)
	}
	w.WriteHeader(cmp.Or(a.Status, http.StatusOK))
	fmt.Fprint(w, body) // an error means that the client left
}

func failure(a Answer) string {
	if a.Error == nil {
		return ""
	}
	return mustJSON(map[string]any{"error": map[string]any{"message": a.Error.Message, "type": a.Error.Type, "param": a.Error.Param, "code": a.Error.Code}})
}

func whole(asked Request, a Answer) string {
	m := message{Role: "assistant", Content: &a.Text, Reasoning: a.Reasoning, Refusal: a.Refusal}
	c := frame(asked, a, "chat.completion")
	c.Choices = []choice{{Message: &m, Finish: new(cmp.Or(a.Finish, "stop"))}}
	if !a.NoUsage {
		c.Usage = a.count(asked)
	}
	return mustJSON(c)
}

// events are the answer in pieces of a few characters, the way it ends, and its usage.
func events(asked Request, a Answer) string {
	var b strings.Builder
	send := func(c chunk) { b.WriteString(event(c)) }
	next := func(m message) chunk {
		c := frame(asked, a, "chat.completion.chunk")
		c.Choices = []choice{{Delta: &m}}
		return c
	}
	b.WriteString(": keep-alive\n\n")
	send(next(message{Role: "assistant", Content: new("")}))
	for _, piece := range pieces(a.Reasoning) {
		send(next(message{Reasoning: piece}))
	}
	for _, piece := range pieces(a.Text) {
		send(next(message{Content: &piece}))
	}
	if a.Refusal != "" {
		send(next(message{Refusal: a.Refusal}))
	}
	end := next(message{})
	end.Choices[0].Finish = new(cmp.Or(a.Finish, "stop"))
	send(end)
	if _, wanted := asked.Fields["stream_options"]; wanted && !a.NoUsage {
		c := frame(asked, a, "chat.completion.chunk")
		c.Choices, c.Usage = []choice{}, a.count(asked)
		send(c)
	}
	b.WriteString("data: [DONE]\n\n")
	return b.String()
}

func event(c chunk) string { return "data: " + mustJSON(c) + "\n\n" }

// pieces cuts a text into pieces of five characters.
func pieces(text string) []string {
	var out []string
	runes := []rune(text)
	for len(runes) > 0 {
		n := min(5, len(runes))
		out, runes = append(out, string(runes[:n])), runes[n:]
	}
	return out
}

func vectors(asked Request, a Answer) string {
	type item struct {
		Object    string    `json:"object"`
		Index     int       `json:"index"`
		Embedding []float32 `json:"embedding"`
	}
	var data []item
	for i := range asked.Input {
		v := []float32{1, 0}
		if i < len(a.Vectors) {
			v = a.Vectors[i]
		}
		data = append(data, item{"embedding", i, v})
	}
	out := map[string]any{"object": "list", "model": cmp.Or(a.Model, asked.Model), "data": data}
	if !a.NoUsage {
		out["usage"] = a.count(asked)
	}
	return mustJSON(out)
}

func frame(asked Request, a Answer, object string) chunk {
	return chunk{ID: fmt.Sprintf("chatcmpl-%d", asked.Number), Object: object, Created: 1_700_000_000, Model: cmp.Or(a.Model, asked.Model)}
}

// count are the tokens of an answer: about one for two characters.
func (a Answer) count(asked Request) *usage {
	n := a.Usage
	if n == nil {
		n = &Usage{Output: (utf8.RuneCountInString(a.Text+a.Reasoning) + 1) / 2, Reasoning: utf8.RuneCountInString(a.Reasoning) / 2}
		for _, m := range asked.Messages {
			n.Input += (utf8.RuneCountInString(m.Content) + 1) / 2
		}
		for _, text := range asked.Input {
			n.Input += (utf8.RuneCountInString(text) + 1) / 2
		}
	}
	u := &usage{Prompt: n.Input, Completion: n.Output, Total: n.Input + n.Output}
	if n.Cached > 0 {
		u.Input = map[string]int{"cached_tokens": n.Cached}
	}
	if n.Reasoning > 0 {
		u.Output = map[string]int{"reasoning_tokens": n.Reasoning}
	}
	return u
}

func mustJSON(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // the types above can all be written
	}
	return string(text)
}
