package knowledge

import (
	"regexp"
	"slices"
	"strings"
	"unicode"

	"assay/pipeline/transcript"
)

// stopWords are English words that say nothing about what is asked. Words that
// turn a meaning round (not, off, out, up) stay.
const stopWords = `a an the and or but if so as of at by for from in into to with about this that these those it
is are was were be been being am i me my mine we us our you your he him his she her they them their there here
do does did done doing have has had having will would shall should can could may might must just please what which
who whom whose when where why how also then than too very really hi hello hey dear thanks thank ok okay yes yeah um
uh well monday tuesday wednesday thursday friday saturday sunday yesterday now want need like know tell get got some any let say said going go`

// genericWords are terms that customers use of anything. They count like others,
// but alone they do not tell what is asked.
const genericWords = `cancel call return order get chang work help problem issu someon anyon someth anyth
thing back custom today day still not no off out up new use buy send give make take put come ask talk speak
person agent manag item product stuff again els more much mani long one two good bad first last time week month
退 换 买 办 查 改 取 消 订 单 收 发 送 寄 话 电 钱 费 没 不 用 新 号 月 天 年 日 人 家 东 西 商 品 申 开 关 打 客 服 投 诉 转 工`

var genericIDs = termSet(genericWords)

func termSet(words string) map[int32]bool {
	set := map[int32]bool{}
	for w := range strings.FieldsSeq(words) {
		set[termID(w)] = true
	}
	return set
}

// weakHan are the Chinese characters that mostly bind others. They count for
// little on their own and as much as any other inside a pair.
const weakHan = `的了吗呢吧啊呀哦嘛哈嗯我你您他她它们是就都也还又这那哪个些请么怎什啥很太和与或跟及在有对把被给让从到去来会能可以要想说看做好后前里中上下时候得地着过多久长间为`

// englishForms undoes short forms, with or without their apostrophe.
var englishForms = map[string]string{
	"can't": "can not", "cant": "can not", "cannot": "can not", "won't": "will not", "wont": "will not",
	"dont": "do not", "doesnt": "does not", "didnt": "did not", "isnt": "is not", "wasnt": "was not",
	"hasnt": "has not", "havent": "have not", "couldnt": "could not", "wouldnt": "would not", "aint": "is not",
	"im": "i am", "ive": "i have", "whats": "what is", "hows": "how is", "thats": "that is", "theres": "there is",
	"pls": "please", "plz": "please", "ur": "your", "acct": "account", "tel": "phone",
	"mobile": "phone", "cellphone": "phone", "smartphone": "phone", "signin": "login", "logon": "login",
	"parcel": "package", "bought": "buy", "purchased": "buy", "purchase": "buy", "sent": "send", "paid": "pay",
	"lost": "lose", "stolen": "steal", "stole": "steal", "broke": "break", "broken": "break", "smashed": "break", "shattered": "break", "nicked": "steal", "snatched": "steal", "robbed": "steal",
	"refunded": "refund", "forgot": "forget",
	"forgotten": "forget", "changed": "change", "swap": "exchange", "colour": "color", "cheque": "check",
	"cost": "price", "costs": "price", "prices": "price",
	"fibre": "broadband", "fiber": "broadband", "cheaper": "cheap", "quid": "pounds",
}

