package knowledge

import (
	"html"
	"html/template"
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// maxNesting is how deep lists and quotations are written within each other;
// what is deeper stands at that depth.
const maxNesting = 20

// markdownTree reads Markdown as people write answers in it: CommonMark and
// tables, without HTML, and without what plain text has by chance: titles underlined
// by dashes, strikes between tildes as in 3~5, and definitions of links, which
// would swallow a line such as [Note]: text. Indented text is text.
func markdownTree(source []byte) ast.Node {
	p := parser.NewParser(
		parser.WithBlockParsers(
			util.Prioritized(parser.NewThematicBreakParser(), 200),
			util.Prioritized(parser.NewListParser(), 300),
			util.Prioritized(parser.NewListItemParser(), 400),
			util.Prioritized(parser.NewCodeBlockParser(), 500), // without it, lines that begin with blanks would be lost
			util.Prioritized(parser.NewATXHeadingParser(), 600),
			util.Prioritized(parser.NewFencedCodeBlockParser(), 700),
			util.Prioritized(parser.NewBlockquoteParser(), 800),
			util.Prioritized(parser.NewParagraphParser(), 1000),
		),
		parser.WithInlineParsers(
			util.Prioritized(parser.NewCodeSpanParser(), 100),
			util.Prioritized(parser.NewLinkParser(), 200),
			util.Prioritized(parser.NewAutoLinkParser(), 300),
			util.Prioritized(emphasisParser{}, 500),
			util.Prioritized(extension.NewLinkifyParser(extension.WithLinkifyAllowedProtocols([]string{"http:", "https:"})), 999),
		),
		parser.WithParagraphTransformers(
			util.Prioritized(extension.NewTableParagraphTransformer(), 200),
		),
		parser.WithASTTransformers(util.Prioritized(extension.NewTableASTTransformer(), 0)),
	)
	return p.Parse(text.NewReader(source))
}

// emphasisParser finds emphasis. It differs from CommonMark in two points: beside
// Chinese characters punctuation does not keep ** from being a mark, as in
// **注意：**请; and a * between letters or digits is itself, as in 长*宽*高.
type emphasisParser struct{}

// Trigger is the characters that may begin or end emphasis.
func (emphasisParser) Trigger() []byte { return []byte{'*', '_'} }

// Parse takes a run of such characters.
func (emphasisParser) Parse(_ ast.Node, block text.Reader, pc parser.Context) ast.Node {
	before := block.PrecendingCharacter()
	line, segment := block.PeekLine()
	d := parser.ScanDelimiter(line, before, 1, emphasis{})
	if d == nil {
		return nil
	}
	after := ' '
	if d.OriginalLength < len(line) {
		after = util.ToRune(line, d.OriginalLength)
	}
	within := joins(before) && joins(after)
	switch {
	case d.Char == '*' && within && (d.OriginalLength == 1 || before < utf8.RuneSelf && after < utf8.RuneSelf):
		d.CanOpen, d.CanClose = false, false
	case d.Char == '*' && d.OriginalLength > 1:
		d.CanOpen = d.CanOpen || standsAlone(before) && !unicode.IsSpace(after)
		d.CanClose = d.CanClose || standsAlone(after) && !unicode.IsSpace(before)
	}
	d.Segment = segment.WithStop(segment.Start + d.OriginalLength)
	block.Advance(d.OriginalLength)
	pc.PushDelimiter(d)
	return d
}

// joins reports whether r is part of a word.
func joins(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// emphasis says which delimiters make emphasis.
type emphasis struct{}

// IsDelimiter reports whether b may begin or end emphasis.
func (emphasis) IsDelimiter(b byte) bool { return b == '*' || b == '_' }

// CanOpenCloser reports whether two delimiters belong together.
func (emphasis) CanOpenCloser(opener, closer *parser.Delimiter) bool {
	return opener.Char == closer.Char
}

// OnMatch makes the node of what stands between two delimiters.
func (emphasis) OnMatch(consumes int) ast.Node { return ast.NewEmphasis(consumes) }

// HTML renders an answer in Markdown. Only a closed set of elements comes out,
// none with an attribute but links with an address that SafeLink takes; all else,
// HTML and images included, is text. Line breaks stay.
func HTML(markdown string) template.HTML {
	source := textSource(markdown)
	w := htmlWriter{source: source}
	w.children(markdownTree(source), 0)
	return template.HTML(w.b.String()) //nolint:gosec // made of escaped text only
}

// textSource is a text without what no page may have.
func textSource(s string) []byte {
	return []byte(strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD"))
}

// SafeLink returns the address of a link in the form in which a page may have it,
// and whether it may at all: http, https, mailto and tel, nothing hidden in it.
func SafeLink(target string) (string, bool) {
	if strings.ContainsFunc(target, func(r rune) bool {
		return unicode.IsControl(r) || unicode.IsSpace(r) || r == '\\' || r == utf8.RuneError
	}) {
		return "", false
	}
	u, err := url.Parse(target)
	if err != nil {
		return "", false
	}
	switch u.Scheme {
	case "http", "https":
		// A name before the host is how one site is made to look like another.
		if u.Host == "" || u.User != nil || u.Opaque != "" {
			return "", false
		}
	case "mailto", "tel":
		if u.Opaque == "" || u.Host != "" {
			return "", false
		}
	default:
		return "", false
	}
	return u.String(), true
}

// htmlWriter writes a tree as HTML. It takes every element from its own source
// and escapes every text: nothing of the Markdown is copied.
type htmlWriter struct {
	source []byte
	b      strings.Builder
}

func (w *htmlWriter) children(n ast.Node, depth int) {
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		w.node(c, depth)
	}
}

// node writes a node within depth blocks.
func (w *htmlWriter) node(n ast.Node, depth int) {
	if open, closing, ok := element(n, depth); ok {
		w.b.WriteString(open)
		w.children(n, depth+1)
		w.b.WriteString(closing)
		return
	}
	switch n := n.(type) {
	case *ast.Text:
		w.text(n)
	case *ast.String:
		w.b.WriteString(html.EscapeString(string(n.Value)))
	case *ast.CodeSpan:
		w.b.WriteString("<code>" + html.EscapeString(codeOf(n, w.source)) + "</code>")
	case *ast.FencedCodeBlock:
		w.b.WriteString("<pre><code>" + html.EscapeString(linesOf(n, w.source)) + "</code></pre>\n")
	case *ast.CodeBlock:
		lines := html.EscapeString(strings.TrimSuffix(linesOf(n, w.source), "\n"))
		w.b.WriteString("<p>" + strings.ReplaceAll(lines, "\n", "<br>\n") + "</p>\n")
	case *ast.Link:
		w.link(unescaped(n.Destination), func() { w.children(n, depth) })
	case *ast.AutoLink:
		w.link(autoTarget(n, w.source), func() { w.b.WriteString(html.EscapeString(string(n.Label(w.source)))) })
	default: // images by their text, and what deeper nesting leaves
		w.children(n, depth+1)
	}
}

func (w *htmlWriter) text(n *ast.Text) {
	w.b.WriteString(html.EscapeString(textOf(n, w.source)))
	if n.HardLineBreak() || n.SoftLineBreak() {
		w.b.WriteString("<br>\n")
	}
}

func (w *htmlWriter) link(target string, label func()) {
	address, ok := SafeLink(target)
	if !ok {
		label()
		return
	}
	w.b.WriteString(`<a href="` + html.EscapeString(address) + `" rel="noopener noreferrer" target="_blank">`)
	label()
	w.b.WriteString("</a>")
}

// autoTarget is the address of a link that stands for itself.
func autoTarget(n *ast.AutoLink, source []byte) string {
	target := string(n.URL(source))
	if n.AutoLinkType == ast.AutoLinkEmail && !strings.HasPrefix(strings.ToLower(target), "mailto:") {
		return "mailto:" + target
	}
	return target
}

// codeOf is the text of an inline code, in one line.
func codeOf(n ast.Node, source []byte) string {
	var b strings.Builder
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		if t, ok := c.(*ast.Text); ok {
			b.WriteString(strings.ReplaceAll(string(t.Value(source)), "\n", " "))
		}
	}
	return b.String()
}

func linesOf(n ast.Node, source []byte) string {
	return string(n.Lines().Value(source))
}

// textOf is what a piece of text says, its escapes resolved.
func textOf(n *ast.Text, source []byte) string {
	if n.IsRaw() {
		return string(n.Value(source))
	}
	return unescaped(n.Value(source))
}

// longestEntity bounds the search for the end of a character reference, in bytes.
const longestEntity = 34

// unescaped resolves backslashes before punctuation and references such as &amp;,
// each once.
func unescaped(raw []byte) string {
	var b strings.Builder
	for i := 0; i < len(raw); i++ {
		switch {
		case raw[i] == '\\' && i+1 < len(raw) && util.IsPunct(raw[i+1]):
			i++
			b.WriteByte(raw[i])
		case raw[i] == '&':
			reference := raw[i:min(len(raw), i+longestEntity)]
			if end := slices.Index(reference, ';'); end > 0 {
				b.WriteString(html.UnescapeString(string(reference[:end+1])))
				i += end
				continue
			}
			b.WriteByte('&')
		default:
			b.WriteByte(raw[i])
		}
	}
	return b.String()
}
