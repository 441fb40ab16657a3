package redact

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// names looks for people's names where that is safe: behind words that a name
// must follow, before titles, and in answers to who is asking.
func (t *turn) names() {
	if t.chinese {
		t.chineseNames()
	}
	t.englishNames()
}

// addName proposes a name. Chinese ones lose their blanks.
func (t *turn) addName(start, end int, confidence float64, reason string) {
	start, end = trimmed(t.text, start, end)
	if start < end {
		t.add(start, end, Person, strings.ReplaceAll(t.text[start:end], " ", "_"), confidence, reason)
	}
}

// surnames are common Chinese surnames of one character.
const surnames = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤常温康施文牛樊葛邢安齐易乔伍庞颜倪庄聂章鲁岳翟殷詹申欧耿关兰焦俞左柳甘祝包宁尚符舒阮柯纪梅童凌毕单季裴霍涂成苗谷盛曲翁冉骆蓝路游辛靳管柴蒙鲍华喻祁蒲房滕屈饶解牟艾尤阳时穆农司卓古吉缪简车项连芦麦褚娄窦戚岑景党宫费卜冷晏席卫米柏宗瞿桂全佟应臧闵苟邬边卞姬师和仇栾隋商刁沙荣巫寇桑郎甄丛仲虞敖巩明佘池查麻苑迟邝封谈匡鞠惠荆乐冀郁胥南班储原栗燕楚鄢扈蔺奚"

// double are Chinese surnames of two characters.
var double = []string{"欧阳", "上官", "司马", "诸葛", "东方", "皇甫", "尉迟", "公孙", "令狐", "慕容", "司徒", "夏侯", "长孙", "宇文", "端木", "南宫", "独孤", "轩辕"}

// surnameAt is the length in bytes of the surname at i, 0 when there is none.
func surnameAt(text string, i int) int {
	r, _ := utf8.DecodeRuneInString(text[i:])
	e, _ := surnameLexicon.at(text, i, r)
	return len(e.word)
}

var surnameLexicon = func() *lexicon[struct{}] {
	l := &lexicon[struct{}]{}
	l.add(struct{}{}, double...)
	l.add(struct{}{}, strings.Split(surnames, "")...)
	return l
}()

// nameWord says what stands around a word and a name.
type nameWord byte

const (
	titleBehind nameWord = iota // 先生
	nameThen                    // 我叫: a name
	surnameThen                 // 免贵姓: a surname
	maybeName                   // 我是: a name, or anything else
	littleThen                  // 我是小: a surname
)

// nameLexicon are the words around names.
var nameLexicon = func() *lexicon[nameWord] {
	l := &lexicon[nameWord]{}
	fields := strings.Fields
	l.add(titleBehind, fields("先生 女士 小姐 太太 老师 师傅 经理 主任 医生 阿姨 大姐 大哥")...)
	l.add(surnameThen, fields("我姓 免贵姓 本人姓 免贵 他姓 她姓 客户姓 先生姓")...)
	l.add(maybeName, fields("我是 这里是 这边是")...)
	l.add(nameThen, fields("我叫 我的名字叫 我的名字是 名字叫 名字叫做 名字是 姓名是 姓名: 本人姓名 我全名 全名是 乘车人是 乘车人: 乘客是 乘客: 客户名是 客户名: 客户名称是 客户名称:")...)
	l.add(nameThen, "姓名 ")
	product(l, nameThen, "收件人 收货人 联系人 户名 持卡人 开户名", "", "是", ":")
	product(l, nameThen, "投保人 被保险人 受益人 机主 户主 申请人 经办人 代办人", "", "是", "叫", ":", "姓名", "姓名是", "姓名:")
	product(l, nameThen, "儿子 女儿 老公 老婆 爱人", "", "是", "叫", "名字叫")
	product(l, nameThen, "对方 孩子 同事 邻居 朋友 父亲 母亲 他 她", "叫", "名字叫")
	for _, w := range fields("叫我 我是 客服 专员 坐席 工程师 找 跟 门卫 保安 邻居 同事 物业 师傅 隔壁 是") {
		l.add(littleThen, w+"小", w+"老", w+"阿")
	}
	return l
}()