// sameMeaning are phrases that mean the same to a customer; each is replaced by
// what stands after it, in questions and in solutions.
var samePhrases = []string{
	"咋样", "怎么样", "咋", "怎么", "啥时候", "什么时候", "多会儿", "什么时候", "啥", "什么", "为何", "为什么", "如何", "怎么",
	"怎样", "怎么", "多久", "多长时间", "几天能", "多长时间能",
	"退钱", "退款", "返款", "退款", "到帐", "到账", "帐单", "账单", "帐号", "账号", "帐户", "账号", "账户", "账号",
	"快件", "快递", "包裹", "快递", "邮费", "运费", "快递费", "运费", "开票", "开发票", "电邮", "邮箱",
	"签收了", "已签收", "未收到", "没收到", "没有收到", "没收到", "还没有到", "没到达", "没有到", "没到达", "还没到", "没到达", "没到", "没到达", "还未", "还没",
	"每个月", "每月", "怎么收费", "收费多少钱", "如何收费", "收费多少钱", "什么价", "多少钱", "怎么卖", "多少钱",
	"退宽带", "退宽带", "退宽", "退款", "优惠卷", "优惠券", "优惠劵", "优惠券", "快弟", "快递", "快第", "快递", "发漂", "发票", "宽代", "宽带",
	"地止", "地址", "帐户", "账号", "换或", "换货", "退或", "退货", "套参", "套餐",
	"网断了", "断网", "断线", "断网", "上不了网", "断网", "连不上网", "断网", "没有网", "断网", "没网", "断网", "网络不通", "断网",
	"掉线", "断网", "摔碎", "破损", "摔坏", "破损", "碎了", "破损", "压坏", "破损", "裂了", "破损", "烂了", "破损",
	"坏了", "故障", "坏掉", "故障", "失灵", "故障", "不工作", "故障", "用不了", "不能用", "无法使用", "不能用",
	"手机号码", "手机号", "电话号码", "手机号", "寄错", "发错",
	"降档", "改低", "办理", "办", "弄丢", "丢失", "丢了", "丢失", "被偷", "丢失",
	"过期", "到期", "失效", "到期", "扣钱", "扣费", "多扣", "扣费", "涨了", "变多", "贵了", "变多",
	"解约", "合约 退", "外国", "国外", "海外", "国外", "境外", "国外", "出境", "出国",
	"点办理", "点办理", "点办", "怎么办", "点算", "怎么办", "点样", "怎么", "点解", "为什么", "几时", "什么时候", "几耐", "多久", "边度", "哪里",
	"冇", "没有", "唔", "不", "咗", "了", "嘅", "的", "喺", "在", "俾", "给", "系咪", "是不是", "乜嘢", "什么",
	"money back", "refund", "log in", "login", "sign in", "login", "log on", "login", "sign up", "register",
	"cell phone", "phone", "e-mail", "email", "web site", "website", "wi-fi", "wifi",
	"top up", "topup", "top-up", "topup", "topping up", "topup", "topped up", "topup", "set up", "setup",
	"too big", "wrong size", "too small", "wrong size", "too large", "wrong size", "too tight", "wrong size",
	"turned up", "arrived", "show up", "arrive", "showed up", "arrived", "come back on", "restored", "cut off", "suspended",
	"still waiting on", "not arrived", "still waiting for", "not arrived", "waiting on", "not arrived", "in pieces", "break",
	"what do you charge", "price", "how much do you charge", "price", "how much is", "price", "trading name", "company name", "internet", "broadband",
}

var sameMeaning = strings.NewReplacer(slices.Concat(samePhrases, weekdays())...)

// weekdays are replaced by nothing: on which of the days before or behind something
// happened is not what is asked. A weekday without a week may be.
func weekdays() []string {
	var out []string
	for _, week := range []string{"上个星期", "上个礼拜", "上星期", "上礼拜", "下星期", "下礼拜", "上周", "这周", "本周", "下周"} {
		for _, day := range []string{"一", "二", "三", "四", "五", "六", "日", "天"} {
			out = append(out, week+day, "")
		}
	}
	return out
}

// canonical brings questions and solutions to one form before they are cut into
// terms: folded as transcript.Fold does, in simplified characters, short forms undone, numbers in digits,
// and phrases of one meaning in one wording.
func canonical(text string) string {
	return sameMeaning.Replace(writtenNumbers(longForms(wholeCodes(simplified.Replace(transcript.Fold(text).Text)))))
}

// code is a product code of letters and digits that hyphens part.
var code = regexp.MustCompile(`[a-z]+(-[a-z0-9]*[0-9][a-z0-9]*)+`)

// wholeCodes drops the hyphens of codes, so that AB-1234 is one word and the same
// as AB1234.
func wholeCodes(s string) string {
	if !strings.Contains(s, "-") {
		return s
	}
	return code.ReplaceAllStringFunc(s, func(c string) string { return strings.ReplaceAll(c, "-", "") })
}

func longForms(s string) string {
	s = strings.ReplaceAll(s, "’", "'")
	var b strings.Builder
	b.Grow(len(s))
	for len(s) > 0 {
		n := wordLength(s)
		if n == 0 {
			n = len(s) - len(strings.TrimLeftFunc(s, func(r rune) bool { return !isWordRune(r) }))
			b.WriteString(s[:n])
		} else {
			b.WriteString(longForm(s[:n]))
		}
		s = s[n:]
	}
	return b.String()
}

func longForm(word string) string {
	if form, ok := englishForms[word]; ok {
		return form
	}
	if stem, ok := strings.CutSuffix(word, "n't"); ok {
		return stem + " not"
	}
	i := strings.IndexByte(word, '\'')
	if i <= 0 {
		return word
	}
	return word[:i] + " " + shortVerbs[word[i+1:]]
}

// shortVerbs are what stands behind an apostrophe. An s may also be a genitive,
// which then becomes a word that says as little.
var shortVerbs = map[string]string{"s": "is", "m": "am", "re": "are", "ve": "have", "ll": "will", "d": "would"}

func wordLength(s string) int {
	return len(s) - len(strings.TrimLeftFunc(s, isWordRune))
}

// isWordRune reports whether r is part of a word in the Latin script.
func isWordRune(r rune) bool { return r == '\'' || unicode.Is(unicode.Latin, r) }

func isHan(r rune) bool { return unicode.Is(unicode.Han, r) }
