// Package text holds the texts of the pages and of reports, in every language:
// one file per language with the same keys.
package text

import (
	"embed"
	"encoding/json"
	"fmt"
)

//go:embed *.json
var files embed.FS

// Languages lists the languages; the first is for whoever asks for none of them.
// Nobody may change it.
var Languages = []string{"en", "zh"}

// Texts are all texts: by language, by key.
type Texts map[string]map[string]string

// Load reads the texts. Its error is a mistake in the embedded files.
func Load() (Texts, error) {
	all := Texts{}
	for _, lang := range Languages {
		b, err := files.ReadFile(lang + ".json")
		if err != nil {
			return nil, fmt.Errorf("load texts: %w", err)
		}
		var list map[string]string
		if err := json.Unmarshal(b, &list); err != nil {
			return nil, fmt.Errorf("load texts %q: %w", lang, err)
		}
		all[lang] = list
	}
	return all, nil
}

// Say returns a text with its arguments filled in, as fmt.Sprintf does. A key that
// is not there is returned as it is: tests keep that from happening.
func (t Texts) Say(lang, key string, args ...any) string {
	text, ok := t[lang][key]
	if !ok {
		return key
	}
	if len(args) == 0 {
		return text
	}
	return fmt.Sprintf(text, args...)
}
