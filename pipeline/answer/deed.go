package answer

import (
	"regexp"
	"strings"
)

var (
	// done are words of having done something for the customer, and noted those of
	// what agents do before they answer.
	done = newPattern("", `(?:已经|已|刚刚|刚)(?:帮|给|为|替|把)?.{0,12}(?:了|好|成|完|生效|开通|提交|取消)|(?:帮|给|为|替)(?:您|你).{0,10}(?:成|掉|过|了)|^.{1,4}好了|都(?:取消|退|改|换|关)`,
		`\b(?:i've|i have|we've|we have)(?: just| now| already| also)? \w+|^(?:all )?done\b|\b\w+ed (?:it|that|this|them)? ?for you\b|(?:\bis|\bare|'s|\bhas been|\bhave been)(?: now| all| already)? \w+ed\b.*\b(?:now|for you|already)\b|^all \w+ed\b`)
	noted = newPattern("查到|看到|收到|找到|核对|核实|核验|验证|通过|了解|明白|听到|听懂|知道|记下|查了|看了|说了|讲了|告诉", "",
		`\b(?:i've|i have|we've|we have)(?: just| now| already| also)? (?:got|checked|found|seen|looked|noted|verified|received|read|heard|understood|no|a|an|the|to|been|told)\b`)
	// deedHan finds the Chinese verb of what was done, and emptyDeeds are those that
	// say nothing of it.
	deedHan    = regexp.MustCompile(`(?:帮|给|为|替)(?:您|你)(?:都|也|先|重新|已经)?(\p{Han})|^(\p{Han})好了`)
	emptyDeeds = "办处做弄查提说看发把您了"
)

// does reports whether the agent did what the solution says, instead of saying it.
func (c *comparison) does() bool {
	for i := range c.said {
		p := &c.said[i]
		if !p.off && !p.asks && p.leaf && done.in(p.text) && !noted.in(p.text) && !isNegative(p.text) && c.isDeed(p) {
			return true
		}
	}
	return false
}

// isDeed reports whether what was done is what the solution says: two terms are its,
// or one that is half of the part or was asked for, or a Chinese verb; or what was
// asked for, where the solution speaks of that.
func (c *comparison) isDeed(p *saidPart) bool {
	shared := countIn(p.terms, c.all)
	wanted := countIn(p.terms, c.ask().terms)
	switch {
	case shared >= leastBoth, shared > 0 && (wanted > 0 || 2*shared >= len(p.terms)):
		return true
	case p.direct && c.ask().wish && wanted > 0 && 2*countIn(c.ask().terms, c.all) >= len(c.ask().terms):
		return true
	}
	verb := deedHan.FindStringSubmatch(p.text)
	return verb != nil && strings.Contains(c.folded, verb[1]+verb[2]) && !strings.Contains(emptyDeeds, verb[1]+verb[2])
}
