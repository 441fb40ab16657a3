package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/term"
)

// progress shows how far long work is: a bar that is redrawn on a terminal, a
// plain line every few seconds elsewhere.
type progress struct {
	w     io.Writer
	label string
	live  bool
	began time.Time
	last  time.Time
}

const (
	redrawEvery = 100 * time.Millisecond
	lineEvery   = 5 * time.Second
	barWidth    = 30
)

func newProgress(w io.Writer, label string) *progress {
	return &progress{w: w, label: label, live: terminal(w), began: time.Now()}
}

func terminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// show draws done of total; a total of 0 is unknown.
func (p *progress) show(done, total int) {
	every := lineEvery
	if p.live {
		every = redrawEvery
	}
	if time.Since(p.last) < every {
		return
	}
	p.last = time.Now()
	if p.live {
		fmt.Fprintf(p.w, "\r%s\x1b[K", p.text(done, total))
	} else {
		fmt.Fprintln(p.w, p.text(done, total))
	}
}

// finish draws the last state, and what it took.
func (p *progress) finish(done, total int) {
	start, end := "", "\n"
	if p.live {
		start, end = "\r", "\x1b[K\n"
	}
	fmt.Fprintf(p.w, "%s%s in %.1f s%s", start, p.text(done, total), time.Since(p.began).Seconds(), end)
}

func (p *progress) text(done, total int) string {
	if total <= 0 {
		return fmt.Sprintf("%s %d", p.label, done)
	}
	if !p.live {
		return fmt.Sprintf("%s %d of %d", p.label, done, total)
	}
	full := min(barWidth, barWidth*done/total)
	bar := strings.Repeat("█", full) + strings.Repeat("░", barWidth-full)
	return fmt.Sprintf("%s %s %d/%d", p.label, bar, done, total)
}
