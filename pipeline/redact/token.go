package redact

import (
	"regexp"
	"slices"
	"strings"

	"assay/pipeline/entity"
)

// tokens looks for numbers with letters in them: passports, permits, credit
// codes, IBANs, plates, and what only a cue tells.
func (t *turn) tokens() {
	t.plates()
	t.ibans()
	t.nationalInsurance()
	for i := 0; i < len(t.text); {
		if !isWord(t.text[i]) {
			i++
			continue
		}
		end := i
		digits, letters := 0, 0
		for end < len(t.text) && (isWord(t.text[end]) || t.text[end] == '-' && end+1 < len(t.text) && isWord(t.text[end+1])) {
			switch c := t.text[end]; {
			case isDigit(c):
				digits++
			case isLetter(c):
				letters++
			}
			end++
		}
		if end-i <= mostToken && (digits > 0 || letters >= 6) && !strings.HasPrefix(t.text[end:], "@") && !strings.HasSuffix(t.text[:i], "@") {
			t.token(i, end, digits, letters)
		}
		i = end
	}
	t.hongKong()
	t.saidTokens()
}

// saidTokens looks for such numbers said letter by letter: b k r four seven nine two.
func (t *turn) saidTokens() {
	if t.asked == "" && len(t.cues) == 0 {
		return // only a cue tells them
	}
	from, end, value := 0, 0, ""
	for i := 0; i < len(t.text); {
		if !isWord(t.text[i]) || i > 0 && isWord(t.text[i-1]) {
			i++
			continue
		}
		n := letters(t.text[i:])
		said, ok := saidSigns[t.text[i:i+n]]
		if n == 1 && t.text[i] != '_' {
			said, ok = t.text[i:i+1], true
		}
		if !ok || i+n < len(t.text) && (isWord(t.text[i+n]) || t.text[i+n] == '\'') || len(value) > mostToken {
			t.saidToken(from, end, value)
			value = ""
			i += max(1, n)
			continue
		}
		if value == "" || i-end > len(", ") {
			t.saidToken(from, end, value)
			from, value = i, ""
		}
		value += said
		i += n
		end = i
	}
	t.saidToken(from, end, value)
}

// saidToken classifies letters and digits that were said.
func (t *turn) saidToken(start, end int, value string) {
	digits := 0
	for _, c := range []byte(value) {
		if isDigit(c) {
			digits++
		}
	}
	if len(value) < 5 || digits < 1 || digits == len(value) || value[0] == 'i' && digits == len(value)-1 {
		return
	}
	if c := t.context(start); c.is(zip) && len(value) <= 7 {
		t.add(start, end, Address, value, 0.8, "cue of a postcode")
		return
	}
	t.classifyToken(start, end, value)
}

// saidSigns are the digits that stand in such numbers.
var saidSigns = map[string]string{"zero": "0", "oh": "0", "one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7", "eight": "8", "nine": "9"}

// mostToken bounds a token's length in bytes.
const mostToken = 40

// The forms of travel documents in folded text.
var (
	chinaPassport = regexp.MustCompile(`^(?:[eg][0-9]{8}|e[a-hj-np-z][0-9]{7}|[dsp][0-9]{7,8}|[dsp]e[0-9]{7})$`)
	anyPassport   = regexp.MustCompile(`^[a-z]{0,2}[0-9]{6,9}[a-z]?$`)
	mixedPassport = regexp.MustCompile(`^[a-z0-9]{8,9}$`) // of countries whose numbers have letters anywhere
	chinaPermit   = regexp.MustCompile(`^(?:[cwl][0-9]{8}|c[a-z][0-9]{7}|[hm][0-9]{8}(?:[0-9]{2})?)$`)
	timeWord      = regexp.MustCompile(`^[0-9]+(?:am|pm|th|st|nd|rd)$`)
	weChatID      = regexp.MustCompile(`^[a-z][a-z0-9_-]{5,19}$`)
)

// token classifies a word of letters and digits.
func (t *turn) token(start, end, digits, letters int) {
	w := t.text[start:end]
	if letters == 0 && strings.IndexByte(w, '-') < 0 {
		return // a number
	}
	if digits == 0 && !weChatID.MatchString(w) {
		return
	}
	t.classifyToken(start, end, w)
}

