package transcript

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// field is a place in a session that a column can fill.
type field string

// The fields, as mapping files name them.
const (
	fieldID           field = "id"
	fieldSpeaker      field = "speaker"
	fieldText         field = "text"
	fieldStart        field = "start"
	fieldEnd          field = "end"
	fieldAt           field = "at"
	fieldKind         field = "kind"
	fieldOrder        field = "order" // the turn's number; rows stand in order, so it is dropped
	fieldChannel      field = "channel"
	fieldLanguage     field = "language"
	fieldStartedAt    field = "started_at"
	fieldAgentID      field = "agent.id"
	fieldAgentName    field = "agent.name"
	fieldAgentTeam    field = "agent.team"
	fieldCustomerID   field = "customer.id"
	fieldCustomerType field = "customer.type"
	fieldBusinessType field = "business_type"
	fieldUrgency      field = "urgency"
	fieldCSAT         field = "csat"
	fieldDuration     field = "duration"
	fieldLoudness     field = "loudness"
)

// columns are the names of each field's columns, the better ones first: when a
// file has two of them, the later one goes to the metadata.
var columns = map[field][]string{
	fieldID: {"id", "session_id", "会话ID", "会话编号", "会话标识", "会话号", "通话ID", "通话编号", "录音编号", "录音ID", "对话ID", "conversation_id",
		"call_id", "chat_id", "contact_id", "ticket_id", "dialog_id", "dialogue_id", "interaction_id", "工单号", "工单ID", "流水号", "session", "tid"},
	fieldSpeaker: {"speaker", "role", "角色", "说话人", "说话人角色", "发言人", "发送方", "发送者", "发言方", "speaker_role", "sender", "from",
		"participant", "sender_type", "发送人", "author", "身份"},
	fieldText: {"text", "content", "内容", "文本", "消息", "消息内容", "对话内容", "聊天内容", "通话内容", "发言内容", "话术", "message", "utterance", "words",
		"transcript", "body", "msg"},
	fieldStart: {"start_ms", "begin_ms", "start", "开始时间", "begin", "start_time", "begin_time", "开始", "起始时间", "开始毫秒", "开始秒",
		"start_s", "start_offset", "offset", "begin_offset", "start_sec", "start_seconds"},
	fieldEnd: {"end_ms", "end", "结束时间", "end_time", "结束", "终止时间", "结束毫秒", "结束秒", "end_s", "end_offset", "end_sec", "end_seconds"},
	fieldAt: {"at", "timestamp", "时间", "发送时间", "消息时间", "时间戳", "发言时间", "time", "datetime", "created_at", "sent_at", "send_time", "date_time",
		"message_time"},
	fieldKind:         {"kind", "消息类型", "message_type", "msg_type", "turn_type"},
	fieldOrder:        {"turn", "序号", "轮次", "句序", "行号", "seq", "sequence", "index", "idx", "turn_id", "turn_index", "turn_no", "no", "order"},
	fieldChannel:      {"channel", "渠道", "来源渠道", "接入渠道", "媒体类型", "media_type", "medium"},
	fieldLanguage:     {"language", "语言", "语种", "lang", "locale"},
	fieldStartedAt:    {"started_at", "会话开始时间", "通话开始时间", "会话时间", "通话时间", "呼叫时间", "call_time", "session_start", "session_started_at", "call_start"},
	fieldAgentID:      {"agent_id", "客服工号", "坐席工号", "工号", "坐席ID", "客服ID", "座席工号", "座席ID", "坐席", "座席", "客服", "staff_id", "employee_id", "operator_id", "agent"},
	fieldAgentName:    {"agent_name", "坐席姓名", "客服姓名", "座席姓名", "客服名称", "坐席名称", "staff_name", "operator_name"},
	fieldAgentTeam:    {"team", "班组", "技能组", "agent_team", "queue", "坐席班组", "客服组", "小组", "部门", "队列", "skill_group", "group", "department"},
	fieldCustomerID:   {"customer_id", "客户ID", "客户编号", "用户ID", "客户号", "user_id", "客户", "client_id", "visitor_id", "customer"},
	fieldCustomerType: {"customer_type", "客户类型", "用户类型", "客户类别", "client_type"},
	fieldBusinessType: {"business_type", "业务类型", "业务类别", "业务", "咨询类型", "business"},
	fieldUrgency:      {"urgency", "紧急程度", "紧急度", "优先级", "priority"},
	fieldCSAT:         {"csat", "满意度", "满意度评分", "客户满意度", "评分", "rating", "satisfaction", "csat_score", "satisfaction_score"},
	// A duration in a column of another name has no known unit, and a volume may
	// be on any scale: a mapping says what they are.
	fieldDuration: {"duration_ms"},
	fieldLoudness: {"loudness"},
}

