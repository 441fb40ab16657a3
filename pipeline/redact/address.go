package redact

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"assay/pipeline/entity"
)

// addresses looks for the obvious forms of addresses.
func (t *turn) addresses() {
	if t.chinese {
		t.chineseAddresses()
	}
	t.streets()
	t.postBoxes()
	t.cuedAddress()
	for _, e := range entity.FindEach(t.text, entity.Postcode)[entity.Postcode] {
		t.add(e.Start, e.End, Address, e.Text, 0.75, "form of a postcode")
	}
}

const zhNumber = `[0-9a-z一二三四五六七八九十百零〇幺-]{1,8}`

// houseMore is what goes on behind a house's number.
var houseMore = regexp.MustCompile(`^[ ,，、]{0,2}(?:[\p{Han}a-z0-9]{0,8}?(?:小区|花园|公寓|大厦|广场|家园|苑|城|中心|[东西南北中]区|期))?[ ,，]?` + zhNumber + ` ?(?:号楼|号院|号|弄|栋|幢|座|单元|层|楼|室|户|房)`)

// flat is the bare number of a flat at the end.
var flat = regexp.MustCompile(`^ ?-?[0-9一二三四五六七八九零幺]{3,4}(?:室|号|房)?`)

// region is the beginning of an address by its regions: 浙江省杭州市西湖区.
var region = regexp.MustCompile(`[\p{Han}]{2,7}?(?:省|自治区|市)[\p{Han}]{1,7}?(?:市|区|县|州|旗)(?:[\p{Han}]{1,8}?(?:镇|乡|街道|村|区|县))?(?:[\p{Han}]{1,8}?(?:路|街|大道|巷|胡同))?`)

func (t *turn) chineseAddresses() {
	end := 0
	for at := [2]int{}; ; {
		if at = nextHouse(t.text, max(at[1], end)); at[1] == 0 {
			break
		}
		start := t.regionsBefore(at[0], end)
		end = at[1]
		for range 6 {
			m := houseMore.FindStringIndex(t.text[end:])
			if m == nil {
				break
			}
			end += m[1]
		}
		if m := flat.FindStringIndex(t.text[end:]); m != nil && (end+m[1] == len(t.text) || !isDigit(t.text[end+m[1]])) {
			end += m[1]
		}
		if strings.HasPrefix(t.text[end:], "线") {
			continue // 地铁2号线
		}
		if street := t.text[start:at[0]]; runes(street) < 1 && !isDigit(t.text[at[0]]) {
			continue
		}
		confidence := 0.75
		if slices.Contains(t.topicsBefore(start), topic(Address)) || t.asked == topic(Address) {
			confidence = 0.95
		}
		t.add(start, end, Address, strings.ReplaceAll(t.text[start:end], " ", ""), confidence, "street and house number")
	}
	for _, c := range t.cues {
		if c.topic == topic(Address) {
			t.regionBehind(c.end)
		}
	}
	if t.asked == topic(Address) {
		t.regionBehind(0)
	}
}

// regionBehind takes the regions behind a cue.
func (t *turn) regionBehind(at int) {
	window := t.text[at:min(len(t.text), at+120)]
	m := region.FindStringIndex(window)
	if m == nil || m[0] > 24 {
		return
	}
	start := at + m[0]
	if i := strings.LastIndexAny(t.text[start:start+min(m[1]-m[0], 24)], "是在我于为住到址就，,"); i >= 0 {
		_, n := utf8.DecodeRuneInString(t.text[start+i:])
		start += i + n
	}
	t.add(start, at+m[1], Address, t.text[start:at+m[1]], 0.8, "regions behind a cue of an address")
}

// mostRegions bounds what stands before a house number, in characters.
const mostRegions = 28

