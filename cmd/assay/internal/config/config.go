// Package config says which settings the program's parts have, and where they
// come from: flags, over environment variables, over one YAML file.
//
// A part's settings are a struct whose fields carry the flag's name, its
// variable, its default and its help; commands embed the structs they need.
package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"time"

	"github.com/alecthomas/kong"
	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"assay/pipeline/scorecard"
	"assay/pipeline/transcript"
)

// Database says where the data is.
type Database struct {
	URL      string `name:"database-url" env:"DATABASE_URL" placeholder:"URL" help:"PostgreSQL to use. Without it, a private server is started in the data folder."`
	Data     string `name:"data" env:"ASSAY_DATA" type:"path" placeholder:"DIR" help:"Folder of the private PostgreSQL (default: .assay here; /var/lib/assay/… when root works in a closed folder)."`
	Zone     string `name:"zone" env:"ASSAY_ZONE" default:"Asia/Shanghai" help:"Time zone in which days begin, of times that name no zone, and on pages."`
	MaxConns int32  `name:"max-conns" env:"ASSAY_MAX_CONNS" default:"16" help:"Connections to PostgreSQL, at most."`
	Install  bool   `name:"install" env:"ASSAY_INSTALL" negatable:"" default:"true" help:"Install PostgreSQL's programs by the system's package manager where they are missing and it may."`
}

// Location is the time zone.
func (d Database) Location() (*time.Location, error) { return location(d.Zone) }

func location(name string) (*time.Location, error) {
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil, fmt.Errorf("--zone: %q is no time zone; allowed: names such as Asia/Shanghai, Europe/Berlin, UTC", name)
	}
	return zone, nil
}

// Read says how transcripts are read.
type Read struct {
	Format    string `name:"format" env:"ASSAY_FORMAT" default:"" help:"Format of the files: jsonl, csv, text, sca. By default the content tells."`
	Mapping   string `name:"mapping" env:"ASSAY_MAPPING" type:"path" placeholder:"FILE" help:"YAML file that says which CSV column is what."`
	Channel   string `name:"channel" env:"ASSAY_CHANNEL" default:"" enum:",call,chat,email" help:"Channel of sessions in formats that do not say: call, chat, email. Default: call where turns have a length, else chat."`
	LineBytes int    `name:"max-line-bytes" env:"ASSAY_MAX_LINE_BYTES" default:"16777216" help:"Longest line that is read, in bytes."`
	Turns     int    `name:"max-turns" env:"ASSAY_MAX_TURNS" default:"5000" help:"Most turns of a session."`
	TurnRunes int    `name:"max-turn-runes" env:"ASSAY_MAX_TURN_RUNES" default:"20000" help:"Longest turn, in characters."`
}

// Options are the settings as the importers want them; zone is for times that
// name none.
func (r Read) Options(zone *time.Location) (transcript.Options, error) {
	o := transcript.Options{
		Format: transcript.Format(r.Format), Zone: zone, Channel: transcript.Channel(r.Channel),
		Limits: transcript.Limits{LineBytes: r.LineBytes, Turns: r.Turns, TurnRunes: r.TurnRunes},
	}
	if formats := transcript.Formats(); o.Format != "" && !slices.Contains(formats, o.Format) {
		return o, fmt.Errorf("--format: unknown format %q; allowed: %v", r.Format, formats)
	}
	for name, limit := range map[string]int{"max-line-bytes": r.LineBytes, "max-turns": r.Turns, "max-turn-runes": r.TurnRunes} {
		if limit < 1 {
			return o, fmt.Errorf("--%s: %d is no limit; allowed: 1 or more", name, limit)
		}
	}
	if r.Mapping == "" {
		return o, nil
	}
	m, err := transcript.ReadMapping(r.Mapping)
	o.Mapping = m
	return o, err
}

// Work says what a process works on.
type Work struct {
	Workers      int           `name:"workers" env:"ASSAY_WORKERS" default:"0" help:"Sessions inspected at once by this process; 0 is the number of CPUs."`
	JudgeWorkers int           `name:"judge-workers" env:"ASSAY_JUDGE_WORKERS" default:"4" help:"Sessions that this process asks a model about at once."`
	KeepCalls    int           `name:"keep-calls" env:"ASSAY_KEEP_CALLS" default:"400" help:"Days for which the accounts of calls to models are kept, 2 or more; 0 is for ever."`
	KeepAnswers  int           `name:"keep-answers" env:"ASSAY_KEEP_ANSWERS" default:"90" help:"Days for which a model's answer is kept that nobody needed again; 0 is for ever."`
	KeepAsks     int           `name:"keep-asks" env:"ASSAY_KEEP_ASKS" default:"400" help:"Days for which questions to the solution library are kept, and what was copied of its answers; 0 is for ever."`
	Watch        []string      `name:"watch" env:"ASSAY_WATCH" type:"existingdir" placeholder:"DIR" help:"Folder whose new and changed transcripts are imported; may be repeated."`
	WatchEvery   time.Duration `name:"watch-every" env:"ASSAY_WATCH_EVERY" default:"10s" help:"How often watched folders are looked at."`
	Settle       time.Duration `name:"settle" env:"ASSAY_SETTLE" default:"2s" help:"A watched file is read when it was left unchanged this long."`
}

