package redact

import (
	"strings"
	"time"

	"assay/pipeline/entity"
)

// leastBare is how many digits a number has at least that no cue tells: a phone's
// behind +. Without it there are more.
const leastBare = 8

// classify says what a number is; confidence 0 is nothing. What has a check digit
// or a form of its own comes before what only a cue tells.
func (n *number) classify(c context) found {
	if len(c.topics) == 0 && (len(n.digits) < leastBare || len(n.digits) == leastBare && !n.plus) {
		return found{}
	}
	for _, read := range []func(*number, context) found{
		(*number).residentID, (*number).creditCode, (*number).bankCard, (*number).social, (*number).phone, (*number).ending, (*number).cued,
	} {
		if f := read(n, c); f.confidence > 0 {
			if n.joined {
				f.confidence *= 0.55
			}
			f.start, f.end = n.start, n.end
			return f
		}
	}
	return found{}
}

// yes is what a number was found to be.
func yes(typ Type, value string, confidence float64, reason string) found {
	return found{typ: typ, value: value, confidence: confidence, reason: reason}
}

// residentID takes what has the date of birth of a resident identity number. One
// with a wrong check digit was misread or is something else: it is an account.
func (n *number) residentID(c context) found {
	d := n.digits
	cued := c.any(topic(IDCard), topic(Permit))
	switch {
	case entity.IsResidentID(d):
		return yes(IDCard, d, 0.99, "date of birth and check digit of a resident identity number")
	case len(d) == 18 && d[0] != '0' && isDay(d[6:14]) && c.is(order):
	case len(d) == 18 && d[0] != '0' && isDay(d[6:14]) && cued:
		return yes(Account, d, 0.85, "cue and date of birth of a resident identity number, but its check digit is wrong")
	case len(d) == 18 && d[0] != '0' && isDay(d[6:14]) && !c.any(card):
		return yes(Account, d, 0.6, "date of birth of a resident identity number, but its check digit is wrong")
	case len(d) == 15 && d[0] >= '1' && d[0] <= '8' && isDay("19"+d[6:12]) && !entity.Luhn(d):
		if cued {
			return yes(IDCard, d, 0.85, "cue and form of an old resident identity number")
		}
		if c.chinese && !c.is(order, card) {
			return yes(IDCard, d, 0.55, "form of an old resident identity number")
		}
	case cued && 8 <= len(d) && len(d) <= 18 && !c.is(phone, card, topic(Permit)):
		return yes(Account, d, 0.7, "cue of an identity number, but no form of one")
	}
	return found{}
}

// isDay reports whether t is a day from 1900 to 2099: 19900307.
func isDay(t string) bool {
	_, err := time.Parse("20060102", t)
	return err == nil && (t[:2] == "19" || t[:2] == "20")
}

func (n *number) creditCode(c context) found {
	if len(n.digits) == 18 && c.any(topic(CreditCode)) && isCreditCode(n.digits) {
		return yes(CreditCode, n.digits, 0.98, "cue and check character of a credit code")
	}
	return found{}
}

func (n *number) bankCard(c context) found {
	d := n.digits
	if len(d) < 12 || len(d) > 19 || strings.HasSuffix(d, "x") || n.plus {
		return found{}
	}
	cued := c.any(card, topic(Account))
	luhn := entity.Luhn(d)
	issuer := isIssuer(d)
	switch {
	case c.is(order) && !(luhn && issuer && len(n.parts) > 1), c.is(phone) && len(d) < 14:
		return found{}
	case cued && luhn && issuer:
		return yes(BankCard, d, 0.98, "cue, prefix and check digit of a card")
	case cued && c.any(card) && (issuer || luhn || strings.IndexByte("3456", d[0]) >= 0):
		return yes(BankCard, d, 0.9, "cue, and prefix or check digit of a card")
	case cued && c.any(card):
		return yes(Account, d, 0.8, "cue of a card, but neither prefix nor check digit of one")
	case luhn && issuer && len(d) >= 15:
		return yes(BankCard, d, 0.9, "prefix and check digit of a card")
	case strings.HasPrefix(d, "62") && len(d) >= 16:
		return yes(BankCard, d, 0.8, "prefix of UnionPay")
	case len(d) == 16 && fours(n.parts) && isIssuer(d):
		return yes(BankCard, d, 0.7, "prefix and groups of a card")
	case luhn && issuer:
		return yes(BankCard, d, 0.6, "prefix and check digit of a card")
	}
	return found{}
}

