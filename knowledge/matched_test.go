package knowledge

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestMatchedWords(t *testing.T) {
	t.Parallel()
	m, err := NewMarker()
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		question, text string
		want           []string
	}{
		"words by their stems":         {"How do I return shoes?", "Returning a shoe is free. How nice.", []string{"Returning", "shoe"}},
		"two characters and more":      {"加湿器不出雾怎么办", "先清洗雾化片；不出雾时换水，湿度不变。", []string{"不出雾"}},
		"codes and full-width letters": {"reset R7200", "Ｒeset the R7200 now", []string{"Ｒeset", "R7200"}},
		"nothing of it":                {"zebra", "Returning a shoe is free.", nil},
		"an empty text":                {"zebra", "", nil},
	} {
		var got []string
		for _, at := range m.Matched(c.question, c.text) {
			got = append(got, c.text[at.Start:at.End])
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}
