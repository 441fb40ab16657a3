package scorecard

import (
	_ "embed"
	"slices"
)

//go:embed packs/bank.yaml
var bank string

//go:embed packs/public-service-hotline.yaml
var publicServiceHotline string

//go:embed packs/retail-chat.yaml
var retailChat string

//go:embed packs/telecom-call.yaml
var telecomCall string

// Pack is a scorecard that is shipped in the binary.
type Pack struct {
	Name   string // the scorecard's id, e.g. retail-chat
	Source []byte // YAML, to be read by Parse

	// First is true for the packs that inspect when nobody has chosen a
	// scorecard. The others fit the same channels, and are to be chosen.
	First bool
}

// Packs returns the shipped scorecards, sorted by name. The caller owns the result.
func Packs() []Pack {
	return []Pack{
		{Name: "bank", Source: []byte(bank)},
		{Name: "public-service-hotline", Source: []byte(publicServiceHotline)},
		{Name: "retail-chat", Source: []byte(retailChat), First: true},
		{Name: "telecom-call", Source: []byte(telecomCall), First: true},
	}
}

// FirstPacks returns the packs that are First, sorted by name. The caller owns the result.
func FirstPacks() []Pack {
	return slices.DeleteFunc(Packs(), func(p Pack) bool { return !p.First })
}
