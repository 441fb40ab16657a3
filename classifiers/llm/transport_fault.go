package llm

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"syscall"
	"time"

	"assay/pipeline"
)

// fault is why a request has no answer that counts. It never holds a word of what
// was sent, nor of what came back: endpoints repeat prompts in their errors.
type fault struct {
	status Status
	words  string
	// reason is set where the endpoint works and this answer is useless.
	reason  pipeline.Reason
	problem problem       // what the endpoint complains about
	after   time.Duration // how long it wants to be left alone; 0: it did not say
	billed  bool          // tokens may have been used
}

func (f *fault) Error() string { return f.words }

// lasting reports whether somebody must do something before it can work.
func (f *fault) lasting() bool {
	switch f.status {
	case Unauthorised, NotFound, NoCredit, Rejected:
		return true
	}
	return false
}

// fault says why an exchange failed; nil when it did not. ctx is the request's own,
// with its time limit.
func (x *exchange) fault(ctx context.Context, err error, now time.Time) *fault {
	known, ok := errors.AsType[*fault](err)
	switch {
	case err == nil || ok:
		return known
	case x.status >= 300:
		return x.refusal(err, now)
	case errors.Is(err, context.DeadlineExceeded) || ctx.Err() != nil || timedOut(err):
		return &fault{status: Timeout, words: "the endpoint did not answer in time", billed: true}
	case errors.Is(err, errTooLarge), errors.Is(err, errEncoding), errors.Is(err, errStreams):
		return &fault{status: Garbled, words: err.Error(), reason: pipeline.Unreadable, billed: true}
	case x.status != 0 && x.err == nil && strings.HasPrefix(x.header.Get("Content-Type"), "text/html"):
		return &fault{status: Garbled, words: "the endpoint sent a web page, so this is hardly a model's endpoint: check the URL, which mostly ends in /v1", reason: pipeline.Unreadable}
	case x.status != 0 && x.err == nil: // all of it arrived, and was not understood
		return &fault{status: Garbled, words: "the endpoint's answer cannot be read", reason: pipeline.Unreadable, billed: true}
	case x.status != 0:
		return &fault{status: Unreachable, words: "the connection broke in the middle of the answer", billed: true}
	}
	return &fault{status: Unreachable, words: unreachable(err)}
}

func timedOut(err error) bool {
	n, ok := errors.AsType[net.Error](err)
	return ok && n.Timeout()
}

// unreachable says in words why there was no answer at all.
func unreachable(err error) string {
	if dns, ok := errors.AsType[*net.DNSError](err); ok {
		return fmt.Sprintf("the endpoint's host %q is not known: check the URL", dns.Name)
	}
	_, certificate := errors.AsType[*tls.CertificateVerificationError](err)
	_, unknown := errors.AsType[x509.UnknownAuthorityError](err)
	_, record := errors.AsType[tls.RecordHeaderError](err)
	_, alert := errors.AsType[tls.AlertError](err)
	switch {
	case certificate || unknown:
		return "the endpoint's certificate is not trusted here"
	case record || strings.Contains(err.Error(), "server gave HTTP response to HTTPS client"):
		return "the endpoint does not speak TLS: check http or https in the URL"
	case alert || strings.Contains(err.Error(), "tls: "):
		return "no TLS connection with the endpoint"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "the endpoint refuses connections: check the URL, and whether it runs"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return "the endpoint broke the connection"
	}
	return "the endpoint cannot be reached"
}

// refusal reads an error that the endpoint sent.
func (x *exchange) refusal(err error, now time.Time) *fault {
	p := readProblem(x.body)
	f := &fault{status: Rejected, words: fmt.Sprintf("the endpoint answered with status %d", x.status), problem: p, after: x.after(now)}
	moved, redirects := errors.AsType[redirectError](err)
	switch {
	case redirects:
		f.words += fmt.Sprintf(" and redirects to %q: set the URL to it", moved.to)
	case x.status == http.StatusPaymentRequired || p.isAny(noCredit...):
		f.status, f.words = NoCredit, f.words+": no credit is left there"
	case p.isAny(filtered...):
		f.reason, f.words = pipeline.Filtered, f.words+": its content filter held the question back"
	case x.status == http.StatusUnauthorized:
		f.status, f.words = Unauthorised, f.words+": check the key"
	case x.status == http.StatusForbidden:
		f.status, f.words = Unauthorised, f.words+": the key may not use this model"
	case x.status == http.StatusNotFound && p.isAny("model", "deployment"):
		f.status, f.words = NotFound, f.words+": it has no such model, check its name"
	case x.status == http.StatusNotFound || x.status == http.StatusMethodNotAllowed:
		f.status, f.words = NotFound, f.words+": check the URL, which mostly ends in /v1, and the model's name"
	case x.status == http.StatusTooManyRequests:
		f.status, f.words = Limited, f.words+": too many requests"
	case x.status == http.StatusRequestTimeout:
		f.status = Timeout
	case x.status >= 500:
		f.status = ServerFailed
	case x.status == http.StatusRequestEntityTooLarge || p.isAny(tooLong...):
		f.reason, f.words = pipeline.TooLong, f.words+": the question is too long for the model"
	}
	return f
}

