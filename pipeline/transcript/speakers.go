package transcript

import "strings"

// aliases are the names that formats and people give to the speakers.
var aliases = map[Speaker][]string{
	Agent: {
		"agent", "客服", "坐席", "座席", "人工", "人工客服", "人工坐席", "客服代表", "客服人员", "客服专员", "在线客服", "员工",
		"接线员", "话务员", "顾问", "staff", "operator", "rep", "representative", "advisor", "adviser", "service",
		"csr", "employee", "support", "human agent", "客服坐席",
		"supervisor", "manager", "team lead", "team leader", "shift lead", "主管", "客服主管", "经理", "客服经理", "班长", "组长", "值班长", "值班组长",
	},
	Customer: {
		"customer", "客户", "用户", "顾客", "来电人", "来电者", "访客", "买家", "会员", "user", "client", "caller", "visitor",
		"end user", "consumer", "guest", "buyer",
	},
	Bot:    {"bot", "机器人", "智能客服", "机器人客服", "智能助手", "assistant", "ivr", "robot", "chatbot", "virtual agent", "语音导航"},
	System: {"system", "系统", "系统消息", "系统通知", "sys"},
}

// speakerNames is aliases the other way round, by the form that plain returns.
var speakerNames = func() map[string]Speaker {
	names := map[string]Speaker{}
	for speaker, all := range aliases {
		for _, name := range all {
			names[plain(name)] = speaker
		}
	}
	return names
}()

const allowedSpeakers = "agent, customer, bot, system (also 客服, 客户, 机器人, 系统 and their other usual names)"

// SpeakerOf finds the speaker by one of its usual names: width, case, blanks, a number
// behind it (客服1) and a name in parentheses (客服（小王）) do not matter.
func SpeakerOf(name string) (Speaker, bool) {
	if s, ok := speakerNames[name]; ok {
		return s, true
	}
	name = plain(name)
	if i := strings.IndexByte(name, '('); i > 0 && strings.HasSuffix(name, ")") {
		name = name[:i]
	}
	s, ok := speakerNames[strings.TrimRight(name, "0123456789#")]
	return s, ok
}

// plain is the form in which names are compared: folded, without blanks,
// underscores and hyphens.
func plain(name string) string { return withoutMarks.Replace(Fold(name).Text) }

var withoutMarks = strings.NewReplacer(" ", "", "_", "", "-", "")