// product adds every word with every ending.
func product(l *lexicon[nameWord], kind nameWord, words string, endings ...string) {
	for w := range strings.FieldsSeq(words) {
		for _, e := range endings {
			l.add(kind, w+e)
		}
	}
}

// notTitled are words that end before a title and are no surname.
var notTitled = []string{"谢谢", "对方", "双方", "我方", "任何", "如何", "客户", "大堂", "项目", "官方", "全", "各位", "尊敬的", "地方", "警方", "医方", "店长", "部门经理", "这位", "那位"}

func (t *turn) chineseNames() {
	var intros []int // where names may begin
	nameLexicon.hanWords(t.text, func(start, end int, kind nameWord) {
		switch kind {
		case titleBehind:
			t.titledName(start, t.text[start:end])
		case nameThen:
			intros = append(intros, end)
			t.chineseName(end, 3, 0.9, "behind words that introduce a name")
		case surnameThen:
			if behind := t.onlySurname(end + len(t.text[end:]) - len(strings.TrimLeft(t.text[end:], " "))); behind > 0 {
				intros = append(intros, behind)
				t.chineseName(behind, 3, 0.9, "behind a surname and 叫")
			}
		case maybeName:
			t.chineseName(end, 3, 0.65, "behind 我是")
		case littleThen:
			if n := surnameAt(t.text, end); n > 0 && t.ends(end+n) {
				t.addName(end-len("小"), end+n, 0.7, "a familiar form of address")
			}
		}
	})
	if t.named {
		t.answeredName()
	}
	if strings.Contains(t.text, "·") {
		for _, at := range dotted.FindAllStringIndex(t.text, -1) {
			t.dottedName(at[0], at[1], intros)
		}
	}
	if strings.Contains(t.text, "的") && (t.named || slices.ContainsFunc(t.found, func(f found) bool { return f.typ == Person })) {
		t.explainedCharacters()
	}
}

// calledThen joins the whole name to a surname: 我姓欧阳，叫欧阳静.
var calledThen = regexp.MustCompile(`^[ ,，、。]{0,2}(?:我)?(?:名字|全名)?(?:就)?叫(?:做)?`)

// onlySurname takes a surname at a place, and returns where the whole name may
// follow, 0 when none does.
func (t *turn) onlySurname(at int) int {
	n, confidence, reason := surnameAt(t.text, at), 0.9, "behind words that introduce a surname"
	if n == 0 {
		n, confidence, reason = t.explained(at), 0.85, "a surname explained by its parts"
	}
	if n == 0 {
		return 0
	}
	t.addName(at, at+n, confidence, reason)
	if called := calledThen.FindString(t.text[at+n : min(len(t.text), at+n+40)]); called != "" {
		return at + n + len(called)
	}
	return 0
}

// dotted are names in characters whose parts a dot joins: 阿依古丽·买买提.
var dotted = regexp.MustCompile(`\p{Han}{1,8}(?:·\p{Han}{1,8})+`)

// dottedName takes such a name, from behind the words that introduce it.
func (t *turn) dottedName(start, end int, intros []int) {
	dot := start + strings.Index(t.text[start:end], "·")
	i, _ := slices.BinarySearch(intros, dot)
	switch {
	case i > 0 && intros[i-1] >= start:
		start = intros[i-1]
	case !t.named:
		return // houses have such names, too
	}
	t.addName(start, end, 0.8, "parts of a name joined by a dot")
}

