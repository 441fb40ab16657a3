package sca

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
)

func pair(key string, value any) yaml.MapItem { return yaml.MapItem{Key: key, Value: value} }

// tones are the values of the built-in models as tone labels.
var tones = map[string]string{
	"投诉": "complaint", "complaint": "complaint",
	"投诉升级": "escalation", "升级": "escalation", "要求升级": "escalation", "escalation": "escalation",
	"质疑": "complaint", "质疑客服": "complaint", "质疑服务": "complaint", "questions_service": "complaint",
	"曝光": "publicity", "扬言曝光": "publicity", "媒体曝光": "publicity", "威胁曝光": "publicity", "publicity": "publicity",
	"表扬": "praise", "赞扬": "praise", "praise": "praise",
	"辱骂": "abuse", "谩骂": "abuse", "脏话": "abuse", "abuse": "abuse",
	"愤怒": "angry", "生气": "angry", "anger": "angry", "angry": "angry",
	"态度差": "rude", "粗鲁": "rude", "负向态度": "rude", "rude": "rude",
	"推诿": "shirking", "推脱": "shirking", "shirking": "shirking",
	"敷衍": "perfunctory", "perfunctory": "perfunctory",
	"不耐烦": "impatient", "impatient": "impatient",
	"反问": "interrogating", "质问": "interrogating", "interrogating": "interrogating",
}

func customerTone(p object, _ string) (translated, error) { return toned(p, "customer", nil) }

func agentTone(p object, _ string) (translated, error) {
	return toned(p, "agent", []string{"rude", "shirking", "perfunctory", "impatient", "interrogating"})
}

// toned is a condition over tones; every is taken when the operator names none.
func toned(p object, speaker string, every []string) (translated, error) {
	t := translated{kind: "tone", where: yaml.MapSlice{pair("speaker", speaker)}}
	var labels, unknown []string
	for _, v := range p.texts("pvalues") {
		label := tones[strings.ToLower(v)]
		switch {
		case label == "":
			unknown = append(unknown, v)
		case !slices.Contains(labels, label):
			labels = append(labels, label)
		}
	}
	if len(unknown) > 0 && len(labels) == 0 {
		return t, fmt.Errorf("names tones that are not known here: %s", strings.Join(unknown, ", "))
	}
	if len(unknown) > 0 {
		t.note("tones that are not known here: %s", strings.Join(unknown, ", "))
	}
	if len(labels) == 0 {
		labels = every
	}
	if len(labels) == 0 {
		return t, errors.New("names no tone")
	}
	t.set("labels", labels)
	return t, nil
}

func knowledge(p object, _ string) (translated, error) {
	t := translated{kind: "knowledge"}
	target := p.text("knowledgetargetid", "knowledgetargetname")
	if target == "" {
		return t, errors.New("names no knowledge")
	}
	if p.integer(1, "knowledgetargettype") == 0 {
		t.set("tags", []string{target})
	} else {
		t.set("solutions", []string{target})
	}
	t.set("is", "answered")
	if n := p.integer(0, "knowledgesentencenum"); n > 0 {
		t.set("within", n)
	}
	t.note("the library must have %q", target)
	if question, answer := p.has("questionthreshold"), p.has("answerthreshold"); question || answer {
		t.note("thresholds of the question and the answer are measured otherwise here")
	}
	return t, nil
}

// entities are the names of entities as the types known here.
var entities = map[string]string{
	"手机号": "phone", "电话": "phone", "电话号码": "phone", "手机号码": "phone", "phone": "phone", "mobile": "phone",
	"金额": "amount", "价格": "amount", "amount": "amount", "money": "amount",
	"数字": "number", "数量": "number", "number": "number",
	"日期": "date", "date": "date", "时间": "time", "time": "time",
	"百分比": "percent", "利率": "percent", "percent": "percent",
	"身份证": "id_card", "身份证号": "id_card", "idcard": "id_card",
	"银行卡": "bank_card", "银行卡号": "bank_card", "bankcard": "bank_card",
	"订单号": "order_number", "单号": "order_number", "ordernumber": "order_number",
	"邮箱": "email", "email": "email", "车牌": "plate", "车牌号": "plate", "plate": "plate",
	"邮编": "postcode", "postcode": "postcode", "网址": "url", "url": "url",
}

