package cli_test

import (
	"errors"
	"log/slog"
	"runtime"
	"strings"
	"testing"
	"time"

	kit "github.com/buildsync/buildsync/internal/cli"
)

// ended is a writer of bars that have ended.
type ended struct{}

func (ended) Write([]byte) (int, error) { return 0, errors.New("done") }
func (ended) End()                      {}

// drawn are bars that record the text above them.
type drawn struct{ strings.Builder }

func (*drawn) End() {}

// TestSentences checks a log without --verbose: it is sentences, without control characters for a
// terminal.
func TestSentences(t *testing.T) {
	t.Parallel()
	var stderr strings.Builder
	var bars drawn
	to := kit.NewLogged(&stderr)
	logger := slog.New(kit.Sentences{To: to, Level: slog.LevelInfo})
	logger.Debug("request", "path", "/v3/jobs")
	logger.Info("waiting", "wait", 2*time.Second)
	to.PutAbove(&bars)
	logger.Warn("the clock is wrong", "off by", "\x1b[31m1h")
	to.PutAbove(ended{})
	logger.With("op", "x").WithGroup("g").Info("after the bars")
	to.EndAbove()
	logger.Info("at the end")
	if want := "note: waiting; wait 2s\nnote: after the bars\nnote: at the end\n"; stderr.String() != want {
		t.Errorf("stderr %q, want %q", stderr.String(), want)
	}
	if want := "warning: the clock is wrong; off by \\u{001b}[31m1h\n"; bars.String() != want {
		t.Errorf("above the bars %q, want %q", bars.String(), want)
	}
}

// ending are bars that take some time to end while somebody writes.
type ending struct {
	drawn
	during func()
}

func (e *ending) End() { e.during() }

// TestTextWaitsForTheEndOfBars checks that no text reaches stderr while the last bars are erased.
// It would be erased like a bar.
func TestTextWaitsForTheEndOfBars(t *testing.T) {
	t.Parallel()
	var stderr strings.Builder
	to, wrote := kit.NewLogged(&stderr), make(chan struct{})
	to.PutAbove(&ending{during: func() {
		began := make(chan struct{})
		go func() {
			defer close(wrote)
			close(began)
			_, _ = to.Write([]byte("1 applied\n"))
		}()
		<-began
		for range 1000 {
			runtime.Gosched()
		}
		_, _ = stderr.WriteString("erased\n")
	}})
	to.EndAbove()
	<-wrote
	if want := "erased\n1 applied\n"; stderr.String() != want {
		t.Errorf("stderr %q, want %q", stderr.String(), want)
	}
}
