package config

import (
	"errors"
	"time"
)

// Model says which models are asked, and where. Without an endpoint none is,
// and what needs one is not evaluable.
type Model struct {
	BaseURL   string        `name:"model-url" env:"OPENAI_BASE_URL" placeholder:"URL" help:"Endpoint that speaks OpenAI's protocol, with the version: http://localhost:11434/v1. Default with a key: OpenAI's."`
	Key       string        `name:"model-key" env:"OPENAI_API_KEY" placeholder:"KEY" help:"The endpoint's key; better by environment or file, where nobody else sees it."`
	Embedding string        `name:"embedding-model" env:"ASSAY_EMBEDDING_MODEL" placeholder:"NAME" help:"Model that compares what texts mean, for similarity by embedding. It is sent the sentences of the sessions."`
	Timeout   time.Duration `name:"model-timeout" env:"ASSAY_MODEL_TIMEOUT" default:"30s" help:"Longest wait for one answer of a model."`
}

// Embeds reports whether a model for embedding is configured; an error when it
// is, but nothing says where.
func (m Model) Embeds() (bool, error) {
	switch {
	case m.Embedding == "":
		return false, nil
	case m.BaseURL == "" && m.Key == "":
		return false, errors.New("--embedding-model: neither --model-url (OPENAI_BASE_URL) nor a key (OPENAI_API_KEY) is given")
	case m.Timeout <= 0:
		return false, errors.New("--model-timeout: must be above 0")
	}
	return true, nil
}