// explainedCharacters takes the words by which people explain how a name is
// written: 美丽的丽, 弓长张 has no such form.
func (t *turn) explainedCharacters() {
	for at := 0; ; {
		i := strings.Index(t.text[at:], "的")
		if i < 0 {
			return
		}
		at += i + len("的")
		r, size := utf8.DecodeRuneInString(t.text[at:])
		word := tail(t.text[:at-len("的")], len("中华人"))
		word = word[len(strings.TrimRightFunc(word, isHan)):]
		if size > 0 && isHan(r) && !strings.ContainsRune(notNames, r) && runes(word) >= 2 && strings.ContainsRune(word, r) {
			if runes(word) == 3 && strings.ContainsRune(word[len("的"):], r) {
				word = word[len("的"):]
			}
			t.addName(at-len("的")-len(word), at+size, 0.75, "a character of a name explained by a word")
			at += size
		}
	}
}

// sought are words before somebody's name and job: 找一下张伟经理.
var sought = []string{"找", "找一下", "联系", "联系一下", "联系到", "转接", "转给", "问一下", "麻烦"}

// titledName takes the surname, and perhaps a given name, before a title.
func (t *turn) titledName(at int, title string) {
	head := tail(t.text[:at], 21)
	if slices.ContainsFunc(notTitled, func(w string) bool { return strings.HasSuffix(head, w) }) {
		return
	}
	if title == "小姐" && (strings.HasPrefix(t.text[at+len(title):], "姐") || strings.HasPrefix(t.text[at+len(title):], "妹")) {
		return
	}
	job := !slices.Contains([]string{"先生", "女士", "小姐", "太太"}, title)
	base := at - len(head)
	for i := 0; i < len(head); {
		_, size := utf8.DecodeRuneInString(head[i:])
		n := surnameAt(head, i)
		given := runes(head[i+n:])
		fits := n > 0 && !startsNameWord(head[i:]) && given <= 2 && len(head)-i <= 12
		switch {
		case !fits:
		case given > 0 && job:
			fits = !strings.ContainsAny(head[i+n:], notNames) && slices.ContainsFunc(sought, func(w string) bool { return strings.HasSuffix(head[:i], w) })
		case given > 0 || job:
			fits = t.begins(base + i)
		}
		if fits {
			confidence := 0.9
			if job || given > 0 {
				confidence = 0.75
			}
			t.addName(base+i, at, confidence, "surname before "+title)
			return
		}
		i += size
	}
}

// explained is the length of a surname explained by its parts: 弓长张, 木子李.
func (t *turn) explained(at int) int {
	rest := t.text[at:min(len(t.text), at+12)]
	for _, w := range []string{"弓长张", "立早章", "木子李", "耳东陈", "双木林", "口天吴", "草头黄", "古月胡", "言午许", "双人徐", "三横王", "走肖赵", "人可何", "美女姜", "干钩于", "人未余", "文刀刘", "禾呈程", "木易杨", "十八子李"} {
		if strings.HasPrefix(rest, w) {
			return len(w)
		}
	}
	return 0
}

// notNames are characters that no given name has, or words that begin like one.
const notNames = "的是了吗呢吧啊在有不要想个们这那您你我他她它很都也就还来去到把被给对和与跟或打买卖退换用问说请什怎么员司店号户点卡单机网费钱客服"

// nameWords are words that begin with a surname and are no name.
var nameWords = []string{"和", "高级", "高端", "黄金", "金牌", "白金", "白银", "钻石", "方便", "安全", "平台", "安装", "常用", "常客", "成功", "任何", "何时", "何况", "全部", "全国", "全程", "全新", "单身", "和平", "时候", "时间", "明天", "明白",
	"周一", "周二", "周三", "周四", "周五", "周六", "周日", "周末", "华为", "小米", "万科", "成都", "江苏", "江西", "海南", "云南", "河南", "安徽", "陕西", "山东", "广东", "南京", "南方", "东方", "金融", "金额", "文件", "文化", "向您", "应该", "原来", "原因", "师傅", "连接", "管理", "查询", "商家", "商品", "商城",
	"谢谢", "马上", "简单", "路由", "房东", "房子", "房客", "温度", "游戏", "古代", "经理", "高中", "应用", "关于", "关注", "易付", "安卓", "苹果", "米粉", "乐园", "欧洲", "万元", "万一", "司机", "项目", "方案", "方面", "解决", "时段", "党员", "石油", "石化", "车主", "车辆", "支付", "宁可", "路痴", "路过", "包裹", "包装", "包邮", "武汉", "温州", "苏州", "郑州", "常州", "徐州", "杭州", "连云", "房产", "车间", "白班", "康复", "全科", "时装", "单元", "农村", "路政", "金店", "文员", "柳州", "桂林", "宁波", "宁夏"}

