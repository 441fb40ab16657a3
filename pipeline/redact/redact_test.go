package redact

import (
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"assay/pipeline/transcript"
)

// every redacts all types for tests of finders.
var every = Rules{Types: Types, Least: DefaultLeast}

// A marked text has {type text} where the text is expected to be found.
var marked = regexp.MustCompile(`\{([a-z_]+) ([^}]*)\}`)

func plainOf(text string) string { return marked.ReplaceAllString(text, "$2") }

// markedBy writes a text with the spans found in it.
func markedBy(t Text) string {
	var b strings.Builder
	end := 0
	for _, s := range t.Spans {
		b.WriteString(t.Original[end:s.Start] + "{" + string(s.Type) + " " + t.Original[s.Start:s.End] + "}")
		end = s.End
	}
	return b.String() + t.Original[end:]
}

func TestText(t *testing.T) {
	t.Parallel()
	for _, want := range []string{
		// Chinese phones
		"我的手机号是{phone 13812345678}，麻烦回电", "手机{phone 138-1234-5678}", "打{phone +86 138 1234 5678}找我", "{phone 008613812345678}也行",
		"电话{phone 010-62345678}转客服", "座机是{phone 0571 8765 4321}", "联系电话：{phone 62345678}", "tel{phone 13987654321}",
		"幺三八的，就是{phone 幺三八一二三四五六七八}", "号码{phone 幺三九 二二三三 四四五五}", "是{phone 一三八，一二三四，五六七八}对吗", "{phone １３８１２３４５６７８}",
		"您打10086就可以", "12306能查", "订单号13812345678901在路上", "数字12345678901不是手机号", "单号是20250105123456", "2024-2025年", "一共一百二十三块五", "第一一二三章",
		// identity and cards
		"身份证{id_card 11010519491231002X}", "身份证号{id_card 1101 0519 4912 3100 2X}", "身份证{id_card 一一零一零五一九四九一二三一零零二x}", "老身份证{id_card 110105491231002}", "身份证{account 110105194912310021}", "证件号{account 123456789012}", "卡号{account 1234567890123456}", "卡号{bank_card 4111111111111112}",
		"卡号{bank_card 6222 0202 0001 2345 678}", "{bank_card 4111111111111111}到期了", "信用卡{bank_card 4111-1111-1111-1111}有效期{secret 09/28}安全码{secret 123}", "card {bank_card 4111 1111 1111 1111} exp {secret 9/2028} cvv {secret 123}", "my card expires in 30 days", "信用卡有效期还有30天", "信用卡{bank_card 4111-1111-1111-1111}", "尾号{bank_card 1234}的卡", "手机尾号{phone 5678}",
		"编号A4111111111111111", "订单6222020200012345", "护照{passport E12345678}", "护照号码：{passport EA1234567}", "港澳通行证{permit C12345678}", "回乡证{permit H1234567890}",
		"统一社会信用代码{credit_code 91350100M000100Y43}", "车牌{plate 京A12345}", "新能源{plate 粤BD12345}停在楼下", "香港身份证{id_card A123456(3)}",
		// chat names and codes
		"加我微信{wechat zhang_san88}", "微信号是{wechat abcdefgh}", "微信{phone 13812345678}", "微信支付失败了", "QQ{qq 123456789}", "qq号是{qq 87654321}",
		"验证码是{secret 482913}", "短信验证码 {secret 4829}", "密码是{secret abc12345}", "密码忘了", "取款密码{secret 123456}", "验证码是 {secret 8 8 2 3 4 1}", "登录密码改成{secret Qwer@1234}了",
		// mail and net
		"发到{email zhang.san@163.com}", "邮箱{email zhangsan 艾特 163 点 com}", "{email 一二三四五六艾特qq点com}", "邮箱是{email zhangsan123圈a qq点com}", "服务器{ip 192.168.1.20}", "版本1.2.3.4",
		// addresses and births
		"寄到{address 浙江省杭州市西湖区文三路88号3栋2单元501室}", "地址是{address 朝阳区建国路88号}", "我住在{address 幸福小区3栋2单元501}", "收货地址：{address 上海市浦东新区世纪大道100号}", "坐地铁2号线", "三号线换乘", "5号楼下等", "出生日期{birth_date 1990年5月12日}", "生日是{birth_date 1990-05-12}", "今天是5月12号",
		"邮编{address 310000}", "寄到{address 文三路88号南区A座1203}", "地址是{address 文三路88号，南区A座1203}，谢谢", "我是{birth_date 一九八五年三月十二号}生的", "{birth_date 1985年3月12日}出生", "1985年3月12日发生的", "{birth_date 三月十二号}生人",
		// names
		"我姓{person 王}", "免贵姓{person 李}", "我叫{person 王小明}", "{person 王}先生您好", "您好，{person 李}女士", "姓名：{person 欧阳娜娜}，", "收件人{person 张三}", "我是{person 陈静}。", "联系人是{person 赵六}，谢谢", "我姓{person 弓长张}",
		"我姓{person 欧阳}，叫{person 欧阳静}", "免贵姓{person 王}叫{person 王小明}", "我姓{person 王}，叫了车", "我老公{person 李强}", "找一下{person 张伟}经理", "麻烦转接{person 王小明}主任", "找一下项目经理", "找一下安全经理", "找一下高级经理", "联系一下房产经理",
		"我是会员", "我是高级会员", "对方先生没说", "这位女士", "任何女士都可以", "我叫车了", "我是张", "全国先生", "我叫了外卖", "先生您好", "客户经理", "谢谢小姐姐", "值班经理在吗", "请报姓名和身份证号", "请找一下{person 刘}经理", "{phone 一三八零零零零零二二二}，五月的",
		// English phones
		"call me at {phone 415-555-2671}", "{phone (415) 555-2671} is mine", "{phone +1 415-555-2671}", "{phone +44 20 7946 0958} please", "my number is {phone 4155552671}", "phone: {phone 07700 900123}",
		"it's {phone 0 7 7 double 0 9 double 0 1 2 3}", "extension 4412 or {phone 212.555.0187}", "it is {phone four one five five five five two six seven one}", "{phone oh two oh seven nine four six double oh five eight}", "my cell is {phone five five five, twelve thirty-four}", "mobile {phone 345-899-3560x4587}",
		"order 4155552671 is late", "I waited 20 minutes 3 times", "a table for 2 at 19:45 for 3 nights", "it costs $4155552671", "one two three go", "twenty twenty four was good",
		// English numbers
		"my SSN is {ssn 219-09-9999}", "social security number {ssn 219099999}", "{ssn 219-09-9999}", "part 666-12-1234-9", "card number {bank_card 5500 0000 0000 0004}", "Visa ending in {bank_card 4242}", "last four digits are {bank_card 1234}", "account ending {bank_card 4321}", "a contract ending 2025",
		"last four of my social {ssn 6789}", "IBAN {iban GB29 NWBK 6016 1331 9268 19}", "pay to {iban DE89370400440532013000}", "my driver's license is {driver_license D1234-567}", "passport {passport 123456789}", "account number {account 00123456}",
		"member ID {account AB-12345}", "the PIN is {secret 4821}", "your code is 4821", "verification code {secret 482913}", "password is {secret hunter2!}", "password is wrong", "host {ip 10.1.2.3} and {ip 2001:db8::1}", "version 10.1.2.3", "at 10:30:45",
		"routing number {account 021000021}", "national insurance number {ssn QQ 12 34 56 C}", "NI number is {ssn AB123456C}", "it's {ssn AB 12 34 56 C}", "national insurance {ssn q q one two three four five six c}", "passport number {passport C01X00T47}", "passport expires tomorrow", "I was born on {birth_date the third of May nineteen eighty one}", "born {birth_date the third of May, eighty-one}", "born {birth_date the third of the fifth nineteen eighty one}", "born on {birth_date May third nineteen eighty-one}", "the third of May eighty people came", "date of birth is {birth_date 5/12/1990}", "I was born on {birth_date May 12, 1990}", "DOB {birth_date 05/12/90}", "since 5/12/1990",
		"mail {email john.smith@example.com}", "{email john dot smith at gmail dot com}", "it's {email j o h n 42 at gmail dot com}", "my email is {email mary underscore jones at outlook dot com}", "meet at the dot",
		// English addresses
		"I live at {address 1668 Glyn Street, Apt 4, Springfield, IL 62704}", "send it to {address P.O. Box 1234}", "zip code {address 94103}", "{address 22 Baker Street}, London {address NW1 6XE}", "3 days on the road", "2 people by the way",
		// English names
		"My name is {person John Smith}.", "my name is {person john smith}", "This is {person Maria} speaking", "I'm {person Peter} from sales", "Mr. {person Smith} called", "Dr {person Jane Doe}", "My name is {person Nguyen Van An}", "Hi {person Susan}, how are you", "ask {person Emily} please",
		"this is great", "I'm looking for a hotel", "I am very angry", "my name is not on the list", "Hello, Larkcell rewards here", "it's {person Anya Rao}, {person R-A-O}.", "my brother left you", "my son {person Arjun} is ill", "Hi there", "Dr appointment", "take Allison Road", "mark it as done", "it's Friday",
		// said to the ear
		"my license plate is {plate b k r four seven nine two} ok", "post code {address l s six two q r}", "promo code s a v e two zero", "i live at {address forty two eleven magnolia avenue}", "it's a one way street", "two main roads meet",
		"she was born on {birth_date march twenty second nineteen seventy nine}", "march twenty second was fine", "{birth_date 2015-06-23}出生的", "2015-06-23发货的", "生日是{birth_date 一九八六年腊月初八}",
		"my name is {person Ana Ruiz}, {person R U I Z}", "this is {person denise} how can i help", "this is great how can i help", "I'm Frustrated and Done", "I'm {person Mohammed Ali}", "is this {person Priya Rao}?", "is this KFC can I order",
		"我叫{person 佟丽华} {person 美丽的丽} {person 中华的华}", "真的很好的好吧", "投保人{person 阿依古丽·买买提}", "去金鼎轩·南北菜吃", "对方叫{person 司马文博}", "我儿子{person 钱宇轩}", "机主姓名是{person 曲志强}", "门卫{person 老孙}，",
		"有问题请拨打400-820-8820", "单位电话{phone 400-820-8820}", "服务密码请发短信至10086查询", "护照没有 通行证{permit C20483316}",
		"the name is {person J-O-N-E-S}", "that's {person S as in Sierra, M as in Mike, I as in India}", "in the U-S-A", "the b-e-s-t", "I'm Ok",
	} {
		if got := markedBy(every.Text(plainOf(want))); got != want {
			t.Errorf("%s\nfound %s", want, got)
		}
	}
}

