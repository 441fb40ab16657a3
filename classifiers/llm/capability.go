package llm

import (
	"encoding/json"
	"slices"
	"strings"
)

// capability is how an endpoint wants one model to be asked. It is found out by
// trying, once, and kept in the ledger.
type capability struct {
	// Format is how the answer's form is asked for: json_schema, json_object, text.
	Format string `json:"format"`
	// Limit is the name of the limit of the answer's tokens; "" for none.
	Limit string `json:"limit,omitempty"`
	// Without are the parameters that are refused: temperature, seed, …
	Without []string `json:"without,omitempty"`
	// Unthinking is the field that stops the model from thinking: enable_thinking or
	// thinking; "" where none is sent.
	Unthinking string `json:"unthinking,omitempty"`
	Stream     bool   `json:"stream,omitempty"`
	// NoSystem: what the system message says is put before the first question.
	NoSystem bool `json:"no_system,omitempty"`
}

// The formats, from the strictest to the loosest.
const (
	byJSONSchema = "json_schema"
	byJSONObject = "json_object"
	byText       = "text"
)

// The parameters that models may refuse.
const (
	temperature         = "temperature"
	seed                = "seed"
	maxTokens           = "max_tokens"
	maxCompletionTokens = "max_completion_tokens"
	enableThinking      = "enable_thinking"
	thinking            = "thinking"
	streamOptions       = "stream_options"
)

// expected is what is tried first. The hosts and names only save requests that
// would be refused, but for the thoughts, which endpoints do not complain of:
// they cost time and money, and the answer's limit counts them.
func expected(host, model string) capability {
	c := capability{Format: byJSONSchema, Limit: maxTokens}
	switch {
	case reasons(model):
		c.Limit, c.Without = maxCompletionTokens, []string{temperature}
	case strings.HasSuffix(host, "deepseek.com"):
		// https://api-docs.deepseek.com/guides/json_mode, …/guides/thinking_mode: on by default
		c.Format, c.Unthinking = byJSONObject, thinking
	case strings.Contains(host, "dashscope") || strings.HasSuffix(host, "aliyuncs.com"):
		// https://docs.qwencloud.com/developer-guides/text-generation/thinking: on by default since Qwen3.5
		c.Unthinking = enableThinking
	}
	return c
}

// reasons reports whether a name is one of OpenAI's models that think: they know
// no max_tokens and no temperature.
// https://learn.microsoft.com/azure/ai-foundry/openai/how-to/reasoning
func reasons(model string) bool {
	name := strings.ToLower(model[strings.LastIndex(model, "/")+1:])
	return slices.ContainsFunc([]string{"o1", "o3", "o4", "gpt-5", "gpt-6"}, func(family string) bool {
		rest, ok := strings.CutPrefix(name, family)
		return ok && (rest == "" || rest[0] == '-' || rest[0] == '.')
	}) && !strings.Contains(name, "-chat")
}

// without is the capability after a complaint; false when the complaint is about
// nothing that can be left out or asked for in another way. The complaint names
// the parameter, or says what it does not like in words that are known.
func (c capability) without(p problem) (capability, bool) {
	named := func(names ...string) bool {
		for _, n := range names {
			if p.param == n || strings.HasPrefix(p.param, n+".") || p.param == "" && strings.Contains(p.message, n) {
				return true
			}
		}
		return false
	}
	c.Without = slices.Clone(c.Without)
	switch {
	case named(streamOptions) && c.Stream && !slices.Contains(c.Without, streamOptions):
		c.Without = append(c.Without, streamOptions)
	case !c.Stream && named("only support stream", "stream mode", "only support stream call", "stream=true", "does not support http call"):
		// https://www.alibabacloud.com/help/en/model-studio/error-code
		c.Stream = true
	case named(enableThinking, "enable thinking"):
		return c.withThinking()
	case c.Unthinking == thinking && named(thinking):
		c.Unthinking = ""
	case named("response_format", byJSONSchema, byJSONObject, "structured output", "grammar", "guided"):
		return c.looser()
	case named(temperature) && !slices.Contains(c.Without, temperature):
		c.Without = append(c.Without, temperature)
	case named(seed) && !slices.Contains(c.Without, seed):
		c.Without = append(c.Without, seed)
	case c.Limit != "" && named(maxTokens, maxCompletionTokens):
		c.Limit = c.otherLimit()
	case !c.NoSystem && (strings.HasSuffix(p.param, ".role") || strings.Contains(p.message, "system role")):
		c.NoSystem = true
	default:
		return c, false
	}
	return c, true
}

