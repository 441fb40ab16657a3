package sca

import (
	"errors"
	"fmt"
	"math"
	"regexp/syntax"
	"strings"

	"github.com/goccy/go-yaml"
)

// translated is an operator as a kind of condition here.
type translated struct {
	kind    string
	params  yaml.MapSlice
	where   yaml.MapSlice // keys beside the kind, where the operator brings its own
	session bool          // judges the session: its hits are no turns
	notes   []string      // what is not quite the same
}

func (t *translated) set(key string, value any) {
	t.params = append(t.params, yaml.MapItem{Key: key, Value: value})
}

func (t *translated) note(format string, args ...any) {
	t.notes = append(t.notes, fmt.Sprintf(format, args...))
}

// operation translates an operator's parameters; role is the condition's speaker.
type operation func(p object, role string) (translated, error)

// errUnlike is an operator that has no equal here.
var errUnlike = errors.New("has no equal here")

// operations lists the operators by their type codes and by the names that pages
// and exports give to those without a published code.
func operations() map[string]operation {
	list := []struct {
		do    operation
		names []string
	}{
		{keywords, []string{"HIT_ANY_KEYWORDS", "INCLUDE_KEYWORDS", "关键词检查", "关键字检查", "关键词"}},
		{regex, []string{"REGULAR_EXPRESSION", "正则表达式检查", "正则表达式"}},
		{similarity, []string{"SIMILAR_MATCH", "SIMILARITY", "文本相似度检查", "文本相似度", "相似话术"}},
		{repeat, []string{"ADVANCED_REPEAT_DETECT", "REPEAT_DETECT", "上下文重复检查", "上下文重复"}},
		{entity, []string{"NER_MODEL", "信息实体检查", "信息实体"}},
		{silence, []string{"INTERVAL_GREATER", "通话静音检查", "通话静音", "静音检测"}},
		{speechRate, []string{"SPEECH_SPEED_CHECK", "语速检查", "语速检测"}},
		{interruption, []string{"INTERRUPTION", "INTERRUPT", "INTERRUPT_CHECK", "抢话设置", "抢话检查", "抢话"}},
		{speakerAt, []string{"ROLE_CHECK", "ROLE", "角色判断", "角色检查"}},
		{lateHangUp, []string{"ABNORMAL_HANGUP", "HANGUP_CHECK", "非正常挂机"}},
		{lateAnswer, []string{"ABNORMAL_ANSWER", "ANSWER_CHECK", "非正常接听"}},
		{duration, []string{"DURATION", "DURATION_CHECK", "RECORD_DURATION", "录音时长检测", "录音时长"}},
		{loudness, []string{"EMOTION", "ENERGY", "ENERGY_CHECK", "EMOTION_CHANGE", "能量检测", "能量检查"}},
		{turnCount, []string{"SENTENCE_COUNT", "DIALOGUE_COUNT", "对话语句数检测", "对话语句数"}},
		{customerTone, []string{"CUSTOMER_MODEL", "CUSTOMER_EMOTION", "客户检测模型", "客户模型检测"}},
		{agentTone, []string{"AGENT_MODEL", "SERVICE_MODEL", "客服检测模型", "客服模型检测"}},
		{knowledge, []string{"KNOWLEDGE", "KNOWLEDGE_CHECK", "知识库检查", "知识库"}},
		{metadata, []string{"CUSTOMER_PARAM", "PARAM_CHECK", "随录参数检查", "随录参数"}},
	}
	out := map[string]operation{}
	for _, l := range list {
		for _, name := range l.names {
			out[plain(name)] = l.do
		}
	}
	return out
}

// models are operators that a language model answers.
var models = []string{"LLM", "LLM_MODEL", "LARGE_MODEL", "BIG_MODEL", "大模型", "大模型检查", "大模型算子"}

func keywords(p object, _ string) (translated, error) {
	t := translated{kind: "keywords"}
	words := p.texts("keywords", "operkeywords")
	if len(words) == 0 {
		return t, errors.New("has no keywords")
	}
	size := p.integer(1, "keywordmatchsize")
	switch {
	case size == 0:
		t.set("none", withSynonyms(words, p))
	case size < 0:
		t.set("all", words)
		if p.has("synonyms") {
			t.note("synonyms do not stand in for words that must all occur")
		}
	default:
		t.set("any", withSynonyms(words, p))
		if size > 1 {
			t.set("at_least", size)
		}
	}
	if total := p.integer(0, "threshold"); total > 1 && size != 0 {
		t.set("total", total)
	}
	if p.yes("insentence") && (size < 0 || size > 1) {
		t.set("within", "turn")
	}
	if p.yes("casesensitive") {
		t.set("case_sensitive", true)
	}
	return t, nil
}

