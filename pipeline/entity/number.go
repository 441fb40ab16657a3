package entity

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// measures are the characters that count things: a single Chinese digit is a
// number only before one of them.
const measures = "个只件台张位天月年次条份块元角毛箱盒瓶斤克吨米人名岁层度倍成折秒周套双本辆间家笔支包袋杯碗公小分"

// units may stand behind digits without a blank.
var units = []string{
	"kg", "g", "km", "cm", "mm", "ml", "gb", "mb", "tb", "kb", "h", "hr", "hrs", "min", "mins", "s", "ms", "pcs", "x", "kwh",
	"usd", "rmb", "cny", "eur", "gbp", "hkd", "yuan", "pct",
}

// numbers are the figures that are quantities.
func (s *scan) numbers() []Entity {
	var out []Entity
	for _, n := range s.numerals() {
		if s.isQuantity(n) {
			out = append(out, Entity{Start: n.start, End: n.end, Value: n.value})
		}
	}
	for _, t := range []Type{Date, Time, Phone, Email, IDCard, BankCard, OrderNumber, Plate, Postcode, URL} {
		if len(out) > 0 {
			out = without(out, s.find(t))
		}
	}
	return out
}

func (s *scan) isQuantity(n numeral) bool {
	if n.spelled || n.bare || strings.HasSuffix(s.text[:n.start], "第") || strings.HasPrefix(s.text[n.end:], "号") {
		return false
	}
	switch n.form {
	case digits:
		suffix := word(s.text[n.end:])
		return !continues(s.text, n.end) || slices.Contains(units, suffix) && !continues(s.text, n.end+len(suffix))
	case words:
		return s.text[n.start:n.end] != "one" && !continues(s.text, n.end)
	}
	return s.isChineseQuantity(n)
}

// isChineseQuantity tells 五个 from 五 in names and idioms.
func (s *scan) isChineseQuantity(n numeral) bool {
	text, rest := s.text[n.start:n.end], s.text[n.end:]
	switch {
	case strings.HasSuffix(s.text[:n.start], "双"): // 双十一
		return false
	case len(text) > len("一"):
		return true
	}
	next, size := utf8.DecodeRuneInString(rest)
	switch {
	case size == 0 || !strings.ContainsRune(measures, next):
		return false
	case next == '分': // 十分, 一分为二
		return strings.HasPrefix(rest, "分钟") || strings.HasPrefix(rest, "分钱") || strings.HasPrefix(rest, "分之")
	case next == '小':
		return strings.HasPrefix(rest, "小时")
	case next == '公':
		return strings.HasPrefix(rest, "公里") || strings.HasPrefix(rest, "公斤")
	}
	return text != "一" || !strings.ContainsRune("个些块家人度次成", next)
}
