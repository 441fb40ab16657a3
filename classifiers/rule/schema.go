package rule

import "assay/pipeline/scorecard"

//go:generate sh -c "go run assay/cmd/assay scorecard schema >../scorecard.schema.json"

// Schema writes the JSON Schema of the scorecard language with all kinds of
// conditions. It is what the readers themselves ask for.
func Schema() ([]byte, error) {
	shapes := map[string]*scorecard.Shape{}
	for kind, read := range kinds() {
		shapes[kind] = scorecard.Explore(func(n *scorecard.Node) { readAlone(kind, read, n) })
	}
	return scorecard.Schema(shapes)
}

// readAlone reads a kind's parameters outside any scorecard.
func readAlone(kind string, read reader, params *scorecard.Node) {
	c := &condition{Condition: &scorecard.Condition{Kind: kind, Params: params, Place: &scorecard.Node{}}}
	m := params.Map()
	read(&builder{kinds: kinds(), ids: map[string]int32{}}, c, m)
	m.Done()
}
