package scorecard

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// What a scorecard says by leaving a key out, for keys that mean the same
// wherever they stand. TestDefaultsAreParses holds them against Parse.
func defaultOf(key string) any {
	return map[string]any{
		"mode": "weighted", "pass": 60.0, "undetermined_limit": 30.0, "start": 100.0, "cap": 100.0, "floor": 0.0,
		"weight": 1.0, "severity": "moderate", "category": "service_quality", "critical": "no", "per": "once", "turns": "any",
	}[key]
}

// normal brings a value into the form in which equal ones are equal; a default
// stands for what is left out.
func normal(key string, v any) any {
	switch v := v.(type) {
	case nil:
		return defaultOf(key)
	case string:
		switch key {
		case "name", "advice":
			return map[string]any{"zh": v, "en": v}
		case "before", "after", "around", "at":
			return map[string]any{"condition": v}
		case "judge":
			return map[string]any{"question": v}
		case "requires":
			return map[string]any{"criterion": v}
		}
		if d, err := time.ParseDuration(v); err == nil {
			return short(d)
		}
	case map[string]any:
		anchor := slices.Contains([]string{"before", "after", "around", "at"}, key)
		for name, silent := range map[string]bool{"hit": anchor && v["hit"] == "any", "outcome": key == "requires" && v["outcome"] == "met"} {
			if silent {
				v = withoutKey(v, name)
			}
		}
		return v
	case []any:
		if len(v) == 1 { // a single text is a list of one
			return v[0]
		}
	}
	return v
}

func withoutKey(m map[string]any, key string) map[string]any {
	out := map[string]any{}
	for k, v := range m {
		if k != key {
			out[k] = v
		}
	}
	return out
}

// short writes a duration without the zeroes at its end: 1m, not 1m0s.
func short(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// ordered reports whether the order of a list under a key says something.
func ordered(key string) bool { return slices.Contains([]string{"steps", "next"}, key) }

// listed are a list's entries as texts, a single value being a list of one.
func listed(v any) []string {
	list, ok := v.([]any)
	if !ok {
		list = []any{v}
	}
	var out []string
	for _, e := range list {
		out = append(out, shortly(e))
	}
	return out
}

// shortly writes a value in one line.
func shortly(v any) string {
	switch v := v.(type) {
	case nil:
		return "nothing"
	case string:
		return v
	case float64, bool:
		return fmt.Sprint(v)
	}
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v) // values of a file are no channels: this does not happen
	}
	return string(b)
}

// String writes the difference in one line, without its section and criterion.
func (d Difference) String() string {
	key := d.Key
	if key != "" {
		key += " "
	}
	switch {
	case d.What == Moved:
		return fmt.Sprintf("moved from section %v to %v", d.From, d.To)
	case d.What == Renamed:
		return fmt.Sprintf("renamed %v", d.To)
	case d.Key == "":
		return string(d.What)
	case d.Less != nil || d.More != nil:
		return strings.TrimSuffix(d.Key, " ") + marked(" −", d.Less) + marked(" +", d.More)
	case d.What == Added:
		return fmt.Sprintf("%sadded: %s", key, shortly(d.To))
	case d.What == Removed:
		return fmt.Sprintf("%sremoved: %s", key, shortly(d.From))
	}
	return fmt.Sprintf("%s%s → %s", key, shortly(d.From), shortly(d.To))
}

func marked(mark string, list []string) string {
	var b strings.Builder
	for _, s := range list {
		b.WriteString(mark + s)
	}
	return b.String()
}
