package cli_test

import (
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	kit "github.com/buildsync/buildsync/internal/cli"
)

// ended is a writer of bars that are gone.
type ended struct{}

func (ended) Write([]byte) (int, error) { return 0, errors.New("done") }

// A log without --verbose is sentences, of which nothing acts on a terminal and
// none gets lost with the bars that were drawn.
func TestSentences(t *testing.T) {
	t.Parallel()
	var stderr, bars strings.Builder
	to := kit.NewLogged(&stderr)
	logger := slog.New(kit.Sentences{To: to, Level: slog.LevelInfo})
	logger.Debug("request", "path", "/v3/jobs")
	logger.Info("waiting", "wait", 2*time.Second)
	to.PutAbove(&bars)
	logger.Warn("the clock is wrong", "off by", "\x1b[31m1h")
	to.PutAbove(ended{})
	logger.With("op", "x").WithGroup("g").Info("after the bars")
	to.PutAbove(nil)
	logger.Info("at the end")
	if want := "note: waiting; wait 2s\nnote: after the bars\nnote: at the end\n"; stderr.String() != want {
		t.Errorf("stderr %q, want %q", stderr.String(), want)
	}
	if want := "warning: the clock is wrong; off by \\u{001b}[31m1h\n"; bars.String() != want {
		t.Errorf("above the bars %q, want %q", bars.String(), want)
	}
}
