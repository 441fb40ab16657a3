package main

import (
	"time"

	"assay/classifiers/llm"
	"assay/cmd/assay/internal/config"
	"assay/pipeline"
	"assay/pipeline/redact"
)

// addEmbedder gives an inspector the configured model for embedding, if there is
// one, with its calls on a ledger; nil is one of its own, without limits.
func (p *program) addEmbedder(i *pipeline.Inspector, m config.Model, l llm.Ledger) error {
	e, err := p.embedder(m, l)
	i.Embed = e
	return err
}

// embedder is the configured model for embedding, nil when there is none.
func (p *program) embedder(m config.Model, l llm.Ledger) (pipeline.Embedder, error) {
	configured, err := m.Embeds()
	if err != nil {
		return nil, usageError{err}
	}
	if !configured {
		return nil, nil
	}
	c, err := p.client(m, m.Embedding, l)
	if err != nil {
		return nil, err
	}
	rules, err := sentRules(m)
	if err != nil {
		return nil, err
	}
	return llm.NewEmbedder(c, rules), nil
}

// sentRules say what is redacted before a model is sent anything; nil where texts
// are sent as they are.
func sentRules(m config.Model) (*redact.Rules, error) {
	if m.SendRaw {
		return nil, nil
	}
	rules, err := redactionRules(m.Redaction, "model")
	if err != nil {
		return nil, err
	}
	return &rules, nil
}

// client asks one of the configured models, with its calls on a ledger; nil is one
// of its own.
func (p *program) client(m config.Model, model string, l llm.Ledger) (*llm.Client, error) {
	o, err := m.Client(model)
	if err != nil {
		return nil, usageError{err}
	}
	o.Log, o.Ledger = p.log, l
	c, err := llm.NewClient(o)
	if err != nil {
		return nil, usageError{err}
	}
	return c, nil
}

// patience is how long a command that inspects at once waits for an endpoint that
// wants to be left alone.
const patience = 2 * time.Minute