// classifyToken says what letters and digits at a place are.
func (t *turn) classifyToken(start, end int, w string) {
	plain := strings.ReplaceAll(w, "-", "")
	digits := len(plain)
	for _, c := range []byte(plain) {
		if !isDigit(c) {
			digits--
		}
	}
	letters := len(plain) - digits
	c := t.context(start)
	switch {
	case isCreditCode(plain) && letters > 0 && digits >= 8:
		t.add(start, end, CreditCode, plain, 0.95, "check character of a credit code")
	case c.is(topic(CreditCode)) && len(plain) == 18:
		t.add(start, end, CreditCode, plain, 0.75, "cue of a credit code")
	case c.is(order):
	case c.any(topic(Passport)) && !c.is(topic(Permit)) && digits >= 6 && anyPassport.MatchString(plain):
		t.add(start, end, Passport, plain, 0.95, "cue and form of a passport's number")
	case c.is(topic(Passport)) && digits >= 4 && letters > 0 && mixedPassport.MatchString(plain):
		t.add(start, end, Passport, plain, 0.85, "cue and length of a passport's number")
	case c.is(topic(SSN)) && nationalInsurance.MatchString(plain):
		t.add(start, end, SSN, plain, 0.97, "cue and form of a national insurance number")
	case c.any(topic(Permit)) && digits >= 6 && (chinaPermit.MatchString(plain) || anyPassport.MatchString(plain)):
		t.add(start, end, Permit, plain, 0.95, "cue and form of a travel permit")
	case c.any(topic(DriverLicense)) && digits >= 3 && len(plain) >= 5:
		t.add(start, end, DriverLicense, plain, 0.9, "cue of a driver's licence")
	case c.is(topic(Plate)) && digits >= 2 && letters > 1 && 4 <= len(plain) && len(plain) <= 9 && !timeWord.MatchString(plain):
		t.add(start, end, Plate, plain, 0.8, "cue of a plate")
	case c.is(topic(WeChat)) && weChatID.MatchString(w) && (digits > 0 || t.says(start)):
		t.add(start, end, WeChat, w, 0.9, "cue and form of a WeChat id")
	case c.is(topic(Account), topic(IBAN)) && digits >= 3 && len(plain) >= 5:
		t.add(start, end, Account, plain, 0.8, "cue of an account")
	case letters > 0 && chinaPassport.MatchString(plain) && (w[0] == 'e' || w[0] == 'g'):
		t.add(start, end, Passport, plain, 0.6, "form of a Chinese passport's number")
	}
}

// says reports whether the text before a place says that the value comes now:
// 微信是, wechat id:, 加我微信 abcdefg.
func (t *turn) says(at int) bool {
	head := strings.TrimRight(t.text[max(0, at-16):at], " ")
	return slices.ContainsFunc([]string{":", "是", "为", " is", "=", "号", " id", "叫"}, func(s string) bool { return strings.HasSuffix(head, s) })
}

func (t *turn) plates() {
	for _, e := range entity.FindEach(t.text, entity.Plate)[entity.Plate] {
		confidence, reason := 0.85, "form of a Chinese plate"
		if slices.Contains(t.topicsBefore(e.Start), topic(Plate)) {
			confidence, reason = 0.97, "cue and "+reason
		}
		if strings.Count(e.Text, "") > 3 {
			t.add(e.Start, e.End, Plate, e.Text, confidence, reason)
		}
	}
}

// iban is an IBAN, together or in groups of four, with a country that has them.
var iban = regexp.MustCompile(`^(?:a[delotz]|b[aeghry]|c[hryz]|d[eko]|e[egs]|f[ior]|g[beilrt]|h[ru]|i[elqst]|jo|k[wz]|l[bcituvy]|m[cdekrtu]|n[lo]|p[klst]|qa|r[os]|s[aceikmv]|t[lnr]|ua|v[ag]|xk)` +
	`[0-9]{2}(?: ?[a-z0-9]{4}){2,7}(?: ?[a-z0-9]{1,3})?`)

// mostIBAN bounds an IBAN with its blanks, in bytes.
const mostIBAN = 48

