package scorecard

import (
	"bytes"
	"embed"
	"fmt"
	"text/template"

	"assay/pipeline/transcript"
)

//go:embed templates/*.yaml
var templates embed.FS

// Start is what a new scorecard begins with.
type Start struct {
	ID       string
	Channel  transcript.Channel
	Language string // zh or en: that of the sessions, and of the comments
}

// New writes a commented scorecard to start from: it has no mistakes, and its
// examples hold. The error is about an id that cannot be one, or a language that
// there is no start in.
func New(start Start) ([]byte, error) {
	if !identifier.MatchString(start.ID) {
		return nil, fmt.Errorf("%q is no identifier; allowed: a letter, then letters, digits and . - _", start.ID)
	}
	t, err := template.ParseFS(templates, "templates/"+start.Language+".yaml")
	if err != nil {
		return nil, fmt.Errorf("no start in language %q; allowed: zh, en", start.Language)
	}
	var out bytes.Buffer
	if err := t.Execute(&out, start); err != nil {
		return nil, fmt.Errorf("write scorecard %q: %w", start.ID, err)
	}
	return out.Bytes(), nil
}