// isIssuer reports whether a number begins and is as long as those that issuers
// give: UnionPay, Visa, Mastercard, American Express, Diners, Discover, JCB.
func isIssuer(d string) bool {
	two := int(d[0]-'0')*10 + int(d[1]-'0')
	switch {
	case d[0] == '4':
		return len(d) == 13 || len(d) == 16 || len(d) == 19
	case two == 34 || two == 37:
		return len(d) == 15
	case two == 30 || two == 36 || two == 38 || two == 39:
		return len(d) == 14 || len(d) == 16
	case two == 35, two == 22, two == 23, two == 24, two == 25, two == 26, two == 27, 51 <= two && two <= 55:
		return len(d) == 16
	case d[:4] == "2131" || d[:4] == "1800":
		return len(d) == 15
	}
	return d[0] == '6' && len(d) >= 16
}

func fours(parts []int) bool {
	for _, p := range parts {
		if p != 4 {
			return false
		}
	}
	return true
}

func (n *number) social(c context) found {
	d := n.digits
	if len(d) != 9 || d[:3] == "000" || d[3:5] == "00" || d[5:] == "0000" {
		return found{}
	}
	cued := c.any(topic(SSN))
	grouped := len(n.parts) == 3 && n.parts[0] == 3 && n.parts[1] == 2
	switch {
	case cued:
		return yes(SSN, d, 0.97, "cue and length of a social security number")
	case grouped && n.marks == "--" && !c.any(phone, calling, topic(DriverLicense)):
		return yes(SSN, d, 0.85, "groups of a social security number")
	}
	return found{}
}

// ending reads "尾号1234", "last four are 1234". The value begins with "…".
func (n *number) ending(c context) found {
	if !c.any(lastFour) || len(n.digits) < 3 || len(n.digits) > 6 || c.is(order) {
		return found{}
	}
	typ := BankCard
	if isYear(n.digits) && !c.any(card, phone, topic(Account)) {
		return found{} // a contract ending 2025
	}
	switch {
	case c.any(phone):
		typ = Phone
	case c.any(topic(IDCard)):
		typ = IDCard
	case c.any(topic(SSN)):
		typ = SSN
	}
	return yes(typ, "…"+n.digits, 0.8, "cue of a number's last digits")
}

// cuedLengths are the digits that numbers have which only a cue tells.
var cuedLengths = map[topic]struct{ least, most int }{
	topic(Secret): {3, 8}, topic(QQ): {5, 11}, topic(WeChat): {5, 11}, topic(Account): {5, 20}, topic(Passport): {7, 9}, topic(Permit): {7, 12},
	topic(DriverLicense): {5, 18}, topic(CreditCode): {15, 18}, topic(IBAN): {10, 24}, topic(SSN): {9, 9}, zip: {4, 9},
}

func (n *number) cued(c context) found {
	for i, t := range c.topics {
		if c.money || i > 0 && !c.answer {
			break
		}
		if f := n.cuedBy(t); f.confidence > 0 {
			return f
		}
	}
	return found{}
}

func (n *number) cuedBy(first topic) found {
	bounds, ok := cuedLengths[first]
	typ := Type(first)
	if first == zip {
		typ = Address
	}
	switch {
	case (first == zip || first == topic(Secret)) && strings.Contains(n.marks, "."):
		return found{}
	case !ok || len(n.digits) < bounds.least || len(n.digits) > bounds.most, first == topic(Secret) && len(n.parts) > 3:
		return found{}
	case first == topic(Secret) && strings.HasSuffix(n.digits, "000"):
		return found{} // more likely an amount
	case first == topic(Secret) && isYear(n.digits):
		return yes(typ, n.digits, 0.5, "cue; may be a year")
	}
	return yes(typ, n.digits, 0.85, "cue of "+article(first))
}

func isYear(d string) bool {
	return len(d) == 4 && (strings.HasPrefix(d, "19") || strings.HasPrefix(d, "20"))
}

// article names a topic in a sentence.
func article(t topic) string {
	switch t {
	case zip:
		return "a postcode"
	case topic(Account), topic(IBAN):
		return "an " + strings.ReplaceAll(string(t), "_", " ")
	case topic(Secret):
		return "a code or password"
	}
	return "a " + strings.ReplaceAll(string(t), "_", " ")
}

// isCreditCode checks the last character of a unified social credit code
// (GB 32100-2015), in small letters.
func isCreditCode(t string) bool {
	const alphabet = "0123456789abcdefghjklmnpqrtuwxy"
	if len(t) != 18 {
		return false
	}
	sum, weight := 0, 1
	for i := range 17 {
		v := strings.IndexByte(alphabet, t[i])
		if v < 0 {
			return false
		}
		sum += v * weight
		weight = weight * 3 % 31
	}
	return strings.IndexByte(alphabet, t[17]) == (31-sum%31)%31
}
