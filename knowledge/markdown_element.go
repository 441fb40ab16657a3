package knowledge

import (
	"strconv"
	"strings"

	"github.com/yuin/goldmark/ast"
	tables "github.com/yuin/goldmark/extension/ast"
)

// element is the element of a node that has one with children in it.
func element(n ast.Node, depth int) (open, closing string, ok bool) {
	switch n := n.(type) {
	case *ast.Paragraph:
		return "<p>", "</p>\n", true
	case *ast.Heading: // the page has its own
		return "<p><strong>", "</strong></p>\n", true
	case *ast.Emphasis:
		if n.Level > 1 {
			return "<strong>", "</strong>", true
		}
		return "<em>", "</em>", true
	case *ast.ThematicBreak:
		return "<hr>\n", "", true
	}
	if depth > 2*maxNesting {
		return "", "", false
	}
	if open, closing, ok = containerOf(n); !ok {
		open, closing, ok = tableOf(n)
	}
	return open, closing, ok
}

func containerOf(n ast.Node) (open, closing string, ok bool) {
	switch n := n.(type) {
	case *ast.List:
		if !n.IsOrdered() {
			return "<ul>\n", "</ul>\n", true
		}
		if n.Start != 1 {
			return `<ol start="` + strconv.Itoa(n.Start) + "\">\n", "</ol>\n", true
		}
		return "<ol>\n", "</ol>\n", true
	case *ast.ListItem:
		return "<li>", "</li>\n", true
	case *ast.Blockquote:
		return "<blockquote>\n", "</blockquote>\n", true
	}
	return "", "", false
}

func tableOf(n ast.Node) (open, closing string, ok bool) {
	switch n := n.(type) {
	case *tables.Table:
		return "<table>\n", "</table>\n", true
	case *tables.TableHeader, *tables.TableRow:
		return "<tr>", "</tr>\n", true
	case *tables.TableCell:
		if _, head := n.Parent().(*tables.TableHeader); head {
			return "<th>", "</th>", true
		}
		return "<td>", "</td>", true
	}
	return "", "", false
}

// PlainText is an answer in Markdown as it is copied into a chat, where nobody
// sees Markdown: marks are gone, lists keep their bullets and numbers, links their
// addresses behind their words, tables a line for each row.
func PlainText(markdown string) string {
	source := textSource(markdown)
	w := textWriter{source: source}
	w.children(markdownTree(source), "")
	return strings.TrimSpace(w.b.String())
}

// textWriter writes a tree as text. A line begins with the indent of the lists
// that it is in.
type textWriter struct {
	source []byte
	b      strings.Builder
}

func (w *textWriter) children(n ast.Node, indent string) {
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		w.node(c, indent)
	}
}

func (w *textWriter) node(n ast.Node, indent string) {
	switch n := n.(type) {
	case *ast.Text:
		w.b.WriteString(textOf(n, w.source))
		if n.HardLineBreak() || n.SoftLineBreak() {
			w.b.WriteString("\n" + indent)
		}
	case *ast.String:
		w.b.Write(n.Value)
	case *ast.CodeSpan:
		w.b.WriteString(codeOf(n, w.source))
	case *ast.Link:
		w.link(n, indent)
	case *ast.AutoLink:
		w.b.Write(n.Label(w.source))
	default:
		w.block(n, indent)
	}
}

func (w *textWriter) link(n *ast.Link, indent string) {
	before := w.b.Len()
	w.children(n, indent)
	target := unescaped(n.Destination)
	if label := w.b.String()[before:]; label != target && target != "" {
		w.b.WriteString(" (" + target + ")")
	}
}

func (w *textWriter) block(n ast.Node, indent string) {
	switch n := n.(type) {
	case *ast.List:
		w.list(n, indent)
	case *ast.FencedCodeBlock, *ast.CodeBlock:
		w.b.WriteString(strings.ReplaceAll(strings.TrimSuffix(linesOf(n, w.source), "\n"), "\n", "\n"+indent))
	case *ast.ThematicBreak:
		w.b.WriteString("---")
	case *tables.TableCell:
		if n.PreviousSibling() != nil {
			w.b.WriteString(" | ")
		}
		w.children(n, indent)
	default:
		w.children(n, indent)
	}
	w.end(n, indent)
}

// end parts a block from the next: by an empty line where there is one in the
// source, or would be.
func (w *textWriter) end(n ast.Node, indent string) {
	next := n.NextSibling()
	if n.Type() != ast.TypeBlock || next == nil {
		return
	}
	switch n.(type) {
	case *tables.TableCell:
		return
	case *tables.TableHeader, *tables.TableRow, *ast.TextBlock:
		w.b.WriteString("\n" + indent)
	default:
		w.b.WriteString("\n\n" + indent)
	}
}

func (w *textWriter) list(n *ast.List, indent string) {
	number := n.Start
	between := "\n\n"
	if n.IsTight {
		between = "\n"
	}
	for item := n.FirstChild(); item != nil; item = item.NextSibling() {
		bullet := "- "
		if n.IsOrdered() {
			bullet = strconv.Itoa(number) + string(n.Marker) + " "
			number++
		}
		w.b.WriteString(bullet)
		w.children(item, indent+strings.Repeat(" ", len(bullet)))
		if item.NextSibling() != nil {
			w.b.WriteString(between + indent)
		}
	}
}
