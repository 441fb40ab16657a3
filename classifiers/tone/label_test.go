package tone

import (
	"strings"
	"testing"

	"assay/pipeline"
	"assay/pipeline/transcript"
)

// labelCases: each text must get the wanted labels, firmly enough to raise a
// flag, and none of the unwanted ones at all. "-" unwants every label of trouble.
var labelCases = map[transcript.Speaker][]struct{ text, want, unwanted string }{
	transcript.Agent: {
		// rude
		{"你是不是听不懂人话？", "rude", ""},
		{"爱买不买，我们不缺您一个", "rude", ""},
		{"這麼簡單都不懂嗎", "rude", ""},
		{"关我什么事啊", "rude", ""},
		{"随便你投诉，我不怕", "rude", ""},
		{"别在这儿吵，烦不烦", "rude", ""},
		{"Are you deaf or what?", "rude", ""},
		{"Stop whining and read the page.", "rude", ""},
		{"Can't you read?", "rude", ""},
		{"Can't you READ??", "rude", ""},
		{"I don't care what they promised.", "rude", ""},
		{"Sorry, but shut up.", "rude apologetic", ""},
		{"你 are you stupid 啊", "rude", ""},
		// not rude
		{"垃圾分类袋和滚筒洗衣机都有货", "", "-"},
		{"The model is on page 5, could you read it to me?", "", "-"},
		{"您刚才说他骂您“闭嘴”，我会核实", "", "-"},
		{`You said he told you "shut up", I will pass that on.`, "", "-"},
		{"我们不是不管您，马上处理", "", "-"},
		{"您放心，这不是您的错", "", "-"},
		{"您发吧，我看一下截图", "", "-"},
		{"您好麻烦您报一下订单号", "courteous", "-"},
		{"像您这样的老客户可以免运费", "", "-"},
		// shirking
		{"这个不归我管", "shirking", ""},
		{"這不是我們的責任", "shirking", ""},
		{"您自己想办法吧", "shirking", ""},
		{"谁卖给你的你找谁", "shirking", ""},
		{"发货以后跟我们没有任何关系", "shirking", ""},
		{"That's not my department.", "shirking", ""},
		{"It isn't our problem once it ships.", "shirking", ""},
		{"What do you want me to do about it?", "shirking", ""},
		{"Figure it out yourself.", "shirking", ""},
		{"Don't look at me, ask someone else.", "shirking", ""},
		// not shirking
		{"这个不归我们部门管，不过我马上帮您转接过去", "", "shirking"},
		{"很抱歉，这一点我不清楚", "apologetic", "shirking"},
		{"I don't know yet, sorry about that.", "apologetic", "shirking"},
		{"If you need to reach them, their number is 555-0100.", "", "-"},
		{"What can I do for you today?", "", "-"},
		{"It's not your fault, and I'll fix it.", "", "-"},
		// perfunctory
		{"你看着办吧", "perfunctory", ""},
		{"行行行，你说什么就是什么", "perfunctory", ""},
		{"Yeah yeah, if you say so.", "perfunctory", ""},
		// impatient
		{"说重点行不行", "impatient", ""},
		{"我都说了好几遍了", "impatient", ""},
		{"還有完沒完", "impatient", ""},
		{"没事我挂了啊", "impatient", ""},
		{"别啰嗦了，我很忙", "impatient", ""},
		{"As I already told you, it ships Monday.", "impatient", ""},
		{"How many times do I have to explain this?", "impatient", ""},
		{"Hurry up, I don't have all day.", "impatient", ""},
		{"Get to the point please", "impatient", ""},
		// not impatient
		{"您可以快点下单，活动今天结束", "", "-"},
		{"Turn left at the next corner.", "", "-"},
		{"That leaves enough time to change trains.", "", "-"},
		// interrogating
		{"你到底有没有看说明书？", "interrogating", ""},
		{"为什么不早说？你怎么证明是坏的？", "interrogating", ""},
		{"谁让你自己拆的", "interrogating", ""},
		{"Why didn't you check it first?", "interrogating", ""},
		{"Who told you to open it?", "interrogating", ""},
		{"How do I know you didn't break it?", "interrogating", ""},
		// not interrogating
		{"请问您的订单号是多少？收件人是谁？电话方便说一下吗？", "courteous", "-"},
		{"May I have your name? Your order number? And the postcode, please?", "courteous", "-"},
		{"Why don't you try the other cable first?", "", "-"},
		// courteous
		{"您好，请问有什么可以帮您？", "courteous", "-"},
		{"不客气，祝您生活愉快", "courteous", "-"},
		{"感謝您的耐心等待", "courteous", "-"},
		{"You're very welcome, have a lovely evening!", "courteous", "-"},
		{"You 're welcome . Have a good day .", "courteous", "-"},
		{"Thank you for calling, how may I help you?", "courteous", "-"},
		{"no problem～祝您周末愉快", "courteous", "-"},
		// apologetic
		{"非常抱歉给您添麻烦了", "apologetic", "-"},
		{"實在對不起，是我們的疏忽", "apologetic", "-"},
		{"不好意思，让您久等了", "apologetic", "-"},
		{"I 'm so sorry about the delay .", "apologetic", "-"},
		{"We sincerely apologise for the mix-up.", "apologetic", "-"},
		{"That was our mistake.", "apologetic", "-"},
		// not apologetic
		{"我没必要跟你道歉", "", "apologetic"},
		{"I'm not going to apologize for that", "", "apologetic"},
		{"Better safe than sorry!", "", "apologetic"},
		// empathetic
		{"我完全理解您的心情", "empathetic", "-"},
		{"换成谁都会着急的", "empathetic", "-"},
		{"您先别着急，我来看看", "empathetic", "-"},
		{"I understand how frustrating this must be.", "empathetic", "-"},
		{"I'm sorry to hear that.", "empathetic", "-"},
		{"Anyone would feel the same.", "empathetic", "-"},
		// customers' words from an agent say nothing of the customer
		{"我要投诉这家快递", "", "complaint"},
		{"I am furious", "", "angry"},
	},
	transcript.Customer: {
		// angry
		{"气死我了，等了三天没人理", "angry", ""},
		{"我現在非常生氣", "angry", ""},
		{"你们耍我呢？", "angry", ""},
		{"受不了你们了", "angry", ""},
		{"我不得不生气", "angry", ""},
		{"I am so angry right now", "angry", ""},
		{"this is RIDICULOUS, I've had enough", "angry", ""},
		{"I have never been so angry in my life", "angry", ""},
		{"What a joke. Thanks for nothing.", "angry", "praise satisfied"},
		{"Are you kidding me?", "angry", ""},
		{"Give her the money back! Now!", "angry", ""},
		{"三个月了！我要投诉", "angry complaint", ""},
		{"把话说清楚！", "angry", ""},
		{"I'm sooooo angry", "angry", ""},
		// not angry
		{"我不生气，就是问问", "", "-"},
		{"我并没有觉得生气", "", "-"},
		{"气死我了哈哈哈，开玩笑的", "", "-"},
		{"I'm not angry at all", "", "-"},
		{"I am not really angry, just curious", "", "-"},
		{"MY TV IS AN OLED LCD MODEL", "", "-"},
		{"太好了！！！", "satisfied", "-"},
		{"没收到！整个包裹都没有！", "", "-"},
		{"Oh! I found it! It was under the box!", "", "-"},
		{"号码是一三八零零，還有一三八一一！", "", "-"},
		{"请带我去市中心靠近车站的酒店", "", "-"},
		// complaint
		{"我要投诉你们", "complaint", ""},
		{"我不是不想投诉，我就要投诉", "complaint", ""},
		{"你们服务态度太差了", "complaint", "praise satisfied"},
		{"我對你們非常不滿意", "complaint", "satisfied praise"},
		{"I want to file a complaint", "complaint", ""},
		{"I'm very disappointed with your service", "complaint", ""},
		{"If this isn't fixed today I will file a complaint", "complaint", ""},
		{"我要 complain 你们的 driver", "complaint", ""},
		// not a complaint
		{"我没有要投诉的意思", "", "-"},
		{"我不是来投诉的", "", "-"},
		{"我不會投訴你", "", "-"},
		{"投诉就不必了", "", "-"},
		{"菜单里的“投诉建议”在哪", "", "-"},
		{"I don't want to complain", "", "-"},
		{"I'm not here to complain", "", "-"},
		{`where is the "complaint" button`, "", "-"},
		{"I would like to make a reservation", "", "-"},
		// escalation
		{"叫你们经理来", "escalation", ""},
		{"投诉到你们总部去", "escalation", "publicity"},
		{"你说什么？叫你们经理来", "escalation", ""},
		{"Let me speak to your manager", "escalation", ""},
		{"What did you say? Get me your manager. Now, you useless idiot.", "escalation abuse", ""},
		{"I need to speak to a supervisor", "escalation", "publicity"},
		// not an escalation
		{"我不需要找你们经理", "", "-"},
		{"The hotel is called North B&B", "", "-"},
		{"Is there a password manager in the app?", "", "-"},
		{"Where is your manager training page?", "", "-"},
		{"I'd love to speak to a manager to praise you", "", "-"},
		{"我想找你们领导表扬你", "praise", "-"},
		// publicity
		{"再不解决我就打12315", "publicity", "escalation"},
		{"我要發到微博曝光你們", "publicity", "escalation"},
		{"我要找媒体", "publicity", "escalation"},
		{"那我只能起诉你们了", "publicity", "escalation"},
		{"I'm going to sue you", "publicity", "escalation"},
		{"I will post this everywhere online", "publicity", "escalation"},
		{"I'll leave a bad review", "publicity", "escalation"},
		{"I'm going to the ombudsman", "publicity", "escalation"},
		{"I'll contact the media", "publicity", "escalation"},
		// no publicity
		{"手机被偷了，我已经报警了", "", "-"},
		{"我不会发到网上的", "", "publicity"},
		{"My neighbour said she will call the regulator", "", "publicity"},
		{"I won't leave a bad review", "", "publicity"},
		// abuse
		{"你们这帮废物", "abuse", ""},
		{"傻逼客服", "abuse", ""},
		{"智障吧你", "abuse", ""},
		{"滚！", "abuse", ""},
		{"cnm", "abuse", ""},
		{"You are a bunch of useless idiots", "abuse", ""},
		{"go to hell", "abuse", ""},
		{"你们 are all liars", "abuse", ""},
		// no abuse
		{"上次客服跟我说“你有病吧”", "", "abuse"},
		{"快递员说我是傻子", "", "abuse"},
		{`He told me I must be stupid`, "", "abuse"},
		{"I feel like an idiot, it was off", "", "abuse"},
		{"滚筒洗衣机的垃圾袋怎么装", "", "-"},
		{"号码是一三八零零", "", "-"},
		{"號碼是一三八零零，兩三八", "", "-"},
		{"scunthorpe and assess and class", "", "-"},
		// churn
		{"我要销户，换别家了", "churn", ""},
		{"以后再也不会买你们的东西", "churn", ""},
		{"我想攜號轉網", "churn", ""},
		{"Cancel my subscription", "churn", ""},
		{"I'm switching to another provider", "churn", ""},
		{"You just lost a customer", "churn", ""},
		{"I will never buy from you again", "churn", ""},
		// no churn
		{"我不打算退网", "", "-"},
		{"I'm not going to cancel my account", "", "-"},
		{"please cancel my order", "", "-"},
		{"如果我要注销怎么办理", "", "-"},
		// praise
		{"你服务态度真好", "praise", "-"},
		{"必须给你五星好评", "praise", "-"},
		{"客服小姐姐太有耐心了，非常專業", "praise", "-"},
		{"You've been incredibly helpful", "praise", "-"},
		{"Great customer service, thank you so much", "praise satisfied", "-"},
		// no praise
		{"你态度不好", "", "praise satisfied"},
		{"朋友说你们服务很好", "", "praise"},
		{"如果你们服务真好我也不会打电话", "", "praise"},
		{"Great service, two hours on hold and you people lied", "", "praise"},
		{"服务一流啊，气死我了", "angry", "praise"},
		{"It would be great if you were helpful", "", "praise satisfied"},
		// satisfied
		{"问题解决了，很满意", "satisfied", "-"},
		{"太好了，謝謝您的幫助", "satisfied", "-"},
		{"Perfect, that solved the problem", "satisfied", "-"},
		{"I can't complain", "satisfied", "-"},
		{"no complaints, couldn't be happier", "satisfied", "-"},
		// not satisfied
		{"我不满意", "complaint", "satisfied"},
		{"谈不上满意", "", "satisfied"},
		{"I'm not satisfied", "complaint", "satisfied"},
		{"满意吗？", "", "satisfied"},
		// agents' words from a customer say nothing of the agent
		{"不归我管吧", "", "shirking"},
		{"sorry, my mistake", "", "apologetic"},
		{"", "", "-"},
		{"？？？", "", "-"},
	},
	transcript.Bot:    {{"闭嘴，you idiot", "", "rude abuse"}},
	transcript.System: {{"闭嘴，you idiot", "", "rude abuse"}},
}

