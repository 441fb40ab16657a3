package knowledge

import (
	"fmt"
	"strings"
	"unicode"

	"assay/pipeline/transcript"
)

// asking says how a text asks for something.
type asking int

const (
	notAsking asking = iota
	stating          // states a problem and leaves the question to the agent
	questioning
)

// fillers are phrases that carry no question of substance: greetings, thanks,
// assent, and asking whether anybody is there. They are cut out first, in the
// form that flatten gives to texts.
var fillers = []string{
	"你们好", "你好", "您好", "在吗", "在不在", "还在吗", "有人吗", "有人在吗", "人呢", "喂", "哈喽", "早上好", "下午好", "晚上好",
	"谢谢", "多谢", "感谢", "辛苦了", "辛苦", "麻烦了", "好的", "好吧", "好嘞", "好啊", "可以的", "可以吗", "行吗", "好吗", "对吗", "是吗",
	"真的吗", "没有了", "没了", "不用了", "知道了", "明白了", " 收到 ", "再见", "拜拜", "听得到吗", "能听到吗", "看好了吗", "看到了吗", "好了吗",
	"你听我说", "什么意思", "什么态度", "怎么说话", "然后呢", "工号多少", "你叫什么",
	" hello ", " hi ", " hey ", " good morning ", " good afternoon ", " good evening ", " are you there ", " you there ",
	" anyone there ", " anybody there ", " anyone ", " thank you ", " thanks ", " thank u ", " ty ", " thx ", " cheers ", " okay ", " ok ",
	" yes please ", " yes ", " yep ", " yeah ", " no thanks ", " nope ", " bye ", " goodbye ", " excuse me ", " pardon ", " sorry ",
	" really ", " seriously ", " did i lose you ", " can you hear me ", " are you still there ", " still there ",
	" are you ignoring me ", " what is your name ", " who do you think you are talking to ", " how are you ",
	" is that all right ", " is that ok ", " that is it ", " that is all ", " not today ", " no problem ", " not a problem ",
	" not at all ", " not really ", " no worries ",
}

// askingPhrases make a text a question or a request without a question mark.
var askingPhrases = []string{
	"什么", "啥", "怎么", "怎样", "咋", "如何", "哪", "几天", "几点", "几时", "几号", "多少", "多久", "多长时间", "多大", "为何",
	"是不是", "能不能", "可不可以", "会不会", "有没有", "行不行", "要不要", "可否", "能否", "是否", "吗", "呢 ",
	"请问", "想问", "问一下", "问下", "问个", "咨询", "了解一下", "查一下", "查下", "看一下", "我想", "我要", "我需要", "我们想", "我们要", "想要",
	"想办", "想换", "想退", "想改", "想查", "帮我", "帮忙", "帮查", "给我办", "给我退", "给我换", "给我查", "给我开", "给我转", "麻烦你", "麻烦您", "申请",
	"还能", "要退", "要换", "要办", "要改", "要再加", "来个",
	" what ", " when will ", " when can ", " when do ", " when does ", " when is ", " where ", " which ", " who do ", " why ",
	" how ", " is it ", " is there ", " is my ", " are there ", " are you ", " are they ", " are their ", " do you ", " do i ", " do they ", " does it ",
	" does the ", " does this ", " does that ", " did you ", " can i ", " can you ", " can we ", " can it ", " could i ", " could you ",
	" could we ", " may i ", " will you ", " will it ", " will i ", " would you ", " would it be ", " should i ", " any way to ",
	" have you ", " has my ", " has it ", " am i able ", " is this ", " is that ", " was i ", " wondering ", " curious ",
	" i would like ", " we would like ", " i want ", " we want ", " i wanna ", " i need ", " we need ", " needs the ", " i am looking ", " looking for ",
	" looking to ", " i am trying ", " trying to ", " i have to ", " help me ", " need help ", " help with ", " tell me ", " let me know ",
	" please help ", " please send ", " please cancel ", " please change ", " please check ", " please explain ", " please give ",
	"  does ", "  do ", "  is ", "  are ", "  was ", "  can ", "  could ", "  will ", "  would ", "  should ", "  has ", "  have ",
	" please confirm ", " please pass ", " please tell ", " interested in ", " i have a question ",
}