var nameWordLexicon = func() *lexicon[struct{}] {
	l := &lexicon[struct{}]{}
	l.add(struct{}{}, nameWords...)
	return l
}()

// startsNameWord reports whether a text begins with a word that is no name.
func startsNameWord(text string) bool {
	r, _ := utf8.DecodeRuneInString(text)
	_, ok := nameWordLexicon.at(text, 0, r)
	return ok
}

// chineseName takes the name of two to most characters that begins at a place
// and ends before a mark or a word that cannot be part of it.
func (t *turn) chineseName(at, most int, confidence float64, reason string) {
	at += len(t.text[at:]) - len(strings.TrimLeft(t.text[at:], " :"))
	n := surnameAt(t.text, at)
	if n == 0 || startsNameWord(t.text[at:]) {
		return
	}
	end, given := at+n, 0
	for given < most-1 {
		r, size := utf8.DecodeRuneInString(t.text[end:])
		if size == 0 || !isHan(r) && r != '某' || strings.ContainsRune(notNames, r) || t.titleAt(end) {
			break
		}
		end, given = end+size, given+1
	}
	switch {
	case given == 0, confidence < 0.7 && !t.ends(end):
		return
	case given == most-1 && !t.ends(end):
		confidence -= 0.2
	}
	t.addName(at, end, confidence, reason)
}

// titleAt reports whether a title begins at a place.
func (t *turn) titleAt(at int) bool {
	r, _ := utf8.DecodeRuneInString(t.text[at:])
	return slices.ContainsFunc(nameLexicon.from(r), func(e entry[nameWord]) bool { return e.kind == titleBehind && strings.HasPrefix(t.text[at:], e.word) })
}

// ends reports whether a word may end at a place: there is a mark, a particle
// or the end.
func (t *turn) ends(at int) bool {
	r, n := utf8.DecodeRuneInString(t.text[at:])
	return n == 0 || !isHan(r) && !unicode.IsLetter(r) && !unicode.IsDigit(r) || strings.ContainsRune("的了吗呢吧啊呀哦哈手电身我您你为先女", r)
}

// begins reports whether a word may begin at a place.
func (t *turn) begins(at int) bool {
	r, n := utf8.DecodeLastRuneInString(t.text[:at])
	return n == 0 || !isHan(r) || strings.ContainsRune("是叫的找给跟和与请问向让由到了好下", r)
}

// answeredName takes a whole short answer to the question for a name.
func (t *turn) answeredName() {
	start, end := trimmed(t.text, 0, len(t.text))
	for again := true; again; {
		again = false
		for _, lead := range []string{"嗯", "哦", "啊", "我", "是", "叫", "姓", "免贵", "你好", "您好", "好的", "，", ",", " "} {
			if strings.HasPrefix(t.text[start:end], lead) {
				start += len(lead)
				again = true
			}
		}
	}
	answer := t.text[start:end]
	if i := strings.IndexAny(answer, ",，。. !！"); i > 0 {
		answer = answer[:i]
	}
	if n := surnameAt(answer, 0); n > 0 && runes(answer) <= 4 && !strings.ContainsAny(answer[n:], notNames) && !startsNameWord(answer) {
		t.addName(start, start+len(answer), 0.85, "the answer to a question for a name")
	} else if n := t.explained(start); n > 0 {
		t.addName(start, start+n, 0.85, "the answer to a question for a name")
	}
}

// tail is the last n bytes of t, from a whole character on.
func tail(t string, n int) string {
	from := max(0, len(t)-n)
	for from < len(t) && !utf8.RuneStart(t[from]) {
		from++
	}
	return t[from:]
}
