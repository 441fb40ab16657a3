package web

import (
	"context"
	"testing"
)

// navigationFits looks for the section that is read, which stands near the end.
func navigationFits(t *testing.T, ctx context.Context, s *site, _ seeded) {
	b := open(t, ctx, s, "/problems")
	for _, width := range []int64{360, 800, 821, 900, 1000, 1101, 1300} {
		b.size(width, 800)
		for _, lang := range []string{"zh", "en"} {
			b.visit("/problems?lang=" + lang)
			if n := b.eval(`document.documentElement.scrollWidth`); n > int(width) {
				t.Errorf("%s: the page is %d wide, the window %d", lang, n, width)
			}
			seen := `(() => {
				const here = document.querySelector(".top [aria-current]").getBoundingClientRect();
				const nav = document.querySelector(".top nav").getBoundingClientRect();
				return here.left >= nav.left - 1 && here.right <= nav.right + 1;
			})()`
			if !value[bool](b, seen) {
				t.Errorf("%s: at %d the section that is read is out of view", lang, width)
			}
		}
	}
}
