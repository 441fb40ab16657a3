// Command assay inspects the quality of customer service: transcripts in,
// verdicts with evidence, flags for reviewers and suggested answers out.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"

	"assay/cmd/assay/internal/config"
)

// commands are the subcommands, one file each.
type commands struct {
	Demo      demoCmd      `cmd:"" help:"Show everything on invented transcripts: start a private PostgreSQL, import, inspect, serve the pages."`
	Serve     serveCmd     `cmd:"" help:"Serve pages and API, and work jobs."`
	Work      workCmd      `cmd:"" help:"Work jobs only; run as many as you like on as many machines."`
	Migrate   migrateCmd   `cmd:"" help:"Bring the database's schema up to date."`
	Import    importCmd    `cmd:"" help:"Store transcripts and enqueue their inspection."`
	Inspect   inspectCmd   `cmd:"" help:"Inspect transcripts without a database and print the verdicts."`
	Redact    redactCmd    `cmd:"" help:"Show what redaction leaves of transcripts or plain lines."`
	Retry     retryCmd     `cmd:"" help:"Inspect again what inspection gave up on."`
	Scorecard scorecardCmd `cmd:"" help:"Check, test and publish scorecards."`
	Plan      planCmd      `cmd:"" help:"Say which scorecard inspects which sessions, and what share of them."`
	Judge     judgeCmd     `cmd:"" help:"What the judging model takes, would take, and is to judge."`
	Solution  solutionCmd  `cmd:"" help:"Import and search solutions."`
	Token     tokenCmd     `cmd:"" help:"Make, list and revoke the tokens by which programs use the API."`
	Suggest   suggestCmd   `cmd:"" help:"Suggest solutions for a question."`
	Eval      evalCmd      `cmd:"" help:"Measure against labelled data."`
	Tone      toneCmd      `cmd:"" help:"Train the tone classifier, and explain what it says."`
	Live      liveCmd      `cmd:"" help:"Running sessions."`
	Bench     benchCmds    `cmd:"" help:"Measure speed on this machine."`
	Doctor    doctorCmd    `cmd:"" help:"Check that everything is in place."`

	Config kong.ConfigFlag `name:"config" env:"ASSAY_CONFIG" type:"existingfile" placeholder:"FILE" help:"YAML file with settings: its keys are the names of flags."`
	Debug  bool            `name:"debug" env:"ASSAY_DEBUG" help:"Log more, to standard error."`
}

// program is what commands need of the outside.
type program struct {
	ctx    context.Context
	stdin  io.Reader
	stdout io.Writer
	stderr io.Writer
	log    *slog.Logger
}

// The exit statuses.
const (
	exitDone     = 0
	exitProblems = 1 // problems in the data, or the work could not be finished
	exitUsage    = 2 // wrong usage or configuration
)

// errProblems ends a command that has already printed the problems it found.
var errProblems = errors.New("problems were found")

// usageError is a mistake in flags, settings or configuration files.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends at once
	os.Exit(run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// run is the program with its outside as arguments. It returns the exit status.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	var c commands
	exited := -1
	parser, err := kong.New(&c,
		kong.Name("assay"), kong.Description("Quality inspection of customer service transcripts."),
		kong.Configuration(readConfig), kong.UsageOnError(), kong.Writers(stdout, stderr),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}), kong.Exit(func(code int) { exited = code }),
	)
	if err != nil {
		fmt.Fprintln(stderr, "assay:", err)
		return exitUsage
	}
	if len(args) == 0 || args[0] == "help" {
		args = append([]string{"--help"}, args[min(1, len(args)):]...)
	}
	parsed, err := parser.Parse(joinNumbers(args))
	if exited >= 0 {
		return exited
	}
	if err != nil {
		fmt.Fprintf(stderr, "assay: %s\nSee \"assay help\".\n", plainly(err))
		return exitUsage
	}
	p := &program{ctx, stdin, stdout, stderr, logger(stderr, c.Debug)}
	return p.status(parsed.Run(p))
}

// joinNumbers makes a negative number the value of the flag before it: no flag is
// called by a digit, and so the flag itself says what it allows.
func joinNumbers(args []string) []string {
	var out []string
	for i, arg := range args {
		if arg == "--" {
			return append(out, args[i:]...)
		}
		_, err := strconv.ParseFloat(arg, 64)
		if n := len(out); n > 0 && err == nil && strings.HasPrefix(arg, "-") && strings.HasPrefix(out[n-1], "--") && !strings.Contains(out[n-1], "=") {
			out[n-1] += "=" + arg
			continue
		}
		out = append(out, arg)
	}
	return out
}

// plainly says what the parser says, without its own terms.
func plainly(err error) string {
	flag, rest, found := strings.Cut(err.Error(), ": expected ")
	if _, _, missing := strings.Cut(rest, " value but got "); found && missing {
		return flag + ": no value follows it"
	}
	return err.Error()
}

func readConfig(r io.Reader) (kong.Resolver, error) {
	src, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	name := "configuration"
	if f, ok := r.(*os.File); ok {
		name = f.Name()
	}
	return config.YAML(name, src)
}

func logger(w io.Writer, debug bool) *slog.Logger {
	level := slog.LevelWarn
	if debug {
		level = slog.LevelDebug
	}
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: level}))
}

// status prints a command's error and gives the exit status for it.
func (p *program) status(err error) int {
	_, usage := errors.AsType[usageError](err)
	switch {
	case err == nil:
		return exitDone
	case errors.Is(err, errProblems):
		return exitProblems
	case errors.Is(err, context.Canceled) && p.ctx.Err() != nil:
		fmt.Fprintln(p.stderr, "assay: interrupted")
		return exitProblems
	}
	fmt.Fprintln(p.stderr, "assay:", err)
	if usage {
		return exitUsage
	}
	return exitProblems
}