// rankedName is a column name's field and its place among that field's names.
type rankedName struct {
	field field
	rank  int
}

var rankedNames = func() map[string]rankedName {
	names := map[string]rankedName{}
	for f, all := range columns {
		for rank, name := range all {
			names[plain(name)] = rankedName{f, rank}
		}
	}
	return names
}()

// fieldNames gives the field of a name in the form that plain returns.
var fieldNames = func() map[string]field {
	names := map[string]field{}
	for name, r := range rankedNames {
		names[name] = r.field
	}
	return names
}()

// fields lists the fields that a mapping may name.
func fields() []field {
	all := make([]field, 0, len(columns))
	for f := range columns {
		all = append(all, f)
	}
	slices.Sort(all)
	return all
}

var unitMark = regexp.MustCompile(`^(.*?)[(\[](ms|毫秒|s|秒|us|微秒|sec|seconds|milliseconds)[)\]]$`)

// columnField finds the field of a column by its name, with the unit that the
// name gives to numbers.
func columnField(name string) (r rankedName, unit TimeUnit, ok bool) {
	name = plain(name)
	if m := unitMark.FindStringSubmatch(name); m != nil {
		name, unit = m[1], unitOf(m[2])
	}
	r, ok = rankedNames[name]
	if !ok || r.field != fieldStart && r.field != fieldEnd && r.field != fieldAt && r.field != fieldDuration {
		return r, "", ok
	}
	for _, suffix := range []string{"ms", "毫秒", "sec", "seconds", "秒"} {
		if unit == "" && strings.HasSuffix(name, suffix) {
			unit = unitOf(suffix)
		}
	}
	if name == "starts" || name == "ends" {
		unit = Seconds
	}
	return r, unit, true
}

func unitOf(mark string) TimeUnit {
	switch mark {
	case "ms", "毫秒", "milliseconds":
		return Milliseconds
	case "us", "微秒":
		return Microseconds
	}
	return Seconds
}

// valueNames are the usual words for the values of closed lists.
var valueNames = map[field]map[string]string{
	fieldChannel: {
		"电话": "call", "语音": "call", "热线": "call", "通话": "call", "呼入": "call", "呼出": "call", "voice": "call", "phone": "call",
		"在线": "chat", "聊天": "chat", "文字": "chat", "在线客服": "chat", "文本": "chat", "微信": "chat", "im": "chat", "text": "chat", "web": "chat",
		"邮件": "email", "邮箱": "email", "mail": "email",
	},
	fieldKind: {
		"消息": "message", "文本": "message", "文字": "message", "text": "message", "图片": "message", "image": "message",
		"语音": "message", "voice": "message", "文件": "message", "file": "message", "表情": "message", "链接": "message", "link": "message", "事件": "event", "通知": "event", "备注": "note", "内部备注": "note",
	},
	fieldLanguage: {
		"中文": "zh", "汉语": "zh", "普通话": "zh", "chinese": "zh", "英文": "en", "英语": "en", "english": "en", "粤语": "yue", "cantonese": "yue",
	},
	fieldCustomerType: {
		"个人": "individual", "个人客户": "individual", "personal": "individual", "企业": "enterprise", "企业客户": "enterprise", "公司": "enterprise",
		"business": "enterprise", "corporate": "enterprise",
	},
	fieldBusinessType: {
		"咨询": "inquiry", "投诉": "complaint", "售后": "after_sales", "aftersales": "after_sales",
	},
	fieldUrgency: {
		"普通": "normal", "一般": "normal", "正常": "normal", "紧急": "urgent", "加急": "urgent", "特急": "critical", "非常紧急": "critical",
	},
	fieldCSAT: {
		"非常满意": "5", "满意": "4", "一般": "3", "不满意": "2", "非常不满意": "1",
	},
}

// valueOf brings a cell of a closed list to the canonical word; what it does not
// know stays, for the checks to judge.
func valueOf(f field, cell string) string {
	cell = strings.TrimSpace(cell)
	if cell == "" {
		return ""
	}
	if v, ok := valueNames[f][plain(cell)]; ok {
		return v
	}
	switch f {
	case fieldChannel, fieldKind, fieldUrgency, fieldCustomerType:
		return strings.ToLower(cell)
	case fieldLanguage:
		return strings.ReplaceAll(cell, "_", "-")
	}
	return cell
}

// ratingOf reads a rating such as 4, 4.0 or 4分.
func ratingOf(cell string) (int, bool) {
	n, err := strconv.ParseFloat(strings.TrimSuffix(valueOf(fieldCSAT, cell), "分"), 64)
	if err != nil || n != float64(int(n)) || n < 1 || n > 5 {
		return 0, false
	}
	return int(n), true
}