// problemPhrases state that something is wrong.
var problemPhrases = []string{
	"不行", "不能", "不了", "不动", "不出", "不到", "不亮", "不响", "不好用", "不工作", "不见", "不显示", "不更新", "不够", "不对", "不给", "不合适", "不通",
	"没收到", "没到", "没有收到", "没反应", "没信号", "没声音", "没网", "没法", "没用", "没电", "没看到", "没有到", "还没", "未收到", "没动静",
	"坏", "漏", "断了", "断网", "断线", "掉线", "破", "碎", "裂", "错", "丢", "红灯", "停机", "卡死", "卡住", "卡顿", "闪退", "失败", "报错",
	"抢了", "被抢", "抢走", "偷了", "偷走", "摔", "扔", "砸", "磕", "划痕", "烂", "掉漆", "莫名其妙", "扣", "异常", "故障", "欠费", "多收", "过期", "过敏", "松动", "被盗", "被偷", "大了", "小了", "太慢", "降了", "涨了",
	" not work ", " not working ", " not ", " no longer ", " stopped ", " stops ", " broken ", " broke ", " crack ", " cracked ", " leaks ", " leaking ",
	" missing ", " lost ", " stolen ", " wrong ", " error ", " fails ", " failed ", " refused ", " declined ", " charged ", " twice ",
	" is down ", " been down ", " went down ", " dead ", " never arrived ", " never received ", " never came ", " still waiting ", " red light ",
	" late ", " delayed ", " faulty ", " damaged ", " defective ", " cut off ", " allergic ", " rash ", " expired ", " overcharged ",
	" no signal ", " no internet ", " no sound ", " no data ", " no service ", " no power ", " slow ", " stuck ", " loose ", " too big ",
	" too small ", " problem ", " issue ", " trouble ", " torn ", " scratched ", " disconnects ", " drops ", " break ", " lose ", " steal ",
	" snatched ", " robbed ", " nicked ", " stole ", " mugged ", " theft ", " threw ", " thrown ", " in pieces ", " smashed ",
	" shattered ", " dented ", " bent ", " snapped ", " ripped ", " soaked ", " burnt ", " taken ", " never ",
}

var (
	fillerReplacer = strings.NewReplacer(blanked(fillers)...)
	stopSet        = setOf(stopWords)
)

func blanked(phrases []string) []string {
	var out []string
	for _, p := range phrases {
		out = append(out, p, "  ")
	}
	return out
}

func setOf(words string) map[string]bool {
	set := map[string]bool{}
	for w := range strings.FieldsSeq(words) {
		set[w] = true
	}
	return set
}

// questionPatterns changes with everything that decides what a question is.
func questionPatterns() string {
	signals := make([]string, len(needSignals))
	for i, s := range needSignals {
		signals[i] = fmt.Sprint(s.name, s.alone, s.backed)
	}
	return fmt.Sprint(fillers, askingPhrases, problemPhrases, moreOffers, agentAsks, numbered, asksWhether, asksHow, asksWhich, wants, acts, records,
		thatOne, manners, others, owns, settles, closings, personal, assents, signals, LeastNeed, maxQuestions, maxTextRunes, contextTurns,
		carriedScore, topicBursts, leastBroached, mostAskedOn, fewAskedOn, leastHinted, mostNew, leadMore, openingWords, turnings, nothings, refusals, goOns)
}

// askingOf tells whether a customer's text asks for something, by its form, and
// how much substance it has: a text without any asks for nothing on its own, but
// may do so together with those around it.
func askingOf(text string) (asking, int) {
	flat, marked := flatten(text)
	rest := fillerReplacer.Replace(flat)
	n := substance(rest)
	switch {
	case strings.TrimSpace(rest) == "":
		return notAsking, 0
	case marked || containsAny(rest, askingPhrases):
		return questioning, n
	case containsAny(rest, problemPhrases):
		return stating, n
	}
	return notAsking, n
}

// flatten folds a text, undoes short forms, and puts two blanks for every mark
// and around the whole, so that phrases can be found by their blanks. It
// reports whether there was a question mark.
func flatten(text string) (string, bool) {
	folded := longForms(transcript.Fold(text).Text)
	var out strings.Builder
	out.Grow(len(folded) + 16)
	out.WriteString("  ")
	for _, r := range folded {
		switch {
		case unicode.IsLetter(r), unicode.IsDigit(r), r == ' ':
			out.WriteRune(r)
		default:
			out.WriteString("  ")
		}
	}
	out.WriteString("  ")
	return out.String(), strings.Contains(folded, "?")
}

// substance weighs the words of a flattened text: two for a word, one for a
// Chinese character, nothing for stop words, weak characters and codes.
func substance(flat string) int {
	n := 0
	for word := range strings.FieldsSeq(flat) {
		switch {
		case isHan(first(word)) || strings.ContainsFunc(word, isHan):
			n += hanSubstance(word)
		case stopSet[word] || strings.ContainsFunc(word, unicode.IsDigit) || len(word) == 1:
		default:
			n += 2
		}
	}
	return n
}

func hanSubstance(word string) int {
	n := 0
	for _, r := range word {
		if isHan(r) && !strings.ContainsRune(weakHan, r) {
			n++
		}
	}
	return n
}

func containsAny(s string, phrases []string) bool {
	for _, p := range phrases {
		if strings.Contains(s, p) {
			return true
		}
	}
	return false
}
