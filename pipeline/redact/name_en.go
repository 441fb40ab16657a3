package redact

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// phrases are what introduces a name, by their first words.
var phrases = byFirstWord(`i am called|call me|calls me|called me|named him|named her|under the name of|under the name|account of|surname is|last name?|first name?|your name?|the account?|
	who are you?|addressed to|speaking with|speaking to|account holder is|cardholder is|spelled|customer:|user:|cardholder:|recipient:|contact:|attn:|attn|dear|regards,|sincerely,|cheers,|thanks,|best,|
	partner's name|wife is|husband is|it's under|change my name to|changed my name to|name changed to|spoke to|spoke with|talked to|talked with|follow up with`)

// greetings are what people introduce themselves with, and much else: names behind
// them need a capital.
var greetings = byFirstWord(`i'm|i am|this is|my wife|my husband|my son|my daughter|my kid|my mother|my father|my brother|my sister|my neighbor|my neighbour|supervisor is|manager is|colleague`)

// acknowledgements may stand before a name that is addressed, when nothing else
// follows.
var acknowledgements = byFirstWord(`hi|hello|hey|it's|it is|is this|thank you|sir|ok|okay|sorry|thanks`)

// whose are words before "name is" that make it a person's.
var whose = wordSet(`my his her our their your full first last middle maiden family partner's wife's husband's son's daughter's mother's father's friend's on`)

// byFirstWord is a table of phrases by their first words.
func byFirstWord(list string) map[string][]string {
	table := map[string][]string{}
	for p := range strings.SplitSeq(list, "|") {
		p = strings.TrimSpace(p)
		first := p[:letters(p)]
		table[first] = append(table[first], p)
	}
	return table
}

// letters is the length of the small Latin letters that t begins with.
func letters(t string) int {
	n := 0
	for n < len(t) && isLetter(t[n]) {
		n++
	}
	return n
}

// phraseAt is the end of a phrase of the table that begins at a place and of the
// blanks and marks behind it, 0 when there is none.
func (t *turn) phraseAt(table map[string][]string, start, end int) int {
	for _, p := range table[t.text[start:end]] {
		if !strings.HasPrefix(t.text[start:], p) {
			continue
		}
		at := start + len(p)
		if at < len(t.text) && isWord(t.text[at]) && p[len(p)-1] != ':' {
			continue
		}
		for at < len(t.text) && strings.IndexByte(" ,:\n\"", t.text[at]) >= 0 {
			at++
		}
		return at
	}
	return 0
}