// withSynonyms adds the synonyms of each word to the list.
func withSynonyms(words []string, p object) []string {
	synonyms := p.child("synonyms")
	if synonyms == nil || p.has("keywordextension") && !p.yes("keywordextension") {
		return words
	}
	out, seen := []string{}, map[string]bool{}
	add := func(w string) {
		if key := strings.ToLower(strings.TrimSpace(w)); !seen[key] {
			seen[key] = true
			out = append(out, w)
		}
	}
	for _, w := range words {
		add(w)
		for _, s := range synonyms.texts(plain(w)) {
			add(s)
		}
	}
	return out
}

func regex(p object, _ string) (translated, error) {
	t := translated{kind: "regex"}
	pattern, exclude := p.text("regex"), p.text("notregex")
	if pattern == "" {
		return t, errors.New("has no regex")
	}
	pattern, ahead := withoutLookAhead(pattern)
	if plain := withoutLookBehind(pattern); plain != pattern {
		pattern = plain
		t.note("the look-behind is shown with the hit")
	}
	switch {
	case ahead != "" && exclude != "":
		exclude = "(?:" + exclude + ")|(?:" + ahead + ")"
	case ahead != "":
		exclude = ahead
	}
	for _, s := range []string{pattern, exclude} {
		if _, err := syntax.Parse(s, syntax.Perl); err != nil {
			return t, fmt.Errorf("has the pattern %q, which RE2 (no look-around, no back-references) cannot read: %w", s, err)
		}
	}
	t.set("pattern", pattern)
	if exclude != "" {
		t.set("exclude", exclude)
	}
	bySentence(&t, p)
	return t, nil
}

// bySentence notes what looks across sentences there.
func bySentence(t *translated, p object) {
	if p.has("insentence") && !p.yes("insentence") {
		t.note("is looked for sentence by sentence here, not across sentences")
	}
}

// withoutLookAhead takes a leading ^(?!.*X) off a pattern; X is to be excluded.
func withoutLookAhead(pattern string) (rest, excluded string) {
	inner, rest, ok := group(pattern, "^(?!.*")
	if !ok {
		return pattern, ""
	}
	return strings.TrimPrefix(rest, ".*"), inner
}

// withoutLookBehind writes (?<=X)Y as XY: it matches where the other does, and
// shows X as well.
func withoutLookBehind(pattern string) string {
	inner, rest, ok := group(pattern, "(?<=")
	if !ok {
		return pattern
	}
	return "(?:" + inner + ")" + rest
}

// group parts a pattern that begins with a group into what is in it and what
// follows; false when the group is too clever to be cut by hand.
func group(pattern, opening string) (inner, rest string, ok bool) {
	inside, ok := strings.CutPrefix(pattern, opening)
	if !ok {
		return "", "", false
	}
	depth := 0
	for i, c := range inside {
		switch {
		case c == '(':
			depth++
		case c == ')' && depth > 0:
			depth--
		case c == ')':
			return inside[:i], inside[i+1:], true
		case c == '\\' || c == '[':
			return "", "", false
		}
	}
	return "", "", false
}

func similarity(p object, _ string) (translated, error) {
	t := translated{kind: "similarity"}
	samples := p.texts("similarlysentences", "references")
	if len(samples) == 0 {
		return t, errors.New("has no sample sentences")
	}
	t.set("to", samples)
	bySentence(&t, p)
	if score := p.integer(0, "score", "threshold"); score > 0 {
		t.set("at_least", score)
		t.note("the score of %d is compared with another measure of similarity", score)
	}
	return t, nil
}

func repeat(p object, role string) (translated, error) {
	t := translated{kind: "repeat"}
	of := role
	if of == "" {
		of = "agent"
	}
	t.set("of", of)
	if target := speaker(p.text("targetrole")); target != "" && target != of {
		t.set("from", "other")
	}
	if s, ok := p.number("similaritythreshold"); ok && s > 0 {
		if s <= 1 {
			s *= 100
		}
		t.set("at_least", int(math.Round(s)))
	}
	if n := p.integer(0, "threshold"); n > 1 {
		t.set("min_length", n)
	}
	if n := p.integer(1, "hittime"); n > 1 {
		t.set("times", n)
	}
	if n := p.integer(2, "from"); n > 0 {
		t.set("within", n)
	}
	if except := p.texts("excludes"); len(except) > 0 {
		t.set("except", except)
	}
	if part := p.text("regex"); part != "" {
		t.set("part", part)
	}
	return t, nil
}

// speaker is whose turns a role means; "" is everybody's, or nobody known here.
func speaker(role string) string {
	switch strings.ToLower(role) {
	case "客服", "agent", "坐席", "1":
		return "agent"
	case "客户", "customer", "用户", "2":
		return "customer"
	}
	return ""
}
