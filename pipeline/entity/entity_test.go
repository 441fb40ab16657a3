package entity

import (
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"assay/pipeline/transcript"
)

// now is a Wednesday.
var now = time.Date(2025, 3, 12, 15, 0, 0, 0, time.UTC)

// found writes what is found as quote=value, in order.
func found(text string, t Type) string {
	text = transcript.Fold(text).Text
	var out []string
	for _, e := range Find(text, t, now) {
		value := e.Text
		if t.Numeric() {
			value = strings.TrimSpace(fmt.Sprintf("%.10g %s", e.Value, e.Currency))
		}
		out = append(out, text[e.Start:e.End]+"="+value)
	}
	return strings.Join(out, "|")
}

func TestFind(t *testing.T) {
	t.Parallel()
	tests := []struct {
		typ        Type
		text, want string
	}{
		{Number, "要三百二十个", "三百二十=320"},
		{Number, "买了3个苹果和12个梨", "3=3|12=12"},
		{Number, "三千五的手机", "三千五=3500"},
		{Number, "大概三万五", "三万五=35000"},
		{Number, "一百零五个", "一百零五=105"},
		{Number, "一千零二十", "一千零二十=1020"},
		{Number, "两千三百万", "两千三百万=23000000"},
		{Number, "一亿三千万", "一亿三千万=130000000"},
		{Number, "三点五公斤", "三点五=3.5"},
		{Number, "流量用了3.5万", "3.5万=35000"},
		{Number, "3万5的车", "3万5=35000"},
		{Number, "粉丝1.2k", "1.2k=1200"},
		{Number, "壹佰贰拾叁", "壹佰贰拾叁=123"},
		{Number, "我要退五件", "五=5"},
		{Number, "等了十天", "十=10"},
		{Number, "１，２３４ 次", "1,234=1234"},
		{Number, "one hundred and twenty-three items", "one hundred and twenty-three=123"},
		{Number, "two thousand five hundred", "two thousand five hundred=2500"},
		{Number, "a hundred thousand users", "a hundred thousand=100000"},
		{Number, "three point five gigabytes", "three point five=3.5"},
		{Number, "5 million views", "5 million=5000000"},
		{Number, "weighs 20kg", "20=20"},
		{Number, "twenty one", "twenty one=21"},
		{Number, "一个问题想问一下", ""},
		{Number, "十分感谢", ""},
		{Number, "万一不行呢", ""},
		{Number, "千万不要", ""},
		{Number, "第三次了", ""},
		{Number, "双十一买的", ""},
		{Number, "周三下午三点", ""},
		{Number, "this one and no one else", ""},
		{Number, "an a320 and an mp3", ""},
		{Number, "version 1.2.3", ""},
		{Number, "the 3rd time", ""},
		{Number, "打13812345678", ""},
		{Number, "2025年3月5日", ""},
		{Number, "中街56号", ""},
		{Number, "a table for four at 19:45", "four=4"},

		{Amount, "一百二十三块五", "一百二十三块五=123.5 CNY"},
		{Amount, "三块五毛二", "三块五毛二=3.52 CNY"},
		{Amount, "三块零五", "三块零五=3.05 CNY"},
		{Amount, "两块半", "两块半=2.5 CNY"},
		{Amount, "五毛钱", "五毛钱=0.5 CNY"},
		{Amount, "两毛八", "两毛八=0.28 CNY"},
		{Amount, "每分钟两毛八，一角五分", "两毛八=0.28 CNY|一角五分=0.15 CNY"},
		{Amount, "两毛八分钱", "两毛八分=0.28 CNY"},
		{Amount, "两毛一张", "两毛=0.2 CNY"},
		{Amount, "九毛九分钟", "九毛=0.9 CNY"},
		{Amount, "三百五十块，三百五", "三百五十块=350 CNY"},
		{Amount, "12块8", "12块8=12.8 CNY"},
		{Amount, "12元5角", "12元5角=12.5 CNY"},
		{Amount, "扣了我200元", "200元=200 CNY"},
		{Amount, "一共100多元", "100多元=100 CNY"},
		{Amount, "3.5万元", "3.5万元=35000 CNY"},
		{Amount, "￥1,234.50", "¥1,234.50=1234.5 CNY"},
		{Amount, "人民币五百元整", "人民币五百元=500 CNY"},
		{Amount, "一块钱", "一块钱=1 CNY"},
		{Amount, "一块五", "一块五=1.5 CNY"},
		{Amount, "五百美元", "五百美元=500 USD"},
		{Amount, "一千二百块", "一千二百块=1200 CNY"},
		{Amount, "$1,234.50 was charged", "$1,234.50=1234.5 USD"},
		{Amount, "US$20", "us$20=20 USD"},
		{Amount, "$1.2k", "$1.2k=1200 USD"},
		{Amount, "$5m", "$5m=5000000 USD"},
		{Amount, "1.2k dollars", "1.2k dollars=1200 USD"},
		{Amount, "£12.99 or 15 euros", "£12.99=12.99 GBP|15 euros=15 EUR"},
		{Amount, "one hundred and twenty-three dollars fifty", "one hundred and twenty-three dollars fifty=123.5 USD"},
		{Amount, "five dollars and twenty cents", "five dollars and twenty cents=5.2 USD"},
		{Amount, "fifty cents", "fifty cents=0.5"},
		{Amount, "three hundred yuan", "three hundred yuan=300 CNY"},
		{Amount, "RMB 88", "rmb 88=88 CNY"},
		{Amount, "20 bucks", "20 bucks=20 USD"},
		{Amount, "five dollars two days ago", "five dollars=5 USD"},
		{Amount, "2025年的账单", ""},
		{Amount, "2025元旦活动", ""},
		{Amount, "我们一块去", ""},
		{Amount, "三块电池", ""},
		{Amount, "几百元", ""},
		{Amount, "20 pounds of rice", ""},
		{Amount, "in 2025", ""},
		{Amount, "三个工作日", ""},
		{Amount, "第5元素", ""},

		{Percent, "打了12%的折", "12%=12"},
		{Percent, "百分之三点五", "百分之三点五=3.5"},
		{Percent, "百分之20", "百分之20=20"},
		{Percent, "百分之百", "百分之百=100"},
		{Percent, "百分百放心", "百分百=100"},
		{Percent, "涨了2个百分点", "2个百分点=2"},
		{Percent, "费率０．６％", "0.6%=0.6"},
		{Percent, "three point five percent", "three point five percent=3.5"},
		{Percent, "12.5 per cent", "12.5 per cent=12.5"},
		{Percent, "5 percentage", ""},
		{Percent, "一百分", ""},

		{Date, "2025年1月5日", "2025年1月5日=2025-01-05"},
		{Date, "二零二五年一月五号", "二零二五年一月五号=2025-01-05"},
		{Date, "2025-01-05和2025/1/6", "2025-01-05=2025-01-05|2025/1/6=2025-01-06"},
		{Date, "3月20号", "3月20号=2025-03-20"},
		{Date, "十二月三十一日", "十二月三十一日=2024-12-31"},
		{Date, "2024年11月", "2024年11月=2024-11"},
		{Date, "我2019年买的", "2019年=2019"},
		{Date, "去年5月1号", "去年5月1号=2024-05-01"},
		{Date, "今天下单,明天到,后天退", "今天=2025-03-12|明天=2025-03-13|后天=2025-03-14"},
		{Date, "大前天", "大前天=2025-03-09"},
		{Date, "3天后", "3天后=2025-03-15"},
		{Date, "下周一", "下周一=2025-03-17"},
		{Date, "上周五", "上周五=2025-03-07"},
		{Date, "星期天", "星期天=2025-03-16"},
		{Date, "下个月5号", "下个月5号=2025-04-05"},
		{Date, "20号之前", "20号=2025-03-20"},
		{Date, "January 5, 2025", "january 5, 2025=2025-01-05"},
		{Date, "the 5th of January", "5th of january=2025-01-05"},
		{Date, "march twenty-first", "march twenty-first=2025-03-21"},
		{Date, "12/31/2024", "12/31/2024=2024-12-31"},
		{Date, "31/12/2024", "31/12/2024=2024-12-31"},
		{Date, "tomorrow or the day after tomorrow", "tomorrow=2025-03-13|the day after tomorrow=2025-03-14"},
		{Date, "yesterday", "yesterday=2025-03-11"},
		{Date, "on friday, next monday, last friday", "on friday=2025-03-14|next monday=2025-03-17|last friday=2025-03-07"},
		{Date, "3 days ago", "3 days ago=2025-03-09"},
		{Date, "2025-02-30", ""},
		{Date, "3个月", ""},
		{Date, "5号线", ""},
		{Date, "3号楼", ""},
		{Date, "地址在中街3号", ""},
		{Date, "二号餐厅", ""},
		{Date, "一周三次", ""},
		{Date, "三日内", ""},
		{Date, "version 1.2.2025", ""},
		{Date, "may I help you", ""},
		{Date, "192.168.1.1", ""},

		{Time, "下午三点半", "下午三点半=15:30"},
		{Time, "晚上8点20分", "晚上8点20分=20:20"},
		{Time, "14:05", "14:05=14:05"},
		{Time, "三点钟见", "三点钟=03:00"},
		{Time, "上午十点一刻", "上午十点一刻=10:15"},
		{Time, "中午一点", "中午一点=13:00"},
		{Time, "8点之前", "8点=08:00"},
		{Time, "at 2:30 pm", "2:30 pm=14:30"},
		{Time, "5 p.m. or 11am", "5 p.m.=17:00|11am=11:00"},
		{Time, "half past three", "half past three=03:30"},
		{Time, "quarter to five", "quarter to five=04:45"},
		{Time, "five o'clock", "five o'clock=05:00"},
		{Time, "five thirty pm", "five thirty pm=17:30"},
		{Time, "by noon", "noon=12:00"},
		{Time, "有点贵,便宜一点吧", ""},
		{Time, "早一点", ""},
		{Time, "三点五", ""},
		{Time, "这两点,我说明一下", ""},
		{Time, "2点建议", ""},
		{Time, "25:00", ""},
		{Time, "24小时", ""},
		{Time, "i am here", ""},

		{Phone, "我电话13812345678", "13812345678=13812345678"},
		{Phone, "138-1234-5678", "138-1234-5678=13812345678"},
		{Phone, "+86 138 1234 5678", "+86 138 1234 5678=13812345678"},
		{Phone, "幺三八一二三四五六七八", "幺三八一二三四五六七八=13812345678"},
		{Phone, "幺三八 一二三四 五六七八", "幺三八 一二三四 五六七八=13812345678"},
		{Phone, "010-12345678", "010-12345678=01012345678"},
		{Phone, "400-820-8820", "400-820-8820=4008208820"},
		{Phone, "(415) 555-2671", "(415) 555-2671=4155552671"},
		{Phone, "+1 415-555-2671", "+1 415-555-2671=+14155552671"},
		{Phone, "their phone number is 01223323737.", "01223323737=01223323737"},
		{Phone, "call me at 4155552671", "4155552671=4155552671"},
		{Phone, "it is four one five five five five two six seven one", "four one five five five five two six seven one=4155552671"},
		{Phone, "oh two oh seven nine four six double oh five eight", "oh two oh seven nine four six double oh five eight=02079460058"},
		{Phone, "the bar (01223566188, cb2 3pp)", "01223566188=01223566188"},
		{Phone, "(010)67796688和010-68312517", "(010)67796688=01067796688|010-68312517=01068312517"},
		{Phone, "打10086或者12306", ""},
		{Phone, "订单号13812345678901", ""},
		{Phone, "12812345678", ""},
		{Phone, "138123456789", ""},
		{Phone, "2024-2025", ""},
		{Phone, "一二三四五", ""},

		{Email, "发到Zhang.San@163.com吧", "zhang.san@163.com=zhang.san@163.com"},
		{Email, "john at gmail dot com", "john at gmail dot com=john@gmail.com"},
		{Email, "meet at the dot", ""},
		{Email, "a@b", ""},

		{IDCard, "身份证11010519491231002X", "11010519491231002x=11010519491231002x"},
		{IDCard, "一一零一零五一九四九一二三一零零二x", "一一零一零五一九四九一二三一零零二x=11010519491231002x"},
		{IDCard, "110105194912310021", ""},
		{IDCard, "110105194913310026", ""},
		{IDCard, "ssn 219-09-9999", "219-09-9999=219099999"},
		{IDCard, "666-12-1234", ""},

		{BankCard, "卡号6222 0202 0001 2345 678", "6222 0202 0001 2345 678=6222020200012345678"},
		{BankCard, "4111 1111 1111 1111", "4111 1111 1111 1111=4111111111111111"},
		{BankCard, "4111 1111 1111 1112", ""},
		{BankCard, "11010519491231002X", ""},
		{BankCard, "订单6222020200012345", ""},

		{OrderNumber, "订单号是20250105123456", "20250105123456=20250105123456"},
		{OrderNumber, "订单号:DD-2025-0105", "dd-2025-0105=dd-2025-0105"},
		{OrderNumber, "工单12345", "12345=12345"},
		{OrderNumber, "快递单号SF1234567890123", "sf1234567890123=sf1234567890123"},
		{OrderNumber, "订单号是一二三四五六七八", "一二三四五六七八=12345678"},
		{OrderNumber, "Your reference number is 7GAWK763.", "7gawk763=7gawk763"},
		{OrderNumber, "booking 8CQ4M2PL", "8cq4m2pl=8cq4m2pl"},
		{OrderNumber, "order #4417", "4417=4417"},
		{OrderNumber, "2025010512345678", "2025010512345678=2025010512345678"},
		{OrderNumber, "reference number is : oe4qdlk7 .", "oe4qdlk7=oe4qdlk7"},
		{OrderNumber, "拨打12306", ""},
		{OrderNumber, "my iphone15 on windows11", ""},
		{OrderNumber, "an order of $1200", ""},
		{OrderNumber, "订单金额1200元", ""},
		{OrderNumber, "13812345678", ""},
		{OrderNumber, "a 5000mAh battery", ""},
		{OrderNumber, "user12345678@qq.com", ""},
		{OrderNumber, "2025-01-05的订单", ""},

		{Plate, "车牌京A12345", "京a12345=京a12345"},
		{Plate, "粤B·D12345", "粤b·d12345=粤bd12345"},
		{Plate, "京东ABCDEF", ""},
		{Postcode, "邮编100080", "100080=100080"},
		{Postcode, "验证码100080", ""},
		{Postcode, "the postcode is CB2 1TN", "cb2 1tn=cb2 1tn"},
		{Postcode, "San Francisco, CA 94103", "94103=94103"},
		{Postcode, "zip code 94103-1234", "94103-1234=94103-1234"},
		{Postcode, "12345 people", ""},

		{URL, "见https://example.com/a?b=1。", "https://example.com/a?b=1=https://example.com/a?b=1"},
		{URL, "go to www.example.com.", "www.example.com=www.example.com"},
		{URL, "taobao.com上", "taobao.com=taobao.com"},
		{URL, "me@example.com", ""},
		{URL, "end.Next sentence", ""},
	}
	for _, tt := range tests {
		if got := found(tt.text, tt.typ); got != tt.want {
			t.Errorf("%s in %q: %q, want %q", tt.typ, tt.text, got, tt.want)
		}
	}
	if len(tests) < 120 {
		t.Errorf("%d lines", len(tests))
	}
}

