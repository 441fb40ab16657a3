package injection

// before and after are the softeners of a rule: up to so many words away.
func before(n int32, list ...class) (out []softener) {
	for _, c := range list {
		out = append(out, softener{class: c, before: n, after: -1})
	}
	return out
}

func around(n int32, list ...class) (out []softener) {
	for _, c := range list {
		out = append(out, softener{class: c, before: n, after: n})
	}
	return out
}

func join(lists ...[]softener) (out []softener) {
	for _, l := range lists {
		out = append(out, l...)
	}
	return out
}

// mine is whose instructions an honest speaker takes back: his own.
var mine = join(before(2, forgetNot), around(2, own))

// rating is what people say who ask for a good rating, or give one.
var rating = join(around(12, survey), before(3, firstPerson, secondPerson))

// rules are looked for everywhere, all at once. A rule's gaps are in words.
var rules = []rule{
	{kind: Override, level: Suspected, steps: next(near(4, ignore, prior), 3, orders), soft: mine},
	{kind: Override, level: Suspected, steps: next(near(3, ignore, every), 3, orders), soft: mine},
	{kind: Override, level: Suspected, steps: near(2, ignore, orders, prior), soft: mine},
	{kind: Override, level: Suspected, steps: next(near(3, prior, orders), 4, void), soft: mine}, // 以上指令全部作废
	{kind: Override, level: Suspected, steps: next(next(near(4, ignore, every), 2, prior), 3, screenOrders), soft: mine},
	{kind: Override, level: Suspected, steps: next(next(near(4, ignore, prior), 2, every), 3, screenOrders), soft: mine},
	{kind: Override, level: Odd, steps: next(near(4, ignore, prior), 3, screenOrders), soft: mine},
	{kind: Override, level: Odd, steps: near(3, ignore, orders), soft: mine},
	{kind: Override, level: Odd, steps: near(2, ignore, above), soft: mine},
	{kind: Override, level: Suspected, steps: next(near(2, ignore, above), 3, say), soft: mine},
	{kind: Override, level: Suspected, steps: near(0, foreignOverride)},
	{kind: Override, level: Suspected, steps: near(8, newOrders, deem, passed)},
	{kind: Override, level: Odd, steps: near(0, newOrders)},

	{kind: Score, level: Odd, steps: near(4, give, full), soft: rating},
	{kind: Score, level: Suspected, steps: near(8, give, target, full), soft: rating},
	{kind: Score, level: Suspected, steps: near(6, target, give, full), soft: rating},
	{kind: Score, level: Suspected, steps: near(6, give, full, target), soft: rating},
	{kind: Score, level: Suspected, steps: near(6, deem, scope, passed), soft: rating},
	{kind: Score, level: Suspected, steps: near(5, scope, deem, passed), soft: rating},
	{kind: Score, level: Suspected, steps: near(4, agentNoun, meets, everyCriterion), soft: rating},
	{kind: Score, level: Suspected, steps: near(4, agentNoun, everyCriterion, meets), soft: rating},
	{kind: Score, level: Suspected, steps: near(8, target, leniency)},
	{kind: Score, level: Suspected, steps: near(8, leniency, target)},
	{kind: Score, level: Suspected, steps: near(8, only, target, passed)},
	{kind: Score, level: Odd, steps: near(0, leniency)},
	{kind: Score, level: Suspected, steps: near(2, heed, judge)},
	{kind: Score, level: Suspected, steps: near(2, heed, machineName)},
	{kind: Score, level: Suspected, steps: near(1, heedHan, judge)},
	{kind: Score, level: Suspected, steps: near(2, judge, heedAfter)},
	{kind: Score, level: Suspected, steps: near(3, asA, judge, must)},
	{kind: Score, level: Odd, steps: near(0, judge)},

	{kind: Role, level: Suspected, steps: near(9, part, machine), soft: join(around(6, question), around(0, connected))},
	{kind: Role, level: Odd, steps: near(3, partMaybe, machine), soft: around(6, question)},
	{kind: Role, level: Suspected, steps: near(0, roleTag), agentsOnly: true},
	{kind: Role, level: Odd, steps: near(0, roleTagMaybe)},
	{kind: Role, level: Odd, steps: near(0, opening, systemColon), agentsOnly: true},
	{kind: Role, level: Suspected, steps: next(near(0, opening, systemColon), 8, everyCriterion), agentsOnly: true},
	{kind: Role, level: Suspected, steps: next(next(near(0, opening, systemColon), 8, target), 8, passed), agentsOnly: true},
	{kind: Role, level: Suspected, steps: next(near(0, opening, systemColon), 8, orders), agentsOnly: true},

	{kind: Answer, level: Suspected, steps: near(12, answerKey, answerKey)},
	{kind: Answer, level: Suspected, steps: near(8, answerKey, answerKeyMaybe)},
	{kind: Answer, level: Suspected, steps: near(8, answerKeyMaybe, answerKey)},
	{kind: Answer, level: Suspected, steps: near(6, answerPair, answerPair)},
	{kind: Answer, level: Odd, steps: near(8, answerKeyMaybe, answerKeyMaybe)},
	{kind: Answer, level: Suspected, steps: near(0, endOfText), agentsOnly: true},

	{kind: PromptLeak, level: Suspected, steps: near(5, reveal, promptText)},
	{kind: PromptLeak, level: Odd, steps: near(4, reveal, promptMaybe)},

	{kind: Task, level: Odd, steps: next(near(0, opening, compose), 7, work)},
	{kind: Task, level: Odd, steps: near(0, workAlone)},
	{kind: Task, level: Odd, steps: next(near(0, opening, translate), 12, intoLanguage)},
	{kind: Task, level: Odd, steps: near(2, translate, intoLanguage)},
	{kind: Task, level: Odd, steps: near(0, opening, translate)},
	{kind: Task, level: Odd, steps: near(12, sayWord, languageName)},
	{kind: Task, level: Odd, steps: near(0, encode)},
	{kind: Task, level: Odd, steps: near(0, thisCall)},
	{kind: Format, level: Odd, steps: next(near(0, opening, shape), 20, yourReply)},
	{kind: Format, level: Odd, steps: next(near(0, opening, shape), 8, letters)},
	{kind: Format, level: Odd, steps: near(12, yourReply, shape)},
	{kind: Format, level: Odd, steps: near(0, only)},
	{kind: Topic, level: Odd, steps: near(8, ask, topic)},
	{kind: Topic, level: Odd, steps: near(0, topicAlone)},
	{kind: Topic, level: Odd, steps: near(2, main, aspect)},
	{kind: Topic, level: Odd, steps: near(4, lecture, aspect)},
	{kind: Task, level: Odd, steps: near(0, sentence, lecture)},
	{kind: Secret, level: Odd, steps: near(3, yours, password)},
	{kind: Secret, level: Odd, steps: near(3, pronounLives, person)},
	{kind: Secret, level: Odd, steps: near(6, person, pronounLives)},
	{kind: Secret, level: Odd, steps: near(0, personAlone)},
	{kind: Scenario, level: Odd, steps: near(0, opening, suppose)},
	{kind: Scenario, level: Odd, steps: near(0, authority)},
	{kind: Scenario, level: Odd, steps: near(2, asA, expert)},
	{kind: Code, level: Odd, steps: near(0, codeText)},
	{kind: Code, level: Odd, steps: near(0, codeMaybe)},
	{kind: Code, level: Odd, steps: near(50, qMark, aMark)},
	{kind: Code, level: Odd, steps: near(0, pieces)},
	{kind: Foreign, level: Odd, steps: near(3, stranger, stranger, stranger)},
	{kind: Foreign, level: Odd, steps: near(0, strangerAlone)},
}
