package injection

// The classes of phrases.
const (
	opening  class = iota // where an order may begin: a turn, a sentence, after please
	sentence              // where a turn or a sentence begins
	ignore
	void
	forgetNot // negation of an order to ignore
	prior
	every
	orders
	screenOrders
	above
	own
	foreignOverride
	say
	give
	full
	survey
	firstPerson
	secondPerson
	target
	deem
	passed
	scope
	agentNoun
	meets
	everyCriterion
	leniency
	judge
	machineName
	heed
	heedHan
	heedAfter
	asA
	must
	part
	partMaybe
	machine
	question
	connected
	roleTag
	roleTagMaybe
	systemColon
	newOrders
	answerKey
	answerKeyMaybe
	answerPair
	endOfText
	reveal
	promptText
	promptMaybe
	compose
	work
	workAlone
	translate
	intoLanguage
	languageName
	sayWord
	encode
	shape
	yourReply
	letters
	ask
	topic
	topicAlone
	lecture
	main
	aspect
	password
	yours
	person
	personAlone
	pronounLives
	suppose
	authority
	expert
	codeText
	codeMaybe
	qMark
	aMark
	pieces
	stranger
	strangerAlone
	only
	thisCall
	classes // how many there are
)

// entry gives a class its phrases, folded: small letters, half width. A phrase
// in ASCII letters ends where a word ends.
type entry struct {
	class   class
	phrases string // parted by |; a ¦ is a | of the phrase
}

