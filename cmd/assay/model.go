package main

import (
	"time"

	"assay/classifiers/llm"
	"assay/cmd/assay/internal/config"
	"assay/pipeline"
	"assay/pipeline/redact"
)

// addEmbedder gives an inspector the configured model for embedding, if there is one.
func (p *program) addEmbedder(i *pipeline.Inspector, m config.Model) error {
	configured, err := m.Embeds()
	if err != nil {
		return usageError{err}
	}
	if !configured {
		return nil
	}
	c, err := p.client(m, m.Embedding)
	if err != nil {
		return err
	}
	rules, err := sentRules(m)
	if err != nil {
		return err
	}
	i.Embed = llm.NewEmbedder(c, rules)
	return nil
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

// client asks one of the configured models.
func (p *program) client(m config.Model, model string) (*llm.Client, error) {
	o, err := m.Client(model)
	if err != nil {
		return nil, usageError{err}
	}
	o.Log = p.log
	c, err := llm.NewClient(o)
	if err != nil {
		return nil, usageError{err}
	}
	return c, nil
}

// patience is how long a command that inspects at once waits for an endpoint that
// wants to be left alone.
const patience = 2 * time.Minute
