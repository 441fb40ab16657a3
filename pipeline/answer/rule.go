package answer

import "strings"

// aim is what a part of a solution tells agents not to do or not to ask for.
type aim int8

const (
	says    aim = iota // it tells how things are
	forbids            // what must not be done
	waives             // what nobody need do or bring
)

// rule is a clause of the solution that forbids or waives something, or that says
// that nothing is promised.
type rule struct {
	*part
	aim     aim
	object  map[string]bool // terms of what is forbidden or waived
	verb    string          // of an English prohibition: the first of them
	promise bool
}

var (
	forbidding = newPattern("不要让|不让|不许|不准|请勿|切勿|禁止|严禁|不能让|不可让|不要把",
		`不得(?:再|自行)?(?:让|把|要求|承诺|许诺|保证|担保|当场|随意|擅自|向|对|以|拒|推|泄|透)`,
		`\b(?:is|are) (?:not|never) (?:to be )?(?:sent|referred|asked|told|transferred|passed)\b|^(?:and |but |please )?(?:do not|don't|never|avoid)\b|\b(?:must|should|may|shall) (?:not|never)\b|\b(?:and|otherwise|but|please) (?:do not|don't|never|avoid)\b|\bavoid \w+ing\b`)
	waiving = newPattern("无需|无须|毋须|不需|不用|不必|不要求", "",
		`\bno\b.*\b(?:needed|required|necessary)\b|\bno need\b|(?:\bnot|n't)(?: be)? (?:needed|required|necessary)\b|(?:\bnot|n't|\bnever) (?:need|have to|has to|ask|needs)\b|needn't|\bneed not\b`)
	// waived are the words of waiving themselves.
	waived    = newPattern("无需|无须|毋须|不需要|不需|不用|不必|不要求", "", `\b(?:no|not|needed|required|necessary|need|have to|has to|ask|never)\b`)
	demanding = newPattern("需要|得|必须|先|请|麻烦|提供|没|凭|出示|带|要有|了吗|发来|发过来|寄", "",
		`\b(?:need|needs|must|have to|has to|got to|required|without|please|could you|can you|would you|send|bring|provide|show|prove|did you|have you|do you have|didn't you|don't you have)\b|\byou'(?:d|ll) have to\b`)
	// sending are words of sending somebody elsewhere, redirecting how agents do it,
	// and ourselves how they go there instead of the customer.
	sending     = newPattern("找|联系|打电话|拨打|再打|咨询|问|投诉", "", `\b(?:contact|call|ring|phone|ask|go|speak|talk|write|send|sent|refer|referred|direct|directed|transfer|transferred|pass|passed)\b`)
	redirecting = newPattern("",
		`(?:自己|自行|直接)(?:去|再)?(?:找|联系|打|拨打|问|咨询|投诉|跟|和)|(?:您|你)(?:就|只能|得|还是)?(?:自己|直接|自行)?(?:去|先|得|再|可以|要)?(?:找|打|问|联系|咨询)|^(?:去|得|要|请)?(?:找|联系|打|问)`,
		`(?:^|\bplease |\byou(?:'d|'ll)? (?:(?:need|have|would have|should|must|can|could|may|might|better) )?(?:to )?(?:just )?|\bjust |\bthen |\btry )(?:contact|call|ring|phone|ask|go to|speak to|speak with|talk to|take it up with|write to|try)\b`)
	ourselves = newPattern("", `我(?:们)?(?:来|去|会|这边|帮|替|马上|现在|已经)?.{0,4}(?:找|打|问|联系|咨询)|(?:帮|给|为|替)(?:您|你)`,
		`\b(?:i|we|i'll|we'll|let me|they|he|she)(?: will| can| am going to| have| already|'m going to)? (?:contact|call|ring|phone|ask|speak|talk|write|try|send|refer|direct|transfer|pass)`)
	elsewhere = newPattern("其他|其它|别的", "", `\b(?:another|other|elsewhere)\b`)
	assuring  = newPattern("百分百|百分之百|100%|保证|承诺|许诺|担保|打包票|绝对|肯定|包过|包退|包赔", `一定(?:能|会|给|可以|退|是|不)`,
		`\b(?:guarantee|guaranteed|promise|promising)\b|\bhundred (?:percent|per cent)\b|100 ?(?:%|percent|per cent)|can't go wrong`)
	notAssuring = newPattern("", `(?:不|没|无)(?:法|能|敢|好|会|做|作|给|是|办法)?[^，。]{0,6}?(?:百分百|百分之百|保证|承诺|许诺|担保|打包票|绝对|肯定|一定)`,
		`(?:\bnot|n't|\bcannot|\bnever|\bno) (?:\w+ ){0,3}?(?:guarantee|promise|100|hundred)`)
	// efforts may be promised.
	efforts = newPattern("", `(?:保证|一定|肯定|承诺|绝对)[^，。]{0,3}(?:帮|尽|跟进|转达|反馈|联系|回复|回电|处理|提醒)`,
		`(?:promise|guarantee)(?: you)?(?: that)? (?:i|we|to)(?:'ll| will)?\b`)
)

