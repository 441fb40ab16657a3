package main

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"assay/cmd/assay/internal/config"
	"assay/cmd/assay/internal/web"
	"assay/pipeline/store"
)

type tokenCmd struct {
	Create tokenCreateCmd `cmd:"" help:"Make a token and print its secret, which is shown once and kept nowhere."`
	List   tokenListCmd   `cmd:"" help:"List tokens."`
	Revoke tokenRevokeCmd `cmd:"" help:"End tokens for ever; every process knows within seconds, or, while it cannot reach the database, takes no tokens after a minute."`
}

type tokenCreateCmd struct {
	Name    string   `arg:"" help:"What the token is for, such as crm: letters, digits, \"_\", \"-\", \".\"."`
	Scopes  []string `name:"scope" required:"" placeholder:"SCOPE" help:"What it may be used for: suggest, feedback, live, sessions:write, verdicts:read, library:read, library:write, models:read; may be repeated."`
	Origins []string `name:"origin" placeholder:"URL" help:"Pages of this site may use it, such as https://crm.example.com; may be repeated. Without one, no page of another site may."`
	Expires string   `name:"expires" placeholder:"TIME" help:"End it after this long, such as 90d or 12h, or on a day, such as 2026-12-31 (default: never)."`
	Rate    string   `name:"rate" default:"10/s" help:"Requests for one agent (Assay-Agent), or for none, at most: 10/s, 300/m, 1000/h; for all agents together 20 times as many. Each process counts for itself."`
	By      string   `name:"by" env:"ASSAY_BY" placeholder:"NAME" help:"Who makes it (default: the name of the system's user)."`
	JSON    bool     `name:"json" help:"Print JSON."`
	config.Database
}

// tokenNames are the names that tokens may have: they stand in logs and histories.
var tokenNames = regexp.MustCompile(`^[\p{L}\p{N}][\p{L}\p{N}_.-]{0,63}$`)

// Run makes the token.
func (c *tokenCreateCmd) Run(p *program) error {
	zone, err := c.Location()
	if err != nil {
		return usageError{err}
	}
	t, err := c.token(time.Now().In(zone))
	if err != nil {
		return usageError{err}
	}
	var secret string
	secret, t.Prefix, t.Hash = web.NewSecret()
	err = p.withStore(c.Database, func(s *store.Store) error { return s.CreateToken(p.ctx, t) })
	if errors.Is(err, store.ErrTokenName) {
		err = usageError{err}
	}
	if err != nil {
		return err
	}
	if c.JSON {
		printJSON(p, map[string]any{"token": secret, "name": t.Name, "prefix": t.Prefix, "scopes": t.Scopes, "origins": t.Origins, "expires_at": t.ExpiresAt})
		return nil
	}
	fmt.Fprintln(p.stdout, secret)
	fmt.Fprintln(p.stderr, "assay: keep it now: it is not shown again")
	if slices.Contains(t.Scopes, string(web.ScopeSuggest)) {
		fmt.Fprint(p.stderr, embedding(&t))
	}
	return nil
}

// embedding says how a page uses the token. The secret is left out: what is told on
// the side is more often kept than what is asked for.
func embedding(t *store.Token) string {
	var more strings.Builder
	if len(t.Origins) == 0 {
		more.WriteString("assay: no page of another site may use it: that takes --origin\n")
	}
	if !slices.Contains(t.Scopes, string(web.ScopeFeedback)) {
		more.WriteString("assay: what agents think of answers is not taken with it: that takes --scope feedback\n")
	}
	return `
In a page, with your server's address, the secret and the agent's id in place:

<script type="module" src="https://ASSAY.EXAMPLE/component/assay-suggest.js"></script>
<assay-suggest token="SECRET" agent="AGENT"></assay-suggest>

It may also have: language, product, region, customer-type, stage, answer-language, limit.
` + more.String()
}

// token checks the flags, all of them in one pass.
func (c *tokenCreateCmd) token(now time.Time) (store.Token, error) {
	rate, err := web.ParseRate(c.Rate)
	if err == nil && rate.Calls == 0 {
		err = errors.New("a token needs a limit; allowed: 10/s, 300/m, 1000/h and similar")
	}
	problems := flagError("rate", err)
	if !tokenNames.MatchString(c.Name) {
		problems = errors.Join(problems, fmt.Errorf("name: %q is no name; allowed: up to 64 letters, digits, \"_\", \"-\", \".\"", c.Name))
	}
	for _, s := range c.Scopes {
		if !slices.Contains(web.Scopes, web.Scope(s)) {
			problems = errors.Join(problems, fmt.Errorf("--scope: %q is unknown; allowed: %s", s, scopeNames()))
		}
	}
	t := store.Token{
		Name: c.Name, Scopes: sortedSet(c.Scopes), Calls: rate.Calls, PerSeconds: int(rate.Per.Seconds()),
		CreatedBy: cmp.Or(c.By, systemUser()),
	}
	for _, o := range c.Origins {
		origin, err := web.ParseOrigin(o)
		problems = errors.Join(problems, flagError("origin", err))
		t.Origins = append(t.Origins, origin)
	}
	t.Origins = sortedSet(t.Origins)
	t.ExpiresAt, err = expiry(c.Expires, now)
	return t, errors.Join(problems, flagError("expires", err))
}

