package scorecard

import (
	"regexp"
	"strings"
)

// What makes a closed question two, in either language: and, or and their like
// before another verb or another question. Two things that one verb asks for
// ("name and number", "姓名和手机号") are one question.
var (
	joinsQuestions = regexp.MustCompile(`(?i)\b((?:and|or|as well as|but)\s+(?:also\s+|then\s+|not\s+|never\s+)*(?:` +
		`(?:did|does|do|was|were|is|are|has|have|had|can|could|would|should|will|whether|if|when|he|she|they|it)\b|` +
		`the\s+(?:agent|customer|clerk|caller|representative)\b|` +
		`(?:apologi[sz]|confirm|explain|ask|verif(?:y|i)|introduc|thank|tell|told|resolv|provid|inform|remain|stay|listen|greet|summari[sz]|repeat|mention|us(?:e|ing)|giv|gave|clos|keep|kept|mak|made|let|show|check|avoid|say|said|offer(?:s|ed|ing)?\s+(?:to|an?|the|him|her|them))(?:e|s|es|ed|d|ied|ies|ing)?\b))`)
	joinsQuestionsZH = regexp.MustCompile(`[^否]((?:以及|并且|而且|同时|并|且|或者|或|和|还|，)(?:也|还|同时|主动|及时)?(?:是否|有没有|有无|能否|` +
		`问好|问候|核实|核对|确认|说明|解释|告知|道歉|致歉|感谢|自报|报出|介绍|提供|询问|安抚|记录|承诺|推荐|提醒|结束|处理|解决|回答|回应|引导|表示|表达|请客户|向客户|给出|给予))`)

	vague = regexp.MustCompile(`(?i)\b(?:properly|appropriate(?:ly)?|adequate(?:ly)?|suitabl[ey]|good|nice(?:ly)?|well|professional(?:ly)?|` +
		`reasonabl[ey]|sufficient(?:ly)?|satisfactor(?:y|ily)|effective(?:ly)?)\b|适当|恰当|合适|妥善|妥当|得体|良好|合理|到位|充分|足够|专业(?:地|[?？]|$)`)
	notVague = regexp.MustCompile(`(?i)\bas well\b|\bgood (?:morning|afternoon|evening|day|bye)\b`)

	asksOpenly   = regexp.MustCompile(`(?i)^\s*(?:please\s+)?(?:how|why|what|which|who|when|where|describe|explain|rate|assess)\b`)
	asksOpenlyZH = regexp.MustCompile(`为什么|为何|怎么|怎样|如何|什么|哪些|哪个|多少|^请?(?:描述|评价|说明|评估)`)
	asksClosedZH = regexp.MustCompile(`是否|有没有|有无|能否|可否|是不是|吗`)
)

// lintQuestion finds questions of a judge that yes or no cannot answer, or that
// two people would answer in two ways.
func lintQuestion(_ *Scorecard, c *Criterion) []Warning {
	at := questionOf(c)
	if at == nil {
		return nil
	}
	q := at.String()
	var out []Warning
	if joint, two := asksTwice(q); two {
		out = append(out, at.Warn(DoubleQuestion, "the question asks two things (%q): make two criteria of it", joint))
	}
	if word := vague.FindString(notVague.ReplaceAllString(q, "")); word != "" {
		out = append(out, at.Warn(VagueQuestion, "%q means something else to everybody: say what can be seen or heard", word))
	}
	if asksOpenly.MatchString(q) || asksOpenlyZH.MatchString(q) && !asksClosedZH.MatchString(q) {
		out = append(out, at.Warn(OpenQuestion, "yes or no is no answer to this question: begin with did, was, 是否"))
	}
	return out
}

// questionOf is where a judge's question stands; nil when there is none.
func questionOf(c *Criterion) *Node {
	judge := c.Node.Map().Key("judge")
	if judge != nil && judge.IsMap() {
		return judge.Map().Key("question")
	}
	return judge
}

// asksTwice returns what joins two questions.
func asksTwice(q string) (string, bool) {
	if strings.Count(q, "?")+strings.Count(q, "？") > 1 {
		return "??", true
	}
	for _, re := range []*regexp.Regexp{joinsQuestions, joinsQuestionsZH} {
		if m := re.FindStringSubmatch(q); m != nil {
			return m[1], true
		}
	}
	return "", false
}
