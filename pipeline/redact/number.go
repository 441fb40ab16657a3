package redact

import (
	"slices"
	"strings"
	"unicode/utf8"

	"assay/pipeline/entity"
)

// A number is one or more rows of digits with little between them:
// 138 1234 5678, (415) 555-2671, 幺三八，一二三四五六七八.
type number struct {
	digits     string // an x at the end belongs to resident numbers
	parts      []int  // digits of each row
	marks      string // what stands between them, without blanks and filler words, e.g. "--"
	plus       bool   // + before it
	said       bool
	chinese    bool // the text is
	joined     bool // by a hyphen to more digits
	start, end int
}

// mostRows bounds the rows of one number: 1101 0119 9003 0774 75 has five,
// +46 (0)8 928 571 38 has six.
const mostRows = 8

// numbers classifies all numbers of the text.
func (t *turn) numbers() {
	for runs := t.runs(); len(runs) > 0; {
		chain := t.chained(runs)
		t.chain(chain)
		runs = runs[len(chain):]
	}
}

// chained are the first of some rows that may belong together.
func (t *turn) chained(runs []entity.Run) []entity.Run {
	n := 1
	for n < len(runs) && t.gap(runs[n-1], runs[n]) {
		n++
	}
	return runs[:n]
}

// runs are the rows of digits that are no part of a date or time. Nobody may change them.
func (t *turn) runs() []entity.Run {
	if !t.counted {
		t.rowsOf, t.counted = t.readRuns(), true
	}
	return t.rowsOf
}

func (t *turn) readRuns() []entity.Run {
	runs := t.singles(entity.Runs(t.text))
	if len(runs) == 0 {
		return nil
	}
	var dates []entity.Entity
	if strings.ContainsAny(t.text, "-/.年月") {
		dates = t.dates()
	}
	return slices.DeleteFunc(runs, func(r entity.Run) bool {
		i, found := slices.BinarySearchFunc(dates, r.Start, func(d entity.Entity, at int) int {
			switch {
			case d.End <= at:
				return -1
			case d.Start > at:
				return 1
			}
			return 0
		})
		return found && strings.ContainsAny(t.text[dates[i].Start:dates[i].End], "-/.年月") && dates[i].End-dates[i].Start > 5
	})
}

// dates are the dates of the text.
func (t *turn) dates() []entity.Entity {
	if !t.dated {
		t.days = entity.FindEach(t.text, entity.Date)[entity.Date]
	}
	t.dated = true
	return t.days
}

// singles joins written digits that stand one by one: 0 7 7 double 0 9.
func (t *turn) singles(runs []entity.Run) []entity.Run {
	out := runs[:0]
	open := false // the last row is such a one
	for _, r := range runs {
		single := !r.Said && len(r.Digits) == 1
		if open && single {
			last := &out[len(out)-1]
			times := map[string]int{" ": 1, " double ": 2, " triple ": 3}[t.text[last.End:r.Start]]
			if times > 0 && len(last.Digits) < entity.LongestRun {
				last.Digits += strings.Repeat(r.Digits, times)
				last.End, last.Said = r.End, true
				continue
			}
		}
		out, open = append(out, r), single
	}
	return out
}

// gap reports whether two rows may belong to one number.
func (t *turn) gap(a, b entity.Run) bool {
	between := t.text[a.End:b.Start]
	if between == "" && (a.Said && len(a.Digits) == 1 || b.Said && len(b.Digits) == 1) {
		return false // 星期五13点
	}
	if len(between) > 12 || strings.Contains(between, "\n") {
		return false
	}
	_, ok := gapMarks(between, a.Said && b.Said)
	return ok
}

// fillers are what people say between digits.
var fillers = strings.NewReplacer(
	"嗯", "", "呃", "", "啊", "", "额", "", "然后", "", "横杠", "-", "杠", "-", "uh", "", "um", "", "dash", "-", "hyphen", "-", "ext", "x", "转", "x", "分机", "x")

