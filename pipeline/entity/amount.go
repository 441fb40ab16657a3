package entity

import (
	"strings"
	"unicode/utf8"
)

// Currencies lists the currencies that amounts are told apart by.
var Currencies = []string{"CNY", "EUR", "GBP", "HKD", "JPY", "USD"}

// unit is a word for money.
type unit struct {
	word     string
	currency string
	value    float64 // of one in the currency's main unit
	not      string  // characters after it that make it another word
}

// before are the signs and codes of currencies that stand before figures,
// longer ones first.
var before = []unit{
	{"us$", "USD", 1, ""}, {"hk$", "HKD", 1, ""}, {"$", "USD", 1, ""}, {"¥", "CNY", 1, ""}, {"€", "EUR", 1, ""}, {"£", "GBP", 1, ""},
	{"人民币", "CNY", 1, ""}, {"rmb", "CNY", 1, ""}, {"cny", "CNY", 1, ""}, {"usd", "USD", 1, ""}, {"eur", "EUR", 1, ""},
	{"gbp", "GBP", 1, ""}, {"hkd", "HKD", 1, ""}, {"jpy", "JPY", 1, ""},
}

// after are the words for money that stand after figures, longer ones first.
var after = []unit{
	{"美元", "USD", 1, ""}, {"美金", "USD", 1, ""}, {"欧元", "EUR", 1, ""}, {"英镑", "GBP", 1, ""}, {"港币", "HKD", 1, ""}, {"港元", "HKD", 1, ""},
	{"日元", "JPY", 1, ""}, {"人民币", "CNY", 1, ""}, {"块钱", "CNY", 1, ""}, {"毛钱", "CNY", 0.1, ""}, {"分钱", "CNY", 0.01, ""},
	{"元", "CNY", 1, "旦件素宝老气首凶"}, {"圆", "CNY", 1, "形圈桌"}, {"块", "CNY", 1, "电屏板地蛋布肉砖表儿玻石手钢牌显硬主巧"},
	{"毛", "CNY", 0.1, "衣病利巾"}, {"角", "CNY", 0.1, "度落色"},
	{"us dollars", "USD", 1, ""}, {"dollars", "USD", 1, ""}, {"dollar", "USD", 1, ""}, {"bucks", "USD", 1, ""}, {"usd", "USD", 1, ""},
	{"euros", "EUR", 1, ""}, {"euro", "EUR", 1, ""}, {"eur", "EUR", 1, ""}, {"pounds", "GBP", 1, ""}, {"pound", "GBP", 1, ""}, {"gbp", "GBP", 1, ""},
	{"quid", "GBP", 1, ""}, {"yuan", "CNY", 1, ""}, {"rmb", "CNY", 1, ""}, {"cny", "CNY", 1, ""}, {"hkd", "HKD", 1, ""}, {"yen", "JPY", 1, ""},
	{"cents", "", 0.01, ""}, {"cent", "", 0.01, ""}, {"pence", "GBP", 0.01, ""}, {"€", "EUR", 1, ""}, {"£", "GBP", 1, ""}, {"$", "USD", 1, ""},
}

func (s *scan) amounts() []Entity {
	var out []Entity
	figures := s.numerals()
	for i := range figures {
		if e, ok := s.amount(figures[i:]); ok {
			out = append(out, e)
		}
	}
	return out
}

// amount reads the first of the figures with the money before or after it, and
// the smaller money after that, which the figures that follow may be.
func (s *scan) amount(figures []numeral) (Entity, bool) {
	n := figures[0]
	e := Entity{Start: n.start, End: n.end, Value: n.value}
	signed := s.sign(&e)
	u, end := s.unitAfter(n)
	switch {
	case n.bare && (u == nil || vague(s.text[:n.start])), n.spelled && !signed, u == nil && !signed, u != nil && s.another(n, u, end):
		return e, false
	case u == nil:
		return e, true
	}
	e.End = end
	e.Value *= u.value
	if !signed {
		e.Currency = u.currency
	}
	if u.word == "毛" || u.word == "角" {
		s.lastCents(&e, u)
	} else if len(figures) > 1 {
		s.change(&e, u, figures[1])
	}
	if strings.HasPrefix(s.text[e.End:], "半") && u.word == "块" {
		e.Value, e.End = e.Value+0.5, e.End+len("半")
	}
	return e, true
}

// vague reports whether 几 or 数 stands before a multiplier: 几百元.
func vague(head string) bool { return strings.HasSuffix(head, "几") || strings.HasSuffix(head, "数") }

// sign reads the currency before a figure.
func (s *scan) sign(e *Entity) bool {
	head := strings.TrimSuffix(s.text[:e.Start], " ")
	for _, u := range before {
		at := len(head) - len(u.word)
		if strings.HasSuffix(head, u.word) && (!isLetter(u.word[0]) || startsWord(head, at)) {
			e.Start, e.Currency = at, u.currency
			return true
		}
	}
	return false
}

