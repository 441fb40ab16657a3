package main

import (
	"context"
	"fmt"
	"strings"

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

// usual is about what one question to the judging model takes.
var usual = llm.Usage{Input: 2000, Output: 500}

// prices says what judging costs, as far as it is known, and its limits.
func (c *doctorCmd) prices() check {
	k := check{"price of judging", "ok", "no model judges: nothing"}
	configured, err := c.Judges()
	if err != nil || !configured {
		return k
	}
	budget, err := c.Budget()
	if err != nil {
		return check{k.Name, "fail", err.Error()}
	}
	switch prices := c.Prices(); {
	case prices.Free:
		k.Detail = "nothing (--price-free)"
	case !prices.Known():
		k.State, k.Detail = "warn", "not known (--price-in, --price-out or --price-free): costs are not counted, and cannot be limited in money"
	default:
		k.Detail = strings.TrimSpace(fmt.Sprintf("%s sent and %s answered for a million tokens, about %s for a question of %d and an answer of %d %s",
			prices.Input, prices.Output, prices.Cost(usual), usual.Input, usual.Output, prices.Currency))
	}
	k.Detail += limits(budget)
	return k
}

// limits are a budget's, in words.
func limits(b llm.Budget) string {
	var out string
	for _, l := range []struct {
		of     string
		tokens int64
		money  llm.Money
	}{{"session", b.SessionTokens, b.SessionMoney}, {"day", b.DayTokens, b.DayMoney}} {
		if l.tokens > 0 {
			out += fmt.Sprintf("; at most %d tokens a %s", l.tokens, l.of)
		}
		if l.money > 0 {
			out += fmt.Sprintf("; at most %s a %s", l.money, l.of)
		}
	}
	if out == "" {
		return "; no limit"
	}
	return out
}

// embedding looks at the model that embeds, likewise.
func (c *doctorCmd) embedding(p *program) check {
	k := check{"embedding model", "ok", "none (--embedding-model): similarity by embedding is not evaluable, words alone find solutions"}
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
	client, err := p.client(c.Model, model, nil)
	if err != nil {
		return "", err
	}
	if !c.Probe {
		return client.Name() + ", not asked (--probe asks it)", nil
	}
	return ask(client, p.ctx)
}