// gapMarks are the marks between two rows of a number.
func gapMarks(between string, said bool) (string, bool) {
	switch between {
	case " ", "":
		return "", true
	case "-", ".":
		return between, true
	}
	blanks := strings.Count(between, " ")
	m := strings.ReplaceAll(fillers.Replace(between), " ", "")
	if said {
		m = strings.Trim(m, ",，、")
	}
	for _, r := range m {
		if !strings.ContainsRune("-.()x‐‑–—−·", r) {
			return "", false
		}
	}
	return m, blanks <= 3 && utf8.RuneCountInString(m) <= 3
}

// chain looks for the numbers among rows that may belong together: at each row
// the surest number, and of equals the longest one, that begins there.
func (t *turn) chain(runs []entity.Run) {
	total := 0
	for _, r := range runs {
		total += len(r.Digits)
	}
	if total < 3 {
		return
	}
	c := t.context(runs[0].Start)
	rows := t.rows(runs)
	var parts [mostRows]int
	for i := 0; i < len(runs); {
		if len(c.topics) == 0 && rows.digitsAt[min(len(runs), i+mostRows)]-rows.digitsAt[i] < leastBare {
			i++
			continue
		}
		best, next := found{}, i+1
		n := number{chinese: c.chinese, parts: parts[:0]}
		for j := i; j < min(len(runs), i+mostRows) && len(n.digits) <= 34; j++ {
			n.add(t, runs[j], rows, i, j)
			if len(n.digits) < 3 || len(n.digits) < leastBare && len(c.topics) == 0 || !t.whole(&n, runs, i, j) {
				continue // classify takes fewer for nothing
			}
			if f := n.classify(c); f.confidence > 0 && f.confidence >= best.confidence {
				best, next = f, j+1
			}
		}
		if best.confidence > 0 {
			t.found = append(t.found, best)
		}
		i = next
	}
}

// rows are the digits of rows that may belong together and the marks between them,
// each written once: the numbers that may be in them are parts of both.
type rows struct {
	digits, marks     string
	digitsAt, marksAt []int // where each row's begin, and the end
}

// mostRow bounds the digits of a row that count.
const mostRow = 40

func (t *turn) rows(runs []entity.Run) rows {
	r := rows{digitsAt: make([]int, 1, len(runs)+1), marksAt: make([]int, 1, len(runs)+1)}
	var digits, marks strings.Builder
	for i, run := range runs {
		if i > 0 {
			m, _ := gapMarks(t.text[runs[i-1].End:run.Start], runs[i-1].Said && run.Said)
			marks.WriteString(m)
			r.marksAt = append(r.marksAt, marks.Len())
		}
		digits.WriteString(run.Digits[:min(len(run.Digits), mostRow)])
		r.digitsAt = append(r.digitsAt, digits.Len())
	}
	r.digits, r.marks = digits.String(), marks.String()
	return r
}

// add makes the number that of the rows i to j, which run is.
func (n *number) add(t *turn, run entity.Run, all rows, i, j int) {
	n.digits = all.digits[all.digitsAt[i]:all.digitsAt[j+1]]
	n.marks = all.marks[all.marksAt[i]:all.marksAt[j]]
	n.parts = append(n.parts, len(run.Digits))
	n.end = run.End
	n.said = n.said || run.Said
	if len(n.digits) == 17 {
		for _, x := range []string{"x", "叉", " x", " 叉"} {
			if strings.HasPrefix(t.text[run.End:], x) && !(run.End+len(x) < len(t.text) && isWord(t.text[run.End+len(x)])) {
				n.digits, n.end = n.digits+"x", run.End+len(x)
			}
		}
	}
}