// firm is the confidence from which on tones raise flags.
const firm = 0.6

const trouble = "rude shirking perfunctory impatient interrogating angry complaint escalation publicity abuse churn"

func TestTurnsGetTheirLabels(t *testing.T) {
	t.Parallel()
	c := classifier(t)
	for speaker, cases := range labelCases {
		for _, tc := range cases {
			t.Run(string(speaker)+" "+tc.text, func(t *testing.T) {
				t.Parallel()
				tone := c.Classify(t.Context(), pipeline.NewInput(&transcript.Session{
					Channel: transcript.Chat, Turns: []transcript.Turn{{Speaker: speaker, Text: tc.text}},
				}))
				labels := map[pipeline.Label]float64{}
				if len(tone.Turns) > 0 {
					labels = tone.Turns[0].Labels
				}
				for want := range strings.FieldsSeq(tc.want) {
					if labels[pipeline.Label(want)] < firm {
						t.Errorf("%q: not firmly %s: %v", tc.text, want, labels)
					}
				}
				for unwanted := range strings.FieldsSeq(strings.Replace(tc.unwanted, "-", trouble, 1)) {
					if _, ok := labels[pipeline.Label(unwanted)]; ok {
						t.Errorf("%q: is %s: %v %v", tc.text, unwanted, labels, tone.Turns[0].Marks)
					}
				}
			})
		}
	}
}

