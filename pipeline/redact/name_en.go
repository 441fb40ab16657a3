package redact

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

var (
	introEn = regexp.MustCompile(`(?:(?:^|[.,!?;:] ?)name(?:'s| is)|\b(?:my|his|her|our|their|your|full|first|last|middle|maiden|family|partner's|wife's|husband's|son's|daughter's|card) ?names?(?:'s| is)|\b(?:i am called|call me|calls me|people call me|called me|named him|named her|under the name of|under the name|account of|` +
		`surname is|last name\?|first name\?|your name\?|the account\?|who are you\?["”]?|addressed to|speaking with|speaking to|name on the card is|` +
		`account holder is|cardholder is|spelled|name: ?|names?:|customer: ?|user:|cardholder: ?|recipient: ?|contact: ?|attn:? ?|dear|regards,|sincerely,|cheers,|thanks,|best,|[a-z]+'s name is|partner's name|my wife|my husband|my son|my daughter|my kid|my mother|my father|my brother|my sister|wife is|husband is|it's under|spoke to|spoke with|talked to|talked with|follow up with))[ \n]*`)
	amEn = regexp.MustCompile(`\b(?:i'm|i am|this is|it's|it is|hi,?|hello,?|hey,?|thank you,?|sir,?|ok,?|okay,?|sorry,?)[ ]+`)
	// titleEn stands before names.
	titleEn = regexp.MustCompile(`\b(?:mr|mrs|ms|miss|mister|madam|dr|prof|professor|doctor)\b\.?[ ]+`)
	nameEn  = regexp.MustCompile(`^(?:\p{L}[\p{L}'’-]+|\p{L}\.?)(?: (?:\p{L}[\p{L}'’-]+|\p{L}\b\.?)){0,3}`)
)

// notNamesEn are words that stand where names stand and are none.
var notNamesEn = wordSet(`a an the is are was were am be been being i you he she it we they me him her us them my your his its our their this that these those there here
	not no yes yeah yep nope ok okay sure fine good great well right just only also still already very really so too and or but if then than as at by for from in into of off on onto out over to up with without
	about after again all any because before both calling speaking can could did do does doing done down each few going gonna got had has have having how what when where which who whom why will would should
	may might must shall let like looking trying interested wondering hoping happy glad sorry afraid unable able new old back customer agent manager supervisor support service sales team account number order
	card phone email address name first last one two three four five six seven eight nine ten more most much many some such same other another now today tomorrow tonight yesterday monday tuesday wednesday
	thursday friday saturday sunday january february march april june july august september october november december sir madam ma'am everyone everybody all there folks guys team please thanks thank hello
	hi hey dear welcome morning afternoon evening day night correct wrong true false waiting using having getting planning located based due regarding concerning actually currently definitely probably maybe
	perhaps bot robot assistant operator representative hotel taxi train flight restaurant bank company office store shop website app system a's spelled under per via it's i'm that's what's who's he's she's let's
	don't can't won't didn't isn't not' booking reservation question problem issue help information looking need want know think see make take give find get go come leave arrive book call check perfect awesome
	wonderful excellent cool nice bye goodbye ready done set free open closed available urgent important ridiculous unacceptable terrible awful horrible annoying frustrating very quite rather
	hmm hm sounds unit user bots ai sunny rainy cloudy gave said says booked immediately usually directly double saw made it'll that'll god jesus christ
	english chinese american british indian german french spanish mr mrs ms miss dr prof united states kingdom street road avenue north south east west new york london cambridge`)

// firstNames are common English first names that are no other word, for names in
// the middle of sentences.
var firstNames = wordSet(`aaron abigail adam adrian alan albert alex alexander alexandra alexis alice alicia alison allison amanda amber amy andrea andrew angela anita ann anna anne annie anthony antonio arthur ashley
	audrey barbara benjamin bernard beth betty beverly bob bobby bradley brandon brenda brian bruce bryan caitlin cameron carl carla carlos carol caroline carolyn catherine cathy charles charlotte cheryl
	chloe chris christian christina christine christopher cindy claire clara colin connor courtney craig cynthia daniel danielle darren dave david deborah debbie denise dennis derek diana diane donald donna
	doris dorothy douglas duncan dylan edward eileen elaine eleanor elizabeth ellen emily emma eric erica erik erin ethan eugene eva evelyn fiona frances francis frank fred frederick gabriel gareth gary
	geoffrey george gerald gloria gordon graham greg gregory hannah harold harry heather helen henry howard hugh ian irene isaac isabel isabella jack jackie jacob jacqueline jake james jamie jane janet janice
	jason jean jeff jeffrey jenna jennifer jenny jeremy jerry jesse jessica jill jim jimmy joan joanna joanne joe joel john johnny jonathan jordan jose joseph joshua joyce juan judith judy julia julian julie
	justin karen karl kate katherine kathleen kathryn kathy katie keith kelly ken kenneth kevin kim kimberly kyle larry laura lauren lawrence leah lee leo leon leonard leslie liam linda lisa logan lois lori
	louis louise lucas lucy luis luke lynn madison marcus margaret maria marie marilyn marion marjorie martha martin marvin mary matt matthew maureen megan melanie melissa michael michelle miguel mike monica
	morgan nancy naomi natalie nathan neil nicholas nicola nicole nigel noah norman olivia oliver oscar owen pamela patricia patrick paul paula peggy peter phil philip phillip phyllis rachel ralph raymond
	rebecca rhonda richard rita robert roberta robin roger ron ronald rosemary rosie roy russell ruth ryan sally sam samantha samuel sandra sara sarah scott sean sharon shaun sheila shirley simon sophia
	sophie stacy stanley stella stephanie stephen steve steven stuart sue susan suzanne sylvia tara teresa terry theresa thomas tiffany tim timothy tina todd tom tommy tony tracy travis trevor tyler valerie
	vanessa vera veronica vicky victor victoria vincent virginia walter wanda wayne wendy wesley william yvonne zachary zoe`)

