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

	// What a yes or a no can answer begins with a verb, perhaps after a clause.
	asksClosed   = regexp.MustCompile(`(?i)(?:^|[,;:–—])\s*(?:(?:and|then|if so|please|say|whether)\b,?\s*)*(?:did|does|do|was|were|is|are|has|have|had|can|could|would|should|will|may|might|must|didn['’]t|wasn['’]t|isn['’]t|hasn['’]t)\b`)
	asksClosedZH = regexp.MustCompile(`是否|有没有|有无|能否|可否|是不是|会不会|能不能|要不要|该不该|对不对|可不可以|没有[？?]|[吗么][？?]?$|吗`)

	// What only ears or clocks tell.
	unseen = regexp.MustCompile(`(?i)\b(?:sound(?:s|ed|ing)?|tone(?: of voice)?|voice|volume|loud(?:ly)?|pitch|accent|pronunciation|intonation|smil(?:e|es|ed|ing)|` +
		`seem(?:s|ed)?|appear(?:s|ed)?|felt|on time|in time|in a timely manner|timely|prompt(?:ly)?|quick(?:ly)?|slow(?:ly)?|fast|without delay|` +
		`paus(?:e|es|ed|ing)|silen(?:t|ce)|dead air|interrupt(?:s|ed|ing)?|talk(?:ed)? over|pace)\b|` +
		`语气|语调|音量|声音|听起来|听上去|看起来|看上去|显得|似乎|及时|按时|准时|迅速|第一时间|语速|停顿|静音|沉默|冷场|打断|抢话|抢插话|微笑|口音|发音|口齿|吐字`)

	counted = regexp.MustCompile(`(?i)\bnumber of\b|\b(?:twice|thrice)\b|` +
		`\b(?:\d+|one|two|three|four|five|six|seven|eight|nine|ten|several)(?: or more)? (?:times|seconds?|minutes?|turns?|messages?|sentences?|questions?)\b|` +
		`几次|几遍|多少[次遍秒]|(?:[0-9]+|[二两三四五六七八九十]+)个?(?:次|遍|秒|分钟|轮|句|问题)`)

	scaled = regexp.MustCompile(`(?i)\bscale\b|\brate\b|\bout of (?:5|10|100|five|ten)\b|\b(?:0|1|one)\s*(?:-|–|to)\s*(?:5|10|100|five|ten)\b|\bto what (?:extent|degree)\b|` +
		`打分|评分|几分|多少分|[01一]\s*(?:-|–|—|~|到|至)\s*(?:5|10|100|五|十|一百)\s*分?|多大程度`)

	forbids = regexp.MustCompile(`(?i)\b(?:avoid|refrain|abstain)(?:s|ed|ing)?\b|\b(?:did|does|do|was|were|has|have|is) (?:the |his |her )?\w+ (?:not|never)\b|\b(?:did|does|was|is|has)n['’]t\b|` +
		`避免|杜绝|是否(?:没有|从未|未曾|未)`)
)

// lintQuestion finds questions of a judge that yes or no cannot answer, that a
// transcript does not, or that two people would answer in two ways.
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
	if word := unseen.FindString(q); word != "" {
		out = append(out, at.Warn(UnseenQuestion, "a text does not show %q: ask for words that were said, or measure it by conditions (silence, interruption, response_gap, speech_rate, loudness)", word))
	}
	switch word := scaled.FindString(q); {
	case word != "":
		out = append(out, at.Warn(ScaledQuestion, "%q asks for a mark: ask what is there or is not, with one criterion for each level", word))
	case !asksClosed.MatchString(q) && !asksClosedZH.MatchString(q):
		out = append(out, at.Warn(OpenQuestion, "yes or no is no answer to this question: begin with did, was, 是否"))
	}
	if word := counted.FindString(q); word != "" {
		out = append(out, at.Warn(CountedQuestion, "models count badly (%q): a condition counts and measures (turn_count, times, at_least, duration, response_gap)", word))
	}
	if word := forbids.FindString(q); word != "" && !saysProof(c) {
		out = append(out, at.Warn(UnprovedQuestion, "the question is about what should not happen (%q), and no quote can prove that it did not: say prove: not_met", word))
	}
	return out
}

// saysProof reports whether the criterion says which answer a quote has to prove.
func saysProof(c *Criterion) bool {
	judge := c.Node.Map().Key("judge")
	return judge.IsMap() && judge.Map().Key("prove") != nil
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
