package main

import (
	"context"
	"fmt"

	"assay/classifiers/llm"
)

// judging looks at the model that judges. It is asked only when that is wanted.
func (c *doctorCmd) judging(p *program) check {
	k := check{"judging model", "ok", "none (--llm-model): what only a model can answer stays undetermined"}
	configured, err := c.Judges()
	if missing := c.Missing(); missing != "" {
		return check{k.Name, "warn", missing}
	}
	if err == nil && !configured {
		return k
	}
	if err == nil {
		k.Detail, err = c.asked(p, c.LLM, (*llm.Client).Probe)
	}
	if err != nil {
		return check{k.Name, "fail", err.Error()}
	}
	return k
}

// embedding looks at the model that embeds, likewise.
func (c *doctorCmd) embedding(p *program) check {
	k := check{"embedding model", "ok", "none (--embedding-model): similarity by embedding is not evaluable"}
	configured, err := c.Embeds()
	if err == nil && !configured {
		return k
	}
	if err == nil {
		k.Detail, err = c.asked(p, c.Embedding, func(client *llm.Client, ctx context.Context) (string, error) {
			vectors, err := llm.NewEmbedder(client, nil).Embed(ctx, []string{"assay"})
			if err != nil {
				return "", err
			}
			return fmt.Sprintf("%s answers with %d numbers", client.Name(), len(vectors[0])), nil
		})
	}
	if err != nil {
		return check{k.Name, "fail", err.Error()}
	}
	return k
}

// asked is what a model says, or that it was not asked.
func (c *doctorCmd) asked(p *program, model string, ask func(*llm.Client, context.Context) (string, error)) (string, error) {
	client, err := p.client(c.Model, model)
	if err != nil {
		return "", err
	}
	if !c.Probe {
		return client.Name() + ", not asked (--probe asks it)", nil
	}
	return ask(client, p.ctx)
}
