// Package testdata embeds the demo's transcripts and solutions, so that the
// program can show itself from an empty folder.
package testdata

import "embed"

// Demo holds demo/sessions and demo/solutions.jsonl.
//
//go:embed demo
var Demo embed.FS
