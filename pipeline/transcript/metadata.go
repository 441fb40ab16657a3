package transcript

import (
	"fmt"
	"maps"
	"slices"
)

// checkMetadata bounds what a session carries along: its strings, its depth
// and the number of its keys on all levels.
func checkMetadata(m map[string]any, p *Problems) {
	keys := 0
	walkMetadata(m, "metadata", 1, &keys, p)
	if keys > maxMetadataKeys {
		p.add("metadata", fmt.Sprintf("%d keys, more than %d", keys, maxMetadataKeys), "")
	}
}

func walkMetadata(v any, path string, depth int, keys *int, p *Problems) {
	switch v := v.(type) {
	case string:
		checkString(path, v, p)
	case map[string]any:
		if depth > maxMetadataDepth {
			p.add(path, fmt.Sprintf("nested deeper than %d levels", maxMetadataDepth), "")
			return
		}
		*keys += len(v)
		for _, k := range slices.Sorted(maps.Keys(v)) {
			checkString(path+"."+clip(k), k, p)
			walkMetadata(v[k], path+"."+clip(k), depth+1, keys, p)
		}
	case []any:
		if depth > maxMetadataDepth {
			p.add(path, fmt.Sprintf("nested deeper than %d levels", maxMetadataDepth), "")
			return
		}
		for i, one := range v {
			walkMetadata(one, fmt.Sprintf("%s[%d]", path, i), depth+1, keys, p)
		}
	}
}