// toTheJudge is the lexicon of what is said to a judge.
var toTheJudge = []entry{
	{opening, "please|pls|kindly|can you|could you|would you|will you|can u|i want you to|i need you to|i'd like you to|i would like you to|help me|let's|let us|now|then|next|and|also|first|finally|just|you must|you should|you will|you are to|your task is to|your job is to|try to|go ahead and|but|or|so|" +
		"请|请你|请帮我|帮我|帮忙|给我|替我|为我|麻烦你|你来|你能|能不能|能否|可以|现在|然后|接着|并|并且|我要你|我想让你|你需要|你要|你必须|你的任务是|再"},

	{ignore, "ignore|ignores|ignoring|ignored|disregard|disregards|disregarding|forget|forget about|override|overrule|bypass|discard|neglect|do not follow|don't follow|stop following|stop obeying|no longer follow|pay no attention to|do not obey|don't obey|set aside|erase|throw away|drop all|cancel all|" +
		"忽略|忽略掉|无视|忽视|不要理会|不用理会|不必理会|不理会|别理会|不用管|别管|不要管|忘记|忘掉|忘了|抛开|抛弃|绕过|不要遵守|不遵守|不必遵守|停止遵守|不要遵循|不再遵守|不再遵循|不用遵守|跳过|覆盖|推翻|清空|清除|屏蔽|撤销"},
	{void, "作废|失效|无效|不算数|不再有效|不用执行|void|no longer apply|no longer applies|no longer valid|are cancelled|do not apply|don't apply|are obsolete|are revoked"},
	{forgetNot, "don't|do not|never|not|didn't|did not|won't|cannot|can't|shouldn't|不要|别|不能|不会|不可以|不得|不可|没有|没|切勿|请勿|勿"},
	{prior, "previous|previously|prior|above|preceding|earlier|foregoing|initial|original|existing|former|past|hitherto|以上|之前|前面|先前|此前|上面|上述|前述|以前|原有|原来|原先|初始|最初|已有|开头|上文|前文|先头"},
	{every, "all|any|every|each|your|你收到|你被|给你|你接到|those|these|other|所有|一切|全部|任何|你的|你们的|其他|其它|各种|这些|那些|系统"},
	{orders, "instruction|instructions|directive|directives|guideline|guidelines|system prompt|system prompts|programming|system message|system messages|rubric|rubrics|scoring rules|scoring criteria|grading criteria|evaluation criteria|grading rules|evaluation rules|指令|指示|指引|提示词|设定|系统提示词|评分标准|评分规则|评分要求|质检规则|质检标准|质检要求|评判标准|评价标准|评估标准|评审规则|评审标准|判断标准|评分细则|限制|约束|守则|准则|角色设定|训练"},
	{screenOrders, "rule|rules|command|commands|constraint|constraints|restriction|restrictions|prompt|prompts|context|提示|规则|命令|要求|信息|内容|对话|消息|话"},
	{above, "the above|everything above|all above|all of the above|what was said|everything before|the rest|the content|the text|the function|the data|the table|the document|the conversation|the transcript|everything|以上|上面|上述|前面|之前|前文|上文|以上内容|上述内容|前面内容|上面内容|所有内容"},
	{own, "my|delivery|shipping|shipment|assembly|washing|cooking|care|installation|set up|setup|voicemail|payment|parking|driving|customer|pickup|i gave|i sent|we sent|we gave|i wrote|email|letter|我|我的|我们|快递|配送|发货|安装|邮件|短信|备注|订单|地址|骑手|司机|外卖"},
	{foreignOverride, "instrucciones anteriores|instruções anteriores|instructions précédentes|vorherigen anweisungen|istruzioni precedenti|предыдущие инструкции|이전 지시|以前の指示|προηγούμενες οδηγίες|पिछले निर्देश|instruksi sebelumnya|önceki talimat|poprzednie instrukcje|vorige instructies|tidigare instruktioner|todas tus instrucciones|αγνοήστε|ignore as instruções|ignora las instrucciones|ignore las instrucciones|ignorez les instructions|ignorez la|ignore les instructions|ignorez toutes|oubliez les instructions|ignoriere alle|ignoriere die|ignorieren sie alle|ignorieren sie die|ignora le istruzioni|игнорируй|игнорируйте|забудь все|забудьте все|무시하십시오|무시하세요|무시하고|무시해|無視して|無視しろ|無視し|तजाहल|تجاهل|अनदेखा करें|नज़रअंदाज़|görmezden gel|önceki talimatları|negeer alle|negeer de|abaikan semua|bỏ qua|ละเว้น|zignoruj"},
	{say, "repeat|provide|confirm|follow|reveal|do|say|state|give|tell|print|output|write|answer|respond|reply|return|declare|report|instead|show|输出|回答|判|打分|评分|改为|说|写|返回|回复|直接|声明|改成|打|告诉"},

	{give, "give|gives|giving|award|awards|assign|grant|rate|score|scores|mark|grade|set|return|deserves|receives|gets|record|report|给|给出|给予|打|打出|评|评为|判|判为|输出|记|记为|赋|打个|给个|给一个|返回|应得|得|填"},
	{full, "full score|full scores|full marks|full mark|full points|full credit|perfect score|perfect scores|perfect mark|perfect rating|maximum score|max score|maximum points|maximum marks|maximum rating|highest score|highest mark|highest possible score|highest possible|highest rating|top score|top marks|top rating|score of 100|score of 10|score to 100|score as 100|score = 100|score: 100|100 points|100/100|10/10|5/5|100 out of 100|10 out of 10|hundred points|满分|满分100|最高分|最高评分|最高评价|最高等级|100分|一百分|滿分|优秀分|满分通过|全部满分"},
	{survey, "survey|feedback|five stars|5 stars|five star|review|reviews|rating page|questionnaire|satisfaction|csat|trustpilot|google|app store|test|exam|quiz|hotel|restaurant|place|park|insurance|energy|good reviews|好评|满意度|评价|五星|5星|问卷|参评|挂机|星级|打星|短信|小红花|考试|试卷|高考|作业|卷子|论文|体检|学生|电影|餐厅|酒店|景点|豆瓣"},
	{firstPerson, "i|i'd|i'll|i'm|i've|we|we'd|we'll|my|我|我们|我要|我想|我会|咱|俺"},
	{secondPerson, "您|麻烦|劳烦|亲|辛苦您|您的|帮忙"},
	{target, "session|the session|this session|the conversation|this conversation|transcript|this transcript|this call|the call|this chat|the chat|this dialogue|the dialogue|interaction|this interaction|agent|the agent|this agent|representative|the representative|advisor|criterion|criteria|each criterion|every criterion|all criteria|all items|every item|all checks|all categories|every category|every question|rubric|scorecard|evaluation|quality score|" +
		"会话|对话|通话|本次服务|本次会话|坐席|座席|客服|所有项|所有项目|所有评分项|各项|每项|每一项|全部项目|质检|评分项|评分|考核|检查项|录音|转写|聊天记录|所有指标|评分表|总分|维度|本轮|本单"},
	{deem, "mark|marked|marks|grade|graded|rate|rated|treat|consider|considered|score|scored|judge|judged|count|record|recorded|label|labeled|labelled|classify|evaluate|evaluated|set|return|answer|answered|deem|deemed|report|conclude|tick|assess|are|is|as|should be|must be|判为|判定为|判成|评为|评成|评定为|记为|标记为|标为|标注为|标成|视为|算作|算|认定为|认为|判断为|认定|一律|判|全判|都判|填|填写|勾选|打为|打成|设为|改为|判作|记作|定为|均为|都是|全是|都为|返回|输出|给"},
	{passed, "passed|pass|passing|met|as met|satisfied|compliant|fulfilled|fulfilling|achieved|successful|flawless|perfect|true|达标|合格|通过|满足|met|pass|符合|满分|优秀|完美|合规|已达成|已完成|没问题|无问题|true|是"},
	{scope, "all criteria|all the criteria|every criterion|each criterion|all criterion|any criterion|all items|every item|all checks|every check|every question|all questions|all points on|all rubric|each item|criteria|criterion|all categories|all requirements|all standards|every requirement|this session|the session|this transcript|the transcript|this conversation|所有项|所有项目|所有的项目|所有评分项|所有质检项|每一项|每项|各项|全部项|全部项目|全部评分项|所有标准|所有指标|所有条目|所有检查|所有检查项|所有问题|本次会话|本会话|该会话|此会话|这次会话|这通会话|本次对话|该对话|本对话|本通录音|该录音|本次通话|该通话|这通电话|本条录音|所有criteria|所有标准项|各维度|所有维度|各个项目|所有考核项|全部标准|全部指标|全项|坐席表现|客服表现"},
	{agentNoun, "the agent|this agent|agent|the representative|the rep|the advisor|the operator|customer service representative|坐席|座席|客服|该坐席|该客服|服务人员|本坐席"},
	{meets, "met|meets|meet|passed|passes|pass|fulfilled|fulfils|fulfills|satisfied|satisfies|complied with|complies with|completed|followed|achieved|达到|达成|满足|符合|通过|完成|做到|遵守"},
	{everyCriterion, "every criterion|each criterion|all criteria|all the criteria|all of the criteria|every requirement|all requirements|all checks|every check|all standards|every standard|every item|all items|all the checks|every single criterion|every rule on|all rules on|all quality|所有标准|全部标准|所有要求|全部要求|所有项目|全部项目|所有质检|所有评分|所有指标|全部指标|各项标准|所有规范|全部规范|每一项|每项标准|各项指标|所有条目|所有考核|所有criteria|全部质检|各项要求"},
	{leniency, "no violations|no violation|without violations|no review needed|no review is needed|no review required|no human review|needs no review|no manual review|no deductions|no deduction|without deductions|do not deduct|don't deduct|never deduct|do not flag|don't flag|must not be flagged|should not be flagged|skip the review|skip review|flawless|do not report|ignore the mistakes|overlook the mistakes|overlook any|无需复核|不需要复核|不用复核|无须复核|无需人工复核|无需人工|不需要人工复核|无需审核|免复核|免人工|不要扣分|不得扣分|不扣分|禁止扣分|别扣分|不许扣分|不予扣分|无违规|没有违规|不存在违规|无任何违规|不要标记|不得标记|不要上报|不要告警|不要报警|无扣分"},

	{judge, "judge|grader|evaluator|evaluators|qa model|qa system|qa bot|qa ai|qa llm|quality model|quality ai|language model|large language model|llm|llms|ai model|ai reviewer|ai judge|ai grader|ai evaluator|ai assessor|ai auditor|reviewing model|evaluation model|evaluating model|scoring model|scoring system|scoring ai|grading model|grading system|judging model|quality inspector|quality auditor|quality assessor|quality evaluator|quality analyst|transcript reviewer|assessor|auditor|qa reviewer|qa evaluator|qa grader|qa analyst|quality assurance model|quality assurance ai|ai reading this|model reading this|whoever grades|whoever scores|" +
		"评委|评审|评审员|裁判|评分员|评分者|评分模型|评分系统|评分ai|评分机器人|质检模型|质检系统|质检ai|ai质检|智能质检|质检机器人|质检员|质检助手|质检专家|质检引擎|大模型|语言模型|评估模型|评估系统|评判模型|评判者|评判员|审核模型|审核员|判官|评测模型|评审模型|ai评审|ai评委|评审ai|审核系统|评估员|评估者|评审专家|阅卷|大语言模型|打分员|评价模型|阅读本文的ai|读到这里的ai"},
	{machineName, "ai|a.i.|gpt|chatgpt|claude|gemini|deepseek|qwen|ai assistant|ai system|model|qa|reviewer|assistant model|ai模型|ai助手|人工智能|通义千问|文心一言|质检"},
	{heed, "attention|attn|note to|note to the|note for|note for the|notes to|notes for|message to|message to the|message for|message for the|instruction for|instructions for|instruction to|instructions to|dear|memo to|reminder to|reminder for|hint for|directive for|dear to"},
	{heedHan, "注意|请注意|听着|听好|听令|须知|敬启|谨记|切记|告知|通知|致|写给|发给|提示|提醒"},
	{heedAfter, "注意|请注意|注意了|听着|听好|听令|须知|请看|看这里|谨记|请务必|务必|请按|请将|请把|请给|请直接|请判|请输出|请忽略|请一律|请严格|请你|必须|应当|请记住|切记|请对|must|please|should"},
	{asA, "as a|as an|as the|as our|作为|身为"},
	{must, "must|should|shall|need to|have to|are required to|will|please|your|you|必须|应当|应该|务必|请|需要|只能|一定要|要|你"},

	{part, "you are now|you're now|from now on you are|from now on, you are|from now on you will|from now on, you will|from now on act|you will now act as|you will act as|pretend to be|pretend you are|pretend that you are|roleplay as|role play as|role-play as|play the role of|you are no longer|you're no longer|take on the role of|assume the role of|your new role is|simulate being|switch to|enter|activate|你现在是|现在你是|从现在起你是|从现在开始你是|从现在起,你是|从现在开始,你是|从此刻起|你将扮演|请扮演|扮演|假装你是|假装自己是|假设你是|你不再是|充当|你的新角色|你的新身份|你的角色是|你的身份是|切换到|切换为|进入|启动|启用"},
	{partMaybe, "act as|you are|behave as|be a|imagine you are|suppose you are|你是|当一个|当个"},
	{machine, "ai|chatbot|gpt|chatgpt|dan|do anything now|linux terminal|unrestricted|uncensored|unfiltered|without restrictions|no restrictions|any restrictions|bound by|auditor|evaluator|grader|judge|language model|llm|jailbroken|jailbreak mode|god mode|system administrator|examiner|grading assistant|scoring assistant|质检系统|质检员|质检|评委|裁判|评分员|评分系统|不受限制|没有限制|无限制|不受约束|大模型|语言模型|dan|上帝模式|越狱模式|审核员|审计员|评审|评审员|openai|评审专家|质检专家|质检助手|ai|满分模式|无限制模式"},
	{question, "吗|么|还是|吧|?|是不是"},
	{connected, "chatting|speaking|connected|talking|with|through to|transferred|booked|registered|enrolled|logged|a member|confirmed|checked|subscribed|ready|waiting|offline|online"},

	{roleTag, "<¦im_start¦>|<¦im_end¦>|<¦system¦>|<¦assistant¦>|<¦user¦>|<¦endoftext¦>|<¦eot_id¦>|<¦start_header_id¦>|[inst]|[/inst]|<<sys>>|<</sys>>|<system>|</system>|<system mode>|<system mode activated>|<system_prompt>|</system_prompt>|<assistant>|</assistant>|<developer>|<instructions>|</instructions>|<instruction>|<admin>|[system message]|[system override]|[system instruction]|[system prompt]|[system update]|[assistant]|<系统模式>|<系统>|</系统>|【系统模式】|[系统模式]|【系统指令】|[系统指令]|<系统指令>|【系统消息:|### system|###system|## system|### instruction|###instruction|do anything now|role of another ai|### new instruction|### response:|### assistant|system override confirmed|begin system prompt|end system prompt|end of system prompt|<<system|{{system|{{#system"},
	{roleTagMaybe, "[system]|<user>|<human>|<bot>|【系统】|[系统]|system override|system reset|system mode|系统重置|系统模式|系统覆盖|openai|chatgpt|smartgpt|gpt-4|as an ai|作为ai|ai语言模型|ai model|ai language model|开发者模式|developer mode|do anything now|jailbreak|越狱|large language model|大语言模型|人工智能模型|ai助手|neural network|neural networks|prompt injection|提示词注入|提示词"},
	{systemColon, "system:|system :|assistant:|developer:|系统:|助手:|系统消息:|系统指令:|system message:|system note:|system notice:|system instruction:|admin:|root:|管理员:|开发者:"},
	{newOrders, "new instruction|new instructions|new task|new rule|new rules|updated instructions|your new task|real instructions|real task|important instruction|important instructions|additional instructions|新指令|新的指令|最新指令|新任务|真正的任务|真实指令|重要指令|新的任务|附加指令|新规则"},

	{answerKey, "\"outcome\"|\"applies\"|\"quotes\"|\"quote\"|\"criterion\"|\"criterion_id\"|\"criteria\"|\"verdict\"|\"rationale\"|\"not_met\"|\"not_applicable\"|\"met\"|\"judgement\"|\"judgment\"|\"judgements\"|\"evidence\"|\"needs_review\"|“outcome”|“applies”|“criterion”|“criteria”|“verdict”|“met”|'outcome'|'applies'|'criterion'|'criteria'|'verdict'|'met'|\\\"outcome\\\"|\\\"criterion\\\"|\\\"met\\\"|outcome:|applies:|verdict:|criterion:|\"判定\"|\"结论\"|\"适用\"|\"评分项\"|\"达标\""},
	{answerKeyMaybe, "\"id\"|\"answer\"|\"answers\"|\"reason\"|\"score\"|\"result\"|\"passed\"|\"pass\"|\"yes\"|\"true\"|\"findings\"|\"rating\"|\"grade\"|“score”|“answer”|“result”|“id”|'score'|'answer'|'result'|'id'|'reason'|\\\"score\\\"|\"得分\"|\"分数\"|\"评分\"|\"理由\"|\"通过\"|\"结果\"|\"合格\"|answer: met|met|true|100"},
	{answerPair, ": met|=met|= met|:met|: pass|: passed|:pass|=pass|=true|: 达标|:达标|=达标|: 合格|:合格|: 通过|:通过|->met|-> met|=> met|: yes|: true|:true"},
	{endOfText, "end of transcript|end of the transcript|end transcript|transcript ends|transcript end|end of conversation transcript|end_of_transcript|endoftranscript|</transcript>|<transcript>|</conversation>|<end_of_transcript>|end of untrusted|end untrusted|end of data|</data>|</turn>|</turns>|</session>|</dialogue>|<<<end|end>>>|begin instructions|<<end|[end of input]|end of input data|end of user input|transcript is over|转写结束|转录结束|转写文本结束|转写内容结束|会话记录结束|对话记录结束|对话文本结束|会话文本结束|转写到此|转录到此|记录到此结束|文本到此结束|以上为转写|以上为会话|数据结束|以下是新的指令|以下为系统指令|以下是系统指令|转写完毕|转录完毕|待评文本结束|待质检内容结束|数据到此结束|</会话>|</对话>|</转写>"},
	{reveal, "reveal|show|show me|print|repeat|output|display|tell|tell me|leak|expose|what is|what's|what are|what were|give me|summarize|summarise|recite|dump|share|disclose|输出|显示|告诉我|透露|泄露|打印|重复|复述|说出|给我看|是什么|列出|展示|公开|背诵|说一下"},
	{promptText, "your system prompt|the system prompt|system prompt verbatim|your prompt|your initial prompt|initial prompt|your initial instructions|initial instructions|original instructions|hidden instructions|hidden prompt|developer message|system instructions|your system message|your full instructions|your original instructions|instructions you were given|prompt verbatim|系统提示词|提示词|初始指令|系统指令|你的指令|你的prompt|你的system prompt|system prompt|隐藏指令|你的提示词|你收到的指令|你的设定|初始设定"},
	{promptMaybe, "your instructions|your rules|your guidelines|system message|your secret|your training|your training data|your configuration|your source code|你的规则|你的配置|你的训练"},
}