// withThinking is for models that must be told not to think, or cannot help it
// and then only stream.
func (c capability) withThinking() (capability, bool) {
	switch {
	case c.Unthinking == "" && !c.Stream:
		c.Unthinking = enableThinking
	case c.Unthinking == enableThinking:
		c.Unthinking, c.Stream = "", true
	default:
		return c, false
	}
	return c, true
}

// looser asks for the form in the next looser way.
func (c capability) looser() (capability, bool) {
	switch c.Format {
	case byJSONSchema:
		c.Format = byJSONObject
	case byJSONObject:
		c.Format = byText
	default:
		return c, false
	}
	return c, true
}

// otherLimit is the limit's next name: the newer one, then none.
func (c capability) otherLimit() string {
	if c.Limit == maxTokens {
		return maxCompletionTokens
	}
	return ""
}

// fields are the parameters of a request.
func (c capability) fields(r Request) map[string]any {
	f := map[string]any{}
	if !slices.Contains(c.Without, temperature) {
		// The library leaves 0 out, and the least number above it is warmer for vLLM.
		f[temperature] = r.Temperature
	}
	if r.Seed != nil && !slices.Contains(c.Without, seed) {
		f[seed] = *r.Seed
	}
	if r.MaxOutput > 0 && c.Limit != "" {
		f[c.Limit] = c.output(r)
	}
	switch c.Unthinking {
	case enableThinking:
		f[enableThinking] = false
	case thinking:
		f[thinking] = map[string]any{"type": "disabled"}
	}
	if c.Stream {
		f["stream"] = true
		if !slices.Contains(c.Without, streamOptions) {
			f[streamOptions] = map[string]any{"include_usage": true}
		}
	}
	if form := c.form(r); form != nil {
		f["response_format"] = form
	}
	return f
}

// thoughts is the room for a reasoning model's thoughts, which its limit counts.
const thoughts = 4000

// output is the limit of the answer's tokens.
func (c capability) output(r Request) int {
	if c.Limit == maxCompletionTokens {
		return r.MaxOutput + thoughts
	}
	return r.MaxOutput
}

func (c capability) form(r Request) map[string]any {
	switch {
	case r.Schema == nil:
		return nil
	case c.Format == byJSONSchema:
		return map[string]any{"type": byJSONSchema, byJSONSchema: map[string]any{"name": r.SchemaName, "strict": true, "schema": r.Schema}}
	case c.Format == byJSONObject:
		return map[string]any{"type": byJSONObject}
	}
	return nil
}

// messages are the texts of a request. An endpoint that does not hold the answer
// to the schema is shown it, behind all that other requests have as well; the word
// JSON must be there for JSON mode.
// Messages of one speaker are put together, because some models' templates want
// user and assistant in turn, and empty ones are left out.
func (c capability) messages(r Request) []Message {
	user := r.User
	if r.Schema != nil && c.Format != byJSONSchema {
		user += "\n\nAnswer with one JSON object, and nothing before or after it, that fits this JSON schema:\n" + string(r.Schema)
	}
	role := "system"
	if c.NoSystem {
		role = "user"
	}
	var out []Message
	for _, m := range append([]Message{{role, strings.TrimSpace(r.System)}, {"user", user}}, r.Turns...) {
		last := len(out) - 1
		switch {
		case m.Content == "":
		case last >= 0 && out[last].Role == m.Role:
			out[last].Content += "\n\n" + m.Content
		default:
			out = append(out, m)
		}
	}
	return out
}

// String is the capability as people read it.
func (c capability) String() string {
	words := []string{"answers by " + c.Format}
	if c.Limit != "" {
		words = append(words, c.Limit)
	} else {
		words = append(words, "no limit of tokens")
	}
	for _, name := range c.Without {
		words = append(words, "no "+name)
	}
	if c.Unthinking != "" {
		words = append(words, "told not to think")
	}
	if c.Stream {
		words = append(words, "streamed")
	}
	if c.NoSystem {
		words = append(words, "no system message")
	}
	return strings.Join(words, ", ")
}

// readCapability understands what was kept; false when it is from another time.
func readCapability(kept []byte) (capability, bool) {
	var c capability
	err := json.Unmarshal(kept, &c)
	return c, err == nil && slices.Contains([]string{byJSONSchema, byJSONObject, byText}, c.Format)
}