// regionsBefore goes back over the names of regions and streets before a place,
// to a word that is none.
func (t *turn) regionsBefore(at, floor int) int {
	start := at
	for range mostRegions {
		r, n := utf8.DecodeLastRuneInString(t.text[floor:start])
		if n == 0 || !isHan(r) && !(isDigit(byte(r)) && r < 0x80) && !isLetter(byte(min(r, 127))) || strings.ContainsRune("是在到住址我的给去寄您你他她请把往送为有个家离从", r) {
			break
		}
		start -= n
	}
	for _, lead := range []string{"位于", "收货", "改成", "以及", "还有"} {
		if i := strings.LastIndex(t.text[start:at], lead); i >= 0 {
			start += i + len(lead)
		}
	}
	return start
}

const (
	unitWords = `(?:apt|apartment|suite|ste|unit|flat|room|rm|building|bldg|floor|no)\.? ?#? ?[0-9a-z]{1,6}\b|# ?[0-9a-z]{1,5}\b`
	usStates  = `al|ak|az|ar|ca|co|ct|de|fl|ga|hi|ia|id|il|in|ks|ky|la|ma|md|me|mi|mn|mo|ms|mt|nc|nd|ne|nh|nj|nm|nv|ny|oh|ok|or|pa|ri|sc|sd|tn|tx|ut|va|vt|wa|wi|wv|wy`
)

var (
	unit      = regexp.MustCompile(`\b(?:apt|apartment|suite|ste|flat)\.? ?#? ?[0-9]{1,5}[a-z]?\b`)
	postBox   = regexp.MustCompile(`\bp\.? ?o\.? ?box ?[0-9]{1,7}\b|\b(?:psc|unit|cmr) [0-9]{1,6},? box [0-9]{1,6}|\b(?:apo|fpo|dpo) a[aep] [0-9]{5}(?:-[0-9]{4})?\b`)
	moreUnit  = regexp.MustCompile(`^[,\n ]{0,4}(?:` + unitWords + `)`)
	moreBlock = regexp.MustCompile(`^(?:[,.\n >?]{1,8}\p{L}[\p{L}.'() -]{1,30}?){1,3}?[\n ,>?]{1,8}[0-9]{4,6}\b`)
	other     = regexp.MustCompile(`\b[0-9]{1,6} (?:[0-9]{1,4} )?(?:[\p{L}.'-]{2,24} ){1,4}[0-9]{1,4}[a-z]?\b\.?[,\n >?]{1,6}(?:apt|suite|unit|flat)\.? ?[0-9]{1,5}\b`)
	morePlace = regexp.MustCompile(`^[,\n ]{1,4}(?:\p{L}[\p{L}'.-]{1,20} ?){1,3},[\n ]{0,3}(?:` + usStates + `)\b(?: [0-9]{5}(?:-[0-9]{4})?\b)?`)
	moreZIP   = regexp.MustCompile(`^[,\n ]{1,4}(?:(?:` + usStates + `) )?[0-9]{5}(?:-[0-9]{4})?\b`)
	stateZIP  = regexp.MustCompile(`\b(?:` + usStates + `|nan),?[ \n]{1,6}[0-9]{5}(?:-[0-9]{4})?\b`)
)

// streetWords are words for streets.
var streetWords = wordSet(`street st avenue ave road rd lane ln drive dr boulevard blvd court ct way place square sq terrace parkway pkwy highway hwy crescent close row gardens trail alley mews
	grove circle cir streets avenues roads`)

// streets reads 1668 Glyn St, Suite 4, Springfield, IL 62704.
func (t *turn) streets() {
	for i := 0; i < len(t.text); {
		n := letters(t.text[i:])
		if n == 0 {
			i++
			continue
		}
		if w := t.text[i : i+n]; streetWords[w] && !glued(t.text, i) && !glued(t.text, i+n) {
			if start := t.houseBefore(i, i+n); start < i {
				end := t.addressMore(i + n)
				t.add(start, end, Address, t.text[start:end], 0.8, "house number and street")
			}
		}
		i += n
	}
	if strings.Contains(t.text, "apt") || strings.Contains(t.text, "suite") || strings.Contains(t.text, "flat") || strings.Contains(t.text, "ste ") || strings.Contains(t.text, "apartment") || strings.Contains(t.text, "unit ") {
		t.flats()
	}
	t.stateZIPs()
}

