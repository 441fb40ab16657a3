package injection

import (
	"encoding/base64"
	"encoding/hex"
	"strings"
	"unicode"
	"unicode/utf8"

	"assay/pipeline/transcript"
)

// The shortest encoded texts that are read, in bytes of the code. Order numbers
// and tokens are shorter, or give no text.
const (
	shortestBase64 = 20
	shortestHex    = 24
	shortestOctets = 4 // groups of eight bits
	shortestMorse  = 6 // groups of dots and dashes
	shortestJunk   = 120
)

// hidden finds what does not show, or shows nothing: characters of no width, and
// texts in codes. A text that speaks to the judge once it is decoded is suspected.
func (s *scan) hidden(text string) []Place {
	var out []Place
	add := func(start, end int, level Level) {
		if len(out) < most {
			out = append(out, Place{transcript.Span{Turn: int(s.index), Start: start, End: end}, Hidden, level})
		}
	}
	invisible(text, add)
	s.blobs(text, add)
	s.bits(text, add)
	return out
}

// invisible finds characters that smuggle: tags that spell out ASCII, runs of
// characters without width, and the reversal of the direction of writing. Single
// ones come from editors and keyboards, marks of direction from address books.
func invisible(text string, add func(start, end int, level Level)) {
	var spelled []byte // by tags
	run, from, flag := 0, 0, false
	end := func(to int) {
		switch {
		case len(spelled) > 0 && !flag:
			add(from, to, Suspected)
		case run >= 4 && !flag:
			add(from, to, Odd)
		}
		run, spelled, flag = 0, spelled[:0], false
	}
	last := rune(0)
	for i, r := range text {
		switch {
		case r < 0x300:
			if run > 0 {
				end(i)
			}
		case r == 0x202e:
			add(i, i+3, Odd)
		case r >= 0xe0000 && r <= 0xe007f || noWidth(r):
			if run == 0 {
				from, flag = i, last == 0x1f3f4 // a black flag with tags is the flag of a region
			}
			run++
			if r >= 0xe0020 && r < 0xe007f {
				spelled = append(spelled, byte(r-0xe0000))
			}
		case run > 0:
			end(i)
		}
		last = r
	}
	end(len(text))
}

// noWidth reports whether a character takes no room and says nothing by itself.
func noWidth(r rune) bool {
	switch {
	case r == 0x200b, r == 0x200c, r == 0x2060, r == 0xfeff, r == 0x00ad, r == 0x034f, r == 0x180e, r == 0x3164, r == 0x115f, r == 0x1160, r == 0xffa0,
		r >= 0x2061 && r <= 0x2064, r >= 0xfe00 && r <= 0xfe0e, r >= 0xe0100 && r <= 0xe01ef:
		return true
	}
	return false
}

// blobs finds base64 and hexadecimal texts.
func (s *scan) blobs(text string, add func(start, end int, level Level)) {
	for i := 0; i < len(text); {
		end := i
		for end < len(text) && inBase64(text[end]) {
			end++
		}
		if end == i {
			i++
			continue
		}
		if blob := text[i:end]; len(blob) >= shortestBase64 {
			if clear, ok := decoded(blob); ok {
				add(i, end, s.judged(clear))
			} else if len(blob) >= shortestJunk && mixed(blob) {
				add(i, end, Odd)
			}
		}
		i = end
	}
}

func inBase64(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '+' || c == '/' || c == '=' || c == '-' || c == '_'
}

// mixed reports whether a blob has small and large letters and digits.
func mixed(blob string) bool {
	return strings.ContainsFunc(blob, unicode.IsLower) && strings.ContainsFunc(blob, unicode.IsUpper) && strings.ContainsFunc(blob, unicode.IsDigit)
}

// toStandard writes the alphabet of URLs as the usual one.
var toStandard = strings.NewReplacer("-", "+", "_", "/", "=", "")

// decoded is the readable text that a blob stands for.
func decoded(blob string) (string, bool) {
	if len(blob) >= shortestHex && len(blob)%2 == 0 {
		if b, err := hex.DecodeString(blob); err == nil {
			return readable(b)
		}
	}
	plain := toStandard.Replace(blob)
	if len(plain)%4 == 1 { // cut off in the middle
		plain = plain[:len(plain)-1]
	}
	b, err := base64.RawStdEncoding.DecodeString(plain)
	if err != nil {
		return "", false
	}
	return readable(b)
}

// readable reports whether bytes are text: UTF-8 of letters, with hardly a control
// character.
func readable(b []byte) (string, bool) {
	if !utf8.Valid(b) {
		return "", false
	}
	letters, others := 0, 0
	for _, r := range string(b) {
		switch {
		case unicode.IsLetter(r) || r == ' ':
			letters++
		case unicode.IsControl(r) && r != '\n' && r != '\t':
			return "", false
		default:
			others++
		}
	}
	return string(b), letters >= 8 && letters >= 3*others
}

// judged is the level of a text that was hidden: that of what it says, at least odd.
func (s *scan) judged(clear string) Level {
	if s.inner == nil {
		s.inner = newScan(make([]transcript.Folded, 1))
	}
	s.inner.folded[0] = transcript.Fold(clear)
	s.inner.pos += never // it has nothing to do with what was encoded before
	s.inner.read(0, transcript.Customer)
	for _, p := range s.inner.out {
		if p.Level == Suspected {
			return Suspected
		}
	}
	return Odd
}

// bits finds texts of eight bits a letter, and of dots and dashes.
func (s *scan) bits(text string, add func(start, end int, level Level)) {
	var clear []byte
	octets, octetsFrom, octetsTo := 0, 0, 0
	signs, signsFrom, signsTo := 0, 0, 0
	dots, dashes := false, false
	flush := func() {
		if octets >= shortestOctets {
			level := Odd
			if said, ok := readable(clear); ok {
				level = s.judged(said)
			}
			add(octetsFrom, octetsTo, level)
		}
		if signs >= shortestMorse && dots && dashes {
			add(signsFrom, signsTo, Odd)
		}
		octets, signs, clear, dots, dashes = 0, 0, clear[:0], false, false
	}
	for i := 0; i < len(text); {
		if text[i] == ' ' {
			i++
			continue
		}
		end := strings.IndexByte(text[i:], ' ')
		if end = end + i; end < i {
			end = len(text)
		}
		w := strings.Trim(text[i:end], `'",.`)
		v, isOctet := octet(w)
		code := text[i:end]
		switch {
		case isOctet:
			if octets == 0 {
				octetsFrom = i
			}
			octets++
			clear, octetsTo = append(clear, v), end
		case len(code) <= 7 && strings.Trim(code, ".-/") == "":
			if signs == 0 {
				signsFrom = i
			}
			signs++
			signsTo = end
			dots, dashes = dots || strings.Contains(code, "."), dashes || strings.Contains(code, "-")
		default:
			flush()
		}
		i = end
	}
	flush()
}

// octet reads eight binary digits.
func octet(w string) (v byte, ok bool) {
	if len(w) != 8 {
		return 0, false
	}
	for i := range len(w) {
		if w[i] != '0' && w[i] != '1' {
			return 0, false
		}
		v = v<<1 | (w[i] - '0')
	}
	return v, true
}
