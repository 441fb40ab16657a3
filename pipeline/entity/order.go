package entity

import (
	"regexp"
	"strings"
)

var (
	token    = regexp.MustCompile(`[0-9a-z]+(?:-[0-9a-z]+){0,5}`)
	plate    = regexp.MustCompile(`[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][a-z][·. ]?[0-9a-z]{4,5}[0-9a-z挂学警港澳]`)
	postcode = regexp.MustCompile(`[0-9]{6}|[0-9]{5}(?:-[0-9]{4})?`)
	ukPost   = regexp.MustCompile(`\b[a-z]{1,2}[0-9][0-9a-z]? ?[0-9][abd-hjlnp-uw-z]{2}\b`)
	usState  = regexp.MustCompile(`\b(?:al|ak|az|ar|ca|co|ct|de|fl|ga|hi|ia|id|il|ks|ky|la|ma|md|mi|mn|mo|ms|mt|nc|nd|ne|nh|nj|nm|nv|ny|oh|pa|ri|sc|sd|tn|tx|ut|va|vt|wa|wi|wv|wy) $`)
)

// orderCues are words close before an order's or a case's number.
var orderCues = []string{
	"订单", "单号", "工单", "运单", "编号", "流水号", "预订号", "取件码", "受理号", "投诉号", "确认号", "参考号",
	"order", "ticket", "case", "reference", "ref", "tracking", "booking", "confirmation", "invoice", "parcel", "#",
}

// cueBytes is how far before a number its cue may stand.
const cueBytes = 36

// cued reports whether one of the words stands close before, in the same clause
// and without another number between.
func cued(head string, cues []string) bool {
	head = tail(head, cueBytes)
	if i := strings.LastIndexAny(head, ".;!?。、0123456789"); i >= 0 {
		head = head[i+1:]
	}
	return containsAny(head, cues...)
}

// Bounds of order numbers: characters with a cue and without one, and digits of
// those without one.
const (
	cuedOrder  = 4
	plainOrder = 8
	longNumber = 12
	mostOrder  = 32
)

// orderNumbers takes a token with digits behind a cue, and without one a long
// number or a mixture of letters and digits, unless it is something else.
func (s *scan) orderNumbers() []Entity {
	var out []Entity
	if hasDigit(s.text) {
		out = s.plainOrders()
	}
	for _, r := range s.spelledDigits() {
		if len(r.Text) <= mostOrder && cued(s.text[:r.Start], orderCues) {
			out = append(out, Entity{Start: r.Start, End: r.End, Text: r.Text})
		}
	}
	return s.onlyOrders(out)
}

func (s *scan) plainOrders() []Entity {
	return s.matches(nil, token, func(g groups) (string, bool) {
		t := g.text(0)
		count := len(onlyDigits(t))
		switch {
		case count == 0 || len(t) > mostOrder || withUnit(t) || strings.HasSuffix(g.precedes(), "@"):
			return "", false
		case cued(g.precedes(), orderCues):
			return t, count >= 2 && len(t) >= cuedOrder && !moneyAround(g)
		}
		return t, plainNumber(t, count)
	})
}

// plainNumber reports whether a token without a cue looks like an order's
// number: iphone15 and 2024q1 do not.
func plainNumber(t string, count int) bool {
	if strings.Contains(t, "-") {
		return false
	}
	if count == len(t) {
		return count >= longNumber
	}
	return len(t) >= plainOrder && count >= 3
}

// withUnit reports whether a token is digits with a unit behind them: 5000mah.
func withUnit(t string) bool {
	i := strings.IndexFunc(t, func(r rune) bool { return r < '0' || r > '9' })
	return i > 0 && len(t)-i <= 4 && !strings.ContainsAny(t[i:], "0123456789-")
}

// moneyAround reports whether a number is an amount: order of $1200.
func moneyAround(g groups) bool {
	_, end := (&scan{text: g.whole}).unitAfter(numeral{start: g.at[0], end: g.at[1]})
	return end > 0 || endsInSign(g.precedes())
}

// onlyOrders drops what is something else: without a cue a phone's or a card's
// number, and in any case a date, or a part of an address.
func (s *scan) onlyOrders(list []Entity) []Entity {
	if len(list) == 0 {
		return nil
	}
	list = apart(list)
	for _, t := range []Type{Email, URL, IDCard, BankCard, Phone, Date, Plate} {
		list = without(list, s.find(t))
	}
	return list
}

func (s *scan) plates() []Entity {
	return s.matches(nil, plate, func(g groups) (string, bool) {
		t := strings.NewReplacer("·", "", ".", "", " ", "").Replace(g.text(0))
		return t, strings.ContainsAny(t, "0123456789")
	})
}

// postcodes need a cue, a state before them or the form of British ones.
func (s *scan) postcodes() []Entity {
	var out []Entity
	if s.cluster() < 5 {
		return s.british(out)
	}
	out = s.matches(out, postcode, func(g groups) (string, bool) {
		zip := cued(g.precedes(), []string{"zip"}) || usState.MatchString(tail(g.precedes(), 4))
		return g.text(0), !joined(g) && (zip && len(g.text(0)) != 6 || cued(g.precedes(), []string{"邮编", "邮政编码", "postcode", "postal code"}))
	})
	return s.british(out)
}

func (s *scan) british(out []Entity) []Entity {
	if !strings.ContainsAny(s.text, "abcdefghijklmnopqrstuvwxyz") {
		return out
	}
	return s.matches(out, ukPost, func(g groups) (string, bool) {
		t := strings.ReplaceAll(g.text(0), " ", "")
		return t[:len(t)-3] + " " + t[len(t)-3:], len(t) >= 5
	})
}
