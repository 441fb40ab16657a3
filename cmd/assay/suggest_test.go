package main

import (
	"strings"
	"testing"
)

func TestSuggestQuestions(t *testing.T) {
	t.Parallel()
	library := write(t, "s.jsonl", `{"id":"east","title":"怎么申请退款？","answer":"在订单页申请。","region":"华东"}
{"id":"firm","title":"怎么申请退款？","answer":"找客户经理。","customer_type":"enterprise"}
{"id":"all","title":"怎么申请退款？","answer":"联系客服。"}
{"id":"script","title":"怎么申请退款？","answer":"请问订单号是多少？","stage":"confirm_need"}
`)
	const chat = "王女士 10:01:22\n你好\n\n客服小李 10:01:40\n您好，请讲\n\n王女士 10:02:05\n怎么申请退款？\n\n客服小李 10:02:40\n请稍等"
	for name, c := range map[string]struct {
		stdin  string
		args   []string
		status int
		want   []string // ids, or of a mistake what is said
		not    []string
	}{
		"a chat":                   {"", []string{chat}, exitDone, []string{"asked in the chat: 怎么申请退款？\n", "  all  "}, nil},
		"a chat on standard input": {chat, []string{"-"}, exitDone, []string{"asked in the chat: 怎么申请退款？\n", "  all  "}, nil},
		"a chat as JSON":           {chat, []string{"-", "--json"}, exitDone, []string{`"question":"怎么申请退款？"`, `"solution_id":"all"`}, nil},
		"a region":                 {"", []string{"怎么申请退款？", "--region=华南"}, exitDone, []string{"  all  "}, []string{"  east  ", "  script  "}},
		"a customer type":          {"", []string{"怎么申请退款？", "--customer-type=individual"}, exitDone, []string{"  all  "}, []string{"  firm  "}},
		"a stage":                  {"", []string{"怎么申请退款？", "--stage=confirm_need"}, exitDone, []string{"  script  "}, nil},
		"an empty question":        {"", []string{" "}, exitUsage, []string{"the question is empty"}, nil},
		"empty standard input":     {"\n", []string{"-"}, exitUsage, []string{"the question is empty"}, nil},
		"a wrong customer type":    {"", []string{"x", "--customer-type=vip"}, exitUsage, []string{"allowed: individual, enterprise"}, nil},
		"a wrong stage":            {"", []string{"x", "--stage=end"}, exitUsage, []string{"allowed: guide, confirm_need"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := assayIn(t, c.stdin, append([]string{"suggest", "--solutions", library, "--limit=5"}, c.args...)...)
			if r.status != c.status {
				t.Fatalf("%+v", r)
			}
			for _, text := range c.want {
				if !strings.Contains(r.stdout+r.stderr, text) {
					t.Errorf("without %q: %+v", text, r)
				}
			}
			for _, text := range c.not {
				if strings.Contains(r.stdout, text) {
					t.Errorf("with %q: %s", text, r.stdout)
				}
			}
		})
	}
}