// Keeps checks how long things are kept.
func (w Work) Keeps() error {
	if w.KeepCalls < 0 || w.KeepCalls == 1 || w.KeepAnswers < 0 || w.KeepAsks < 0 {
		return errors.New("--keep-calls, --keep-answers, --keep-asks: no number of days; allowed: 0 for ever, 2 or more days of calls, 1 or more of answers and of questions")
	}
	return nil
}

// Library says how the solution library is searched.
type Library struct {
	Threshold float64       `name:"threshold" env:"ASSAY_THRESHOLD" default:"0.5" help:"Least score of a suggestion, above 0 up to 1; below it nothing is suggested."`
	Follow    time.Duration `name:"follow" env:"ASSAY_FOLLOW" default:"3s" help:"How often the index asks for changed solutions."`
	Review
}

// Review says when solutions are to be reviewed.
type Review struct {
	StaleDays int `name:"stale-days" env:"ASSAY_STALE_DAYS" default:"92" help:"Days after which the review of a published solution is overdue."`
}

// StaleAfter is how long a solution may go without a review.
func (r Review) StaleAfter() (time.Duration, error) {
	if r.StaleDays < 1 || r.StaleDays > 3650 {
		return 0, fmt.Errorf("--stale-days: %d is out of range; allowed: 1 to 3650", r.StaleDays)
	}
	return time.Duration(r.StaleDays) * 24 * time.Hour, nil
}

// Threshold checks the least score of suggestions.
func Threshold(t float64) error {
	if t <= 0 || t > 1 {
		return fmt.Errorf("--threshold: %g is out of range; allowed: above 0, up to 1", t)
	}
	return nil
}

// YAML returns a resolver that takes flags from a YAML file: its keys are the
// flags' names. Unknown keys and empty values are errors; variables of the
// environment go first.
func YAML(name string, src []byte) (kong.Resolver, error) {
	f := &file{name: name, values: map[string]any{}, lines: map[string]int{}}
	if err := yaml.Unmarshal(src, &f.values); err != nil {
		return nil, fmt.Errorf("%s: %s", name, yaml.FormatError(err, false, true))
	}
	tree, err := parser.ParseBytes(src, 0)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	for _, doc := range tree.Docs {
		f.note(doc.Body)
	}
	return f, nil
}

type file struct {
	name   string
	values map[string]any
	lines  map[string]int // of the keys
}

// note remembers where the keys stand.
func (f *file) note(body ast.Node) {
	switch n := body.(type) {
	case *ast.MappingNode:
		for _, v := range n.Values {
			f.note(v)
		}
	case *ast.MappingValueNode:
		f.lines[n.Key.GetToken().Value] = n.Key.GetToken().Position.Line
	}
}

// Validate refuses keys that are no flag of any command, and empty values.
func (f *file) Validate(app *kong.Application) error {
	known := map[string]bool{}
	for _, flag := range flagsOf(app.Node) {
		known[flag.Name] = true
	}
	names := slices.Sorted(maps.Keys(known))
	var problems []error
	for _, key := range slices.Sorted(maps.Keys(f.values)) {
		switch {
		case !known[key]:
			problems = append(problems, fmt.Errorf("%s:%d: unknown setting %q%s; allowed: the names of flags, see \"assay help\"", f.name, f.lines[key], key, meant(key, names)))
		case f.values[key] == nil:
			problems = append(problems, fmt.Errorf("%s:%d: setting %q has no value", f.name, f.lines[key], key))
		}
	}
	return errors.Join(problems...)
}

func meant(key string, names []string) string {
	if near := scorecard.Nearest(key, names); near != "" {
		return fmt.Sprintf("; did you mean %q?", near)
	}
	return ""
}

func flagsOf(n *kong.Node) []*kong.Flag {
	flags := n.Flags
	for _, c := range n.Children {
		flags = append(flags, flagsOf(c)...)
	}
	return flags
}

// Resolve gives a flag's value from the file, unless the environment has one.
func (f *file) Resolve(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
	for _, env := range flag.Envs {
		if _, ok := os.LookupEnv(env); ok {
			return nil, nil
		}
	}
	switch v := f.values[flag.Name].(type) {
	case nil:
		return nil, nil
	case []any:
		return v, nil
	case map[string]any: // what is written as JSON elsewhere
		text, err := json.Marshal(v)
		return string(text), err
	default:
		return fmt.Sprint(v), nil
	}
}
