package shelltool

import (
	"context"
	"time"
)

// Bound sets what limits the time of one start.
func (b *Bash) Bound(bound func(context.Context) (context.Context, context.CancelFunc)) {
	b.program.bound = bound
}

// Bound sets what limits the time of one start.
func (s *ShellCheck) Bound(bound func(context.Context) (context.Context, context.CancelFunc)) {
	s.program.bound = bound
}

// Lose counts time that was lost without an answer.
func (b *Bash) Lose(lost time.Duration) { b.program.lost.Add(int64(lost)) }
