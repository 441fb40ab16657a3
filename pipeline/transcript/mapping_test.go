package transcript

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestMappingTellsAllItsMistakes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, yaml, want string }{
		{"empty", "", ""},
		{"good", "columns: {a: id, b: metadata.region, c: \"-\"}\nspeakers: {甲: agent}\ntime: {unit: s, zone: Europe/Berlin}\n", ""},
		{"unknown key", "colums:\n  a: id\n", `m.yaml:1:1: unknown field "colums"; allowed: delimiter, columns, speakers, time`},
		{"wrong type", "columns: [a]\n", `m.yaml:1:10: `},
		{"broken", "columns: {a: id\n", `m.yaml:1:`},
		{"anchor", "columns: &c {a: id}\n", `m.yaml: anchors and aliases are not allowed`},
		{"field", "columns:\n  a: id\n  b: words\n", `m.yaml:3:3: columns.b: unknown field "words"; allowed: agent.id, `},
		{"speaker", "speakers:\n  甲: boss\n", `m.yaml:2:3: speakers.甲: unknown speaker "boss"; allowed: agent, customer, bot, system`},
		{"unit", "time:\n  unit: min\n", `m.yaml:2:3: time.unit: unknown unit "min"; allowed: ms, s, us`},
		{"zone", "time:\n  zone: Mars/Base\n", `m.yaml:2:3: time.zone: unknown zone "Mars/Base"`},
		{"delimiter", "delimiter: \", \"\n", `m.yaml:1:1: delimiter: ", "; allowed: one ASCII character`},
		{"constant of a turn", "constants:\n  text: x\n", `m.yaml:2:3: constants.text: unknown field of a session`},
		{"two mistakes", "columns: {a: x}\ntime: {unit: h}\n", `unknown unit "h"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := ParseMapping("m.yaml", []byte(c.yaml))
			if c.want == "" {
				if err != nil {
					t.Errorf("unexpected error: %v", err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %q does not say %q", err, c.want)
			}
		})
	}
}

func TestMappingOfAColumnThatIsNotThere(t *testing.T) {
	t.Parallel()
	m := &Mapping{Columns: map[string]string{"who": "speaker"}}
	_, rejects := all(t, Options{Mapping: m, Stdin: strings.NewReader("id,role,text\n1,agent,hi\n")}, Stdin)
	want := `-:1: field "who": the mapping names a column that the file does not have; allowed: id, role, text`
	if len(rejects) != 1 {
		t.Fatalf("%d rejects", len(rejects))
	}
	if diff := cmp.Diff(want, rejects[0].Error()); diff != "" {
		t.Error(diff)
	}
}

func TestLayoutsInBothNotations(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"yyyy-MM-dd HH:mm:ss": "2006-01-02 15:04:05", "d/M/yy H:mm": "2/1/06 15:04", "2006-01-02": "2006-01-02", "yyyy年M月d日": "2006年1月2日",
	} {
		if got := goLayout(in); got != want {
			t.Errorf("%q is %q, want %q", in, got, want)
		}
	}
}

func TestRowsWithQuotes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, in string
		want     []string
	}{
		{"plain", "a,b\nc,d", []string{"a|b", "c|d"}},
		{"quoted delimiter and quote", `"a,""b""",c`, []string{`a,"b"|c`}},
		{"quoted new line", "\"a\nb\",c\nd,e", []string{"a\nb|c", "d|e"}},
		{"empty cells", `,"",`, []string{"||"}},
		{"quote within", `5" tape,x`, []string{`5" tape|x`}},
		{"blank rows", "a,b\n,\n\n  \nc,d", []string{"a|b", "c|d"}},
		{"open quote costs one line", "\"a,b\nc,d\ne,f", []string{"!a quote is opened and never closed", "c|d", "e|f"}},
		{"text after quote costs one line", "\"a\"x,b\nc,d", []string{"!text after the closing quote of cell 1", "c|d"}},
		{"quote closed by a later row", "\"a,b\nc,\"d\"\ne,f", []string{"!text after the closing quote of cell 1", "c|d", "e|f"}},
		{"carriage returns", "a,b\r\nc,d\r\n", []string{"a|b", "c|d"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(c.want, rowsOf(c.in)); diff != "" {
				t.Error(diff)
			}
		})
	}
}
