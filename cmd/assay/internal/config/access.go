package config

import (
	"errors"
	"fmt"
	"os"

	"assay/pipeline/redact"
)

// Access says who reads the pages. There are no logins.
type Access struct {
	UserHeader string `name:"user-header" env:"ASSAY_USER_HEADER" placeholder:"NAME" help:"Header with the reader's name that a proxy sets, such as X-Forwarded-User. Whoever reaches this server past the proxy can set it, too. Without it, readers have the name of the system's user on a loopback address, and none elsewhere: then nobody may reveal personal data."`
	RoleHeader string `name:"role-header" env:"ASSAY_ROLE_HEADER" placeholder:"NAME" help:"Header with the reader's role that a proxy sets: agent (suggestions, and the sessions of the agent whose id is the reader's name), reviewer, supervisor, admin. Other values are refused. Needs --user-header."`
	Role       string `name:"role" env:"ASSAY_ROLE" default:"supervisor" enum:"agent,reviewer,supervisor,admin" help:"Role of everybody when there is no --role-header: agent, reviewer, supervisor, admin."`
}

// API says who may use the API, and how often.
type API struct {
	RequireToken bool   `name:"require-token" env:"ASSAY_REQUIRE_TOKEN" help:"Refuse requests to the API that carry no token (assay token create), whatever a proxy says."`
	APIRate      string `name:"api-rate" env:"ASSAY_API_RATE" default:"100/s" placeholder:"RATE" help:"Requests to the API without a token, at most, by address, or by reader where a proxy names them: 100/s, 600/m, 0 for no limit. Each process counts for itself."`
}

// Check refuses headers that say less than is noted.
func (a Access) Check() error {
	if a.RoleHeader != "" && a.UserHeader == "" {
		return errors.New("--role-header: --user-header must be given, too: who looks at personal data is noted by name")
	}
	return nil
}

// Redaction reads a policy of redaction; "" is the default one.
func Redaction(path string) (redact.Policy, error) {
	if path == "" {
		return redact.DefaultPolicy(), nil
	}
	src, err := os.ReadFile(path)
	if err != nil {
		return redact.Policy{}, fmt.Errorf("read policy of redaction: %w", err)
	}
	p, problems := redact.ReadPolicy(path, src)
	if err := problems.Err(); err != nil {
		return redact.Policy{}, fmt.Errorf("read policy of redaction: %w", err)
	}
	return p, nil
}
