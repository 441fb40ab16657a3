package main

import (
	"assay/cmd/assay/internal/config"
	"assay/cmd/assay/internal/web"
	"assay/jobs"
)

// webAccess says who reads the pages, and by which policy of redaction.
func webAccess(a config.Access, m config.Model) (web.Access, error) {
	if err := a.Check(); err != nil {
		return web.Access{}, usageError{err}
	}
	policy, err := config.Redaction(m.Redaction)
	if err != nil {
		return web.Access{}, usageError{err}
	}
	return web.Access{UserHeader: a.UserHeader, RoleHeader: a.RoleHeader, Role: web.Role(a.Role), Policy: &policy}, nil
}

// judgeInfo is what pages tell about the judging model's settings.
func judgeInfo(j jobs.Judging, f nodeFlags) (web.JudgeInfo, error) {
	budget, err := f.Budget()
	if err != nil {
		return web.JudgeInfo{}, usageError{err}
	}
	info := web.JudgeInfo{Policy: j.Policy, Budget: budget, Prices: f.Prices(), Redacted: !f.SendRaw}
	if j.Judge != nil {
		info.Version = j.Judge.Version()
	}
	return info, nil
}
