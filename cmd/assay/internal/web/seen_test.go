package web

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"assay/pipeline"
	"assay/pipeline/redact"
	"assay/pipeline/transcript"
)

// everything hides all personal data.
var everything = redact.Rules{Types: redact.Types, Least: redact.DefaultLeast}

// spoken is a session of one speaker's turns.
func spoken(texts ...string) *transcript.Session {
	s := &transcript.Session{ID: "S", Channel: transcript.Chat, Language: "zh"}
	for _, text := range texts {
		s.Turns = append(s.Turns, transcript.Turn{Speaker: transcript.Customer, Text: text})
	}
	return s
}

// drawn writes segments with what lies over them: marks in brackets, tags in braces.
func drawn(list []segment) string {
	var b strings.Builder
	for _, s := range list {
		text := s.text
		if s.Tag.Name != "" {
			text = "{" + text + "}"
		}
		if len(s.Criteria) > 0 {
			text = "[" + text + "]"
		}
		b.WriteString(text)
	}
	return b.String()
}

func TestWhatIsSeen(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		said  string
		quote string // that is evidence; "" is none
		open  revealed
		want  string // the turn
		words string // the quote
	}{
		"nothing personal":                 {"你好", "好", revealed{}, "你[好]", "好"},
		"a turn of a number alone":         {phone, "", revealed{}, "{<手机1>}", ""},
		"evidence that is the number":      {phone, phone, revealed{}, "[{<手机1>}]", "{<手机1>}"},
		"evidence within the number":       {phone, "1234", revealed{}, "[{<手机1>}]", "{<手机1>}"},
		"evidence that spans it":           {"请打" + phone + "谢谢", "打" + phone + "谢", revealed{}, "请[打][{<手机1>}][谢]谢", "打{<手机1>}谢"},
		"evidence that begins in it":       {"打" + phone + "谢谢", "5678谢", revealed{}, "打[{<手机1>}][谢]谢", "{<手机1>}谢"},
		"evidence beside it":               {"打" + phone + "谢谢", "谢谢", revealed{}, "打{<手机1>}[谢谢]", "谢谢"},
		"all revealed":                     {"打" + phone + "谢谢", "5678谢", revealed{all: true}, "打{1381234}[{5678}][谢]谢", "{5678}谢"},
		"the turn revealed":                {phone, "", revealed{turn: new(0)}, "{" + phone + "}", ""},
		"another turn revealed":            {phone, "", revealed{turn: new(1)}, "{<手机1>}", ""},
		"what looks like a tag is no tag":  {"<手机1> 是什么", "", revealed{}, "<手机1> 是什么", ""},
		"a tag that is taken is not given": {"<手机1> 是 " + phone, "", revealed{}, "<手机1> 是 {<手机2>}", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := spoken(c.said, "再说一遍")
			v := &pipeline.Verdict{}
			if c.quote != "" {
				v.Criteria = []pipeline.Finding{{ID: "a", Evidence: []pipeline.Evidence{evidence(s, 0, c.quote)}}}
			}
			seen := see(s, v, everything, c.open, plainName)
			if diff := cmp.Diff(c.want, drawn(turnViews(seen, v, nil)[0].Segments)); diff != "" {
				t.Error(diff)
			}
			for _, f := range v.Criteria {
				if diff := cmp.Diff(c.words, drawn(seen.quote(f.Evidence[0].Span, f.Evidence[0].Quote))); diff != "" {
					t.Error(diff)
				}
			}
		})
	}
}

func TestWhatAVerdictSaysHasTheTranscriptsTags(t *testing.T) {
	t.Parallel()
	s := personalSession()
	v := personalVerdict(s)
	seen := see(s, v, everything, revealed{}, plainName)
	if !seen.hide(v) {
		t.Error("nothing was hidden")
	}
	b, err := v.JSON()
	if err != nil {
		t.Fatal(err)
	}
	for _, data := range []string{phone, card, "12345678", "1234"} {
		if strings.Contains(string(b), data) {
			t.Errorf("%q is left in %s", data, b)
		}
	}
	f := v.Criteria[3]
	if !strings.Contains(f.Rationale, "联系 <手机1>") || f.Evidence[0].Quote != "联系 <手机1>，请" || f.Evidence[1].Quote != "没有说过 <手机1>" {
		t.Errorf("the same number has other tags: %q, %q, %q", f.Rationale, f.Evidence[0].Quote, f.Evidence[1].Quote)
	}
	if got := plain(seen.session.Metadata["回拨号码"]); got != "<手机1>" {
		t.Errorf("the metadata say %q", got)
	}
}

func TestNothingHiddenLeavesTheVerdictAsItIs(t *testing.T) {
	t.Parallel()
	s := personalSession()
	v := personalVerdict(s)
	if see(s, v, redact.Rules{}, revealed{}, plainName).hide(v) {
		t.Error("rules that hide nothing changed the verdict")
	}
}

// TestALongTurnIsSeenWhole would not end if views took more than linear time.
func TestALongTurnIsSeenWhole(t *testing.T) {
	t.Parallel()
	line := "请回电 " + phone + " 谢谢您的配合，我们会尽快处理。\n"
	n := 2 << 20 / len(line)
	s := spoken(strings.Repeat(line, n))
	v := &pipeline.Verdict{}
	for i := range n {
		at := transcript.Span{Turn: 0, Start: i * len(line), End: i*len(line) + len("请回电")}
		v.Criteria = append(v.Criteria, pipeline.Finding{ID: "a", Evidence: []pipeline.Evidence{{Span: at, Quote: "请回电"}}})
	}
	seen := see(s, v, everything, revealed{}, plainName)
	view := turnViews(seen, v, nil)[0]
	if view.Hidden != n || len(view.Segments) != 4*n {
		t.Errorf("%d of %d numbers are hidden, in %d segments", view.Hidden, n, len(view.Segments))
	}
}
