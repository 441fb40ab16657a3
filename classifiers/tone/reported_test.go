package tone

import (
	"os"
	"strings"
	"testing"

	"assay/pipeline"
	"assay/pipeline/transcript"
)

// troubles are the labels of trouble.
var troubles = []pipeline.Label{
	pipeline.Rude, pipeline.Shirking, pipeline.Perfunctory, pipeline.Impatient, pipeline.Interrogating,
	pipeline.Angry, pipeline.Complaint, pipeline.Escalation, pipeline.Publicity, pipeline.Abuse, pipeline.Churn,
}

// TestSpeechThatIsReportedOrDenied holds the classifier to testdata/reported.tsv,
// which says what its columns are.
func TestSpeechThatIsReportedOrDenied(t *testing.T) {
	t.Parallel()
	src, err := os.ReadFile("testdata/reported.tsv")
	if err != nil {
		t.Fatal(err)
	}
	c, read := classifier(t), 0
	for line := range strings.Lines(string(src)) {
		if strings.HasPrefix(line, "#") || line == "\n" {
			continue
		}
		columns := strings.Split(strings.TrimRight(line, "\n"), "\t")
		if len(columns) != 4 {
			t.Fatalf("%q has %d columns, want 4", line, len(columns))
		}
		read++
		got := labelsOf(t, c, transcript.Speaker(columns[0]), columns[3], "")
		for _, l := range labelList(columns[1]) {
			if got[l] < firm {
				t.Errorf("%q: %s %v, want at least %v", columns[3], l, got[l], firm)
			}
		}
		for _, l := range labelList(columns[2]) {
			if got[l] >= firm {
				t.Errorf("%q: %s %v", columns[3], l, got[l])
			}
		}
	}
	if read != 120 {
		t.Errorf("%d lines read, want 120", read)
	}
}

// labelList reads labels between commas; * is all of trouble.
func labelList(s string) []pipeline.Label {
	if s == "*" {
		return troubles
	}
	var out []pipeline.Label
	for name := range strings.SplitSeq(s, ",") {
		if name != "" {
			out = append(out, pipeline.Label(name))
		}
	}
	return out
}