// What endpoints write, in small letters.
var (
	// https://platform.openai.com/docs/guides/error-codes, and Arrearage of
	// https://www.alibabacloud.com/help/en/model-studio/error-code
	noCredit = []string{"insufficient_quota", "insufficient_balance", "insufficient balance", "arrearage", "billing_hard_limit_reached", "exceeded your current quota"}
	// Azure, DashScope, Zhipu: https://github.com/microsoft/TinyTroupe/issues/85
	filtered = []string{"content_filter", "responsibleaipolicyviolation", "data_inspection_failed", "datainspectionfailed", "inappropriate content", "content management policy", "contentfilter"}
	// OpenAI and vLLM, its newer versions, DashScope, Gemini, llama.cpp:
	// https://github.com/vllm-project/vllm/issues/20409, https://github.com/harbor-framework/harbor/pull/996
	tooLong = []string{"context_length_exceeded", "context length", "context_length", "input_tokens", "context window", "range of input length", "input token count", "maximum input length", "prompt is too long", "exceed_context_size_error", "available context size", "must be at least 1, got -"}
)

// problem is what an endpoint's error says, in small letters.
type problem struct{ message, code, kind, param string }

// problemRunes is how much of a message is looked at: what comes later is rather
// the prompt than the complaint.
const problemRunes = 400

// readProblem understands the forms of errors: OpenAI's, with the error as a
// string (Ollama), in a list (Gemini), without a frame (older vLLM, DashScope's
// own) and FastAPI's list of details.
func readProblem(body []byte) problem {
	var any any
	if json.Unmarshal(body, &any) != nil {
		return problem{}
	}
	return problemOf(any)
}

func problemOf(v any) problem {
	switch v := v.(type) {
	case string:
		return problem{message: clip(v)}
	case []any:
		if len(v) > 0 {
			return problemOf(v[0])
		}
	case map[string]any:
		for _, frame := range []string{"error", "detail"} {
			if inner := v[frame]; inner != nil {
				return problemOf(inner)
			}
		}
		p := problem{code: text(v["code"]), kind: text(v["type"]) + " " + text(v["status"]), param: text(v["param"]), message: text(v["message"]) + text(v["msg"])}
		if place, ok := v["loc"].([]any); ok && len(place) > 0 {
			p.param = text(place[len(place)-1])
		}
		if inner, ok := v["innererror"].(map[string]any); ok {
			p.kind += " " + text(inner["code"])
		}
		return p
	}
	return problem{}
}

func text(v any) string {
	switch v := v.(type) {
	case string:
		return clip(v)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return ""
}

func clip(s string) string {
	if runes := []rune(s); len(runes) > problemRunes {
		s = string(runes[:problemRunes])
	}
	return strings.ToLower(s)
}

// isAny reports whether one of the words stands in the error.
func (p problem) isAny(words ...string) bool {
	for _, w := range words {
		if strings.Contains(p.code, w) || strings.Contains(p.kind, w) || p.param == w || strings.Contains(p.message, w) {
			return true
		}
	}
	return false
}

// mostRest bounds how long an endpoint is left alone on its own word.
const mostRest = 24 * time.Hour

// after is how long the endpoint wants to be left alone, by Retry-After in seconds
// or as a date, by its milliseconds, or by the limit that is used up; 0 when it
// does not say.
func (x *exchange) after(now time.Time) time.Duration {
	h := x.header
	if ms, err := strconv.ParseFloat(h.Get("Retry-After-Ms"), 64); err == nil && ms >= 0 {
		return restOf(ms / 1000)
	}
	value := h.Get("Retry-After")
	if seconds, err := strconv.ParseFloat(value, 64); err == nil && seconds >= 0 {
		return restOf(seconds)
	}
	if date, err := http.ParseTime(value); err == nil {
		return min(max(date.Sub(now), 0), mostRest)
	}
	rest := time.Duration(0)
	for _, of := range []string{"Requests", "Tokens"} {
		if h.Get("X-Ratelimit-Remaining-"+of) == "0" {
			rest = max(rest, reset(h.Get("X-Ratelimit-Reset-"+of)))
		}
	}
	return min(rest, mostRest)
}

// reset reads when a limit begins anew: 1m30s, 6ms, or seconds.
func reset(value string) time.Duration {
	if d, err := time.ParseDuration(value); err == nil {
		return max(0, d)
	}
	seconds, err := strconv.ParseFloat(value, 64)
	if err != nil || seconds < 0 {
		return 0
	}
	return restOf(seconds)
}

// restOf keeps a number of seconds within what a duration can be.
func restOf(seconds float64) time.Duration {
	if seconds >= mostRest.Seconds() || seconds != seconds {
		return mostRest
	}
	return time.Duration(seconds * float64(time.Second))
}
