package llm

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"text/template"
	"unicode"

	"assay/pipeline/scorecard"
	"assay/pipeline/transcript"
)

//go:embed prompts
var promptFiles embed.FS

// language is what a prompt is written in.
type language string

const (
	chinese language = "zh"
	english language = "en"
)

// String is the language's name in English.
func (l language) String() string {
	return map[language]string{chinese: "Chinese", english: "English"}[l]
}

// quoted is what a sentence quotes.
var quoted = regexp.MustCompile(`“[^”]*”|"[^"]*"|「[^」]*」|『[^』]*』|‘[^’]*’`)

// writes reports whether a sentence may be one of the language: names in it, and
// what it quotes, are often of another.
func (l language) writes(s string) bool {
	han, words, within := 0, 0, false
	for _, r := range quoted.ReplaceAllString(s, "") {
		letter := unicode.IsLetter(r) && !unicode.Is(unicode.Han, r)
		switch {
		case unicode.Is(unicode.Han, r):
			han++
		case letter && !within:
			words++
		}
		within = letter
	}
	if l == chinese {
		return 2*han >= words && han > 0 || words == 0
	}
	return words > 0 && 2*words >= han || han == 0
}

// prompts are the templates of one language.
type prompts struct {
	language language
	files    *template.Template
	hash     string // of the templates and of the schema: first 12 hexadecimal digits of SHA-256
}

// readPrompts reads the templates of one language.
func readPrompts(l language) (*prompts, error) {
	names, err := fs.Glob(promptFiles, "prompts/"+string(l)+"/*.tmpl")
	if err != nil {
		return nil, fmt.Errorf("prompts in %q: %w", l, err)
	}
	sum := sha256.New()
	for _, name := range names {
		src, err := promptFiles.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("prompts in %q: %w", l, err)
		}
		fmt.Fprintf(sum, "%s %d\n%s", name, len(src), src)
	}
	sum.Write(answerSchema([]string{"id"}))
	files, err := template.ParseFS(promptFiles, names...)
	if err != nil {
		return nil, fmt.Errorf("prompts in %q: %w", l, err)
	}
	return &prompts{l, files, short(sum.Sum(nil))}, nil
}

// short is how hashes are written in records.
func short(sum []byte) string { return hex.EncodeToString(sum)[:12] }

// execute fills in one template.
func (p *prompts) execute(name string, data any) (string, error) {
	var b strings.Builder
	if err := p.files.ExecuteTemplate(&b, name, data); err != nil {
		return "", fmt.Errorf("prompt %q in %q: %w", name, p.language, err)
	}
	return b.String(), nil
}

// system is the message that is the same for all sessions. reasons is the
// language that reasons are to be written in.
func (p *prompts) system(reasons language) (string, error) {
	names := map[language]map[language]string{
		chinese: {chinese: "中文", english: "英文"},
		english: {chinese: "Chinese", english: "English"},
	}
	return p.execute("system.tmpl", struct{ Reasons string }{names[p.language][reasons]})
}

// query is a criterion as it is asked.
type query struct {
	ID, Question     string
	Include, Exclude []string
	Prove            scorecard.Proof
	Whose            string
	Examples         []shownExample
	speaker          transcript.Speaker // whose words prove it; "" is anybody
}

// shownExample is an example of a criterion in a prompt.
type shownExample struct {
	Outcome string
	Turns   []string
}

// Bounds of the examples in a prompt: longer ones are left out.
const (
	exampleTurns = 6
	exampleRunes = 400
)

// question is how a criterion is asked.
func (p *prompts) question(c *scorecard.Criterion) query {
	j := c.Judge
	q := query{
		ID: c.ID, Question: oneLine(j.Question), Prove: j.Prove, speaker: j.Speaker, Whose: p.whose(j.Speaker),
		Include: lines(j.Include), Exclude: lines(j.Exclude),
	}
	for _, x := range c.Examples {
		shown := slices.ContainsFunc(q.Examples, func(e shownExample) bool { return e.Outcome == x.Outcome })
		if shown || x.Outcome == "undetermined" || len(x.Session.Turns) > exampleTurns {
			continue
		}
		if e := (shownExample{x.Outcome, p.exampleTurns(x.Session)}); len([]rune(strings.Join(e.Turns, ""))) <= exampleRunes {
			q.Examples = append(q.Examples, e)
		}
	}
	return q
}