// stateZIPs looks for states with their postcode, at each five digits: a regular
// expression over all of the text takes long where there are many digits.
func (t *turn) stateZIPs() {
	for i := 0; i+5 <= len(t.text); i++ {
		if !isDigit(t.text[i]) || i > 0 && isDigit(t.text[i-1]) || !hasDigits(t.text[i:i+5], 5) {
			continue
		}
		word := strings.TrimRight(t.text[max(0, i-len(",\n\n\n\n\n\n")):i], " \n,")
		if len(word) == 0 || !isLetter(word[len(word)-1]) {
			continue
		}
		start := max(0, i-len(",\n\n\n\n\n\n")) + len(word)
		if start < 2 || !isLetter(t.text[start-2]) || start > 3 && isLetter(t.text[start-3]) && isLetter(t.text[start-4]) {
			continue // no word of two or three letters
		}
		for start > 0 && isLetter(t.text[start-1]) && i-start < len(",\n\n\n\n\n\n")+len("nan") {
			start--
		}
		m := stateZIP.FindStringIndex(t.text[start:min(len(t.text), i+len("62704-0000")+1)])
		if m == nil || m[0] > 0 || start > 0 && isWord(t.text[start-1]) {
			continue
		}
		if source := t.source(start, start+m[1]); unicode.IsUpper(rune(source[0])) && unicode.IsUpper(rune(source[1])) {
			t.add(start, start+m[1], Address, t.text[start:start+m[1]], 0.7, "state and postcode")
		}
	}
}

// hasDigits reports whether n digits stand together.
func hasDigits(text string, n int) bool {
	row := 0
	for i := range len(text) {
		if row++; !isDigit(text[i]) {
			row = 0
		}
		if row == n {
			return true
		}
	}
	return false
}

func (t *turn) flats() {
	for _, at := range other.FindAllStringIndex(t.text, -1) {
		end := t.addressMore(at[1])
		t.add(at[0], end, Address, t.text[at[0]:end], 0.75, "house number, name and flat")
	}
	for _, at := range unit.FindAllStringIndex(t.text, -1) {
		t.add(at[0], at[1], Address, t.text[at[0]:at[1]], 0.6, "number of a flat or suite")
	}
}

// mostStreet bounds a street's name with its house number, in bytes.
const mostStreet = 110

var houseNumber = regexp.MustCompile(`^[0-9]{1,6}[a-z]?,?$`)

// houseBefore is where the house number of a street begins whose last word is at
// [at, end); at when there is none.
func (t *turn) houseBefore(at, end int) int {
	head := t.text[max(0, at-mostStreet):at]
	head = head[strings.LastIndexByte(head, '\n')+1:]
	start, name := len(head), 0
	for {
		rest := strings.TrimRight(head[:start], " ")
		i := strings.LastIndexByte(rest, ' ') + 1
		w := rest[i:]
		house := houseNumber.MatchString(w) || saidNumbers[w]
		switch {
		case w == "":
			return at
		case name > 0 && house:
			begin := at - len(head) + i
			if saidNumbers[w] {
				return t.saidHouse(at-len(head), rest[:i], begin, at, end)
			}
			if glued(t.text, begin) || ambiguous[t.text[at:end]] && !t.capital(at) {
				return at
			}
			return t.moreHouses(at-len(head), rest[:i], begin)
		case name == 5, notInStreets[strings.Trim(w, ".,")], strings.HasSuffix(w, ".") && len(w) > 5, strings.ContainsAny(w, "?!;:"):
			return at
		}
		start, name = i, name+1
	}
}