// ibans looks for IBANs where two letters and two digits begin a word.
func (t *turn) ibans() {
	for i := 0; i+15 <= len(t.text); i++ {
		if !isLetter(t.text[i]) || !isLetter(t.text[i+1]) || !isDigit(t.text[i+2]) || !isDigit(t.text[i+3]) || glued(t.text, i) {
			continue
		}
		if m := iban.FindStringIndex(t.text[i:min(len(t.text), i+mostIBAN)]); m != nil {
			i = max(i, t.ibanAt(i, i+m[1])-1)
		}
	}
}

// ibanAt takes the longest IBAN of a place, and returns where it ends.
func (t *turn) ibanAt(start, end int) int {
	for end > start {
		value := strings.ReplaceAll(t.text[start:end], " ", "")
		blank := strings.LastIndexByte(t.text[start:end], ' ')
		switch {
		case len(value) < 15:
			return start
		case glued(t.text, end):
		case isIBAN(value):
			t.add(start, end, IBAN, value, 0.99, "country and check digits of an IBAN")
			return end
		case blank < 0 && t.context(start).any(topic(IBAN)):
			t.add(start, end, IBAN, value, 0.85, "cue and form of an IBAN")
			return end
		}
		if blank < 0 {
			return start
		}
		end = start + blank
	}
	return start
}

// isIBAN checks the digits after the country (ISO 7064, MOD 97-10).
func isIBAN(t string) bool {
	sum := 0
	for _, c := range []byte(t[4:] + t[:4]) {
		switch {
		case isDigit(c):
			sum = (sum*10 + int(c-'0')) % 97
		case isLetter(c):
			sum = (sum*100 + int(c-'a') + 10) % 97
		default:
			return false
		}
	}
	return sum == 1
}

// The UK's national insurance numbers: two letters, six digits, a letter from a to d.
// Some letters never begin one, but stand in examples.
var (
	nationalInsurance = regexp.MustCompile(`^[a-z]{2}[0-9]{6}[a-d]$`)
	groupedInsurance  = regexp.MustCompile(`^[a-z]{2}[ -]?[0-9]{2}[ -][0-9]{2}[ -][0-9]{2}[ -]?[a-d]\b`)
	issuedInsurance   = regexp.MustCompile(`^[a-ceghj-prstw-z][a-ceghj-nprstw-z]`)
)

// nationalInsurance looks for such numbers in groups; together only a cue tells them.
func (t *turn) nationalInsurance() {
	const most = len("qq 12 34 56 c")
	for i := 0; i+len("qq12 34 56c") <= len(t.text); i++ {
		if !isLetter(t.text[i]) || !isLetter(t.text[i+1]) || isLetter(t.text[i+2]) || i > 0 && isWord(t.text[i-1]) {
			continue
		}
		at := groupedInsurance.FindStringIndex(t.text[i:min(len(t.text), i+most+1)])
		if at == nil {
			continue
		}
		start, end := i, i+at[1]
		value := strings.NewReplacer(" ", "", "-", "").Replace(t.text[start:end])
		switch c := t.context(start); {
		case c.any(topic(SSN)):
			t.add(start, end, SSN, value, 0.97, "cue and groups of a national insurance number")
		case issuedInsurance.MatchString(value) && !c.is(order):
			t.add(start, end, SSN, value, 0.75, "groups of a national insurance number")
		}
	}
}

var hongKongID = regexp.MustCompile(`[a-z]{1,2}[0-9]{6} ?\([0-9a]\)`)

// hongKong looks for identity numbers of Hong Kong, whose check digit stands in
// parentheses: a123456(3).
func (t *turn) hongKong() {
	if strings.IndexByte(t.text, '(') < 0 {
		return
	}
	for _, at := range hongKongID.FindAllStringIndex(t.text, -1) {
		if value := strings.NewReplacer("(", "", ")", "", " ", "").Replace(t.text[at[0]:at[1]]); !glued(t.text, at[0]) && isHongKongID(value) {
			t.add(at[0], at[1], IDCard, value, 0.95, "check digit of a Hong Kong identity number")
		}
	}
}

// isHongKongID checks one or two letters, six digits and the check digit, where
// a is ten: their sum, weighted 9 to 1 with a blank as 36, is a multiple of 11.
func isHongKongID(t string) bool {
	sum := 0
	if len(t) == 8 {
		sum = 9 * 36
	}
	for i, c := range []byte(t) {
		v := int(c - '0')
		if isLetter(c) {
			v = int(c-'a') + 10
		}
		sum += v * (len(t) - i)
	}
	return sum%11 == 0
}
