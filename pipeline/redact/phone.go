package redact

import "strings"

// phone says whether a number is a phone's. Short numbers of services such as
// 10086 belong to nobody.
func (n *number) phone(c context) found {
	d := n.digits
	if len(d) < 7 || strings.HasSuffix(d, "x") || c.money && !n.plus {
		return found{}
	}
	cued := c.any(phone) && !c.is(order, lastFour)
	f := n.phoneForm(c)
	switch {
	case f.confidence == 0 && cued && len(d) <= 16 && !c.is(topic(Secret), topic(Account), zip, topic(QQ), topic(WeChat), topic(BirthDate), card, topic(DriverLicense)):
		return yes(Phone, domestic(d), 0.85, "cue of a phone")
	case f.confidence == 0 && c.is(calling) && !c.any(order, topic(Account), topic(Secret), card) && len(d) <= 13 && (len(n.parts) > 1 || n.said || len(d) <= 11):
		return yes(Phone, domestic(d), 0.7, "cue of a call")
	case f.confidence == 0:
		return found{}
	case cued:
		f.confidence, f.reason = max(f.confidence, 0.97), "cue and "+f.reason
	case c.is(order):
		f.confidence /= 2
	case c.is(topic(Account), topic(Secret), topic(QQ), topic(DriverLicense), topic(SSN), card) && !isMobile(f.value):
		return found{}
	}
	return f
}

// phoneForm tells a phone by its form alone.
func (n *number) phoneForm(c context) found {
	d := domestic(n.digits)
	switch {
	case isMobile(d) && (len(n.parts) <= 4 || n.said):
		return yes(Phone, d, 0.95, "form of a Chinese mobile number")
	case n.plus && 8 <= len(n.digits) && len(n.digits) <= 20:
		return yes(Phone, d, 0.95, "country's code behind +")
	case isLandline(d) && (c.chinese || len(n.parts) > 1):
		if len(n.parts) > 1 || n.said {
			return yes(Phone, d, 0.85, "area code and length of a Chinese landline number")
		}
		return yes(Phone, d, 0.75, "area code and length of a Chinese landline number")
	case len(d) == 10 && (d[:3] == "400" || d[:3] == "800") && c.chinese:
		return yes(Phone, d, 0.4, "form of a service's number")
	case n.northAmerica(d):
		if len(n.parts) > 1 && n.marks != "" {
			return yes(Phone, d, 0.9, "groups of a North American number")
		}
		if len(n.parts) > 2 || n.said {
			return yes(Phone, d, 0.75, "form of a North American number")
		}
	case strings.HasPrefix(d, "00") && len(d) >= 11 && len(n.parts) > 1:
		return yes(Phone, d, 0.8, "country's code behind 00")
	case !c.chinese && d[0] == '0' && d[1] != '0' && (len(d) == 10 || len(d) == 11):
		if len(n.parts) > 1 || n.said || len(d) == 11 {
			return yes(Phone, d, 0.8, "trunk prefix and length of a national number")
		}
	case n.said && !c.chinese && 10 <= len(d) && len(d) <= 11:
		return yes(Phone, d, 0.65, "length of a number that was said")
	}
	return found{}
}

// northAmerica reports whether the digits, and an extension behind x, are such
// as +1 415 555 2671.
func (n *number) northAmerica(d string) bool {
	if i := strings.IndexByte(n.marks, 'x'); i >= 0 && len(n.parts) > 1 {
		d = d[:max(0, len(d)-n.parts[len(n.parts)-1])]
	}
	if len(n.parts) > 1 && !n.said {
		grouped := n.parts[0]
		if grouped == 1 && len(n.parts) > 2 {
			grouped = n.parts[1]
		}
		if grouped != 3 && grouped != 4 {
			return false
		}
	}
	return len(d) == 10 && d[0] >= '2' && d[3] >= '2'
}

// isLandline reports whether digits are a Chinese area code and a number in it.
func isLandline(d string) bool {
	switch {
	case len(d) < 10 || len(d) > 12 || d[0] != '0' || d[1] == '0':
		return false
	case d[1] == '1' || d[1] == '2':
		return (len(d) == 11 || len(d) == 10) && d[3] != '0' && d[3] != '1' && (d[1] == '2' || d[2] == '0')
	}
	return len(d) >= 11 && d[4] != '0' && d[4] != '1'
}

// domestic is a number without the code of China or North America.
func domestic(d string) string {
	for _, code := range []string{"0086", "86", "001", "1"} {
		rest, ok := strings.CutPrefix(d, code)
		if ok && (strings.HasSuffix(code, "86") && isMobile(rest) || strings.HasSuffix(code, "1") && len(rest) == 10 && rest[0] >= '2' && rest[3] >= '2' && !isMobile(d)) {
			return rest
		}
	}
	return d
}