func aimOf(text string) aim {
	switch {
	case waiving.in(text):
		return waives
	case forbidding.in(text):
		return forbids
	}
	return says
}

// readRules finds the rules among the clauses of the solution. What it has elsewhere
// is not waived.
func (c *comparison) readRules() {
	plain := map[string]bool{}
	for i := range c.right {
		p := &c.right[i]
		if !p.leaf {
			continue
		}
		p.aim = aimOf(p.text)
		promise := (p.aim == forbids || isNegative(p.text)) && assuring.in(p.text)
		if p.aim != says || promise {
			c.rules = append(c.rules, newRule(p, promise))
			continue
		}
		for t := range p.terms {
			plain[t] = true
		}
	}
	for _, r := range c.rules {
		for t := range plain {
			if r.aim == waives {
				delete(r.object, t)
			}
		}
	}
}

func newRule(p *part, promise bool) rule {
	text := p.text
	if forbidding.latin.MatchString(text) {
		text = text[forbidding.latin.FindStringIndex(text)[1]:]
	}
	text = withoutSigns(demanding.without(waived.without(text)))
	return rule{part: p, aim: p.aim, object: contentTerms(sending.without(text)), verb: firstWord(text), promise: promise}
}

// firstWord is the stem of the English word with content that a text begins with,
// "" of a Chinese text.
func firstWord(text string) string {
	for word := range strings.FieldsFuncSeq(text, notInWord) {
		if hasHan(word) {
			return ""
		}
		if !emptyWords[word] {
			return Stem(word)
		}
	}
	return ""
}

// breaks says how a part of the agent's is what the solution forbids or waives;
// "" when it is not.
func (c *comparison) breaks(said *part) (string, *part) {
	for i := range c.rules {
		if why := said.breaks(&c.rules[i]); why != "" {
			return why, c.rules[i].part
		}
	}
	return "", nil
}

func (p *part) breaks(r *rule) string {
	shared := countIn(p.content, r.object)
	switch {
	case r.promise && !p.asks && assures(p.text):
		return "promised"
	case r.aim == says || aimOf(p.text) != says:
		return ""
	case (shared > 0 || elsewhere.in(r.text)) && p.redirects() && sending.in(r.text):
		return "sent elsewhere"
	case r.aim == waives && shared > 0 && 3*shared >= len(r.object) && demanding.in(p.text):
		return "not needed"
	case r.aim == forbids && !p.asks && (r.verb == "" || p.terms[r.verb]) && shared >= leastBoth && 2*shared >= len(r.object) && !isNegative(p.text):
		return "forbidden"
	}
	return ""
}

// assures reports whether a text promises an outcome.
func assures(text string) bool {
	return assuring.in(text) && !notAssuring.in(text) && !efforts.in(text)
}

// redirects reports whether a part sends the customer to somebody else.
func (p *part) redirects() bool {
	return !p.asks && redirecting.in(p.text) && !ourselves.in(p.text) && !isNegative(p.text)
}