func (t *turn) englishNames() {
	lower := !strings.ContainsFunc(t.original, unicode.IsUpper)
	for _, at := range introEn.FindAllStringIndex(t.text, -1) {
		t.englishName(at[1], 0.9, lower && !strings.HasSuffix(strings.TrimSpace(t.text[at[0]:at[1]]), ","), "behind words that introduce a name")
	}
	for _, at := range titleEn.FindAllStringIndex(t.text, -1) {
		short := at[1]-at[0] <= len("miss. ")
		t.englishName(at[1], 0.9, short && lower, "behind a title")
	}
	for _, at := range amEn.FindAllStringIndex(t.text, -1) {
		if lead := t.text[at[0]]; lead == 'i' && t.text[at[0]+1] != 't' || lead == 't' && t.text[at[0]+2] == 'i' || lead == 'h' || t.endsName(at[1]) {
			t.englishName(at[1], 0.65, false, "behind words that people introduce themselves with")
		}
	}
	t.firstLine()
	if t.named && !t.chinese {
		t.answeredEnglish(lower)
	}
	t.knownFirstNames()
}

// englishName takes the words of a name that begin at a place: with capitals, or
// where everything is small one or two words that are no others.
func (t *turn) englishName(at int, confidence float64, small bool, reason string) {
	m := nameEn.FindStringIndex(t.text[at:min(len(t.text), at+80)])
	if m == nil {
		return
	}
	end, count := at, 0
	for w := range strings.SplitAfterSeq(t.text[at:at+m[1]], " ") {
		bare := strings.Trim(w, " .,'’")
		capital := t.capital(at + len(t.text[at:end]))
		initial := len(bare) == 1 && count > 0
		if notNamesEn[bare] || contracted(bare) || !capital && !small || count >= 2 && !capital || runes(bare) < 2 && !initial || hasHan(bare) {
			break
		}
		end += len(w)
		count++
		if strings.HasSuffix(bare, "'s") {
			break
		}
	}
	end = at + len(strings.TrimRight(t.text[at:end], " "))
	if owner, ok := strings.CutSuffix(t.text[at:end], "'s"); ok {
		end = at + len(owner)
	}
	if count == 0 || runes(t.text[at:end]) < 2 {
		return
	}
	if !t.capital(at) {
		confidence -= 0.15
	}
	t.addName(at, end, confidence, reason)
}

// contracted reports whether a word is two: i've, don't.
func contracted(w string) bool {
	_, after, ok := strings.Cut(w, "'")
	return ok && slices.Contains([]string{"ve", "d", "ll", "re", "m", "t"}, after)
}

// capital reports whether the original has a capital letter where a folded
// character begins, or a letter of a writing without small ones.
func (t *turn) capital(at int) bool {
	if at >= len(t.text) {
		return false
	}
	from, _ := t.folded.Span(at, at+1)
	r, _ := utf8.DecodeRuneInString(t.original[from:])
	return unicode.IsUpper(r) || unicode.IsLetter(r) && !unicode.IsLower(r)
}

// letterHead is a line of two to four words.
var letterHead = regexp.MustCompile(`^[ >?\n]*(\p{L}[\p{L}'’-]+(?: \p{L}[\p{L}'’.-]*){1,3})\n`)

// firstLine takes the first line of a letter's head: a name by its capitals above
// an address, number or e-mail.
func (t *turn) firstLine() {
	m := letterHead.FindStringSubmatchIndex(t.text[:min(len(t.text), 120)])
	if m == nil || len(t.found) == 0 || t.found[0].confidence < sureEnough {
		return
	}
	for w := range strings.FieldsSeq(t.text[m[2]:m[3]]) {
		if notNamesEn[strings.Trim(w, ".")] {
			return
		}
	}
	t.englishName(m[2], 0.65, false, "first line above an address or number")
}

