package redact

import (
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"assay/pipeline/entity"
)

// linkSigns stand in links.
var linkSigns = []string{"://", "www.", ".com", ".net", ".org", ".cn", ".gov", ".edu", ".io", ".co.", ".app", ".shop", ".top", ".vip"}

// networks looks for e-mail addresses, IP addresses and links.
func (t *turn) networks() {
	types := []entity.Type{entity.Email}
	if slices.ContainsFunc(linkSigns, func(s string) bool { return strings.Contains(t.text, s) }) {
		types = append(types, entity.URL)
	}
	all := entity.FindEach(t.text, types...)
	for _, e := range all[entity.Email] {
		t.add(e.Start, e.End, Email, e.Text, 0.97, "form of an e-mail address")
	}
	for _, e := range all[entity.URL] {
		t.add(e.Start, e.End, URL, e.Text, 0.9, "form of a link")
	}
	t.saidEmails()
	t.addressesOfHosts()
}

// atSigns are the words before a domain.
var atSigns = func() *lexicon[struct{}] {
	l := &lexicon[struct{}]{}
	l.add(struct{}{}, "@", "圈a", "艾特", "小老鼠", "at")
	return l
}()

// said domains: at gmail dot com, 艾特 qq 点 com, @ 163 点 com. It is tried where an
// atSign stands: over a whole text it takes long.
var saidDomain = regexp.MustCompile(`^(?:@|圈a|艾特|小老鼠|at) ?([a-z0-9一二三四五六七八九零幺]+(?: [a-z0-9]{1,3})*?)(?: ?(?:点|\.|\bdot\b) ?(?:com|net|org|cn|co|edu|gov|io|uk|hk|tw|c o m|c n|us|de|fr|me)\b)+`)

// saidEmails reads addresses said aloud: the domain, and the words before it.
func (t *turn) saidEmails() {
	if !strings.Contains(t.text, "点") && !strings.Contains(t.text, " dot ") && !strings.Contains(t.text, "@") {
		return
	}
	t.saidDomains(func(from, end int) {
		start := t.mailbox(from)
		domain := t.text[from:end]
		if start == from || strings.Contains(domain, "at") && !strings.Contains(domain, "dot") && !slices.Contains(t.topicsBefore(start), topic(Email)) && !strings.ContainsAny(domain, "@点") {
			return
		}
		t.add(start, end, Email, plainMail(t.text[start:end]), 0.93, "an e-mail address said aloud")
	})
}

// mostDomain bounds a domain that is said, in bytes.
const mostDomain = 96

// saidDomains calls yield for the places of domains with the signs before them.
func (t *turn) saidDomains(yield func(start, end int)) {
	for i := 0; i < len(t.text); {
		r, size := utf8.DecodeRuneInString(t.text[i:])
		w, ok := atSigns.at(t.text, i, r)
		if !ok || r == 'a' && i > 0 && isWord(t.text[i-1]) {
			i += size
			continue
		}
		m := saidDomain.FindStringIndex(t.text[i:min(len(t.text), i+mostDomain)])
		if m == nil {
			i += len(w.word)
			continue
		}
		start := i
		if r != 'a' && i > 0 && t.text[i-1] == ' ' {
			start--
		}
		i += m[1]
		yield(start, i)
	}
}

var mailWords = strings.NewReplacer(
	"underscore", "_", "下划线", "_", "dash", "-", "hyphen", "-", "中杠", "-", "杠", "-", "dot", ".", "点", ".", "艾特", "@", "圈a", "@", "小老鼠", "@", " at ", "@", " ", "",
	"一", "1", "幺", "1", "二", "2", "三", "3", "四", "4", "五", "5", "六", "6", "七", "7", "八", "8", "九", "9", "零", "0",
	"zero", "0", "one", "1", "two", "2", "three", "3", "four", "4", "five", "5", "six", "6", "seven", "7", "eight", "8", "nine", "9")

func plainMail(said string) string { return mailWords.Replace(said) }

