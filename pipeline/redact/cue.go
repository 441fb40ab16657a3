package redact

import (
	"strings"
	"unicode/utf8"
)

// topic is what a cue says that a number or word nearby is.
type topic string

// Topics that are no type of personal data.
const (
	lastFour topic = "last_four" // of a card or phone
	order    topic = "order"     // of something that belongs to no person: orders, cases, staff
	calling  topic = "calling"   // "call me at": a phone when it looks like one
	zip      topic = "zip"
	card     topic = topic(BankCard)
	phone    topic = topic(Phone)
)

// cueWords are the words before (seldom after) personal data, in folded form.
// Where several begin together the longest counts.
var cueWords = map[topic]string{
	phone: `手机|手机号|手机号码|电话|电话号码|电话号|座机|联系方式|联系号码|来电号码|预留号码|致电|回拨|phone|phone number|telephone|cell|cellphone|cell phone|mobile|
		mobile number|tel|landline|fax|desk|whatsapp|contact number|callback number|messages to|registered`,
	calling: `打给|打到|拨打|联系我|call|call me|reach me|text me|ring me|dial|answering at|number is|号码是|号码`,
	card: `银行卡|银行卡号|卡号|信用卡|储蓄卡|借记卡|card|card number|card no|credit card|debit card|cc|visa|mastercard|amex|american express|bank card|卡片|
		creditcard|pan`,
	topic(IDCard):        `身份证|身份证号|身份证号码|身份号码|证件号|证件号码|公民身份|id card|identity card|id number|identity number|resident id|national id`,
	topic(SSN):           `ssn|social|social security|social security number|social number|itin|taxpayer|tax id|national insurance|national insurance number|national insurance no|ni number|nino|社保号|社会保障号|社会安全号`,
	topic(Passport):      `护照|护照号|护照号码|passport|passport number|passport no`,
	topic(Permit):        `通行证|港澳通行证|往来港澳通行证|回乡证|台胞证|台湾通行证|居住证|travel permit|home return permit`,
	topic(DriverLicense): `驾驶证|驾照|驾驶证号|driver's license|drivers license|driver license|driver's licence|driving licence|driving license|driver's license number|dl number|license number|licence number`,
	topic(CreditCode):    `统一社会信用代码|社会信用代码|信用代码|税号|纳税人识别号|credit code|taxpayer identification`,
	topic(IBAN):          `iban|国际账号|国际银行账号`,
	topic(Account): `账号|帐号|账户|帐户|户号|会员号|会员卡|会员卡号|客户号|客户编号|用户编号|保单号|学号|病历号|社保卡|社保卡号|account|account number|acct|account no|
		member|member number|loyalty number|membership|member id|customer id|customer number|customer no|client number|policy|policy number|routing|routing number|sort code|
		patient id|employee id|username|user name|user id|login`,
	topic(WeChat): `微信|微信号|微信账号|微信id|wechat|wechat id|weixin|v信|vx|wx|威信|薇信`,
	topic(QQ):     `qq|qq号|qq号码|扣扣|企鹅号`,
	topic(Plate):  `车牌|车牌号|车牌号码|license plate|licence plate|number plate|registration plate|plate number`,
	topic(Secret): `验证码|校验码|动态码|动态密码|短信码|密码|登录密码|支付密码|取款密码|查询密码|服务密码|交易密码|口令|安全码|安全问题答案|password|passcode|pass code|pin|pin number|pin code|
		otp|verification code|security code|cvv|cvc|cvv2|cvc2|access code|one time code|one-time code|passphrase|three digits on the back|digits on the back|背面三位|背面三位数|背面的三位|背面的三位数|背面后三位|后面三位|后面三位数|got a code|received a code|get a code|code i sent|code we sent|code you received`,
	topic(BirthDate): `出生|出生日期|出生年月|生日|生于|date of birth|birth date|birthdate|birthday|born|born on|dob|d.o.b`,
	topic(Address): `地址|住址|住在|家住|收货地址|寄到|寄往|送到|送货|住的是|家在|户籍|籍贯|上门|address|billing address|shipping address|home address|mailing address|
		live at|lives at|living at|live on|lives on|ship to|send it to|deliver to|delivered to|resides at|reside at|moved to|sent to|a new one to|located at|return to|drop me at|pick me up at|taxi to|office is at`,
	topic(Person): `姓名|贵姓|名字|怎么称呼|如何称呼|尊姓|收件人|收货人|联系人|户名|持卡人|开户名|您叫什么|你叫什么|name|full name|first name|last name|surname|family name|maiden name|
		who am i speaking|whom am i speaking|speaking with|speaking to|cardholder|account holder`,
	lastFour: `尾号|后四位|后4位|末四位|最后四位|末尾四位|尾数|last four|last 4|last four digits|last 4 digits|final four|ending|ending in|ends in|ending with|ends with`,
	order: `订单|订单号|单号|工单|运单|快递|快递单号|编号|理赔号|报案号|案件号|受理编号|优惠码|流水号|预订号|取件码|受理号|投诉号|确认号|参考号|工号|产品|型号|order|order number|order no|ticket|case|case number|reference|
		reference number|ref|tracking|tracking number|booking|booking reference|confirmation|confirmation number|invoice|parcel|serial|serial number|sku|model|version|item|
		claim|claim number|request number|service request|case id|confirmation code|promo code|promo|coupon|product|train|flight|trainid|train id|store|badge|agent id`,
	zip: `邮编|邮政编码|zip|zip code|zipcode|postcode|post code|postal code`,
}

