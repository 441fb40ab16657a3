package injection

import (
	"strings"
	"unicode/utf8"

	"assay/pipeline/transcript"
)

// repeats is how often the same words stand one after the other before they are
// no speech any more.
const repeats = 8

// The words that count when they are repeated: "no no no no" is speech, and so is
// 哈哈哈哈.
const (
	repeatedWord   = 4 // letters at least
	longestPattern = 6 // Chinese characters at most, from two on
)

// repeated finds words and Chinese phrases that are said over and over.
func repeated(turn int, folded transcript.Folded) []Place {
	if len(folded.Text) < repeats*repeatedWord {
		return nil
	}
	var out []Place
	add := func(start, end int) {
		if start, end = folded.Span(start, end); start < end && len(out) < most {
			out = append(out, Place{transcript.Span{Turn: turn, Start: start, End: end}, Repeated, Odd})
		}
	}
	repeatedWords(folded.Text, add)
	if len(folded.Text) >= repeats*2*3 { // two characters of three bytes
		repeatedPatterns(folded.Text, add)
	}
	return out
}

func repeatedWords(text string, add func(start, end int)) {
	var last string
	count, from, to := 0, 0, 0
	done := func() {
		if count >= repeats && utf8.RuneCountInString(last) >= repeatedWord {
			add(from, to)
		}
	}
	for i := 0; i < len(text); {
		n := strings.IndexByte(text[i:], ' ')
		if n < 0 {
			n = len(text) - i
		}
		if w := text[i : i+n]; w != "" {
			if w != last {
				done()
				last, count, from = w, 0, i
			}
			count++
			to = i + n
		}
		i += n + 1
	}
	done()
}

// repeatedPatterns finds runs of Chinese characters in which each is that of a few
// characters before, and not only the one before.
func repeatedPatterns(text string, add func(start, end int)) {
	var last [longestPattern]rune // the last characters, in a ring
	var runs [longestPattern + 1]struct {
		count, from int
		varied      bool
	}
	flush := func(p, end int) {
		if run := &runs[p]; run.count >= (repeats-1)*p && run.varied {
			add(run.from, end)
		}
		runs[p].count, runs[p].varied = 0, false
	}
	k, quiet := 0, true // no run goes on
	for i, r := range text {
		if r < utf8.RuneSelf {
			for p := 2; p <= longestPattern && !quiet; p++ {
				flush(p, i)
			}
			quiet = true
			last[k%longestPattern] = r
			k++
			continue
		}
		for p := 2; p <= longestPattern; p++ {
			run := &runs[p]
			if k < p || last[(k-p)%longestPattern] != r {
				flush(p, i)
				continue
			}
			if run.count == 0 {
				run.from = i
			}
			run.count++
			quiet = false
			run.varied = run.varied || r != last[(k-1)%longestPattern]
		}
		last[k%longestPattern] = r
		k++
	}
	for p := 2; p <= longestPattern; p++ {
		flush(p, len(text))
	}
}
