package knowledge

// The phrases by which signals know a turn, in the form that flatten gives to
// texts: two blanks stand for a mark and around the whole.

// agentAsks are the words of agents who ask without a question mark.
var agentAsks = []string{"请问", "麻烦您报", "请报", "请提供", "报一下", "说一下", "多少", "什么", "吗 ", "呢 ", " what ", " which ", " would you like ", " shall i ", " may i ", " can i "}

// numbered are words for numbers and days.
var numbered = []string{
	" two ", " three ", " four ", " five ", " six ", " seven ", " eight ", " nine ", " ten ", " double ", " oh ", " people ", " nights ", " monday ", " tuesday ", " wednesday ", " thursday ",
	" friday ", " saturday ", " sunday ", "周一", "周二", "周三", "周四", "周五", "周六", "周日", "零", "幺", "点半", "上午", "下午",
}

var (
	// asksWhether ask whether something is so.
	asksWhether = []string{
		"  is ", "  are ", "  does ", "  do ", "  did ", "  can ", "  could ", "  will ", "  would ", "  should ", "  has ", "  have ", "  was ",
		" is it ", " is there ", " is that ", " is this ", " is the ", " are there ", " are they ", " are these ", " are the ", " are their ", " does it ", " does the ", " does this ",
		" does that ", " does he ", " do they ", " do these ", " do those ", " do the ", " will it ", " will they ", " will i ", " will there ", " would it ", " can it ", " can they ",
		" can i ", " can we ", " could i ", " do i ", " do we ", " should i ", " has it ", " have to ", " am i ",
		"吗", "么 ", "是不是", "能不能", "可不可以", "会不会", "有没有", "行不行", "要不要", "可否", "能否", "是否", "不 ", "没 ", "行不", "还是不", "是吧 ", "算不算", "赔不赔", "退不退", "还能", "还是", "还有没",
	}
	// asksHow ask for a way or a reason.
	asksHow = []string{" how ", " why ", " what happens ", " what should ", " what if ", " what are my options ", "怎么", "怎样", "咋", "如何", "为什么", "为啥", "凭什么", "点样", "办法", "怎办"}
	// asksWhich ask for a thing, a person, a time, an amount.
	asksWhich = []string{
		" which ", " what ", " where ", " when ", " who ", " whats ", " how much ", " how long ", " how many ",
		"什么", "啥", "哪", "几天", "几点", "几时", "几号", "多少", "多久", "多大", "多长", "谁", "呢 ", "幾時",
	}
	// wants say that the customer wants to have or to do something.
	wants = []string{
		" i need ", " we need ", " i will need ", " need to ", " need a ", " also need ", " i want ", " i wanted ", " want to ", " want a ", " i would like ", " like to ", " would like ", " looking for ", " looking to ", " look for ", " searching for ", " interested in ",
		" i prefer ", " would prefer ", " trying to ", " try to ", " help me ", " help with ", " i will take ", " give me ", " get me ", " find me ", " find a ", " find an ", " find the ", " can i get ", " can i have ", " could i get ", " could i have ", " may i have ",
		" you find ", " you get ", " you give ", " you recommend ", " recommend ", " suggest ", " planning ", " do you have ", " you have any ",
		"我想", "我要", "我需要", "想要", "帮我", "帮忙", "给我", "来个", "要一", "来一", "麻烦你", "麻烦您", "换成", "就要",
	}
	// acts are what an agent is to do in a system.
	acts = []string{
		" book ", " booked ", " booking ", " reserve ", " reservation ", " reservations ", " make a ", " order a ", " send ", " cancel ", " pick one ", " choose ", " add ", " set up ", " transfer ", " call me ", " text me ", " put me ", " pass me ", " go ahead ",
		"订一", "预订", "预约", "订个", "下单", "查一下", "查下", "转人工", "登记", "拍一", "发给我", "发个", "约周", "刷卡", "叫你们", "转你们",
	}
	// records are what the systems hold of a thing on offer or of the account.
	records = []string{
		" phone ", " number ", " address ", " postcode ", " post code ", " zip code ", " postal ", " reference ", " confirmation ", " price range ", " area ", " star ", " stars ", " rating ", " type of ", " kind of ",
		" entrance fee ", " fee ", " ticket ", " tickets ", " leave ", " leaves ", " leaving ", " arrive ", " arrives ", " arrival ", " departure ", " depart ", " departs ", " travel time ", " train id ", " information ", " info ", " balance ", " which plan ", " tell me more ", " located ",
		" moderate ", " moderately ", " expensive ", " cheap ", " centre ", " center ", " north ", " south ", " east ", " west ", " parking ", " wifi ", " available ", " availability ", " in town ",
		"电话", "地址", "号码", "订单号", "余额", "额度", "单号", "取票码", "邮编", "欠多少", "什么套餐", "详细信息", "多少钱一",
	}
	// thatOne point to something that was named before.
	thatOne = []string{
		" it ", " its ", " they ", " their ", " them ", " there ", " this place ", " that place ", " the place ", " this one ", " that one ", " both ", " either ", " these ", " those ", " this hotel ", " the room ", " the rooms ", " this ", " that ",
		"它", "这个", "那个", "这家", "那家", "这边", "那边", "这款", "那款", "这样", "那", "你们",
	}
	// manners are about what a thing is like and what it offers.
	manners = []string{
		" good ", " great ", " nice ", " nicely ", " well ", " clean ", " quiet ", " comfortable ", " safe ", " reliable ", " stable ", " fast ", " slow ", " friendly ", " quality ", " worth ", " value ", " reasonable ", " reasonably ", " best ", " better ",
		" popular ", " known ", " reputation ", " reviews ", " review ", " big ", " large ", " small ", " spacious ", " noisy ", " loud ", " fresh ", " easy ", " hard ", " normal ", " really ", " very ", " pretty ", " enough ", " have a ", " offer ", " offers ", " provide ", " serve ", " serves ", " allow ", " allowed ", " options ", " variety ", " selection ", " view ", " views ",
		"好不好", "怎么样", "质量", "靠谱", "正常", "安全", "干净", "安静", "好用", "方便", "效果", "值得", "适合", "多不多", "吵", "快不快", "多吗",
	}
	// owns are words for what the customer has bought or was done to.
	owns = []string{
		" my ", " our ", " i bought ", " i ordered ", " we ordered ", " i got ", " i have been ", " i have got ", " charged ", " sold me ", " from me ", " off me ", " you sent ", " you have taken ", " gave me ", " signed ", " on me ", " i heard ", " your courier ",
		"我的", "我买", "买的", "我家", "家里", "我这", "收到", "我那", "我们公司", "给我发", "扣", "上个月", "这个月", "个月", "你们的", "我爸", "我妈", "办的", "给我办",
	}
	// settles are words for what is done about a purchase or a contract.
	settles = []string{
		" return ", " returned ", " refund ", " refundable ", " exchange ", " swap ", " change the ", " change my ", " move to ", " cancel ", " end my ", " porting ", " upgrade ", " switch ", " turn off ", " reissued ", " complaint ", " money back ", " replace ", " repair ", " expire ", " leave ", " claim ",
		"退", "换", "改", "取消", "停掉", "移机", "携号", "转网", "挂失", "补", "重开", "开票", "发票", "降到", "升级", "投诉", "销户", "赔", "修",
	}
	// others ask for another thing of the kind.
	others = []string{
		" how about ", " what about ", " instead ", " another ", " a different ", " other ", " else ", " else ", " any of them ", " one of them ", " one of those ", " in the same ", " try ", " also ", " as well ",
		"换个", "别的", "另外", "其他", "再看", "也行",
	}
	// closings end a session or a topic.
	closings = []string{
		" thank ", " thanks ", " thank you ", " bye ", " goodbye ", " good day ", " cheers ", " that is all ", " that is it ", " all i need ", " all i needed ", " great ", " perfect ", " have a good ", " have a great ", " have a nice ", " sounds good ", " that works ", " will work ",
		"谢谢", "多谢", "感谢", "辛苦", "再见", "拜拜", "没有了", "没了", "知道了", "明白", "懂了", "太好了", "好吧", "行吧", "记下", "收到了", "唔該", "冇喇",
	}
	// personal words are about the people who talk and about their quarrel.
	personal = []string{
		" your name ", " you people ", " your manager ", " a manager ", " supervisor ", " ridiculous ", " outrageous ", " unbelievable ", " furious ", " livid ", " fuming ", " idiot ", " stupid ", " bastards ", " excuse me ", " are you calling ", " how dare ", " ignoring ", " i did say ", " as above ", " i just said ", " i said ", " regulator ", " post this ", " really ",
		"态度", "你怎么说", "投诉你", "主管", "经理", "领导", "老板", "曝光", "工信部", "混蛋", "有病", "滚", "说清楚", "好好回答", "气死", "真服了", "刚说了", "我说了", "上面发", "也在上面", "我以为", "原话", "怎么了", "凭什么",
	}
	// assents begin an answer.
	assents = []string{
		"  yes ", "  yeah ", "  yep ", "  no ", "  nope ", "  sure ", "  ok ", "  okay ", "  right ", "  great ", "  fine ", "  perfect ", "  i do not ", "  it does not ",
		"  好", "  行", "  对", "  嗯", "  可以", "  没有", "  不用", "  是的", "  不是", "  要 ", "  哦", "  在的",
	}
)