// session makes a session of lines that begin with c: or a:.
func sessionOf(lines ...string) *transcript.Session {
	s := &transcript.Session{ID: "s", Channel: transcript.Call}
	for _, l := range lines {
		speaker := transcript.Agent
		if strings.HasPrefix(l, "c:") {
			speaker = transcript.Customer
		}
		s.Turns = append(s.Turns, transcript.Turn{Speaker: speaker, Text: strings.TrimSpace(l[2:])})
	}
	return s
}

func redacted(r Rules, s *transcript.Session) []string {
	var out []string
	for _, t := range r.Session(s).Turns {
		out = append(out, t.Text)
	}
	return out
}

func TestSession(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name      string
		in, wants []string
	}{
		{"an agent reads the number back", []string{"c: 我手机是138 1234 5678", "a: 好的，幺三八一二三四五六七八，对吗", "c: 对，不是13987654321"},
			[]string{"我手机是<手机1>", "好的，<手机1>，对吗", "对，不是<手机2>"}},
		{"said digit by digit over turns", []string{"a: 请报一下您的手机号", "c: 幺三八", "a: 嗯", "c: 一二三四", "a: 一二三四", "c: 五六七八", "a: 好的"},
			[]string{"请报一下您的手机号", "<手机1>", "嗯", "<手机1>", "<手机1>", "<手机1>", "好的"}},
		{"English digits over turns", []string{"a: Can I have your card number please?", "c: sure it's 4111 1111", "a: okay", "c: 1111", "a: uh-huh", "c: 1111"},
			[]string{"Can I have your card number please?", "sure it's <CARD_1>", "okay", "<CARD_1>", "uh-huh", "<CARD_1>"}},
		{"the last digits of a known card", []string{"c: 卡号6222020200012345678", "a: 尾号5678的这张吗"}, []string{"卡号<银行卡1>", "尾号<银行卡1>的这张吗"}},
		{"a name after being asked", []string{"a: 请问您贵姓？", "c: 王", "a: 王先生您好"}, []string{"请问您贵姓？", "<姓名1>", "<姓名1>先生您好"}},
		{"a whole name after being asked", []string{"a: 请问怎么称呼您", "c: 李小红", "a: 李小红您好"}, []string{"请问怎么称呼您", "<姓名1>", "<姓名1>您好"}},
		{"an English name after being asked, and again", []string{"a: May I have your name?", "c: Sure, Jane Miller", "a: Thanks Jane, how can I help?"},
			[]string{"May I have your name?", "Sure, <NAME_1>", "Thanks <NAME_1>, how can I help?"}},
		{"a name and the last digits of another number", []string{"a: 请报机主姓名和身份证后四位", "c: 罗海，三二一零"}, []string{"请报机主姓名和身份证后四位", "<姓名1>，<身份证1>"}},
		{"another question ends the first", []string{"a: May I have your name?", "c: why", "a: Which city?", "c: Boston"}, []string{"May I have your name?", "why", "Which city?", "Boston"}},
		{"an answer to a question for an account", []string{"a: What is your account number?", "c: 8573 1890", "a: thanks"}, []string{"What is your account number?", "<ACCOUNT_1>", "thanks"}},
		{"a birth date that was asked for", []string{"a: 麻烦核对一下出生日期", "c: 1990年5月12日"}, []string{"麻烦核对一下出生日期", "<生日1>"}},
		{"a number that ends with a check letter in the next turn", []string{"a: 请报身份证号", "c: 33010619920817", "a: 嗯", "c: 401叉"}, []string{"请报身份证号", "<身份证1>", "嗯", "<身份证1>"}},
		{"a birth date that is read back with its century", []string{"a: 请问出生日期", "c: 身份证上是八七年一月七号", "a: 好的1987年1月7日", "a: 1987年1月8日办的"},
			[]string{"请问出生日期", "身份证上是<生日1>", "好的<生日1>", "1987年1月8日办的"}},
		{"a name that was spelled, and said", []string{"a: can you spell your last name", "c: sure s as in sam z y m o n s k i", "a: szymonski thank you"}, []string{"can you spell your last name", "sure <NAME_1>", "<NAME_1> thank you"}},
		{"a name and its letters after being asked", []string{"a: can i get your full name please", "c: yeah it's gwendolyn pruitt that's p r u i t t"}, []string{"can i get your full name please", "yeah it's <NAME_1> that's <NAME_1>"}},
		{"a request without a verb", []string{"a: and the card number if you have it", "c: it's four one four seven two zero two three", "a: mm hmm", "c: eight eight oh one", "c: five six three nine"},
			[]string{"and the card number if you have it", "it's <CARD_1>", "mm hmm", "<CARD_1>", "<CARD_1>"}},
		{"a code that was asked for by 吗", []string{"a: 收到验证码了吗", "c: 收到了739204"}, []string{"收到验证码了吗", "收到了<密码1>"}},
		{"a code that was asked for before the account", []string{"a: what is the pin on the account", "c: nine four one seven"}, []string{"what is the pin on the account", "<SECRET_1>"}},
		{"a balance after a question for an account and a code", []string{"c: do you want my pin or what is my account", "a: your current balance is 1069"}, []string{"do you want my pin or what is my account", "your current balance is 1069"}},
		{"a card over turns before its expiry date", []string{"a: card number?", "c: 5555 5555", "a: go on", "c: 5555 4444 expiry 09 28"}, []string{"card number?", "<CARD_1>", "go on", "<CARD_1> expiry <SECRET_1>"}},
		{"a card over turns right before its expiry date", []string{"a: card number?", "c: 5555 5555", "a: go on", "c: 5555 4444 09 28"}, []string{"card number?", "<CARD_1>", "go on", "<CARD_1>"}},
		{"a spoken card over turns before its expiry date", []string{"a: card number?", "c: five five five five, five five five five", "a: go on", "c: five five five five, four four four four, expiry oh nine twenty eight"},
			[]string{"card number?", "<CARD_1>", "go on", "<CARD_1>, expiry <SECRET_1>"}},
		{"a Chinese card over turns before its expiry date", []string{"a: 卡号？", "c: 六二二二零二", "a: 嗯", "c: 零二零零一一二二三三四四七，有效期零九二八"}, []string{"卡号？", "<银行卡1>", "嗯", "<银行卡1>，有效期<密码1>"}},
		{"an expiry date and a code that were asked for", []string{"a: card number?", "c: 5555 5555", "a: go on", "c: 5555 4444", "a: and the expiry date?", "c: oh nine twenty eight", "a: and the cvv?", "c: one two three"},
			[]string{"card number?", "<CARD_1>", "go on", "<CARD_1>", "and the expiry date?", "<SECRET_1>", "and the cvv?", "<SECRET_2>"}},
		{"a Chinese expiry date and code that were asked for", []string{"c: 我的信用卡", "a: 卡片有效期是多少", "c: 二零二八年九月", "a: 背面三位数呢", "c: 三八一"},
			[]string{"我的信用卡", "卡片有效期是多少", "<密码1>", "背面三位数呢", "<密码2>"}},
		{"a card of which a digit was said twice", []string{"a: 卡号？", "c: 六二二二零二零二", "a: 嗯", "c: 零零零一一二二三三四四七"}, []string{"卡号？", "<账号1>", "嗯", "<账号1>"}},
		{"an expiry date that is read back", []string{"c: my card 4111 1111 1111 1111 expires nine twenty eight", "a: expires 09/28, september twenty twenty eight"},
			[]string{"my card <CARD_1> expires <SECRET_1>", "expires <SECRET_1>, september twenty twenty eight"}},
		{"an expiry date with the month's name", []string{"c: my card 4111 1111 1111 1111", "c: it expires september twenty twenty eight, bye"}, []string{"my card <CARD_1>", "it expires <SECRET_1>, bye"}},
		{"an expiry date without a card", []string{"c: the milk expires 09/28", "a: the coupon is valid until 09/28"}, []string{"the milk expires 09/28", "the coupon is valid until 09/28"}},
		{"a surname and the only name that has it", []string{"a: 请问怎么称呼您", "c: 王小明", "a: 王先生您好"}, []string{"请问怎么称呼您", "<姓名1>", "<姓名1>先生您好"}},
		{"a surname that two have", []string{"c: 我叫王小明", "c: 我老婆王芳", "a: 王先生您好"}, []string{"我叫<姓名1>", "我老婆<姓名2>", "<姓名3>先生您好"}},
		{"a tag that stands there already", []string{"c: <PHONE_1> or 415-555-2671"}, []string{"<PHONE_1> or <PHONE_2>"}},
		{"numbers of a shop over turns", []string{"c: 我要3个", "a: 好的", "c: 还有2个", "a: 还要别的吗", "c: 5个"}, []string{"我要3个", "好的", "还有2个", "还要别的吗", "5个"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(c.wants, redacted(every, sessionOf(c.in...))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestApplyRedactsNamesAndMetadata(t *testing.T) {
	t.Parallel()
	s := sessionOf("a: 我是客服王芳", "c: 王芳你好", "c: 电话13812345678")
	s.Agent = &transcript.AgentRef{ID: "7", Name: "王芳"}
	s.Customer = &transcript.CustomerRef{ID: "138-1234-5678", Type: "individual"}
	s.Metadata = map[string]any{"customer_name": "陈大文", "phone": 13812345678.0, "queue": "vip", "tags": []any{"a", "zhang@163.com"}, "n": nil, "note": "王芳接的"}
	got := every.Session(s).Apply()
	want := sessionOf("a: 我是客服<姓名1>", "c: <姓名1>你好", "c: 电话<手机1>")
	want.Agent = &transcript.AgentRef{ID: "7", Name: "<姓名1>"}
	want.Customer = &transcript.CustomerRef{ID: "<手机1>", Type: "individual"}
	want.Metadata = map[string]any{"customer_name": "<姓名2>", "phone": "<手机1>", "queue": "vip", "tags": []any{"a", "<邮箱1>"}, "n": nil, "note": "<姓名1>接的"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if s.Turns[1].Text != "王芳你好" || s.Agent.Name != "王芳" {
		t.Error("the original session was changed")
	}
}

func TestApplyKeepsIdsThatTellNothing(t *testing.T) {
	t.Parallel()
	s := sessionOf("c: 你好")
	s.Customer, s.Agent = &transcript.CustomerRef{ID: "c-1042"}, &transcript.AgentRef{ID: "7"}
	got := every.Session(s).Apply()
	if diff := cmp.Diff(s, got); diff != "" {
		t.Error(diff)
	}
}

func TestValuesOfTheMetadataAreKnownInTheTurns(t *testing.T) {
	t.Parallel()
	s := sessionOf("c: 就是88231704那个", "a: 好的 八八二三幺七零四")
	s.Metadata = map[string]any{"account": "88231704"}
	want := []string{"就是<账号1>那个", "好的 <账号1>"}
	if diff := cmp.Diff(want, redacted(every, s)); diff != "" {
		t.Error(diff)
	}
}

func TestOffsetsBothWays(t *testing.T) {
	t.Parallel()
	text := every.Text("打13812345678或a@b.com吧")
	if want := "打<手机1>或<邮箱1>吧"; text.Text != want {
		t.Fatalf("%q, want %q", text.Text, want)
	}
	for _, c := range []struct{ redacted, original string }{
		{"打", "打"}, {"吧", "吧"}, {"<手机1>", "13812345678"}, {"机", "13812345678"}, {"打<", "打13812345678"}, {">或", "13812345678或"}, {"或<邮箱1>吧", "或a@b.com吧"},
	} {
		at := strings.Index(text.Text, c.redacted)
		start, end := text.ToOriginal(at, at+len(c.redacted))
		if got := text.Original[start:end]; got != c.original {
			t.Errorf("%q is %q in the original, want %q", c.redacted, got, c.original)
		}
	}
	for _, c := range []struct{ original, redacted string }{{"打", "打"}, {"381", "<手机1>"}, {"或", "或"}, {"8或a", "<手机1>或<邮箱1>"}, {"吧", "吧"}} {
		at := strings.Index(text.Original, c.original)
		start, end := text.FromOriginal(at, at+len(c.original))
		if got := text.Text[start:end]; got != c.redacted {
			t.Errorf("%q is %q in the redacted text, want %q", c.original, got, c.redacted)
		}
	}
}

func TestSpanSaysWhatAndWhy(t *testing.T) {
	t.Parallel()
	got := every.Session(sessionOf("a: x", "c: 电话13812345678。")).Spans()
	want := []Span{{Turn: 1, Start: 6, End: 17, Type: Phone, Tag: "<手机1>", Confidence: 0.97, Reason: "cue and form of a Chinese mobile number"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
