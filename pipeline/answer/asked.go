package answer

import "strings"

// stance is whether something is so, or will be done, or not; 0 is not known.
type stance int8

const (
	denies  stance = -1
	affirms stance = 1
)

// asked is what the customer put to the agent, as far as a yes or a no answers it.
type asked struct {
	part
	polar    bool // a yes or a no answers it
	wish     bool // asks for something to be done or allowed
	negative bool // is put as something that is not so
	presumed bool // is put as something that is so
	needs    bool // asks whether something is needed
	charged  bool // speaks of what something costs
}

var (
	wishing = newPattern("我要|我想|帮我|给我|替我|麻烦|请你|请您|可以|能|行不行|有没有|赔|退|换|减免|补偿",
		"", `\b(?:can|could|may|might) (?:i|we|you|somebody|someone|my)\b|\b(?:i|we) (?:want|need|would like|wish|demand)\b|\bi'd like\b|\bplease\b|\bis there (?:any|a|an)\b|\bgive (?:me|us|her|him|them|it)\b|\b(?:will|would) you\b|\b(?:can't|cannot|won't)\b`)
	polar = newPattern("吗|吧|是不是|能不能|会不会|有没有|可不可以|行不行|要不要|用不用|对不对|好不好|退不退|赔不赔|意思",
		`(?:不|没有?)? ?[?]$|(?:不|没有?)$`, `^(?:and |so |but |ok |okay |fine |sorry |well |then )*(?:can|could|may|is|are|am|was|were|do|does|did|will|would|should|shall|have|has|can't|couldn't|won't|don't|doesn't|isn't|aren't|didn't)\b|^so\b|\?$`)
	open = newPattern("什么|怎么|哪|谁|多少|几|为啥|为何|凭什么|凭啥|多久|何时|咋|还是",
		"", `\b(?:what|why|how|when|where|who|which)\b`)
	presuming = newPattern("所以|意思|对吧|是吧|对吗|是吗", "^那", `^so\b|\bright ?\?$`)
	needing   = newPattern("需要|用不用|要不要|得先|必须", "要.*(?:吗|吧)", `\b(?:need|needed|have to|has to|must|required|necessary)\b`)
	// politely are denials that ask for what they deny, and halves of A or not A.
	politely = newPattern("为什么不|为何不|怎么不|怎么还没|干嘛不|还没|咋不|凭什么不|何不",
		`(?:了?没有?|不)[?。，!！ ]*$`, `\b(?:can|could|would|will|do|does|did|is|are|should|have|has)n't (?:you|i|we|there|it|they|somebody|someone)\b|\b(?:can|could|would|will) (?:you|i|we) not\b|\bwhy not\b|\bwhy (?:don't|can't|won't|isn't|doesn't|hasn't)\b`)
)

// ask reads what was asked, once.
func (c *comparison) ask() *asked {
	if c.asked == nil {
		c.asked = new(readAsked(c.burst()))
	}
	return c.asked
}

// readAsked reads what the customer said last at once: the last of the sentences
// that ask, or the last one.
func readAsked(text string) asked {
	var a asked
	for _, s := range cut(text, 0, len(text), endsSentence) {
		if sentence := text[s[0]:s[1]]; !a.asks || asks(fold(sentence)) {
			a.text = sentence
			a.asks = asks(fold(sentence))
		}
	}
	a.part = newPart(a.text, 0, len(a.text))
	a.wish = wishing.in(fold(text))
	a.negative = isNegative(politely.without(a.text))
	a.presumed = presuming.in(a.text)
	a.needs, a.charged = needing.in(a.text), charging.in(a.text) && !costless.in(a.text)
	a.polar = polar.in(a.text) && !open.in(strings.TrimSpace(withoutEnglishCases(a.text)))
	return a
}

// claim is what a reply comes to: that what was asked is so, or is not.
func (a *asked) claim(r reply) stance {
	switch {
	case r == noReply:
		return 0
	case r == cannot || r == disowned:
		return denies
	case r == shrug && (a.negative || !a.presumed):
		return denies
	case a.negative && (a.polar || r == murmur || r == yes):
		return denies
	case !a.polar && !(a.wish && r == no), r == murmur:
		return 0
	case r == no:
		return denies
	}
	return affirms
}

// Words of what costs money, and of what does not, which denies those and nothing else.
var (
	charging = newPattern("收费|收钱|要钱|花钱|扣|手续费|自费|掏钱|付费|付钱", "", `\b(?:charge|charges|charged|cost|costs|pay|fee|fees)\b`)
	costless = newPattern("免|不要钱|不花钱", `不(?:另|再|额外|会)?(?:收|加收|收取|扣)(?:任何|额外|其他)?(?:费|手续费|钱|运费)|不用(?:出|花)钱`,
		`\bfree\b|\bno (?:extra |further |additional )?(?:charge|fee|cost)|\bnot charged\b|\bwaived?\b`)
)

// deniedBy reports whether a clause of the solution denies what was asked.
func (a *asked) deniedBy(text string) bool {
	if costless.in(text) {
		return a.charged
	}
	return isNegative(text)
}
