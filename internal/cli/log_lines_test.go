package cli_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/buildsync/buildsync/internal/cli"
)

// TestMessageOfSeveralLines checks that a message and its indented lines are one record with one
// level.
func TestMessageOfSeveralLines(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	lines := cli.NewJSONLines(&out)
	for _, text := range []string{"buildsync: the plan is refused\n  conflict: a\n  conflict: b\nnote: n\n", "plain", " text\n", "  alone\n"} {
		if _, err := lines.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	lines.Close()
	decoder := json.NewDecoder(&out)
	for _, want := range [][2]string{
		{"ERROR", "the plan is refused\n  conflict: a\n  conflict: b"}, {"INFO", "n"}, {"INFO", "plain text"}, {"INFO", "  alone"},
	} {
		var got struct{ Level, Msg string }
		if err := decoder.Decode(&got); err != nil {
			t.Fatal(err)
		}
		if got.Level != want[0] || got.Msg != want[1] {
			t.Errorf("got %s %q, want %s %q", got.Level, got.Msg, want[0], want[1])
		}
	}
	if decoder.More() {
		t.Error("more records than messages")
	}
}
