package llmtest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// The providers wrap a script in what is peculiar to them: which parameters they
// refuse, in which words, and how their answers differ. The words are those that
// users report; see the comments.

// OpenAI is OpenAI's own endpoint with a model that takes every parameter.
func OpenAI(script Script) Script {
	return func(r Request) Answer {
		if r.Header.Get("Authorization") == "Bearer " || r.Header.Get("Authorization") == "" {
			return Answer{Status: http.StatusUnauthorized, Error: &Error{Message: "You didn't provide an API key.", Type: "invalid_request_error"}}
		}
		return script(r)
	}
}

// Reasoning is OpenAI with a model of the o series or gpt-5: the answer's limit
// has another name, and temperature is not taken.
// https://github.com/decolua/9router/issues/560
func Reasoning(script Script) Script {
	return OpenAI(func(r Request) Answer {
		if r.has("max_tokens") {
			return unsupported("Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.", "max_tokens", "unsupported_parameter")
		}
		if t := string(r.Fields["temperature"]); t != "" && t != "1" {
			return unsupported("Unsupported value: 'temperature' does not support "+t+" with this model. Only the default (1) value is supported.", "temperature", "unsupported_value")
		}
		return script(r)
	})
}

// Azure asks for its own header, the deployment's path and a version that knows
// JSON schemas. https://github.com/langgenius/dify/issues/8994
func Azure(script Script) Script {
	return func(r Request) Answer {
		path, query, _ := strings.Cut(r.Path, "?")
		switch {
		case r.Header.Get("Api-Key") == "":
			return Answer{Status: http.StatusUnauthorized, Error: &Error{Code: "401", Message: "Access denied due to invalid subscription key or wrong API endpoint."}}
		case !strings.HasPrefix(path, "/openai/deployments/"), !strings.HasPrefix(query, "api-version="):
			return Answer{Status: http.StatusNotFound, Error: &Error{Code: "404", Message: "Resource not found"}}
		case r.Format == "json_schema" && query < "api-version=2024-08":
			return Answer{Error: &Error{Code: "BadRequest", Message: "response_format value as json_schema is enabled only for api versions 2024-08-01-preview and later"}}
		}
		return script(r)
	}
}

// DashScope is Alibaba's Model Studio with a Qwen model that thinks unless it is
// told not to, and has no JSON schemas.
// https://www.alibabacloud.com/help/en/model-studio/error-code
func DashScope(script Script) Script {
	return func(r Request) Answer {
		refuse := func(message string) Answer {
			return unsupported(message, nil, "invalid_parameter_error")
		}
		switch {
		case !r.Stream && string(r.Fields["enable_thinking"]) != "false":
			return refuse("parameter.enable_thinking must be set to false for non-streaming calls")
		case r.Format == "json_schema":
			return refuse("<400> InternalError.Algo.InvalidParameter: 'response_format.type' must be one of 'text', 'json_object'")
		case r.Format == "json_object" && !r.says("json"):
			return refuse("'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'.")
		}
		return script(r)
	}
}

// StreamOnly is an endpoint of models that only stream, as DashScope's QwQ.
// https://www.alibabacloud.com/help/en/model-studio/error-code
func StreamOnly(script Script) Script {
	return func(r Request) Answer {
		if !r.Stream {
			return unsupported("This model only support stream mode, please enable the stream parameter to access the model. ", nil, "invalid_parameter_error")
		}
		return script(r)
	}
}

// DeepSeek knows JSON mode only, does not name the parameter that it refuses, and
// thinks unless it is told not to; asked for JSON, it answers nothing at times.
// https://github.com/llm-exe/llm-exe/issues/662, https://api-docs.deepseek.com/guides/thinking_mode
func DeepSeek(script Script) Script {
	return func(r Request) Answer {
		switch {
		case r.Format == "json_schema":
			return unsupported("This response_format type is unavailable now", nil, "invalid_request_error")
		case r.Format == "json_object" && !r.says("json"):
			return unsupported("Prompt must contain the word 'json' in some form to use 'response_format' of type 'json_object'.", nil, "invalid_request_error")
		}
		a := script(r)
		if !strings.Contains(string(r.Fields["thinking"]), "disabled") && a.Reasoning == "" {
			a.Reasoning = "Let me think."
		}
		return a
	}
}

// VLLM puts the model's thoughts before the answer and knows every parameter.
// https://docs.vllm.ai/en/latest/features/reasoning_outputs
func VLLM(script Script) Script {
	return func(r Request) Answer {
		a := script(r)
		if a.Text != "" {
			a.Text = "<think>\nThe answer may be {\"answer\": \"no\"}.\n</think>\n\n" + a.Text
		}
		return a
	}
}

// Ollama asks for no key, writes errors as plain strings and cuts prompts that do
// not fit without a word: 4,096 tokens, of which half are left.
// https://github.com/ollama/ollama/issues/17889
func Ollama(script Script) Script {
	const fits = 4096
	return func(r Request) Answer {
		if !strings.HasPrefix(r.Path, "/v1/") {
			return Answer{Status: http.StatusNotFound, Body: new("404 page not found")}
		}
		if r.Model == "missing" {
			return Answer{Status: http.StatusNotFound, Body: new(`{"error": "model \"missing\" not found, try pulling it first"}`)}
		}
		a := script(r)
		if n := a.count(r).Prompt; n > fits && a.Usage == nil {
			a.Usage = &Usage{Input: fits/2 + 2, Output: 10}
		}
		return a
	}
}

// Gemini's errors are lists, and fields that it does not know are refused.
// https://github.com/Vali-98/ChatterUI/issues/227
func Gemini(script Script) Script {
	return func(r Request) Answer {
		if r.has("seed") {
			body, err := json.Marshal([]any{map[string]any{"error": map[string]any{"code": 400, "message": `Invalid JSON payload received. Unknown name "seed": Cannot find field.`, "status": "INVALID_ARGUMENT"}}})
			if err != nil {
				panic(err) // it can be written
			}
			return Answer{Status: http.StatusBadRequest, Body: new(string(body))}
		}
		return script(r)
	}
}

// Plain is an endpoint that has no response_format, nor names for what it refuses
// but in its message, as older llama.cpp and many gateways.
func Plain(script Script) Script {
	return func(r Request) Answer {
		for _, field := range []string{"response_format", "seed", "stream_options"} {
			if r.has(field) {
				return Answer{Status: http.StatusUnprocessableEntity, Body: new(fmt.Sprintf(`{"detail": [{"type": "extra_forbidden", "loc": ["body", %q], "msg": "Extra inputs are not permitted"}]}`, field))}
			}
		}
		return script(r)
	}
}

func unsupported(message string, param, code any) Answer {
	return Answer{Error: &Error{Message: message, Type: "invalid_request_error", Param: param, Code: code}}
}

func (r Request) has(field string) bool { return r.Fields[field] != nil }

// says reports whether a message contains a word, in small letters.
func (r Request) says(word string) bool {
	for _, m := range r.Messages {
		if strings.Contains(strings.ToLower(m.Content), word) {
			return true
		}
	}
	return false
}