func TestDatesWithoutAKnownDay(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"明天": "", "tomorrow": "", "下周一": "", "5月1号": "--05-01", "may 1": "--05-01", "2月30号": "none", "2025年5月1日": "2025-05-01"} {
		got := "none"
		if list := Find(text, Date, time.Time{}); len(list) > 0 {
			got = list[0].Text
		}
		if got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}

// FuzzFind holds that every place is a place of the text, in order.
func FuzzFind(f *testing.F) {
	for _, s := range []string{"一百二十三块五 $1.2k 百分之", "2025年1月5日下午三点半", "幺三八一二三四五六七八", "a@b.com 京A12345 12:00", "one hundred and point five", "\xff万亿点"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		text := transcript.Fold(s).Text
		for _, typ := range Types {
			end := 0
			for _, e := range Find(text, typ, now) {
				if e.Start < end || e.End <= e.Start || e.End > len(text) || !utf8.RuneStart(text[e.Start]) || e.End < len(text) && !utf8.RuneStart(text[e.End]) {
					t.Fatalf("%s in %q: %+v after %d", typ, text, e, end)
				}
				if typ.Numeric() == (e.Text != "") && typ != Date {
					t.Fatalf("%s in %q: %+v", typ, text, e)
				}
				end = e.End
			}
		}
	})
}

