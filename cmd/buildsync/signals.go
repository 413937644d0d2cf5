package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// lastGrace is how long a second signal leaves for a report of what is under
// way before the process ends regardless.
const lastGrace = 150 * time.Millisecond

// What a first signal is answered with: while writes are under way, and
// otherwise.
const (
	finishing = "buildsync: stopping; what is under way is finished first (once more: stop at once)"
	stopping  = "buildsync: stopping (once more: stop at once)"
)

// errInterrupted is why a context ended early; exit code 130 or 143.
type errInterrupted struct{ code int }

func (e errInterrupted) Error() string {
	if e.code == exitTerminated {
		return "terminated"
	}
	return "interrupted"
}

// stops turns signals into contexts. The first one asks for an orderly end: the
// context of the run is cancelled, and what is under way finishes. The second
// cancels hard, after which nothing is waited for.
type stops struct {
	hard    context.Context
	soften  context.CancelCauseFunc
	harden  context.CancelCauseFunc
	release func()

	asking  atomic.Bool // a question waits for its answer: a signal ends it and needs no words
	writing atomic.Bool // writes are under way, and are finished after a signal
	unread  atomic.Bool // whoever read the output has gone away
}

// watchSignals listens for SIGINT, SIGTERM and SIGHUP until release is called.
func watchSignals(parent context.Context, errOut io.Writer) (context.Context, *stops) {
	ctx, soften := context.WithCancelCause(parent)
	hard, harden := context.WithCancelCause(parent)
	signals := make(chan os.Signal, 2)
	done := make(chan struct{})
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	// A closed pipe must not end the process in the middle of a write: the
	// guard below sees it instead.
	signal.Ignore(syscall.SIGPIPE)
	s := &stops{hard: hard, soften: soften, harden: harden}
	var once sync.Once
	s.release = func() {
		once.Do(func() {
			signal.Stop(signals)
			close(done)
			soften(nil)
			harden(nil)
		})
	}
	go s.listen(signals, done, errOut)
	return ctx, s
}

func (s *stops) listen(signals <-chan os.Signal, done <-chan struct{}, errOut io.Writer) {
	for count := 0; ; {
		select {
		case <-done:
			return
		case sig := <-signals:
			count++
			cause := errInterrupted{code: exitInterrupted}
			if sig == syscall.SIGTERM {
				cause.code = exitTerminated
			}
			if count == 1 {
				s.soften(cause)
				s.answer(errOut)
				continue
			}
			s.harden(cause)
			time.AfterFunc(lastGrace, func() {
				text := "buildsync: stopped at once"
				if s.writing.Load() {
					text += "; run `buildsync plan` to see where things stand"
				}
				fmt.Fprintln(errOut, text)
				os.Exit(cause.code)
			})
		}
	}
}

// answer says what a first signal does.
func (s *stops) answer(errOut io.Writer) {
	switch {
	case s.asking.Load():
	case s.writing.Load():
		fmt.Fprintln(errOut, finishing)
	default:
		fmt.Fprintln(errOut, stopping)
	}
}

// guard makes a stream whose reader has gone away end the run in order: writes
// to the service are finished and reported elsewhere.
func (s *stops) guard(w io.Writer) io.Writer { return &guarded{Writer: w, stops: s} }

type guarded struct {
	io.Writer
	stops *stops
}

func (g *guarded) Write(b []byte) (int, error) {
	n, err := g.Writer.Write(b)
	if errors.Is(err, syscall.EPIPE) {
		g.stops.unread.Store(true)
		g.stops.soften(errInterrupted{code: exitInterrupted})
	}
	return n, err
}

// unwrapStream returns the file behind a guarded stream, nil where there is
// none.
func unwrapStream(w any) *os.File {
	if g, ok := w.(*guarded); ok {
		w = g.Writer
	}
	file, _ := w.(*os.File)
	return file
}