var (
	titlesEn = wordSet(`mr mrs ms miss mister madam dr prof professor doctor`)
	nameEn   = regexp.MustCompile(`^(?:\p{L}[\p{L}'’-]+|\p{L}\.?)(?: (?:\p{L}[\p{L}'’-]+|\p{L}\b\.?)){0,3}`)
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
	hmm hm id sounds unit user bots ai sunny rainy cloudy gave said says booked immediately usually directly double saw made it'll that'll god jesus christ retired greek french spanish italian
	english chinese american british indian german french spanish mr mrs ms miss dr prof united states kingdom street road avenue north south east west new york london cambridge`)

// alsoNames are words of the list that are names behind another one.
var alsoNames = wordSet(`an do so to may will day`)

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

// englishNames looks for names in one pass over the words.
func (t *turn) englishNames() {
	lower := !t.hasCapitals()
	known := 0 // end of the last common first name
	for i := 0; i < len(t.text); {
		n := letters(t.text[i:])
		if n == 0 {
			i++
			continue
		}
		start, end := i, i+n
		i = end
		if start > 0 && (isWord(t.text[start-1]) || t.text[start-1] == '\'' || t.text[start-1] >= utf8.RuneSelf && !hasHan(tail(t.text[:start], 4))) {
			continue
		}
		t.introduced(start, end, lower)
		if start >= known && firstNames[t.text[start:end]] && t.capital(start) && !strings.HasPrefix(t.text[end:], "-") && !t.namesPlace(start, end) {
			before := len(t.found)
			if t.englishName(start, 0.7, false, "a common first name"); len(t.found) > before {
				known = t.found[before].end
			}
		}
		if n == 1 {
			i = max(i, t.spelled(start))
		}
	}
	t.firstLine()
	if t.named && !t.chinese {
		t.answeredEnglish(lower)
	}
}

// introduced takes the name behind the words that begin at a place.
func (t *turn) introduced(start, end int, lower bool) {
	w := t.text[start:end]
	switch {
	case w == "name" || w == "names":
		if at := t.nameIs(start, end); at > 0 {
			t.englishName(at, 0.9, lower, "behind words that introduce a name")
		}
		return
	case titlesEn[w]:
		at := end + len(t.text[end:min(len(t.text), end+3)]) - len(strings.TrimLeft(t.text[end:min(len(t.text), end+3)], ". "))
		if at > end {
			t.englishName(at, 0.9, lower && len(w) <= 4, "behind a title")
		}
		return
	}
	if at := t.phraseAt(phrases, start, end); at > 0 {
		t.englishName(at, 0.9, lower && t.text[at-1] != ',', "behind words that introduce a name")
	} else if at := t.phraseAt(greetings, start, end); at > 0 && !(w == "i" && t.feels(at)) {
		t.englishName(at, 0.65, lower && firstNames[t.text[at:at+letters(t.text[at:])]], "behind words that people introduce themselves with")
	} else if at := t.phraseAt(acknowledgements, start, end); at > 0 && t.addressed(at) {
		t.englishName(at, 0.65, false, "behind words that address people")
	}
}

// feels reports whether a word that ends like a participle and is no first name
// begins at a place, and no other word with a capital follows: i'm Frustrated.
func (t *turn) feels(at int) bool {
	w := t.text[at : at+letters(t.text[at:])]
	next := at + len(w) + 1
	return len(w) > 5 && (strings.HasSuffix(w, "ed") || strings.HasSuffix(w, "ing")) && !firstNames[w] && !strings.HasSuffix(w, "med") && !t.capital(next)
}

// nameIs is where a name begins behind "name is", "name's" or "name:", 0 when that is
// not a person's.
func (t *turn) nameIs(start, end int) int {
	before := strings.Fields(strings.TrimRight(t.text[max(0, start-16):start], " "))
	if len(before) > 0 {
		last := before[len(before)-1]
		if strings.IndexByte(".,!?;:>", last[len(last)-1]) < 0 && !whose[last] && !(start > 0 && t.text[start-1] == '\n') {
			return 0
		}
	}
	for _, is := range []string{"'s ", " is ", ": ", ":", " on the card is ", " on the account is "} {
		if strings.HasPrefix(t.text[end:], is) {
			at := end + len(is)
			for at < len(t.text) && t.text[at] == ' ' {
				at++
			}
			return at
		}
	}
	return 0
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
		if notNamesEn[bare] && !(count > 0 && capital && alsoNames[bare]) || contracted(bare) || !capital && !small || count >= 2 && !capital || runes(bare) < 2 && !initial || hasHan(bare) {
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
	if count == 0 || runes(t.text[at:end]) < 2 || glued(t.text, end) {
		return
	}
	switch {
	case !t.capital(at):
		confidence -= 0.15
	case count > 1:
		confidence = min(0.95, confidence+0.1)
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
	for _, w := range []string{" and ", " my ", " account", " here", " speaking", " with ", " that's ", " it's ", " policy", " for "} {
		if i := strings.Index(rest, w); i >= 0 {
			rest = rest[:i]
		}
	}
	return len(strings.Fields(rest)) <= 3
}

// addressed reports whether one or two words with capitals stand before the next
// mark, and nothing else.
func (t *turn) addressed(at int) bool {
	rest := t.text[at:min(len(t.text), at+40)]
	if i := strings.IndexAny(rest, ",.!?;:\n"); i >= 0 {
		rest = rest[:i]
	}
	words := strings.Fields(rest)
	if len(words) == 0 || len(words) > 2 {
		return false
	}
	return t.capital(at) && (len(words) == 1 || t.capital(at+strings.LastIndexByte(strings.TrimRight(rest, " "), ' ')+1))
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
	words := spelledFrom(strings.Fields(t.text[start:end]))
	if words == 0 || words > 12 {
		return
	}
	if !t.endsName(start) && words > 3 {
		return
	}
	small = small && words <= 3
	t.englishName(start, 0.75, small, "the answer to a question for a name")
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
