package llm

import (
	"encoding/json"
	"fmt"
)

// Rehearse returns a client that sends nothing: it passes every request on, with
// its size, and answers that it cannot tell. What a model would be asked can be
// counted in this way, or put into a batch. use may be called by several
// goroutines at once.
func (c *Client) Rehearse(l Ledger, use func(Request)) *Client {
	o := c.o
	o.Ledger = l
	return &Client{o: o, to: c.to, pause: c.pause, rehearse: use}
}

// rehearsed passes a request on and answers "unsure" to all its questions.
func (c *Client) rehearsed(r Request) (Reply, error) {
	var schema struct {
		Properties struct {
			Answers struct {
				Items struct {
					Properties struct {
						Criterion struct{ Enum []string }
					}
				}
			}
		}
	}
	if err := json.Unmarshal(r.Schema, &schema); err != nil {
		return Reply{}, fmt.Errorf("rehearse a question: %w", err)
	}
	c.rehearse(r)
	answers := []claim{}
	for _, id := range schema.Properties.Answers.Items.Properties.Criterion.Enum {
		answers = append(answers, claim{Criterion: id, Applies: true, Reason: "rehearsal", Answer: "unsure", Quotes: []quote{}})
	}
	text, err := json.Marshal(map[string]any{"answers": answers})
	return Reply{Text: string(text), Model: c.o.Model, Finish: "stop"}, err
}
