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
	c, err := llm.NewClient(llm.ClientOptions{BaseURL: m.BaseURL, Key: m.Key, Model: m.Embedding, Timeout: m.Timeout, Log: p.log})
	if err != nil {
		return usageError{err}
	}
	i.Embed = llm.NewEmbedder(c)
	return nil
}