// moreHouses takes one more number before a house number: 17151 2450, 78 - 80.
func (t *turn) moreHouses(base int, head string, begin int) int {
	rest := strings.TrimRight(head, " -")
	i := strings.LastIndexByte(rest, ' ') + 1
	if houseNumber.MatchString(rest[i:]) && !strings.HasSuffix(rest, ",") && !glued(t.text, base+i) && len(head)-len(rest) <= 3 {
		return base + i
	}
	return begin
}

// saidHouse is where a house number begins whose last word was said, at when it is
// none: one way street, two main roads.
func (t *turn) saidHouse(base int, head string, begin, at, end int) int {
	words := 1
	for {
		rest := strings.TrimRight(head, " ")
		i := strings.LastIndexByte(rest, ' ') + 1
		if !saidNumbers[rest[i:]] {
			break
		}
		head, begin = rest[:i], base+i
		words++
	}
	asked := t.asked == topic(Address) || t.asked == zip
	if ambiguous[t.text[at:end]] && !asked || words == 1 && !asked && saidSigns[t.text[begin:begin+letters(t.text[begin:])]] != "" {
		return at
	}
	return begin
}

// saidNumbers are words of house numbers that were said.
var saidNumbers = wordSet(`one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety oh zero hundred`)

// addressMore is where an address that was read up to a place ends.
func (t *turn) addressMore(end int) int {
	for _, re := range []*regexp.Regexp{moreUnit, morePlace, moreZIP, moreBlock} {
		if m := re.FindStringIndex(t.text[end:min(len(t.text), end+110)]); m != nil {
			end += m[1]
		}
	}
	return end
}

// notInStreets are words that no street's name has: 3 days on the road.
var notInStreets = wordSet(`a an the is are was were i you we they he she it and or to for of in on at by with from this that my your our per people persons nights days day
	hours hour minutes minute min mins miles mile km pm am o'clock stars star more than till until tickets please would will can need want way guests reservation dollars pounds`)

// ambiguous are words for streets that are other words, too, unless they have a capital.
var ambiguous = wordSet(`way close court place row square circle drive dr st ct terrace grove gardens`)

func (t *turn) postBoxes() {
	if !strings.Contains(t.text, "box") && !strings.Contains(t.text, "po ") {
		return
	}
	for _, at := range postBox.FindAllStringIndex(t.text, -1) {
		t.add(at[0], at[1], Address, t.text[at[0]:at[1]], 0.85, "post box")
	}
}

// behindCue is an address behind its cue whose street has no word for street:
// address: 450 Præstevænget 15, København V.
var behindCue = regexp.MustCompile(`^(?: is| are|:|,|\?| user:| to| at| with| for you| please)*[ \n]*((?:[0-9]{1,6}[a-z]? )?(?:\p{L}[\p{L}'.-]*,? ){1,4}[0-9]{1,5}[a-z]?\b\.?|[0-9]{1,6} (?:\p{L}[\p{L}'.-]*,? ?){1,3})`)

func (t *turn) cuedAddress() {
	for i, c := range t.cues {
		if c.topic != topic(Address) || c.end >= len(t.text) || i+1 < len(t.cues) && t.cues[i+1].start-c.end < 3 {
			continue
		}
		m := behindCue.FindStringSubmatchIndex(t.text[c.end:min(len(t.text), c.end+120)])
		if m == nil {
			continue
		}
		start, end := trimmed(t.text, c.end+m[2], c.end+m[3])
		words := strings.Fields(t.text[start:end])
		if !isDigit(t.text[start]) && !t.capital(start) || strings.HasPrefix(t.text[end:], ":") {
			continue
		}
		if slices.ContainsFunc(words, func(w string) bool { return notInStreets[strings.Trim(w, ".,")] }) || len(words) < 2 {
			continue
		}
		end = t.addressMore(end)
		t.add(start, end, Address, t.text[start:end], 0.75, "behind a cue of an address")
	}
}

// wordSet is the set of the words of a text.
func wordSet(text string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(text) {
		set[w] = true
	}
	return set
}
