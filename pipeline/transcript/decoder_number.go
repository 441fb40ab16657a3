package transcript

import "time"

// number reads a whole number into the decoder's memory.
func (d *Decoder) number(into **int64) bool {
	n, ok := d.whole()
	d.numbers = append(d.numbers, n)
	*into = &d.numbers[len(d.numbers)-1]
	return ok
}

func (d *Decoder) small(into *int) bool {
	n, ok := d.whole()
	*into = int(n)
	return ok
}

// whole reads a whole number of at most 18 digits, as JSON writes them.
func (d *Decoder) whole() (int64, bool) {
	negative := d.skip('-')
	start := d.at
	n := int64(0)
	for c := d.peek(); c >= '0' && c <= '9'; c = d.peek() {
		if d.at-start == 18 {
			return 0, false
		}
		n = 10*n + int64(c-'0')
		d.at++
	}
	digits := d.at - start
	if c := d.peek(); digits == 0 || digits > 1 && d.text[start] == '0' || c == '.' || c == 'e' || c == 'E' {
		return 0, false
	}
	if negative {
		return -n, n != 0
	}
	return n, true
}

// clock reads a time such as 2025-03-01T09:30:00.25+08:00.
func (d *Decoder) clock(into *time.Time) bool {
	var s string
	if !d.str(&s) || len(s) < len("2006-01-02T15:04:05Z") || s[4] != '-' || s[7] != '-' || s[10] != 'T' || s[13] != ':' || s[16] != ':' {
		return false
	}
	year, ok1 := digits(s[0:4])
	month, ok2 := digits(s[5:7])
	day, ok3 := digits(s[8:10])
	hour, ok4 := digits(s[11:13])
	minute, ok5 := digits(s[14:16])
	second, ok6 := digits(s[17:19])
	if !(ok1 && ok2 && ok3 && ok4 && ok5 && ok6) || month < 1 || month > 12 || day < 1 || day > 28 && day > daysIn(year, month) ||
		hour > 23 || minute > 59 || second > 59 {
		return false
	}
	nanos, rest, ok := fraction(s[19:])
	zone := d.zone(rest)
	if !ok || zone == nil {
		return false
	}
	*into = time.Date(year, time.Month(month), day, hour, minute, second, nanos, zone)
	return true
}

func daysIn(year, month int) int {
	return time.Date(year, time.Month(month)+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

// fraction reads the part of a second, if there is one: nanoseconds.
func fraction(s string) (nanos int, rest string, ok bool) {
	if s == "" || s[0] != '.' {
		return 0, s, true
	}
	n := 1
	for n < len(s) && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	if n == 1 || n > 10 {
		return 0, s, false
	}
	nanos, ok = digits(s[1:n])
	for i := n; i < 10; i++ {
		nanos *= 10
	}
	return nanos, s[n:], ok
}

// zone is the zone of Z, +hh:mm or -hh:mm; nil when it is none of them.
func (d *Decoder) zone(s string) *time.Location {
	if s == "Z" {
		return time.UTC
	}
	if len(s) != 6 || s[0] != '+' && s[0] != '-' || s[3] != ':' {
		return nil
	}
	hours, ok1 := digits(s[1:3])
	minutes, ok2 := digits(s[4:6])
	if !ok1 || !ok2 || hours > 23 || minutes > 59 {
		return nil
	}
	east := 60 * (60*hours + minutes)
	if s[0] == '-' {
		east = -east
	}
	zone := d.zones[east]
	if zone == nil {
		if d.zones == nil {
			d.zones = map[int]*time.Location{}
		}
		zone = time.FixedZone("", east)
		d.zones[east] = zone
	}
	return zone
}

func digits(s string) (int, bool) {
	n := 0
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		n = 10*n + int(s[i]-'0')
	}
	return n, true
}