// mailWord is one word of a mailbox, read backwards.
var mailWord = regexp.MustCompile(`(?:[a-z0-9][a-z0-9._+-]*|[一二三四五六七八九零幺点杠]|下划线)$`)

// mostMailbox bounds a mailbox that is said, in bytes.
const mostMailbox = 64

// mailbox is where the mailbox that ends at a place begins: one word, and more
// that a dot, dash or digits join to it.
func (t *turn) mailbox(end int) int {
	head := t.text[max(0, end-mostMailbox):end]
	base := end - len(head)
	at, joined := len(head), true
	for at > 0 {
		rest := strings.TrimSuffix(head[:at], " ")
		m := mailWord.FindStringIndex(rest)
		if m == nil || m[0] > 0 && rest[m[0]-1] == '\'' {
			break
		}
		w := rest[m[0]:]
		link := isLink(w)
		small := len(w) == 1 || isSaidDigit(w) || strings.Trim(w, "0123456789") == ""
		if !joined && !link && !small {
			break
		}
		joined = link
		at = m[0]
		if !link && !small && !endsInLink(head[:at]) {
			break
		}
	}
	return base + len(head[:at]) + len(head[at:]) - len(strings.TrimLeft(head[at:], " "))
}

func isLink(w string) bool {
	return slices.Contains([]string{"dot", "underscore", "dash", "hyphen", "点", "杠", "下划线"}, w)
}

func endsInLink(head string) bool {
	head = strings.TrimSuffix(head, " ")
	return slices.ContainsFunc([]string{" dot", " underscore", " dash", " hyphen", "点", "杠", "下划线"}, func(s string) bool { return strings.HasSuffix(head, s) })
}

func isSaidDigit(w string) bool {
	runs := entity.Runs(w)
	return len(runs) == 1 && runs[0].Start == 0 && runs[0].End == len(w)
}

// host has the form of an IP address.
var host = regexp.MustCompile(`[0-9]{1,3}(?:\.[0-9]{1,3}){3}|[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7}`)

// mostHost bounds the signs of IP addresses that stand together, in bytes: an
// address of version 6 has 45.
const mostHost = 64

// hosts calls yield for the forms of IP addresses. Only what has the marks of one
// is looked at closely: expressions take long over rows of digits.
func (t *turn) hosts(yield func(start, end int)) {
	for i := 0; i < len(t.text); {
		from, dots, colons := i, 0, 0
		for i < len(t.text) && (isDigit(t.text[i]) || 'a' <= t.text[i] && t.text[i] <= 'f' || t.text[i] == '.' || t.text[i] == ':') {
			switch t.text[i] {
			case '.':
				dots++
			case ':':
				colons++
			}
			i++
		}
		if (dots >= 3 || colons >= 2) && i-from <= mostHost {
			for _, at := range host.FindAllStringIndex(t.text[from:i], -1) {
				yield(from+at[0], from+at[1])
			}
		}
		i = max(i, from+1)
	}
}

func (t *turn) addressesOfHosts() {
	if strings.Count(t.text, ".") < 3 && strings.Count(t.text, ":") < 2 {
		return
	}
	t.hosts(func(start, end int) {
		ip, err := netip.ParseAddr(strings.TrimSuffix(t.text[start:end], ":"))
		if err != nil || glued(t.text, start) || glued(t.text, end) || strings.HasPrefix(t.text[end:], ".") && end+1 < len(t.text) && isDigit(t.text[end+1]) {
			return
		}
		if ip.Is6() && strings.Count(t.text[start:end], ":") < 7 && !strings.Contains(t.text[start:end], "::") || ip.Is6() && end-start < 5 {
			return
		}
		if head := t.text[max(0, start-12):start]; strings.Contains(head, "version") || strings.Contains(head, "版本") || strings.HasSuffix(head, "v") || strings.HasSuffix(head, ".") {
			return
		}
		t.add(start, end, IP, ip.String(), 0.98, "form of an IP address")
	})
}