// endsName reports whether at most three words stand before the next mark, or
// before what goes on about something else.
func (t *turn) endsName(at int) bool {
	rest := t.text[at:min(len(t.text), at+60)]
	if i := strings.IndexAny(rest, ",.!?;:\n"); i >= 0 {
		rest = rest[:i]
	}
	for _, w := range []string{" and ", " my ", " account", " here", " speaking", " with "} {
		if i := strings.Index(rest, w); i >= 0 {
			rest = rest[:i]
		}
	}
	return len(strings.Fields(rest)) <= 3
}

// answeredEnglish takes a short answer to the question for a name.
func (t *turn) answeredEnglish(small bool) {
	start, end := trimmed(t.text, 0, len(t.text))
	for again := true; again; {
		again = false
		for _, lead := range []string{"yes", "sure", "ok", "okay", "uh", "um", "it's", "it is", "yeah", "hi", "hello", "of course", "certainly", "thanks", "thank you", ",", ".", " ", "!"} {
			if rest, ok := strings.CutPrefix(t.text[start:end], lead); ok && (rest == "" || !isLetter(rest[0]) || !isLetter(lead[0])) {
				start += len(lead)
				again = true
			}
		}
	}
	if words := len(strings.Fields(t.text[start:end])); words == 0 || words > 12 {
		return
	} else if small && words > 3 {
		small = false
	}
	if !t.endsName(start) {
		return
	}
	t.englishName(start, 0.75, small, "the answer to a question for a name")
}

// knownFirstNames takes a common first name with a capital, and the name behind it.
func (t *turn) knownFirstNames() {
	end := 0
	for i := 0; i < len(t.text); i++ {
		if !isLetter(t.text[i]) || i > 0 && (isWord(t.text[i-1]) || t.text[i-1] >= utf8.RuneSelf && !hasHan(tail(t.text[:i], 4))) {
			continue
		}
		w := i
		for w < len(t.text) && isLetter(t.text[w]) {
			w++
		}
		if i >= end && !t.namesPlace(i, w) && firstNames[t.text[i:w]] && t.capital(i) && !(w < len(t.text) && t.text[w] == '-') {
			before := len(t.found)
			t.englishName(i, 0.7, false, "a common first name")
			if len(t.found) > before {
				end = t.found[before].end
			}
		}
		i = w - 1
	}
}

// places are words behind a first name in the names of places and firms.
var places = wordSet(`street st road rd avenue drive lane way court square museum hotel college house park bed guesthouse restaurant bar station church airport university hospital
	school market centre center bank hall castle bridge polar investments stanley`)

// namesPlace reports whether a first name is a part of a place's name: kings lynn,
// saint andrew's street, allison road.
func (t *turn) namesPlace(start, end int) bool {
	before := strings.Fields(t.text[max(0, start-8):start])
	if len(before) > 0 && slices.Contains([]string{"saint", "st", "st.", "kings", "king's", "the"}, before[len(before)-1]) {
		return true
	}
	after := strings.Fields(strings.TrimPrefix(t.text[end:min(len(t.text), end+24)], "'s"))
	return len(after) > 0 && t.text[end] != ',' && (places[after[0]] || len(after) > 1 && after[0] == "and" && (after[1] == "sons" || after[1] == "main")) || len(after) > 0 && strings.HasPrefix(after[0], "b&")
}

var (
	spelledOut = regexp.MustCompile(`\b[a-z](?:[- ,]{1,2}[a-z]){2,24}\b|\b[a-z](?:-[a-z]){2,24}\b`)
	asIn       = regexp.MustCompile(`\b[a-z],? (?:as in|for|like) [a-z]{2,12}\b(?:[,. ]{1,3}(?:and |then )?[a-z],? (?:as in|for|like) [a-z]{2,12}\b)+`)
)

// notSpelled are abbreviations that people write letter by letter.
var notSpelled = wordSet(`usa uk faq atm usb sim vip ceo wifi pdf sms gps ssn pin dob etc asap`)

// spelledNames looks for names that are spelled: J-O-H-N, S as in Sierra.
func (t *turn) spelledNames() {
	for _, at := range asIn.FindAllStringIndex(t.text, -1) {
		var letters strings.Builder
		for i := at[0]; i < at[1]; i++ {
			if isLetter(t.text[i]) && (i == 0 || !isWord(t.text[i-1])) && (i+1 == len(t.text) || !isLetter(t.text[i+1])) {
				letters.WriteByte(t.text[i])
			}
		}
		t.add(at[0], at[1], Person, letters.String(), 0.85, "letters spelled with words")
	}
	for _, at := range spelledOut.FindAllStringIndex(t.text, -1) {
		w := strings.NewReplacer("-", "", " ", "", ",", "").Replace(t.text[at[0]:at[1]])
		c := t.context(at[0])
		hyphens := strings.Count(t.text[at[0]:at[1]], "-") == len(w)-1
		cued := c.any(topic(Person), topic(Email)) || strings.Contains(t.text[max(0, at[0]-24):at[0]], "spel")
		if notSpelled[w] || !cued && !(hyphens && firstNames[w]) || c.is(order) {
			continue
		}
		t.add(at[0], at[1], Person, w, 0.85, "letters spelled one by one")
	}
}