func TestDoubtfulWordsRaiseNoFlag(t *testing.T) {
	t.Parallel()
	c := classifier(t)
	for _, tc := range []struct {
		speaker transcript.Speaker
		text    string
		label   pipeline.Label
	}{
		{transcript.Agent, "随您", pipeline.Rude},
		{transcript.Agent, "您说话注意点", pipeline.Rude},
		{transcript.Agent, "你说这怪谁？", pipeline.Rude},
		{transcript.Agent, "That's your own fault.", pipeline.Rude},
		{transcript.Agent, "Just google it.", pipeline.Rude},
		{transcript.Customer, "你工号多少", pipeline.Escalation},
		{transcript.Customer, "What's your name and employee number?", pipeline.Escalation},
		{transcript.Customer, "我已经截图了", pipeline.Publicity},
		{transcript.Customer, "我上次投诉的单子进度呢", pipeline.Complaint},
		{transcript.Customer, "我昨天投诉过了，有结果吗", pipeline.Complaint},
		{transcript.Customer, "What is the status of my complaint?", pipeline.Complaint},
		{transcript.Customer, "it's a bit annoying", pipeline.Angry},
	} {
		t.Run(tc.text, func(t *testing.T) {
			t.Parallel()
			tone := c.Classify(t.Context(), pipeline.NewInput(&transcript.Session{
				Channel: transcript.Chat, Turns: []transcript.Turn{{Speaker: tc.speaker, Text: tc.text}},
			}))
			if len(tone.Turns) != 1 || tone.Turns[0].Labels[tc.label] == 0 || tone.Turns[0].Labels[tc.label] >= firm {
				t.Errorf("%q: %v, want %s below %v", tc.text, tone.Turns, tc.label, firm)
			}
		})
	}
}

func classifier(tb testing.TB) *Classifier {
	tb.Helper()
	c, err := New()
	if err != nil {
		tb.Fatal(err)
	}
	return c
}