// BenchmarkFind holds what texts cost that are nothing but figures: the time per
// byte must not grow with the length.
func BenchmarkFind(b *testing.B) {
	for name, text := range map[string]string{
		"chinese": "一", "digits": "1", "words": "one ", "groups": "1234 ", "mixed": "订单20250105 一百二十三块五 $1,234.50 at 5 pm 明天 a@b.com ",
	} {
		for _, kilobytes := range []int{1, 16, 256} {
			b.Run(fmt.Sprintf("%s/%dKB", name, kilobytes), func(b *testing.B) {
				long := strings.Repeat(text, kilobytes<<10/len(text))
				b.SetBytes(int64(len(long)))
				for b.Loop() {
					for _, typ := range Types {
						Find(long, typ, now)
					}
				}
			})
		}
	}
}

func TestRuns(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"138 1234": "138=138|1234=1234",
		"幺三八，一二三四": "幺三八=138|一二三四=1234", "幺，三，八": "幺,三,八=138",
		"打138幺二三":                   "138=138|幺二三=123",
		"four one five, double two": "four one five=415|double two=22",
		"oh seven triple nine":      "oh seven triple nine=07999",
		"twenty-one twelve":         "twenty-one twelve=2112",
		"eight hundred five":        "eight hundred five=8005",
		"one thousand":              "one=1",
		"oh no":                     "",
		"double trouble":            "",
		"someone":                   "",
	} {
		text = transcript.Fold(text).Text
		var got []string
		for _, r := range Runs(text) {
			got = append(got, text[r.Start:r.End]+"="+r.Digits)
		}
		if got := strings.Join(got, "|"); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
