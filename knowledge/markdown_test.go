package knowledge

import (
	"html"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestHTML(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, markdown, want string }{
		{"nothing", "", ""},
		{"plain text keeps its lines", "第一行\n第二行\n\n新的一段", "<p>第一行<br>\n第二行</p>\n<p>新的一段</p>\n"},
		{"emphasis", "*a* **b** _c_", "<p><em>a</em> <strong>b</strong> <em>c</em></p>\n"},
		{"emphasis with punctuation beside Chinese", "**注意：**请先登录", "<p><strong>注意：</strong>请先登录</p>\n"},
		{"emphasis within Chinese", "请在**三天**内退货", "<p>请在<strong>三天</strong>内退货</p>\n"},
		{"asterisks between characters are themselves", "长*宽*高 5*3*2 2**3**4", "<p>长*宽*高 5*3*2 2**3**4</p>\n"},
		{"tildes are themselves", "3~5天，7~9天", "<p>3~5天，7~9天</p>\n"},
		{"names with underlines", "set_user_name", "<p>set_user_name</p>\n"},
		{"indented text is no code", "    a\n    b\n\nc", "<p>a<br>\nb</p>\n<p>c</p>\n"},
		{"a line of dashes makes no title", "a\n---", "<p>a</p>\n<hr>\n"},
		{"lists", "- a\n- b\n\n3. c\n4. d", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>\n<ol start=\"3\">\n<li>c</li>\n<li>d</li>\n</ol>\n"},
		{"a title", "# Steps", "<p><strong>Steps</strong></p>\n"},
		{"code", "`a<b` \n```js\nx<y\n```", "<p><code>a&lt;b</code></p>\n<pre><code>x&lt;y\n</code></pre>\n"},
		{"a quotation", "> a", "<blockquote>\n<p>a</p>\n</blockquote>\n"},
		{"a table", "|a|b|\n|-|-|\n|1|2|", "<table>\n<tr><th>a</th><th>b</th></tr>\n<tr><td>1</td><td>2</td></tr>\n</table>\n"},
		{"a link", "[我们](https://a.example/x?y=1&z=2)", `<p><a href="https://a.example/x?y=1&amp;z=2" rel="noopener noreferrer" target="_blank">我们</a></p>` + "\n"},
		{"an address that stands for itself", "see https://a.example/x", `<p>see <a href="https://a.example/x" rel="noopener noreferrer" target="_blank">https://a.example/x</a></p>` + "\n"},
		{"mail and phone", "<a@b.example> [call](tel:+86-10-1234)", `<p><a href="mailto:a@b.example" rel="noopener noreferrer" target="_blank">a@b.example</a> <a href="tel:+86-10-1234" rel="noopener noreferrer" target="_blank">call</a></p>` + "\n"},
		{"HTML is text", "<b onclick=x>a</b>\n\n<script>1</script>", "<p>&lt;b onclick=x&gt;a&lt;/b&gt;</p>\n<p>&lt;script&gt;1&lt;/script&gt;</p>\n"},
		{"references and escapes once", `\*a\* &amp;lt; &lt;b&gt; &copy=1`, "<p>*a* &amp;lt; &lt;b&gt; &amp;copy=1</p>\n"},
		{"a line that would define a link stays", "[注意]: 请携带证件", "<p>[注意]: 请携带证件</p>\n"},
		{"an image is its text", "![cat](https://a.example/x.png)", "<p>cat</p>\n"},
		{"a link with a title", `[a](https://a.example "x\" onmouseover=\"y")`, `<p><a href="https://a.example" rel="noopener noreferrer" target="_blank">a</a></p>` + "\n"},
		{"what is not UTF-8", "a\xffb", "<p>a\uFFFDb</p>\n"},
	}
	for _, test := range tests {
		if got := string(HTML(test.markdown)); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}

// unsafeLinks are addresses that must never be links.
var unsafeLinks = []string{
	"javascript:alert(1)", "JaVaScRiPt:alert(1)", "java\tscript:alert(1)", "java&#10;script:alert(1)", "&#106;avascript:alert(1)",
	"&#x6A;avascript&colon;alert(1)", `java\script:alert(1)`, "javascript&NewLine;:alert(1)", "\x01javascript:alert(1)", " javascript:alert(1)",
	"data:text/html,<script>alert(1)</script>", "data:image/png;base64,AAAA", "vbscript:x", "file:///etc/passwd", "blob:https://a.example/x",
	"//a.example", "/sessions/1", "#x", "x", "", "https:", "https://", "https:///a", "http:a.example", "https://bank.example@evil.example/",
	`https:\\evil.example`, "ht\ntp://a.example", "ftp://a.example", "intent://x", "mailto:", "tel://a.example", "https://a.example\u0000",
}

func TestUnsafeLinksAreText(t *testing.T) {
	t.Parallel()
	for _, target := range unsafeLinks {
		for _, markdown := range []string{"[a](" + target + ")", "[a](<" + target + ">)", "<" + target + ">", "![a](" + target + ")"} {
			if got := string(HTML(markdown)); strings.Contains(got, "<a ") {
				t.Errorf("%q became %q", markdown, got)
			}
		}
		if address, ok := SafeLink(target); ok {
			t.Errorf("%q was taken as %q", target, address)
		}
	}
}

func TestPlainText(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, markdown, want string }{
		{"plain text stays", "第一行\n第二行\n\n3~5天，长*宽*高", "第一行\n第二行\n\n3~5天，长*宽*高"},
		{"marks go", "# 标题\n\n**注意：**请`重启`", "标题\n\n注意：请重启"},
		{"lists keep bullets", "请：\n\n1. 登录\n2. 打开\n   - 订单\n   - 退款\n\n完", "请：\n\n1. 登录\n2. 打开\n   - 订单\n   - 退款\n\n完"},
		{"links keep addresses", "[官网](https://a.example) https://b.example", "官网 (https://a.example) https://b.example"},
		{"tables", "|a|b|\n|-|-|\n|1|2|\n\nend", "a | b\n1 | 2\n\nend"},
		{"code and quotations", "> q\n\n```\nx\ny\n```\nz", "q\n\nx\ny\n\nz"},
	}
	for _, test := range tests {
		if got := PlainText(test.markdown); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}

// written is all that HTML may write between texts.
var written = regexp.MustCompile(`</?(?:p|strong|em|br|hr|ul|ol|li|blockquote|pre|code|table|tr|th|td)>|<ol start="[0-9]+">|</a>|` +
	`<a href="([^"<>]*)" rel="noopener noreferrer" target="_blank">`)

// checkHTML fails when there is anything else in what HTML makes of a text.
func checkHTML(t *testing.T, markdown string) {
	t.Helper()
	got := string(HTML(markdown))
	for _, m := range written.FindAllStringSubmatch(got, -1) {
		if !strings.HasPrefix(m[0], "<a ") {
			continue
		}
		u, err := url.Parse(html.UnescapeString(m[1]))
		if err != nil || !slices.Contains([]string{"http", "https", "mailto", "tel"}, u.Scheme) {
			t.Fatalf("%q links to %q", markdown, m[1])
		}
	}
	if rest := written.ReplaceAllString(got, ""); strings.ContainsAny(rest, "<>\"'") {
		t.Fatalf("%q became %q", markdown, got)
	}
	if !utf8.ValidString(got) {
		t.Fatalf("%q became what is not UTF-8", markdown)
	}
}

func FuzzMarkdown(f *testing.F) {
	for _, target := range unsafeLinks {
		f.Add("[a](" + target + ") <" + target + "> " + target)
	}
	f.Add("# a\n> - `b`\n\n|x|\n|-|\n|<img src=x onerror=alert(1)>|\n\n![a](b \"c\")<!-- -->")
	f.Add("**注意：**请*a*b_c_\\*&lt;&#60;script&#62;")
	f.Fuzz(func(t *testing.T, markdown string) {
		checkHTML(t, markdown)
		PlainText(markdown)
	})
}

func TestDeepAndLongMarkdownEnds(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("one goroutine has no races")
	}
	for _, part := range []string{"[", "*a ", "> ", "- ", "**a", "[a](", "`", "<a", "|", "![", "&", "\\", "_a_b", "1. ", "\n> "} {
		long := strings.Repeat(part, 20_000/len(part))
		checkHTML(t, long)
		PlainText(long)
	}
}
