package main

import (
	"assay/classifiers/llm"
	"assay/cmd/assay/internal/config"
	"assay/pipeline"
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
	i.Embed = llm.NewEmbedder(c)
	return nil
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
