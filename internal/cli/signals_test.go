package cli

import (
	"context"
	"io"
	"os"
	"syscall"
	"testing"
)

// TestSignalsHaveTheirCodes checks that the first signal ends the run softly with the exit code of
// its kind, and leaves the hard context alive.
func TestSignalsHaveTheirCodes(t *testing.T) {
	t.Parallel()
	for sig, code := range map[os.Signal]int{os.Interrupt: 130, syscall.SIGTERM: 143, syscall.SIGHUP: 130} {
		ctx, soften := context.WithCancelCause(t.Context())
		hard, harden := context.WithCancelCause(t.Context())
		s := &Stops{Hard: hard, soften: soften, harden: harden}
		signals, done, ended := make(chan os.Signal), make(chan struct{}), make(chan struct{})
		go func() {
			s.listen(signals, done, NewLogged(io.Discard))
			close(ended)
		}()
		signals <- sig
		<-ctx.Done()
		close(done)
		<-ended
		if want := (Interrupted{code}); context.Cause(ctx) != want || hard.Err() != nil {
			t.Errorf("%s: %#v, want %#v; hard: %v", sig, context.Cause(ctx), want, hard.Err())
		}
	}
}
