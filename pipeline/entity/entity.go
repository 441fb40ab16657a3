// Package entity finds what texts name in figures, in Chinese and in English,
// written or spoken: numbers, amounts of money, percentages, dates, times, and
// the numbers by which people, things and accounts are known.
//
// It works on the folded form of a text (transcript.Fold), in time linear in the
// text's length, and knows nothing of who said it. One file is one family.
package entity

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// Type is what an entity is.
type Type string

// The types of entities, with what Entity.Text is.
const (
	// Number is a quantity: digits, Chinese numerals, English words, also those of
	// amounts and percentages. Ordinals, the articles 一个 and "one", and figures
	// within dates, times and identifiers are none. Signs are not read.
	Number Type = "number"
	// Amount is an amount of money. A dollar is taken for USD, a pound for GBP.
	Amount  Type = "amount"
	Percent Type = "percent" // Value is of 100: 3.5 % is 3.5
	// Date is a day, month or year in the form of ISO 8601: 2025-01-05, 2025-01,
	// 2025; without a year that is known --01-05.
	Date        Type = "date"
	Time        Type = "time"         // 14:05
	Phone       Type = "phone"        // digits, with + and the country's code if said; +86 is left out
	Email       Type = "email"        // small letters
	IDCard      Type = "id_card"      // resident identity number (checked) or US social security number
	BankCard    Type = "bank_card"    // digits
	OrderNumber Type = "order_number" // of orders, cases, bookings, parcels: letters and digits
	Plate       Type = "plate"        // of a Chinese vehicle
	Postcode    Type = "postcode"     // Chinese, British or US
	URL         Type = "url"
)

// Types lists all types.
var Types = []Type{Number, Amount, Percent, Date, Time, Phone, Email, IDCard, BankCard, OrderNumber, Plate, Postcode, URL}

// Numeric reports whether entities of the type have a Value rather than a Text.
func (t Type) Numeric() bool { return t == Number || t == Amount || t == Percent }

// Entity is a place in a folded text with what it means.
type Entity struct {
	Start, End int     // bytes of the folded text
	Value      float64 // of numeric types
	Currency   string  // ISO 4217, of amounts; "" when none was said
	// Text is the normalised form of all other types; "" is a date that depends
	// on a day that is not known, such as tomorrow.
	Text string
}

// Find returns the entities of a type in a folded text, in order, none
// overlapping another. Now is when it was said: what today means; the zero time
// is unknown.
func Find(text string, t Type, now time.Time) []Entity {
	s := &scan{text: text, now: now}
	return s.find(t)
}

// scan is one text with what several families need of it.
type scan struct {
	text    string
	now     time.Time
	read    bool // numerals
	looked  bool // for figures
	figured bool // some were found
	figures []numeral
	longest int // see cluster; 0 until asked for
	found   map[Type][]Entity
}

// find looks for a type once. The result is shared and must not be changed.
func (s *scan) find(t Type) []Entity {
	found, ok := s.found[t]
	if !ok {
		found = s.look(t)
		if s.found == nil {
			s.found = map[Type][]Entity{}
		}
		s.found[t] = found
	}
	return found
}

func (s *scan) look(t Type) []Entity {
	if !s.looked {
		s.looked, s.figured = true, hasFigures(s.text)
	}
	if t != Email && t != URL && !s.figured {
		return s.withoutFigures(t)
	}
	switch t {
	case Number:
		return apart(s.numbers())
	case Amount:
		return apart(s.amounts())
	case Percent:
		return apart(s.percents())
	case Date:
		return apart(s.dates())
	case Time:
		return apart(s.times())
	case Phone:
		return apart(s.phones())
	case Email:
		return apart(s.emails())
	case IDCard:
		return apart(s.idCards())
	case BankCard:
		return apart(s.bankCards())
	case OrderNumber:
		return apart(s.orderNumbers())
	case Plate:
		return apart(s.plates())
	case Postcode:
		return apart(s.postcodes())
	}
	return apart(s.urls())
}

// withoutFigures finds the dates and times that are named by words alone, and
// figures that are spelled in English.
func (s *scan) withoutFigures(t Type) []Entity {
	switch t {
	case Date:
		return apart(s.dates())
	case Time:
		return apart(s.times())
	case Percent:
		if strings.Contains(s.text, "百分") {
			return apart(s.percents())
		}
	}
	return nil
}

// cluster is the most digits that stand together with nothing between them but
// what groups digits: most texts have no number long enough to be a phone's.
func (s *scan) cluster() int {
	if s.longest > 0 {
		return s.longest
	}
	s.longest = 1
	digits, gap := 0, 0
	for i := range len(s.text) {
		switch c := s.text[i]; {
		case isDigit(c):
			digits, gap = digits+1, 0
			s.longest = max(s.longest, digits)
		case strings.IndexByte(" -.()x", c) < 0 || gap == 2:
			digits, gap = 0, 0
		default:
			gap++
		}
	}
	return s.longest
}

// hasFigures reports whether there may be a figure: a digit, a Chinese numeral
// or an English number word.
func hasFigures(text string) bool {
	for i, r := range text {
		if '0' <= r && r <= '9' || r >= 0x3007 && isHanNumeral(r) {
			return true
		}
		if 'a' <= r && r <= 'z' && startsWord(text, i) && englishNumbers[word(text[i:])] != (english{}) {
			return true
		}
	}
	return false
}

// apart orders entities and drops those that overlap one before them; of those
// that begin together the longest stays.
func apart(list []Entity) []Entity {
	slices.SortStableFunc(list, func(a, b Entity) int { return cmp.Or(a.Start-b.Start, b.End-a.End) })
	end := 0
	return slices.DeleteFunc(list, func(e Entity) bool {
		if e.Start < end {
			return true
		}
		end = e.End
		return false
	})
}

// without drops the entities that overlap one of the others. Both are in order.
func without(list, others []Entity) []Entity {
	return slices.DeleteFunc(list, func(e Entity) bool {
		i, _ := slices.BinarySearchFunc(others, e.Start+1, func(o Entity, at int) int { return cmp.Compare(o.End, at) })
		return i < len(others) && others[i].Start < e.End
	})
}