func flagError(flag string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("--%s: %w", flag, err)
}

func scopeNames() string {
	var names []string
	for _, s := range web.Scopes {
		names = append(names, string(s))
	}
	return strings.Join(names, ", ")
}

// sortedSet is a list without repetitions, in order.
func sortedSet(list []string) []string {
	list = slices.Clone(list)
	slices.Sort(list)
	return slices.Compact(list)
}

// maxDays bounds a token's life.
const maxDays = 3650

// expiry reads when a token ends: after so many days or hours, or at the end of a
// day; nil is never.
func expiry(text string, now time.Time) (*time.Time, error) {
	if text == "" {
		return nil, nil
	}
	end, err := time.ParseInLocation(time.DateOnly, text, now.Location())
	if err == nil {
		end = end.AddDate(0, 0, 1)
	} else if days, isDays := strings.CutSuffix(text, "d"); isDays {
		var n int
		n, err = strconv.Atoi(days)
		end = now.AddDate(0, 0, min(n, maxDays+1))
	} else {
		var d time.Duration
		d, err = time.ParseDuration(text)
		end = now.Add(d)
	}
	if err != nil || !end.After(now) || end.After(now.AddDate(0, 0, maxDays)) {
		return nil, fmt.Errorf("%q is no time to come; allowed: 90d, 12h, 2026-12-31 and similar, up to %dd", text, maxDays)
	}
	return &end, nil
}

type tokenListCmd struct {
	All  bool `name:"all" help:"List revoked and expired ones as well."`
	JSON bool `name:"json" help:"Print JSON."`
	config.Database
}

// tokenLine is a token in the list.
type tokenLine struct {
	Name       string     `json:"name"`
	Prefix     string     `json:"prefix"`
	Scopes     []string   `json:"scopes"`
	Origins    []string   `json:"origins"`
	Rate       string     `json:"rate"`
	CreatedBy  string     `json:"created_by"`
	CreatedAt  time.Time  `json:"created_at"`
	ExpiresAt  *time.Time `json:"expires_at,omitempty"`
	LastUsedAt *time.Time `json:"last_used_at,omitempty"`
	RevokedAt  *time.Time `json:"revoked_at,omitempty"`
	RevokedBy  *string    `json:"revoked_by,omitempty"`
}

// Run prints a line per token, the newest first.
func (c *tokenListCmd) Run(p *program) error {
	return p.withStore(c.Database, func(s *store.Store) error {
		tokens, err := s.Tokens(p.ctx, !c.All)
		if err != nil {
			return err
		}
		w := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
		for _, t := range tokens {
			line := tokenLine{
				t.Name, t.Prefix, t.Scopes, t.Origins, fmt.Sprintf("%d/%s", t.Calls, periodName(t.PerSeconds)), t.CreatedBy,
				t.CreatedAt, t.ExpiresAt, t.LastUsedAt, t.RevokedAt, t.RevokedBy,
			}
			if c.JSON {
				printJSON(p, line)
				continue
			}
			fmt.Fprintf(w, "%s\t%s…\t%s\t%s\t%s\tused %s\tends %s\t%s\n", t.Name, t.Prefix, strings.Join(t.Scopes, ","), line.Rate,
				cmp.Or(strings.Join(t.Origins, ","), "-"), dayOr(t.LastUsedAt, "never"), dayOr(t.ExpiresAt, "never"), revoked(&t))
		}
		return w.Flush()
	})
}

func periodName(seconds int) string {
	switch seconds {
	case 1:
		return "s"
	case 60:
		return "m"
	case 3600:
		return "h"
	}
	return fmt.Sprintf("%ds", seconds)
}

func dayOr(t *time.Time, none string) string {
	if t == nil {
		return none
	}
	return t.Local().Format(time.DateOnly)
}

func revoked(t *store.Token) string {
	if t.RevokedAt == nil {
		return ""
	}
	return "revoked " + dayOr(t.RevokedAt, "") + " by " + printable(*t.RevokedBy)
}

type tokenRevokeCmd struct {
	Names []string `arg:"" name:"name" help:"Names of tokens, or the beginnings of their secrets as the list shows them."`
	By    string   `name:"by" env:"ASSAY_BY" placeholder:"NAME" help:"Who revokes it (default: the name of the system's user)."`
	JSON  bool     `name:"json" help:"Print JSON."`
	config.Database
}

// Run revokes them one by one.
func (c *tokenRevokeCmd) Run(p *program) error {
	return p.withStore(c.Database, func(s *store.Store) error {
		var failed error
		for _, name := range c.Names {
			name = strings.TrimSuffix(name, "…")
			err := s.RevokeToken(p.ctx, name, cmp.Or(c.By, systemUser()))
			switch {
			case errors.Is(err, store.ErrNotFound):
				fmt.Fprintf(p.stderr, "assay: no token in force is called %q\n", name)
				failed = errProblems
			case err != nil:
				return err
			case c.JSON:
				printJSON(p, map[string]string{"revoked": name})
			default:
				fmt.Fprintf(p.stdout, "%s is revoked\n", name)
			}
		}
		return failed
	})
}

// withStore opens the database for the time of do.
func (p *program) withStore(c config.Database, do func(*store.Store) error) (err error) {
	db, err := p.openDatabase(c)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return do(db.Store)
}
