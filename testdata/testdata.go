// Package testdata embeds the demo's transcripts, solutions, scorecards and
// recorded answers, so that the program can show itself from an empty folder.
package testdata

import "embed"

// Demo holds demo/sessions, demo/solutions.jsonl, demo/scripts.jsonl, demo/scorecards and demo/answers.
//
//go:embed demo
var Demo embed.FS
