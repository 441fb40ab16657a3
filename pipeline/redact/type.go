package redact

import "strings"

// Type is a kind of personal data. A deployment's own patterns add types by
// their names.
type Type string

// The types of personal data.
const (
	Phone         Type = "phone"          // mobile and landline numbers of any country
	Email         Type = "email"          // written or said
	IDCard        Type = "id_card"        // resident identity numbers of China, Hong Kong included
	SSN           Type = "ssn"            // US social security and taxpayer numbers, UK national insurance numbers
	Passport      Type = "passport"       // of any country
	Permit        Type = "permit"         // 港澳通行证, 回乡证, 台胞证
	DriverLicense Type = "driver_license" // behind a cue
	CreditCode    Type = "credit_code"    // unified social credit codes (GB 32100-2015)
	BankCard      Type = "bank_card"      // credit and debit cards
	IBAN          Type = "iban"           // ISO 13616
	Account       Type = "account"        // of customers, members and bank accounts, behind a cue
	WeChat        Type = "wechat"         // behind a cue
	QQ            Type = "qq"             // behind a cue
	Plate         Type = "plate"          // of Chinese vehicles; of others behind a cue
	IP            Type = "ip"             // versions 4 and 6
	Secret        Type = "secret"         // verification codes, passwords, PINs
	BirthDate     Type = "birth_date"     // behind a cue
	Address       Type = "address"        // streets, houses, post boxes, postcodes
	Person        Type = "person"         // names, where they are safe to tell
	URL           Type = "url"
)

// Types lists all types that need no pattern of a deployment's own.
var Types = []Type{
	Phone, Email, IDCard, SSN, Passport, Permit, DriverLicense, CreditCode, BankCard, IBAN, Account, WeChat, QQ, Plate, IP,
	Secret, BirthDate, Address, Person, URL,
}

// labels are what tags call the types, in Chinese and English.
var labels = map[Type][2]string{
	Phone: {"电话", "PHONE"}, Email: {"邮箱", "EMAIL"}, IDCard: {"身份证", "ID_CARD"}, SSN: {"社保号", "SSN"}, Passport: {"护照", "PASSPORT"},
	Permit: {"通行证", "PERMIT"}, DriverLicense: {"驾驶证", "DRIVER_LICENSE"}, CreditCode: {"信用代码", "CREDIT_CODE"}, BankCard: {"银行卡", "CARD"},
	IBAN: {"国际账号", "IBAN"}, Account: {"账号", "ACCOUNT"}, WeChat: {"微信", "WECHAT"}, QQ: {"QQ", "QQ"}, Plate: {"车牌", "PLATE"}, IP: {"IP", "IP"},
	Secret: {"密码", "SECRET"}, BirthDate: {"生日", "BIRTH_DATE"}, Address: {"地址", "ADDRESS"}, Person: {"姓名", "NAME"}, URL: {"网址", "URL"},
}

// label is what tags call a value's type in a language. A Chinese mobile number
// is called so.
func label(t Type, value string, chinese bool) string {
	both, ok := labels[t]
	switch {
	case !ok:
		return strings.ToUpper(string(t))
	case !chinese:
		return both[1]
	case t == Phone && isMobile(value):
		return "手机"
	}
	return both[0]
}

// isMobile reports whether digits are a Chinese mobile number.
func isMobile(d string) bool { return len(d) == 11 && d[0] == '1' && d[1] >= '3' }