// whole reports whether the rows i to j are not a part of a longer word, and
// notes what stands around them.
func (t *turn) whole(n *number, runs []entity.Run, i, j int) bool {
	n.start = runs[i].Start
	n.plus = false
	if h := strings.TrimRight(t.text[max(0, n.start-3):n.start], " ("); strings.HasSuffix(h, "+") {
		n.plus = true
		n.start = max(0, n.start-3) + len(h) - 1
	} else if strings.HasSuffix(t.text[:n.start], "(") && strings.Contains(t.text[n.start:n.end], ")") {
		n.start--
	}
	if h := t.text[:n.start]; len(h) > 1 && (h[len(h)-1] == '.' || h[len(h)-1] == ',' && n.parts[0] == 3) && isDigit(h[len(h)-2]) && len(n.digits) < 6 {
		return false // the end of an amount
	}
	if glued(t.text, n.start) && !cueBefore(t.text[:n.start]) || glued(t.text, n.end) {
		return false
	}
	n.joined = i > 0 && t.text[runs[i-1].End:runs[i].Start] == "-" || j+1 < len(runs) && t.text[n.end:runs[j+1].Start] == "-"
	return true
}

// cueBefore reports whether the letters at the end of head are a cue that people
// write without a blank: tel13812345678, qq12345.
func cueBefore(head string) bool {
	i := len(head)
	for i > 0 && isLetter(head[i-1]) && len(head)-i < 12 {
		i--
	}
	w, ok := cueTable.from(rune(head[min(i, len(head)-1)])), false
	for _, c := range w {
		ok = ok || c.word == head[i:]
	}
	return ok
}

// context is what stands before a number.
type context struct {
	topics  []topic // nearest first; the last one may be what was asked for
	answer  bool    // nothing but what was asked for tells the topics
	money   bool
	chinese bool
}

func (c context) is(topics ...topic) bool {
	return len(c.topics) > 0 && slices.Contains(topics, c.topics[0])
}

// any reports whether one of the topics is among those before the number.
func (c context) any(topics ...topic) bool {
	return slices.ContainsFunc(c.topics, func(t topic) bool { return slices.Contains(topics, t) })
}

func (t *turn) context(at int) context {
	c := context{topics: t.topicsBefore(at), chinese: t.chinese}
	if t.asked != "" && at < 2*cueReach && (len(c.topics) == 0 || c.topics[0] == calling) {
		c.answer = len(c.topics) == 0 && words(t.text[:at]) <= 3
		c.topics = append(c.topics, t.asked)
		if len(c.topics) > 1 && c.topics[0] == calling {
			c.topics[0], c.topics[1] = t.asked, calling
		}
		if t.besides != "" {
			c.topics = append(c.topics, t.besides)
		}
	}
	if len(c.topics) == 0 {
		if after := t.topicAfter(at); after != "" {
			c.topics = []topic{after}
		}
	}
	head := strings.TrimRight(t.text[max(0, at-4):at], " ")
	if c.is(topic(Secret)) && slices.ContainsFunc([]string{"至", "打", "拨", "电"}, func(w string) bool { return strings.HasSuffix(head, w) }) {
		c.topics = []topic{calling} // 密码请发短信至10086
	}
	for _, sign := range []string{"$", "¥", "€", "£"} {
		c.money = c.money || strings.HasSuffix(head, sign)
	}
	return c
}

// topicAfter is that of an English cue close behind the digits at a place:
// 555 0100 office.
func (t *turn) topicAfter(at int) topic {
	rest := t.text[at:]
	n := 0
	for n < len(rest) && n < 40 && (isDigit(rest[n]) || strings.IndexByte(" -.()+x\\", rest[n]) >= 0) {
		n++
	}
	for _, w := range []string{"office", "fax", "mobile", "desk", "home", "cell", "work"} {
		if strings.HasPrefix(strings.TrimLeft(rest[n:], " -"), w) {
			return phone
		}
	}
	return ""
}

func hasHan(t string) bool {
	for _, r := range t {
		if isHan(r) {
			return true
		}
	}
	return false
}

func isHan(r rune) bool { return r >= 0x4e00 && r <= 0x9fff || r == '〇' }