func entity(p object, _ string) (translated, error) {
	t := translated{kind: "entity"}
	c := p.child("customerparam")
	if c == nil {
		c = p
	}
	name := c.text("field", "name", "entity")
	kind := entities[plain(name)]
	if kind == "" {
		return t, fmt.Errorf("looks for %q, an entity that is not known here", name)
	}
	t.set("type", kind)
	if err := compare(&t, c); err != nil {
		return t, err
	}
	if i := slices.IndexFunc(t.params, func(i yaml.MapItem) bool { return i.Key == "op" }); i >= 0 && (t.params[i].Value == "contains" || t.params[i].Value == "exists") {
		if t.params[i].Value == "contains" {
			return t, errors.New("asks whether an entity contains a text")
		}
		t.params = slices.Delete(t.params, i, i+1) // it is enough that there is one
	}
	return t, nil
}

func metadata(p object, _ string) (translated, error) {
	t := translated{kind: "metadata", session: true}
	c := p.child("customerparam")
	if c == nil {
		c = p
	}
	name := c.text("field", "name")
	if name == "" {
		return t, errors.New("names no field")
	}
	t.set("field", known(name))
	if err := compare(&t, c); err != nil {
		return t, err
	}
	if !slices.ContainsFunc(t.params, func(i yaml.MapItem) bool { return i.Key == "op" }) {
		t.set("op", "exists")
	}
	return t, nil
}

// known are the session's own fields among those that calls carry.
func known(field string) string {
	switch plain(field) {
	case "skillgroupname", "skillgroup", "技能组":
		return "agent.team"
	case "customerserviceid", "客服id":
		return "agent.id"
	case "business", "业务类型":
		return "business_type"
	}
	return field
}

// compare adds the comparison with a value or with an expression of two fields.
func compare(t *translated, c object) error {
	symbol := c.text("symbol", "operator")
	if symbol == "" {
		return nil
	}
	op := map[string]string{
		"=": "==", "==": "==", "eq": "==", "!=": "!=", "<>": "!=", "neq": "!=", "≠": "!=", ">": ">", "gt": ">", ">=": ">=", "gte": ">=", "≥": ">=",
		"<": "<", "lt": "<", "<=": "<=", "lte": "<=", "≤": "<=", "in": "in", "notin": "not_in", "contains": "contains", "包含": "contains",
		"等于": "==", "不等于": "!=", "大于": ">", "小于": "<", "大于等于": ">=", "小于等于": "<=", "exists": "exists", "存在": "exists",
	}[plain(symbol)]
	if op == "" {
		return fmt.Errorf("compares by %q, which is not known here", symbol)
	}
	t.set("op", op)
	if op == "exists" {
		return nil
	}
	if op == "in" || op == "not_in" {
		t.set("values", scalars(strings.FieldsFunc(c.text("value"), func(r rune) bool { return strings.ContainsRune(",，;；|", r) })))
		return nil
	}
	if e := c.child("expressionmetadesc"); e != nil {
		return arithmetic(t, e)
	}
	value := c.text("value")
	if value == "" {
		return errors.New("compares with nothing")
	}
	t.set("value", scalar(value))
	return nil
}

// arithmetic writes an expression of two operands, rounded as it says.
func arithmetic(t *translated, e object) error {
	op := e.text("operator")
	op, ok := map[string]string{"+": "+", "-": "-", "*": "*", "/": "/", "add": "+", "subtract": "-", "multiply": "*", "divide": "/", "×": "*", "÷": "/"}[plain(op)]
	left, right := e.text("leftoperand"), e.text("rightoperand")
	if !ok || left == "" || right == "" {
		return errors.New("has an expression that cannot be read")
	}
	t.set("value", operand(left)+" "+op+" "+operand(right))
	mode := map[string]string{"": "", "up": "up", "down": "down", "ceiling": "up", "floor": "down", "halfup": "half_up"}
	rounding, ok := mode[plain(e.text("roundingmode"))]
	switch {
	case !ok:
		return fmt.Errorf("rounds by %q, which is not known here", e.text("roundingmode"))
	case rounding != "":
		t.set("round", yaml.MapSlice{pair("digits", e.integer(0, "scale", "digits")), pair("mode", rounding)})
	}
	return nil
}

func operand(s string) string {
	if _, err := strconv.ParseFloat(s, 64); err == nil {
		return s
	}
	return "metadata." + strings.TrimPrefix(s, "metadata.")
}

func scalars(list []string) []any {
	var out []any
	for _, s := range list {
		out = append(out, scalar(strings.TrimSpace(s)))
	}
	return out
}

// scalar is a number where the text is one.
func scalar(s string) any {
	if v, err := strconv.ParseFloat(s, 64); err == nil && (s == "0" || !strings.HasPrefix(s, "0") || strings.HasPrefix(s, "0.")) {
		return v
	}
	return s
}
