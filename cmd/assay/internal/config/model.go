package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"assay/classifiers/llm"
)

// Model says which models are asked, and where. Without an endpoint none is,
// and what needs one is not evaluable.
type Model struct {
	BaseURL    string        `name:"model-url" env:"OPENAI_BASE_URL" placeholder:"URL" help:"Endpoint that speaks OpenAI's protocol, with the version: http://localhost:11434/v1. Default with a key: OpenAI's."`
	Key        string        `name:"model-key" env:"OPENAI_API_KEY" placeholder:"KEY" help:"The endpoint's key; better by environment or file, where nobody else sees it."`
	LLM        string        `name:"llm-model" env:"ASSAY_LLM_MODEL" placeholder:"NAME" help:"Model that judges criteria no rule can answer; on Azure the deployment."`
	Embedding  string        `name:"embedding-model" env:"ASSAY_EMBEDDING_MODEL" placeholder:"NAME" help:"Model that compares what texts mean, for similarity by embedding. It is sent the sentences of the sessions."`
	Timeout    time.Duration `name:"model-timeout" env:"ASSAY_MODEL_TIMEOUT" default:"60s" help:"Longest wait for one answer of a model."`
	APIVersion string        `name:"model-api-version" env:"ASSAY_MODEL_API_VERSION" placeholder:"DATE" help:"Azure's api-version, as in 2024-10-21. With it the endpoint is one of Azure's, whatever its host."`
	Extra      string        `name:"model-extra" env:"ASSAY_MODEL_EXTRA" placeholder:"JSON" help:"Object that is merged into every question to the judging model: {\"reasoning_effort\": \"low\"}. null leaves a field out."`
	PerMinute  int           `name:"model-requests-per-minute" env:"ASSAY_MODEL_REQUESTS_PER_MINUTE" placeholder:"N" help:"Requests to a model within a minute, at most; 0 is no limit."`
	TokensRate int           `name:"model-tokens-per-minute" env:"ASSAY_MODEL_TOKENS_PER_MINUTE" placeholder:"N" help:"Tokens sent to and answered by a model within a minute, at most; 0 is no limit."`
	Price      Price         `embed:"" prefix:"price-"`
}

// Price is what the judging model takes for a million tokens.
type Price struct {
	In       *llm.Money `name:"in" env:"ASSAY_PRICE_IN" placeholder:"PRICE" help:"Price of a million tokens that the judging model is sent; 0 for one that costs nothing."`
	Out      *llm.Money `name:"out" env:"ASSAY_PRICE_OUT" placeholder:"PRICE" help:"Price of a million tokens that it answers."`
	Cached   *llm.Money `name:"cached" env:"ASSAY_PRICE_CACHED" placeholder:"PRICE" help:"Price of a million tokens that it is sent again; without it, as if they were new."`
	Currency string     `name:"currency" env:"ASSAY_PRICE_CURRENCY" placeholder:"CODE" help:"Currency of prices and budgets, as it is shown: CNY, USD."`
}

// Embeds reports whether a model for embedding is configured; an error when it
// is, but nothing says where.
func (m Model) Embeds() (bool, error) { return m.asks("--embedding-model", m.Embedding) }

// Judges reports whether a model that judges is configured, likewise.
func (m Model) Judges() (bool, error) { return m.asks("--llm-model", m.LLM) }

func (m Model) asks(flag, model string) (bool, error) {
	switch {
	case model == "":
		return false, nil
	case m.BaseURL == "" && m.Key == "":
		return false, fmt.Errorf("%s: neither --model-url (OPENAI_BASE_URL) nor a key (OPENAI_API_KEY) is given", flag)
	case m.Timeout <= 0:
		return false, errors.New("--model-timeout: must be above 0")
	}
	return true, nil
}

// Client is how one of the models is asked, without ledger and log. What is to be
// merged into requests is only for the judging one.
func (m Model) Client(model string) (llm.ClientOptions, error) {
	o := llm.ClientOptions{BaseURL: m.BaseURL, Key: m.Key, Model: model, APIVersion: m.APIVersion, Timeout: m.Timeout}
	if m.Extra == "" || model != m.LLM {
		return o, nil
	}
	if err := json.Unmarshal([]byte(m.Extra), &o.Extra); err != nil || o.Extra == nil {
		return o, errors.New(`--model-extra: no JSON object; allowed: {"field": value, …}`)
	}
	return o, nil
}

// Memory are the limits that one process keeps by itself, within a budget.
func (m Model) Memory(b llm.Budget) (llm.MemoryOptions, error) {
	o := llm.MemoryOptions{Budget: b, RequestsPerMinute: m.PerMinute, TokensPerMinute: m.TokensRate}
	if m.PerMinute < 0 || m.TokensRate < 0 {
		return o, errors.New("--model-requests-per-minute, --model-tokens-per-minute: must not be below 0")
	}
	var err error
	o.Prices, err = m.Price.Prices()
	return o, err
}

// Prices are the judging model's; the zero value when they are not given.
func (p Price) Prices() (llm.Prices, error) {
	out := llm.Prices{Currency: p.Currency}
	if p.In == nil && p.Out == nil && p.Cached == nil {
		return out, nil
	}
	if p.In == nil || p.Out == nil {
		return out, errors.New("--price-in, --price-out: both must be given, or none")
	}
	out.Input, out.Output = *p.In, *p.Out
	out.Free = *p.In == 0 && *p.Out == 0
	if p.Cached != nil {
		out.Cached = *p.Cached
	}
	return out, nil
}
