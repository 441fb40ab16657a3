package answer

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// reply is what an agent's words mean as an answer, whatever they say of the matter.
// The later ones weigh more.
type reply int8

const (
	noReply  reply = iota
	murmur         // yes, but only to what the customer puts as known or feared
	yes            // that it is so
	no             // that it is not so
	shrug          // that this is how it is: no to a wish, yes to a fear
	cannot         // that it cannot be done, whatever was asked
	disowned       // that it is no business of ours
)

// replies are those that are a clause by themselves, once what softens them is taken off.
var replies = byText(map[reply]string{
	murmur: "mm|mhm|hm|uh huh|uh-huh|k|ok|okay|i see|嗯|嗯嗯|哦|噢|好|行",
	yes: "yes|yeah|yep|yup|right|that's right|that is right|correct|that's correct|exactly|exactly right|afraid so|indeed|sure|absolutely|certainly|of course|definitely|" +
		"pretty much|more or less|that's about it|you can|you do|it is|it does|it will|they do|they will|we do|we will|there is|" +
		"是|对|没错|可以|能|会|当然|当然可以|当然能|差不多|差不多是这样|差不多这样|是这样|是这个意思|就是这个意思|需要|有",
	no: "no|nope|it isn't|it doesn't|it won't|they don't|they won't|we don't|you don't|there isn't|" +
		"不|不是|没|没有|不会|不能|不可以|不用|不需要|不支持|不给",
	cannot: "can't|cannot|i can't|we can't|you can't|can't do|can't do that|i can't do that|we can't do that|can't help|i can't help|can't help you|afraid not|not possible|no chance|no way|none|" +
		"不行|不可能|没戏|没门|没得商量|无能为力|爱莫能助|没办法|没法",
	shrug: "it is what it is|that's how it is|that's just how it is|that's the way it is|those are the rules|rules are rules|that's the policy|that's our policy|it's policy|terms and conditions|" +
		"就那样|就这样|就是这样|就是那样|差不多就那样|差不多就这样|规定就是这样|规定就这样|规定如此|就是这么规定|就是这个规定|只能这样",
})

func byText(of map[reply]string) map[string]reply {
	out := map[string]reply{}
	for r, texts := range of {
		for text := range strings.SplitSeq(texts, "|") {
			out[text] = r
		}
	}
	return out
}

// Replies that are known by a part of their clause.
var (
	disowning = newPattern("",
		`(?:跟|和|与|同)(?:我们|咱们|我|公司|平台|店里)(?:这边)?(?:没|无|有什么|有啥)|不关(?:我们|咱们|我|公司|平台)|不(?:归|属于|是)(?:我们|咱们|我|本部门)[^，。]{0,6}(?:管|负责|部门|问题|责任|事)|我们(?:这边|这里|部门)?(?:不管|管不了|管不着|不负责|只负责|只管)`,
		`(?:\bnot|n't|nothing)(?: \w+){0,3}? (?:our|my) (?:problem|job|responsibility|fault|department|business|concern|issue|area)\b|nothing to do with (?:us|me)\b|out of (?:our|my) hands|\b(?:different|another) department\b|\bbetween you and\b`)
	refusing = newPattern("没办法|无能为力|爱莫能助|帮不了|办不了|没得商量|不予",
		"", `nothing (?:that )?(?:we|i) can do|\b(?:not|n't|never) (?:be )?(?:possible|an option|refundable|something (?:i|we) do)\b|\bno options?\b|\bnone$|\b(?:we|i) (?:don't|do not) do that|no can do|out of the question`)
	// unable is in a short Chinese clause that refuses: 退不了, able in one that does
	// not, and granting is one that grants: 可以退.
	unable   = newPattern("", `\p{Han}不(?:了|成)`, "")
	granting = newPattern("", `^(?:都|也|当然)?(?:可以|能)\p{Han}{1,2}(?:的|了|哦|呢|呀|哈|啦)*$`, "")
	able     = newPattern("少不了|免不了|忘不了|大不了|受不了|要不了|用不了多|错不了|差不了", "", "")
)

// longestUnable is how many characters such a clause has at most.
const longestUnable = 8

// softeners stand before or after a reply.
var softeners = []string{
	"i'm sorry", "i am sorry", "sorry", "i'm afraid", "i am afraid", "oh", "well", "um", "er", "so", "yeah", "then", "mate", "sir", "madam", "love", "really", "unfortunately", "for now",
	"不好意思", "抱歉", "对不起", "亲", "您好", "嗯", "啊", "哦", "那", "公司", "平台", "我们", "这个", "这边", "目前", "暂时", "确实", "反正", "也", "先生", "女士",
}

// replyOf is what a clause of an agent's means as an answer.
func replyOf(text string) reply {
	text = strings.TrimFunc(text, func(r rune) bool { return unicode.IsPunct(r) || unicode.IsSpace(r) || unicode.IsSymbol(r) })
	switch {
	case disowning.in(text):
		return disowned
	case refusing.in(text), utf8.RuneCountInString(text) <= longestUnable && unable.in(text) && !able.in(text):
		return cannot
	case granting.in(text):
		return yes
	}
	for {
		if r, ok := replies[text]; ok {
			return r
		}
		shorter := strings.Trim(withoutSoftener(text), " ,，")
		if shorter == text || shorter == "" {
			return noReply
		}
		text = shorter
	}
}

// withoutSoftener takes off one softener or particle.
func withoutSoftener(text string) string {
	last, size := utf8.DecodeLastRuneInString(text)
	if strings.ContainsRune("的了哦呢呀啊吧哈嘛啦噢喔~", last) && len(text) > size {
		return text[:len(text)-size]
	}
	for _, s := range softeners {
		han := s[0] >= utf8.RuneSelf
		if rest, ok := strings.CutPrefix(text, s); ok && (han || rest == "" || rest[0] == ' ' || rest[0] == ',') {
			return rest
		}
		if rest, ok := strings.CutSuffix(text, " "+s); ok && !han {
			return rest
		}
	}
	return text
}
