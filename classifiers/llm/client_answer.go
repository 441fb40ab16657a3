package llm

import (
	"strings"

	"assay/pipeline"
)

// answer is what an endpoint sent, taken out of its frame.
type answer struct {
	text, thoughts, refusal, finish, model string
	usage                                  Usage
}

// failed reports whether the endpoint says that it broke off: DeepSeek's word for
// an overloaded machine, and those of gateways.
// https://api-docs.deepseek.com/api/create-chat-completion
func (a answer) failed() bool {
	switch a.finish {
	case "insufficient_system_resource", "error", "abort":
		return true
	}
	return false
}

// reason is why an answer does not count by what the endpoint says of it.
func (a answer) reason() pipeline.Reason {
	switch strings.ToLower(a.finish) {
	case "content_filter", "safety", "sensitive", "prohibited_content", "recitation", "blocklist": // Gemini's and Zhipu's besides OpenAI's
		return pipeline.Filtered
	case "length", "max_tokens":
		return pipeline.CutShort
	}
	if a.refusal != "" {
		return pipeline.Refused
	}
	return ""
}

// unwrap takes the answer out of what models put around it: thoughts before it,
// of which the opening may stand in the template, and a code fence.
func unwrap(text string) string {
	text = strings.TrimSpace(text)
	if !strings.HasPrefix(text, "{") {
		if end := strings.LastIndex(text, "</think>"); end >= 0 {
			text = text[end+len("</think>"):]
		} else if strings.HasPrefix(text, "<think>") {
			return "" // it never came to an answer
		}
	}
	text = strings.TrimSpace(text)
	if inner, ok := strings.CutPrefix(text, "```"); ok {
		if inner, ok = strings.CutSuffix(inner, "```"); ok {
			inner = strings.TrimPrefix(inner, "json")
			return strings.TrimSpace(inner)
		}
	}
	return text
}

// manyTokens is how long a question must be before its count is looked at.
const manyTokens = 2000

// dropped reports whether the endpoint counts so few tokens that it cannot have
// read all of the question: Ollama cuts what does not fit, and says nothing.
// https://github.com/ollama/ollama/issues/17889
func dropped(u Usage, estimate int) bool {
	return u.Input > 0 && estimate > manyTokens && 2*u.Input < estimate
}
