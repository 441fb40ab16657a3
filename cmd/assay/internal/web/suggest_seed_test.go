package web

import (
	"testing"
	"time"

	"assay/knowledge"
)

// evil is markup that acts where it is taken for markup.
const evil = `<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>`

// endOf is when a day of a file ends: the files are read in the zone of the pages.
func endOf(year int, month time.Month, day int) time.Time {
	return time.Date(year, month, day+1, 0, 0, 0, 0, time.FixedZone("Asia/Shanghai", 8*60*60))
}

// withShelf is a library that has of everything.
func withShelf(t *testing.T) func(*Options) {
	t.Helper()
	return withSolutions(t, shelf())
}

func shelf() []knowledge.Solution {
	return []knowledge.Solution{
		{ID: "KETTLE-3", Title: "水壶漏水怎么处理", Questions: []string{"水壶底部漏水", "电水壶漏水能换吗"}, Product: "电水壶", Language: "zh", Owner: "李娜",
			Answer:     "购买后 **30 天内**，水壶漏水可以免费换新：\n\n1. 请客户拍下漏水的位置。\n2. 在“售后”里登记换货，选择“漏水”。\n3. 新水壶两天内寄出，旧水壶由快递员取回。\n\n超过 30 天但在一年以内，免费维修；人为摔坏的除外。",
			ShortReply: "很抱歉给您带来不便！30 天内漏水可以免费换新，请您拍一张漏水位置的照片，我马上为您登记。",
			Note:       "批次 2409 的密封圈有缺陷：不问购买日期，一律换新。", Tags: []string{"售后"}, ValidTo: endOf(2035, time.December, 31)},
		{ID: "KETTLE-7", Title: "水壶除垢", Questions: []string{"水壶里有水垢怎么洗"}, Product: "电水壶", Language: "zh", Owner: "王强",
			Answer: "倒入半壶水和两勺白醋，烧开后静置十分钟，倒掉并冲洗两遍。水壶漏水时请勿通电。", ReviewBy: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)},
		{ID: "ROUTER-1", Title: "Reset the router", Questions: []string{"how do I reset my router", "router restart"}, Product: "R7 router", Language: "en", Owner: "Ann Lee", Region: "EU", CustomerType: "enterprise",
			Answer:     "Hold the small button at the back for **ten seconds**, until all lights go out. The router starts again within two minutes.\n\nYour own settings are lost: write down the name and password of the network before.",
			ShortReply: "Please hold the small button at the back of your router for ten seconds; it restarts within two minutes.",
			Note:       "Firmware 2.1: offer an exchange after the second reset.", ValidTo: endOf(2036, time.June, 30)},
		{ID: "ROUTER-2", Title: "Router loses the line at night", Questions: []string{"my router drops the line every night", "router restart"}, Product: "R7 router", Language: "en",
			Answer: "Switch automatic updates to another hour: the router restarts after each of them. How often it does so stands in the log."},
		{ID: "EVIL-1", Title: "Zebra crossing " + evil, Questions: []string{"how does the zebra cross"}, Product: evil, Language: "en", Owner: evil, Tags: []string{evil},
			Answer:     "The zebra walks. " + evil + "\n\n[click](javascript:window.hacked=1) <a href=\"javascript:window.hacked=1\">b</a> `<script>window.hacked=1</script>`",
			ShortReply: "Walk. " + evil, Note: "Note " + evil},
		{ID: "HELLO-1", Title: "Greeting", Answer: "Good morning, you are talking to **NAME**. How can I help you?", Stage: knowledge.Guide, Language: "en"},
		{ID: "HELLO-2", Title: "问候", Answer: "您好，这里是客服中心，请问有什么可以帮您？", Stage: knowledge.Guide, Language: "zh"},
	}
}

// withSolutions is a library of the solutions, with an index.
func withSolutions(t *testing.T, solutions []knowledge.Solution) func(*Options) {
	t.Helper()
	return withOpened(t, solutions, knowledge.Options{})
}

// withOpened is a library of the solutions, with an index that is opened so.
func withOpened(t *testing.T, solutions []knowledge.Solution, opened knowledge.Options) func(*Options) {
	t.Helper()
	return func(o *Options) {
		t.Helper()
		o.Library = knowledge.NewLibrary(o.Store.Pool())
		if _, err := o.Library.Import(t.Context(), solutions, knowledge.ImportOptions{By: "li"}); err != nil {
			t.Fatal(err)
		}
		index, err := knowledge.Open(t.Context(), o.Library, opened)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := index.Close(); err != nil {
				t.Error(err)
			}
		})
		o.Index = index
	}
}