// unitAfter is the word for money behind a figure, and where it ends.
func (s *scan) unitAfter(n numeral) (*unit, int) {
	rest := strings.TrimPrefix(s.text[n.end:], " ")
	if r, size := utf8.DecodeRuneInString(rest); r == '多' || r == '来' || r == '余' {
		rest = rest[size:]
	}
	for i := range after {
		u := &after[i]
		if !strings.HasPrefix(rest, u.word) || isLetter(u.word[0]) && continues(rest, len(u.word)) {
			continue
		}
		tail := rest[len(u.word):]
		if r, size := utf8.DecodeRuneInString(tail); size > 0 && strings.ContainsRune(u.not, r) {
			return nil, 0
		}
		return u, len(s.text) - len(tail)
	}
	return nil, 0
}

// another reports whether the word for money means something else: 一块 is
// together, and what is weighed in pounds is no money.
func (s *scan) another(n numeral, u *unit, end int) bool {
	tail := s.text[end:]
	switch u.word {
	case "块":
		next, _ := utf8.DecodeRuneInString(tail)
		return s.text[n.start:n.end] == "一" && !isHanNumeral(next) && next != '半' && (next < '0' || next > '9')
	case "pounds", "pound":
		return strings.HasPrefix(tail, " of ") || strings.HasPrefix(tail, " heavy") || strings.HasPrefix(tail, " in weight")
	case "$":
		return tail != "" && isDigit(tail[0])
	}
	return false
}

// change adds the next figure when it is smaller money: 块五, 块五毛二, 元5角,
// dollars fifty, dollars and twenty cents.
func (s *scan) change(e *Entity, u *unit, n numeral) {
	between := s.text[e.End:n.start]
	if between != "" && between != " " && between != " and " || n.bare {
		return
	}
	small, end := s.unitAfter(n)
	switch {
	case small != nil && small.value < u.value && n.value < 100:
		e.Value, e.End = e.Value+n.value*small.value, end
		s.lastCents(e, small)
	case small != nil || n.spelled && !strings.HasPrefix(s.text[n.start:], "零") || n.value != float64(int(n.value)):
	case u.currency == "CNY" && (u.word == "块" || u.word == "块钱") && between == "" && !s.counts(n):
		s.addTail(e, n)
	case n.form == words && 10 <= n.value && n.value < 100 && u.value == 1 && between == " ":
		e.Value, e.End = e.Value+n.value/100, n.end
	}
}

// lastCents adds the digit after 毛 or 角: 两毛八, 五角二分; but not what counts
// things, as in 两毛一个.
func (s *scan) lastCents(e *Entity, small *unit) {
	r, size := utf8.DecodeRuneInString(s.text[e.End:])
	d, ok := hanDigits[r]
	if '0' <= r && r <= '9' {
		d, ok = float64(r-'0'), true
	}
	end := e.End + size
	if small.value != 0.1 || !ok || isHanAt(s.text, end) || continues(s.text, end) {
		return
	}
	next, more := utf8.DecodeRuneInString(s.text[end:])
	cents := next == '分' && !strings.HasPrefix(s.text[end:], "分钟")
	if more > 0 && !cents && strings.ContainsRune(measures, next) {
		return
	}
	if e.Value, e.End = e.Value+d/100, end; cents {
		e.End += len("分")
	}
}

func isHanAt(t string, i int) bool {
	r, _ := utf8.DecodeRuneInString(t[i:])
	return i < len(t) && isHanNumeral(r)
}

// addTail adds what follows 块: 块五 is five tenths, 块二十 and 块零五 are hundredths.
func (s *scan) addTail(e *Entity, n numeral) {
	text := s.text[n.start:n.end]
	switch {
	case n.value < 10 && !n.spelled && (n.form == chinese || len(text) == 1):
		e.Value += n.value / 10
	case n.value < 100:
		e.Value += n.value / 100
	default:
		return
	}
	e.End = n.end
}

// counts reports whether a figure counts things rather than money: 三块五个.
func (s *scan) counts(n numeral) bool {
	r, _ := utf8.DecodeRuneInString(s.text[n.end:])
	return n.end < len(s.text) && (r == '%' || r == '.' || strings.ContainsRune(measures, r)) || continues(s.text, n.end)
}

// percents finds 12%, 3.5 percent, 百分之三点五, 百分百.
func (s *scan) percents() []Entity {
	var out []Entity
	for _, n := range s.numerals() {
		e := Entity{Start: n.start, End: n.end, Value: n.value}
		if strings.HasSuffix(s.text[:n.start], "百分之") {
			e.Start -= len("百分之")
			out = append(out, e)
			continue
		}
		rest := strings.TrimPrefix(s.text[n.end:], " ")
		for _, sign := range []string{"%", "percent", "per cent", "pct", "个百分点"} {
			if strings.HasPrefix(rest, sign) && !n.spelled && !(isLetter(sign[0]) && continues(rest, len(sign))) {
				e.End = len(s.text) - len(rest) + len(sign)
				out = append(out, e)
				break
			}
		}
		if n.bare && strings.HasPrefix(s.text[n.start:], "百分百") {
			out = append(out, Entity{Start: n.start, End: n.start + len("百分百"), Value: 100})
		}
	}
	return out
}
