package cli

import (
	"context"
	"errors"
	"io"
	"os"
	"os/signal"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// The exit codes of an interrupted run.
const (
	CodeInterrupted = 130
	CodeTerminated  = 143
)

// lastGrace is the time after a second signal in which the run may end by itself: all its calls are
// cancelled, and a report that is being written gets to its place. 150 ms were not enough on a busy
// machine: a temporary file stayed.
const lastGrace = time.Second

// The answers to a first signal: while writes are under way, and otherwise.
const (
	finishing = "buildsync: stopping; what is under way is finished first (once more: stop at once)"
	stopping  = "buildsync: stopping (once more: stop at once)"
)

// Interrupted is why a context ended early; exit code 130 or 143.
type Interrupted struct{ Code int }

func (e Interrupted) Error() string {
	if e.Code == CodeTerminated {
		return "terminated"
	}
	return "interrupted"
}

// Stops turns signals into contexts. The first signal cancels the context of the run, and calls
// under way finish. The second cancels those too.
type Stops struct {
	Hard    context.Context
	soften  context.CancelCauseFunc
	harden  context.CancelCauseFunc
	Release func()

	Asking  atomic.Bool // a question waits for its answer: a signal ends it and needs no words
	Writing atomic.Bool // writes are under way, and are finished after a signal
	Wrote   atomic.Bool // a write to the service has been sent
	Changes atomic.Bool // the command is about more than what it prints
	Unread  atomic.Bool // whoever read the output has gone away

	mu    sync.Mutex
	atEnd []func()
}

// AtEnd has Release call f, when the run is over.
func (s *Stops) AtEnd(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.atEnd = append(s.atEnd, f)
}

// WatchSignals listens for SIGINT, SIGTERM and SIGHUP until Release is called.
func WatchSignals(parent context.Context, errOut *Logged) (context.Context, *Stops) {
	ctx, soften := context.WithCancelCause(parent)
	hard, harden := context.WithCancelCause(parent)
	signals := make(chan os.Signal, 2)
	done := make(chan struct{})
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	// A closed pipe must not end the process in the middle of a write: the
	// guard below sees it instead.
	signal.Ignore(syscall.SIGPIPE)
	s := &Stops{Hard: hard, soften: soften, harden: harden}
	var once sync.Once
	s.Release = func() {
		once.Do(func() {
			signal.Stop(signals)
			close(done)
			soften(nil)
			harden(nil)
			s.mu.Lock()
			defer s.mu.Unlock()
			for _, f := range s.atEnd {
				f()
			}
		})
	}
	go s.listen(signals, done, errOut)
	return ctx, s
}

func (s *Stops) listen(signals <-chan os.Signal, done <-chan struct{}, errOut *Logged) {
	for count := 0; ; {
		select {
		case <-done:
			return
		case sig := <-signals:
			count++
			cause := Interrupted{Code: CodeInterrupted}
			if sig == syscall.SIGTERM {
				cause.Code = CodeTerminated
			}
			if count == 1 {
				s.soften(cause)
				s.answer(errOut)
				continue
			}
			s.harden(cause)
			time.AfterFunc(lastGrace, func() {
				text := "buildsync: stopped at once"
				if s.Writing.Load() {
					text += "; run `buildsync plan` to see the current state"
				}
				errOut.EndAbove() // what is above bars is written with their next drawing
				_, _ = io.WriteString(errOut, Fold(text+"\n", TerminalWidth(errOut)))
				os.Exit(cause.Code)
			})
		}
	}
}

// answer prints the effect of a first signal.
func (s *Stops) answer(errOut io.Writer) {
	switch {
	case s.Asking.Load():
	case s.Writing.Load():
		_, _ = io.WriteString(errOut, Fold(finishing+"\n", TerminalWidth(errOut)))
	default:
		_, _ = io.WriteString(errOut, stopping+"\n")
	}
}

// Guard makes a closed stream end the run in order: writes to the service are finished and reported
// elsewhere.
func (s *Stops) Guard(w io.Writer) io.Writer { return &guarded{Writer: w, stops: s} }

type guarded struct {
	io.Writer
	stops *Stops
}

func (g *guarded) Write(b []byte) (int, error) {
	n, err := g.Writer.Write(b)
	if errors.Is(err, syscall.EPIPE) {
		g.stops.Unread.Store(true)
		g.stops.soften(Interrupted{Code: CodeInterrupted})
	}
	return n, err
}

// StreamFile returns the file behind stderr or a guarded stream, nil if there is
// none.
func StreamFile(w any) *os.File {
	if l, ok := w.(*Logged); ok {
		w = l.stream()
	}
	if g, ok := w.(*guarded); ok {
		w = g.Writer
	}
	file, _ := w.(*os.File)
	return file
}