func (p *prompts) exampleTurns(s *transcript.Session) []string {
	colon := ": "
	if p.language == chinese {
		colon = "："
	}
	var out []string
	for i := range s.Turns {
		out = append(out, p.speaker(&s.Turns[i])+colon+oneLine(s.Turns[i].Text))
	}
	return out
}

// control is a question whose answer is no: the word was never said.
func (p *prompts) control(id, word string) (query, error) {
	text, err := p.execute("code_word.tmpl", word)
	return query{ID: id, Question: oneLine(text), Prove: scorecard.ProveMet, speaker: transcript.Agent, Whose: p.whose(transcript.Agent)}, err
}

// speaker is the label of who spoke a turn.
func (p *prompts) speaker(t *transcript.Turn) string {
	if !t.IsMessage() {
		return map[language]string{chinese: "事件", english: "event"}[p.language]
	}
	if p.language == english {
		return string(t.Speaker)
	}
	return map[transcript.Speaker]string{
		transcript.Agent: "坐席", transcript.Customer: "客户", transcript.Bot: "机器人", transcript.System: "系统",
	}[t.Speaker]
}

// whose words have to prove an answer.
func (p *prompts) whose(s transcript.Speaker) string {
	if p.language == english {
		return map[transcript.Speaker]string{
			transcript.Agent: "the agent's", transcript.Customer: "the customer's", transcript.Bot: "the bot's", "": "anybody's",
		}[s]
	}
	return map[transcript.Speaker]string{
		transcript.Agent: "坐席", transcript.Customer: "客户", transcript.Bot: "机器人", "": "任何人",
	}[s]
}

// promptLine is a turn in a prompt, or turns that are not shown.
type promptLine struct {
	From, To       int // turns; To only of those that are not shown
	Speaker, Times string
	Text           string // "" where it is not shown
	Cut            int    // characters at the end that are not shown
}

// userPrompt is what is asked about one session.
type userPrompt struct {
	Mark      string
	Partly    bool // not the whole session is shown
	Lines     []promptLine
	Questions []query
}

// seconds writes when a turn was spoken, as far as it is known.
func seconds(s *transcript.Session, turn int) string {
	begin, ok := s.Start(turn)
	if !ok {
		return ""
	}
	out := strconv.Itoa(int(begin.Seconds()))
	if end, ok := s.End(turn); ok && int(end.Seconds()) > int(begin.Seconds()) {
		out += "–" + strconv.Itoa(int(end.Seconds()))
	}
	return out
}

// answerSchema is the JSON schema of answers to exactly these questions.
func answerSchema(ids []string) json.RawMessage {
	list, err := json.Marshal(ids)
	if err != nil {
		list = []byte("[]") // strings can always be written
	}
	return json.RawMessage(`{"type":"object","properties":{"answers":{"type":"array","items":{"type":"object","properties":{` +
		`"criterion":{"type":"string","enum":` + string(list) + `},"applies":{"type":"boolean"},"reason":{"type":"string"},` +
		`"answer":{"type":"string","enum":["yes","no","unsure"]},` +
		`"quotes":{"type":"array","items":{"type":"object","properties":{"turn":{"type":"integer"},"text":{"type":"string"}},` +
		`"required":["turn","text"],"additionalProperties":false}}},` +
		`"required":["criterion","applies","reason","answer","quotes"],"additionalProperties":false}}},` +
		`"required":["answers"],"additionalProperties":false}`)
}

// oneLine is a scorecard's own text in one line.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

func lines(list []string) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = oneLine(s)
	}
	return out
}
