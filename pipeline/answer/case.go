package answer

import (
	"regexp"
	"strings"
)

// What a sentence says of whom or when it speaks, in Chinese: before 时 and 的话, and
// before 的 where a predicate follows the noun, or a preposition stands before.
var (
	whenHan    = regexp.MustCompile(`(?:如果|要是|若|假如|万一|一旦|除非|只要)[^，。！？]*|(?:没有|没|未|不|无)[^，。！？]{1,12}?(?:时候|时(?:[^间]|$)|的话|的情况)`)
	whoHan     = regexp.MustCompile(`(?:没有|没|未|不)[^，。！？的]{1,12}的[^，。！？的]{0,6}?(?:可以|可|能|属于|按|需|应|由|凭|都|请|将|直接|全额|现场)`)
	whereHan   = regexp.MustCompile(`(?:到|在|从|向|对)(?:没有|没|未|不)[^，。！？的]{1,12}的|(?:没有|没|未)[^，。！？的]{1,12}的，`)
	aNotA      = regexp.MustCompile(`是不是|能不能|会不会|有没有|可不可以|行不行|要不要|用不用|该不该|对不对|好不好|让不让|给不给|退不退|可不可|需不需要`)
	pronounHan = "我你您他她它们"
	// notWhen are words with 时 that say nothing of a case.
	notWhen = strings.NewReplacer("小时", " ", "及时", " ", "随时", " ", "准时", " ", "按时", " ", "同时", " ", "暂时", " ", "临时", " ", "实时", " ", "定时", " ", "平时", " ", "当时", " ", "到时", " ")
)

// subordinators begin a clause that says of whom or when the English sentence speaks.
var subordinators = setOf("who whose which when whenever if where wherever unless without because as since before after until till while once although though")

// predicates begin what the sentence says of the one that a clause with who spoke of.
var predicates = setOf("can may must should will need needs is are get gets pay pays has")

// withoutCases leaves out of a folded text what only says of whom or when it speaks.
func withoutCases(text string) string {
	if !hasHan(text) {
		return withoutEnglishCases(text)
	}
	text = aNotA.ReplaceAllString(notWhen.Replace(text), " ")
	text = whenHan.ReplaceAllString(text, " ")
	text = whereHan.ReplaceAllString(text, " ")
	text = whoHan.ReplaceAllStringFunc(text, func(clause string) string {
		before, after, _ := strings.Cut(clause, "的")
		if hasAny(before[max(0, len(before)-len("我")):], strings.Split(pronounHan, "")...) {
			return clause
		}
		return after
	})
	return withoutEnglishCases(text)
}

// withoutEnglishCases leaves out the clauses that begin with a subordinator, up to a
// mark or, after who and which, to the predicate of the sentence.
func withoutEnglishCases(text string) string {
	words := strings.SplitAfter(text, " ")
	if len(words) < 3 {
		return text
	}
	var out strings.Builder
	inside, relative, skipped := false, false, 0
	for _, w := range words {
		bare := strings.TrimFunc(w, notInWord)
		switch {
		case subordinators[bare]:
			inside, relative, skipped = true, bare == "who" || bare == "which", 0
		case inside && relative && skipped >= 2 && predicates[bare]:
			inside = false
		}
		if !inside {
			out.WriteString(w)
			continue
		}
		skipped++
		inside = !strings.ContainsAny(strings.TrimRight(w, " "), ",.;:!?")
	}
	return out.String()
}
