package scorecard

import _ "embed"

//go:embed packs/retail-chat.yaml
var retailChat string

//go:embed packs/telecom-call.yaml
var telecomCall string

// Pack is a scorecard that is shipped in the binary.
type Pack struct {
	Name   string // the scorecard's id, e.g. retail-chat
	Source []byte // YAML, to be read by Parse
}

// Packs returns the shipped scorecards, sorted by name. The caller owns the result.
func Packs() []Pack {
	return []Pack{
		{Name: "retail-chat", Source: []byte(retailChat)},
		{Name: "telecom-call", Source: []byte(telecomCall)},
	}
}
