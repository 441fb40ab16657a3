package config

import (
	"encoding/json"
	"errors"
	"time"

	"assay/classifiers/llm"
)

// Model says which models are asked, and where. Without an endpoint none is,
// and what needs one is not evaluable.
type Model struct {
	BaseURL    string        `name:"model-url" env:"OPENAI_BASE_URL" placeholder:"URL" help:"Endpoint that speaks OpenAI's protocol, with the version: http://localhost:11434/v1. Default with a key: OpenAI's."`
	Key        string        `name:"model-key" env:"OPENAI_API_KEY" placeholder:"KEY" help:"The endpoint's key; better by environment or file, where nobody else sees it."`
	Embedding  string        `name:"embedding-model" env:"ASSAY_EMBEDDING_MODEL" placeholder:"NAME" help:"Model that compares what texts mean, for similarity by embedding and for suggestions. It is sent the sentences of the sessions and what is asked, redacted, and the solutions as they are written."`
	Timeout    time.Duration `name:"model-timeout" env:"ASSAY_MODEL_TIMEOUT" default:"60s" help:"Longest wait for one answer of a model."`
	LLM        string        `name:"llm-model" env:"ASSAY_LLM_MODEL" placeholder:"NAME" help:"Model that judges what rules cannot; on Azure the deployment's name. It is sent the sessions, redacted."`
	APIVersion string        `name:"model-api-version" env:"ASSAY_MODEL_API_VERSION" placeholder:"DATE" help:"Version of Azure's API, such as 2024-10-21."`
	Extra      string        `name:"model-extra" env:"ASSAY_MODEL_EXTRA" placeholder:"JSON" help:"Further fields of every request to the judging model, as JSON: {\"enable_thinking\": false}; null leaves a field out."`
	Reasons    string        `name:"reason-language" env:"ASSAY_REASON_LANGUAGE" enum:",zh,en" default:"" help:"Language of the model's reasons: zh, en; default: the session's."`
	Redaction  string        `name:"redaction" env:"ASSAY_REDACTION" type:"existingfile" placeholder:"FILE" help:"YAML file that says what personal data is replaced for whom; default: all that is known."`
	SendRaw    bool          `name:"send-raw" env:"ASSAY_SEND_RAW" help:"Send personal data to the models as it is; the policy of --redaction then holds for pages alone."`
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

// Judges reports whether a model for judging is configured; an error when it is,
// but wrongly.
func (m Model) Judges() (bool, error) {
	switch {
	case m.LLM == "":
		return false, nil
	case m.BaseURL == "" && m.Key == "":
		return false, errors.New("--llm-model: neither --model-url (OPENAI_BASE_URL) nor a key (OPENAI_API_KEY) is given")
	case m.Timeout <= 0:
		return false, errors.New("--model-timeout: must be above 0")
	}
	_, err := m.Fields()
	return err == nil, err
}

// Missing names the setting without which an endpoint that is given is not asked; ""
// when none is missing.
func (m Model) Missing() string {
	if m.BaseURL == "" || m.LLM != "" || m.Embedding != "" {
		return ""
	}
	return "OPENAI_BASE_URL (--model-url) names an endpoint, but ASSAY_LLM_MODEL (--llm-model) names no model: none is asked"
}

// Fields are the further fields of requests.
func (m Model) Fields() (map[string]any, error) {
	if m.Extra == "" {
		return nil, nil
	}
	var fields map[string]any
	if err := json.Unmarshal([]byte(m.Extra), &fields); err != nil || fields == nil {
		return nil, errors.New(`--model-extra: no JSON object; allowed: {"field": value, …}`)
	}
	return fields, nil
}

// Client is how one of the models is asked, without ledger and log. The further
// fields are only for the judging one.
func (m Model) Client(model string) (llm.ClientOptions, error) {
	o := llm.ClientOptions{BaseURL: m.BaseURL, Key: m.Key, Model: model, APIVersion: m.APIVersion, Timeout: m.Timeout}
	var err error
	if model == m.LLM {
		o.Extra, err = m.Fields()
	}
	return o, err
}
