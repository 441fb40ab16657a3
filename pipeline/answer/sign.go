package answer

import "strings"

// A part may say something of its content in one of two ways that exclude each
// other: that it is so or not, free or paid, ours or the customer's to bear.
type side struct {
	name        string
	left, right []string // phrases; right ones count as left ones behind a negation, and the other way round
}

var sides = []side{
	{"free or paid", []string{"免费", "不收费", "不要钱", "不收钱", "不用钱", " free", "no charge", "no fee"}, []string{"收费", "付费", "要钱", "收钱", " charged", " is a charge", " is a fee", " costs ", "不免费", "not free"}},
	{"who bears it", []string{"商家承担", "我们承担", "公司承担", "我们出", "商家出", "卖家承担", "we pay", "we cover", "paid by us"}, []string{"顾客承担", "您承担", "自己承担", "用户承担", "您自己", "买家承担", "您出", "you pay", "paid by the customer", "at your own cost"}},
}

// notNegations look like negations and are none.
var notNegations = strings.NewReplacer(
	"不好意思", " ", "不客气", " ", "差不多", " ", "不过", " ", "不错", " ", "不仅", " ", "不但", " ", "不超过", " ", "不多", " ", "不管", " ", "没问题", " ", "没事", " ", "没关系", " ", "不用担心", " ", "不收费", " ", "不要钱", " ", "不收钱", " ", "还没有", " ", "还没", " ", "是不是", " ", "能不能", " ", "是否", " ",
	"no problem", " ", "no worries", " ", "not only", " ", "not a problem", " ", "no more than", " ", "no charge", " ", "no fee", " ", "no later", " ", "no interest", " ", "not at all", " ", "no, ", " ", "no. ", " ",
)

// negations turn a meaning round. They stand between blanks where they are English.
var negations = []string{"不", "没", "无法", "未", "勿", " not ", "n't ", " cannot ", " never ", " no ", " nobody ", " none ", " cant ", " dont ", " unable "}

// isNegative reports whether a folded text denies something, leaving out what only
// says of whom or when it speaks: 没有预约的客户可以取号 denies nothing.
func isNegative(text string) bool { return mayDeny(text) && hasNegation(withoutCases(text)) }

func mayDeny(text string) bool {
	return hasAny(text, "不", "没", "无", "毋", "未", "勿", "n't", "not", "no", "never", "cant", "dont", "unable")
}

// hasNegation reports whether the negations of a folded text leave one over.
func hasNegation(text string) bool {
	text = notNegations.Replace(spaced(text))
	n := 0
	for _, w := range negations {
		n += strings.Count(text, w)
	}
	return n%2 == 1
}

// spaced puts blanks for marks and around the text.
func spaced(text string) string {
	return " " + strings.Map(func(r rune) rune {
		if strings.ContainsRune(".!?;:，。！？；、()", r) {
			return ' '
		}
		return r
	}, text) + " "
}

// withoutSigns takes out what turns a meaning round.
func withoutSigns(text string) string {
	text = spaced(text)
	for _, w := range negations {
		text = strings.ReplaceAll(text, w, " ")
	}
	for _, s := range []string{"免费", "收费", "付费", " free "} {
		text = strings.ReplaceAll(text, s, " ")
	}
	return text
}

// of returns −1 for the left side, 1 for the right one, 0 for neither or both.
func (s *side) of(text string) int {
	text = spaced(text)
	left, right := hasAny(text, s.left...), hasAny(text, s.right...)
	if strings.Contains(text, "不收费") || strings.Contains(text, "不要钱") {
		right = false
	}
	if strings.Contains(text, "不免费") || strings.Contains(text, "not free") {
		left = false
	}
	switch {
	case left == right:
		return 0
	case left:
		return -1
	}
	return 1
}
