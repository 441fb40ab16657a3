package config

import (
	"testing"
	"time"
)

func TestModelThatEmbeds(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		model  Model
		embeds bool
		wrong  bool
	}{
		{"nothing is configured", Model{Timeout: time.Second}, false, false},
		{"an endpoint without a model", Model{BaseURL: "http://x/v1", Timeout: time.Second}, false, false},
		{"a model at an endpoint", Model{BaseURL: "http://x/v1", Embedding: "m", Timeout: time.Second}, true, false},
		{"a model with a key", Model{Key: "k", Embedding: "m", Timeout: time.Second}, true, false},
		{"a model nowhere", Model{Embedding: "m", Timeout: time.Second}, false, true},
		{"no time to answer", Model{Key: "k", Embedding: "m"}, false, true},
	}
	for _, tt := range tests {
		if got, err := tt.model.Embeds(); got != tt.embeds || (err != nil) != tt.wrong {
			t.Errorf("%s: %v, %v", tt.name, got, err)
		}
	}
}
