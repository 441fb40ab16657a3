package rule

import "assay/pipeline/scorecard"

//go:generate sh -c "go run assay/cmd/assay scorecard schema >../scorecard.schema.json"

// Schema writes the JSON Schema of the scorecard language with all kinds of
// conditions. It is what the readers themselves ask for.
func Schema() ([]byte, error) {
	shapes := map[string]*scorecard.Shape{}
	for _, kind := range Kinds() {
		shapes[kind] = scorecard.Explore(func(n *scorecard.Node) { readAlone(kind, n) })
	}
	return scorecard.Schema(shapes)
}

// schemaCard is a scorecard with what parameters may name: condition and criterion x.
const schemaCard = `scorecard: x
name: x
conditions: {x: {keywords: {any: [x]}}}
sections: [{id: x, name: x, criteria: [{id: x, name: x, met_when: x}]}]
`

// readAlone reads a kind's parameters as those of one more condition.
func readAlone(kind string, params *scorecard.Node) {
	card, _ := scorecard.Parse("", []byte(schemaCard))
	card.Conditions = append(card.Conditions, &scorecard.Condition{Name: "read", Kind: kind, Params: params, Place: &scorecard.Node{}})
	Compile(card)
}
