package web

import (
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"assay/cmd/assay/internal/web/text"
)

//go:embed component/assay-suggest.js
var componentSource string

// component is the script that pages of other sites load, under a name that does
// not change.
type component struct {
	script []byte
	tag    string // of its version
}

// newComponent puts the texts into the component's script.
func newComponent(all text.Texts) (component, error) {
	words := map[string]map[string]string{}
	for _, lang := range text.Languages {
		words[lang] = map[string]string{}
		for key, value := range all[lang] {
			if name, ok := strings.CutPrefix(key, "component."); ok {
				words[lang][name] = value
			} else if strings.HasPrefix(key, "customer.") {
				words[lang][key] = value
			}
		}
	}
	list, err := json.Marshal(words)
	if err != nil {
		return component{}, fmt.Errorf("load component: %w", err)
	}
	script := []byte("const texts = " + string(list) + ";\n" + componentSource)
	sum := sha256.Sum256(script)
	return component{script, `"` + hex.EncodeToString(sum[:8]) + `"`}, nil
}

// component serves the script to any site: it holds nothing that is secret.
func (s *server) component(w http.ResponseWriter, r *http.Request) error {
	h := w.Header()
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	h.Set("Content-Type", "text/javascript; charset=utf-8")
	h.Set("Cache-Control", "public, max-age=600")
	h.Set("ETag", s.embedded.tag)
	if r.Header.Get("If-None-Match") == s.embedded.tag {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	return write(w, s.embedded.script)
}
