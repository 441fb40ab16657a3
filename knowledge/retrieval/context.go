package retrieval

import (
	"context"
	"slices"
	"strings"

	"assay/knowledge"
	"assay/pipeline/transcript"
)

// Sessions reads the turns before the questions from the sessions in which they
// were asked, which have the questions' ids. A question that has turns keeps its
// own. It returns how many questions have no session.
func (f Files) Sessions(ctx context.Context, paths []string, read transcript.Options, questions []Question) (missing int, err error) {
	at := map[transcript.SessionID]*Question{}
	for i := range questions {
		at[transcript.SessionID(questions[i].ID)] = &questions[i]
	}
	for rec := range transcript.Read(ctx, paths, read) {
		if rec.Reject != nil {
			f.Problem(rec.Reject)
			continue
		}
		q := at[rec.Session.ID]
		if q == nil {
			continue
		}
		delete(at, rec.Session.ID)
		if q.Query.Context == nil {
			q.Query.Context = before(rec.Session.Turns, q.Query.Text)
		}
	}
	return len(at), ctx.Err()
}

// before are the turns before the last one that says the text, all when none does.
func before(turns []transcript.Turn, text string) []knowledge.Said {
	for i, t := range slices.Backward(turns) {
		if strings.TrimSpace(t.Text) == text {
			turns = turns[:i]
			break
		}
	}
	out := make([]knowledge.Said, len(turns))
	for i, t := range turns {
		out[i] = knowledge.Said{Speaker: t.Speaker, Text: t.Text}
	}
	return out
}