// cueTable has the words by their first rune, longest first.
var cueTable = func() *lexicon[topic] {
	l := &lexicon[topic]{}
	for t, words := range cueWords {
		for w := range strings.SplitSeq(words, "|") {
			l.add(t, strings.TrimSpace(w))
		}
	}
	return l
}()

// cue is a place of a cue's word.
type cue struct {
	start, end int
	topic      topic
}

// cuesOf finds the cues of a folded text, in order, none overlapping another.
func cuesOf(text string) []cue {
	var out []cue
	for i := 0; i < len(text); {
		c := text[i]
		r, size := rune(c), 1
		if c >= utf8.RuneSelf {
			r, size = utf8.DecodeRuneInString(text[i:])
		} else if !isLetter(c) || i > 0 && isLetter(text[i-1]) {
			i++
			continue
		}
		if w, ok := cueAt(text, i, r); ok {
			out = append(out, cue{i, i + len(w.word), w.kind})
			size = len(w.word)
		}
		i += size
	}
	return out
}

func cueAt(text string, i int, first rune) (entry[topic], bool) {
	for _, w := range cueTable.from(first) {
		if !strings.HasPrefix(text[i:], w.word) {
			continue
		}
		end := i + len(w.word)
		if last := w.word[len(w.word)-1]; isLetter(last) && end < len(text) && isLetter(text[end]) && !strings.HasPrefix(text[end:], "s ") {
			continue
		}
		return w, true
	}
	return entry[topic]{}, false
}

// cueReach is how far before its number a cue may stand, in bytes.
const cueReach = 64

// topicsBefore are the topics of the last cues that end before at and within
// reach, nearest first, at most two.
func (t *turn) topicsBefore(at int) []topic {
	lo, hi := 0, len(t.cues)
	for lo < hi {
		if mid := (lo + hi) / 2; t.cues[mid].end <= at {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	var out []topic
	for i := lo - 1; i >= 0 && len(out) < 2 && at-t.cues[i].end <= cueReach; i-- {
		if t.cues[i].topic == order && hasDigits(t.text[t.cues[i].end:at], 3) {
			continue // that was another number's
		}
		out = append(out, t.cues[i].topic)
	}
	return out
}

func isLetter(c byte) bool { return 'a' <= c && c <= 'z' }

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
