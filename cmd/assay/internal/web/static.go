package web

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strings"
)

//go:embed static
var staticFiles embed.FS

// mediaTypes are those of the static files, by extension: the system's own
// table may say otherwise, and browsers are told not to guess.
var mediaTypes = map[string]string{".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}

// assets are the static files under names that hold the hash of their content,
// so that browsers may keep them for ever.
type assets struct {
	hashed map[string]string // by plain name
	files  map[string][]byte // by hashed name
}

func loadAssets() (*assets, error) {
	a := &assets{hashed: map[string]string{}, files: map[string][]byte{}}
	entries, err := fs.ReadDir(staticFiles, "static")
	if err != nil {
		return nil, fmt.Errorf("load static files: %w", err)
	}
	for _, e := range entries {
		b, err := staticFiles.ReadFile("static/" + e.Name())
		if err != nil {
			return nil, fmt.Errorf("load static files: %w", err)
		}
		ext := path.Ext(e.Name())
		if mediaTypes[ext] == "" {
			return nil, fmt.Errorf("load static files: %q has no media type", e.Name())
		}
		sum := sha256.Sum256(b)
		name := strings.TrimSuffix(e.Name(), ext) + "." + hex.EncodeToString(sum[:5]) + ext
		a.hashed[e.Name()], a.files[name] = name, b
	}
	return a, nil
}

func (s *server) static(w http.ResponseWriter, r *http.Request) error {
	name := r.PathValue("name")
	b, ok := s.assets.files[name]
	if !ok {
		return errNoPage
	}
	w.Header().Set("Content-Type", mediaTypes[path.Ext(name)])
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	return write(w, b)
}

// write sends a body.
func write(w http.ResponseWriter, b []byte) error {
	if _, err := w.Write(b); err != nil {
		return fmt.Errorf("%w: %w", errUnread, err)
	}
	return nil
}
