package llm

import (
	"bytes"
	"cmp"
	"compress/flate"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/sashabaranov/go-openai"
)

// The bounds of what is read.
const (
	defaultAnswerBytes = 1 << 20
	errorBytes         = 64 << 10 // of an error's body
	headerBytes        = 64 << 10
)

// defaultAzureVersion is the last of Azure's dated versions that is no preview;
// those from 2024-08-01 on know JSON schemas.
const defaultAzureVersion = "2024-10-21"

// endpoint is one place that speaks the protocol, with the key that it gets.
type endpoint struct {
	config  openai.ClientConfig
	host    string
	headers map[string]string
	http    *http.Client
}

// newEndpoint reads an address. Errors never contain passwords.
func newEndpoint(o ClientOptions) (*endpoint, error) {
	config := openai.DefaultConfig(strings.TrimSpace(o.Key))
	u, err := url.Parse(strings.TrimSpace(cmp.Or(o.BaseURL, config.BaseURL)))
	if err != nil {
		return nil, errors.New("the endpoint's address is no URL")
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, fmt.Errorf("endpoint %q: no http or https URL", u.Redacted())
	}
	u.RawQuery, u.Fragment = "", ""
	path := strings.TrimRight(u.Path, "/")
	for _, method := range []string{"/chat/completions", "/embeddings"} { // people copy the whole of it
		path = strings.TrimSuffix(path, method)
	}
	if o.APIVersion != "" || azureHost(u.Hostname()) && !strings.HasSuffix(path, "/openai/v1") {
		// Resources have the path /openai/deployments/NAME, which the library adds.
		path, _, _ = strings.Cut(path, "/openai")
		config.APIType, config.APIVersion = openai.APITypeAzure, cmp.Or(o.APIVersion, defaultAzureVersion)
		config.AzureModelMapperFunc = func(model string) string { return url.PathEscape(model) }
	}
	u.Path = path
	config.BaseURL = u.String()
	config.EmptyMessagesLimit = 1 << 30 // keep-alive comments; the bytes are bounded
	return &endpoint{config: config, host: u.Host, headers: o.Headers, http: newHTTPClient(o.FirstByte)}, nil
}

func azureHost(host string) bool {
	return strings.HasSuffix(host, ".openai.azure.com") || strings.HasSuffix(host, ".cognitiveservices.azure.com")
}

// newHTTPClient follows no redirects: a key is for the host that it was given for.
func newHTTPClient(firstByte time.Duration) *http.Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = 64 // 2 by default: workers would connect anew all the time
	transport.ResponseHeaderTimeout = firstByte
	transport.MaxResponseHeaderBytes = headerBytes
	return &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// exchange is one request and what came back; for the library it is the HTTP client.
type exchange struct {
	to     *endpoint
	fields map[string]any // merged into the body; nil leaves a field out
	most   int64          // bytes of the answer

	sent   string // the parameters, as JSON
	status int    // 0: no answer
	header http.Header
	body   []byte // of an error
	err    error  // why the answer cannot be used
	// unstreamed is an answer in one piece, though a stream was asked for.
	unstreamed []byte
}

// Why an answer cannot be used.
var (
	errTooLarge = errors.New("the answer is too large")
	errEncoding = errors.New("the answer's encoding is not UTF-8")
	errStreams  = errors.New("the endpoint streams without being asked to")
)

// redirectError is an endpoint that is somewhere else.
type redirectError struct{ to string }

func (e redirectError) Error() string { return "the endpoint redirects to " + e.to }

// client is the library's, for this request.
func (x *exchange) client() *openai.Client {
	config := x.to.config
	config.HTTPClient = x
	return openai.NewClientWithConfig(config)
}

// Do sends a request with the further fields, and reads the whole answer, as far
// as it may be read. Nothing of an error's body reaches the library, whose errors
// would show it.
func (x *exchange) Do(r *http.Request) (*http.Response, error) {
	if err := x.rewrite(r); err != nil {
		return nil, err
	}
	res, err := x.to.http.Do(r)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	x.status, x.header = res.StatusCode, res.Header
	if res.StatusCode >= 300 {
		x.body, err = io.ReadAll(io.LimitReader(res.Body, errorBytes))
		if to, located := res.Location(); located == nil && res.StatusCode < 400 {
			err = redirectError{to.Scheme + "://" + to.Host}
		}
		res.Body = http.NoBody
		return nil, errors.Join(fmt.Errorf("status %d", res.StatusCode), err)
	}
	whole, err := x.read(res)
	if err != nil {
		x.err = err
		return nil, err
	}
	res.Body = io.NopCloser(bytes.NewReader(whole))
	return res, nil
}

// read reads an answer that says it is one.
func (x *exchange) read(res *http.Response) ([]byte, error) {
	streams := strings.HasPrefix(res.Header.Get("Content-Type"), "text/event-stream")
	if streams && x.fields["stream"] != true {
		return nil, errStreams
	}
	whole, err := io.ReadAll(io.LimitReader(res.Body, x.most+1))
	switch {
	case int64(len(whole)) > x.most:
		return nil, errTooLarge
	case packedWrongly(err):
		return nil, errEncoding
	case err != nil:
		return nil, err
	case res.Header.Get("Content-Encoding") != "" && !res.Uncompressed, !utf8.Valid(whole):
		return nil, errEncoding
	}
	whole = bytes.TrimPrefix(whole, []byte("\ufeff"))
	if x.fields["stream"] == true && bytes.HasPrefix(bytes.TrimSpace(whole), []byte("{")) {
		x.unstreamed = whole
	}
	return whole, nil
}

// packedWrongly reports whether an answer is not the gzip that it says it is.
func packedWrongly(err error) bool {
	_, corrupt := errors.AsType[flate.CorruptInputError](err)
	return corrupt || errors.Is(err, gzip.ErrHeader) || errors.Is(err, gzip.ErrChecksum)
}

// rewrite merges the fields that the library has no place for, or checks by rules
// of its own, into the body, and notes what is sent.
func (x *exchange) rewrite(r *http.Request) error {
	for name, value := range x.to.headers {
		r.Header.Set(name, value)
	}
	if x.to.config.APIType == openai.APITypeOpenAI && azureHost(r.URL.Hostname()) {
		r.Header.Set(openai.AzureAPIKeyHeader, strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
		r.Header.Del("Authorization")
	}
	fields := map[string]any{}
	if err := json.NewDecoder(r.Body).Decode(&fields); err != nil {
		return err
	}
	for name, value := range x.fields {
		if fields[name] = value; value == nil {
			delete(fields, name)
		}
	}
	body, err := json.Marshal(fields)
	if err != nil {
		return err
	}
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	return x.note(fields)
}

// note keeps what was sent besides the texts.
func (x *exchange) note(fields map[string]any) error {
	for _, text := range []string{"messages", "input", "model"} {
		delete(fields, text)
	}
	if format, ok := fields["response_format"].(map[string]any); ok {
		fields["response_format"] = format["type"]
	}
	sent, err := json.Marshal(fields)
	x.sent = string(sent)
	return err
}
