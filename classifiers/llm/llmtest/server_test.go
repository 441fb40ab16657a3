package llmtest_test

import (
	"encoding/json"
	"errors"
	"io"
	"testing"

	"github.com/sashabaranov/go-openai"

	"assay/classifiers/llm/llmtest"
)

func library(s *llmtest.Server) *openai.Client {
	config := openai.DefaultConfig("key")
	config.BaseURL = s.URL
	return openai.NewClientWithConfig(config)
}

func ask(model string) openai.ChatCompletionRequest {
	return openai.ChatCompletionRequest{Model: model, Messages: []openai.ChatCompletionMessage{{Role: "system", Content: "s"}, {Role: "user", Content: "u"}}}
}

func TestTheLibraryUnderstandsTheServer(t *testing.T) {
	t.Parallel()
	server := llmtest.New(t, llmtest.InTurn(
		llmtest.Answer{Text: "你好！", Reasoning: "嗯", Usage: &llmtest.Usage{Input: 3, Cached: 1, Output: 2, Reasoning: 1}},
		llmtest.Answer{Status: 429, Header: map[string]string{"Retry-After": "7"}, Error: &llmtest.Error{Message: "slow down", Code: "rate_limit_exceeded"}},
		llmtest.Answer{Vectors: [][]float32{{1, 2}, {3, 4}}},
	))
	res, err := library(server).CreateChatCompletion(t.Context(), ask("m"))
	if err != nil || res.Model != "m" || res.Choices[0].Message.Content != "你好！" || res.Choices[0].Message.ReasoningContent != "嗯" || res.Usage.PromptTokensDetails.CachedTokens != 1 {
		t.Errorf("%+v, %v", res, err)
	}
	res, err = library(server).CreateChatCompletion(t.Context(), ask("m"))
	if a, ok := errors.AsType[*openai.APIError](err); !ok || a.Code != "rate_limit_exceeded" || a.HTTPStatusCode != 429 || res.Header().Get("Retry-After") != "7" {
		t.Errorf("%v, %v", res.Header(), err)
	}
	vectors, err := library(server).CreateEmbeddings(t.Context(), openai.EmbeddingRequestStrings{Input: []string{"a", "b"}, Model: "e"})
	if err != nil || len(vectors.Data) != 2 || vectors.Data[1].Embedding[1] != 4 {
		t.Errorf("%+v, %v", vectors, err)
	}
	got := server.Requests()
	if len(got) != 3 || got[0].User() != "u" || got[0].System() != "s" || got[0].Path != "/v1/chat/completions" || got[2].Input[1] != "b" || got[2].Number != 3 {
		t.Errorf("requests: %+v", got)
	}
}

func TestStreams(t *testing.T) {
	t.Parallel()
	server := llmtest.New(t, llmtest.Always(llmtest.Answer{Text: "a long answer", Finish: "length"}))
	req := ask("m")
	req.StreamOptions = &openai.StreamOptions{IncludeUsage: true}
	s, err := library(server).CreateChatCompletionStream(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	text, finish, counted := "", "", 0
	for {
		piece, err := s.Recv()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range piece.Choices {
			text, finish = text+c.Delta.Content, finish+string(c.FinishReason)
		}
		if piece.Usage != nil {
			counted = piece.Usage.TotalTokens
		}
	}
	if text != "a long answer" || finish != "length" || counted == 0 {
		t.Errorf("%q, %q, %d tokens", text, finish, counted)
	}
}

func TestProvidersRefuse(t *testing.T) {
	t.Parallel()
	always := llmtest.Always(llmtest.Answer{Text: "{}"})
	format := func(name string) openai.ChatCompletionRequest {
		r := ask("m")
		r.ResponseFormat = &openai.ChatCompletionResponseFormat{Type: openai.ChatCompletionResponseFormatType(name)}
		if name == "json_schema" {
			r.ResponseFormat.JSONSchema = &openai.ChatCompletionResponseFormatJSONSchema{Name: "n", Schema: json.RawMessage("{}")}
		}
		return r
	}
	cool := ask("m")
	cool.Temperature = 0.5
	seeded := ask("m")
	seeded.Seed = new(1)
	for name, tt := range map[string]struct {
		script llmtest.Script
		ask    openai.ChatCompletionRequest
	}{
		"Reasoning": {llmtest.Reasoning(always), cool}, "Azure": {llmtest.Azure(always), ask("m")}, "DashScope": {llmtest.DashScope(always), ask("m")},
		"StreamOnly": {llmtest.StreamOnly(always), ask("m")}, "DeepSeek": {llmtest.DeepSeek(always), format("json_schema")}, "DeepSeek's JSON": {llmtest.DeepSeek(always), format("json_object")},
		"Ollama": {llmtest.Ollama(always), ask("missing")}, "Gemini": {llmtest.Gemini(always), seeded}, "Plain": {llmtest.Plain(always), format("json_object")},
	} {
		if res, err := library(llmtest.New(t, tt.script)).CreateChatCompletion(t.Context(), tt.ask); err == nil {
			t.Errorf("%s: %+v", name, res.Choices)
		}
	}
	for name, script := range map[string]llmtest.Script{"OpenAI": llmtest.OpenAI(always), "VLLM": llmtest.VLLM(always), "Ollama": llmtest.Ollama(always), "Gemini": llmtest.Gemini(always)} {
		if _, err := library(llmtest.New(t, script)).CreateChatCompletion(t.Context(), format("json_schema")); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
