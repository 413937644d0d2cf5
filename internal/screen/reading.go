package screen

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	kit "github.com/buildsync/buildsync/internal/cli"
)

// After how long people are told that reading goes on: soon on a terminal, and
// elsewhere before a CI system takes the silence for a hang.
const (
	ReadingShown = time.Second
	ReadingTold  = 30 * time.Second
)

// Reading shows on stderr how far the live state is read, where that takes
// long: a bar on a terminal, gone in the end, and now and then a line elsewhere.
type Reading struct {
	in     *kit.Invocation
	pacing *Pacing
	stop   func()
	left   atomic.Int64 // jobs

	mu   sync.Mutex
	last time.Time // of the start, then of the last line
	bar  *mpb.Bar
}

// NewReading starts the display; close ends it.
func NewReading(in *kit.Invocation, pacing *Pacing) *Reading {
	p := &Reading{in: in, pacing: pacing, last: time.Now()}
	p.left.Store(unknown)
	p.stop = pacing.watch("reading", func() int { return int(p.left.Load()) })
	return p
}

// Read shows that done of total jobs are read.
func (p *Reading) Read(done, total int) {
	p.left.Store(int64(total - done))
	if p.in.On("quiet") || p.in.On("verbose") {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	silence := time.Since(p.last)
	switch {
	case p.bar != nil:
		p.bar.SetCurrent(int64(done))
	case p.in.Draws(p.in.Stderr):
		if silence >= ReadingShown {
			p.begin(done, total)
		}
	case silence >= ReadingTold && done < total:
		p.last = time.Now()
		p.in.Printf("note: %d of %d jobs are read\n", done, total)
	}
}

// begin draws the bar.
func (p *Reading) begin(done, total int) {
	p.bar = drawBars(p.in).add(int64(total), mpb.BarStyle(),
		mpb.PrependDecorators(decor.Name("reading jobs "), decor.CountersNoUnit("%d of %d ")),
		mpb.AppendDecorators(decor.AverageETA(decor.ET_STYLE_GO), p.pacing.decorator()))
	if p.bar != nil {
		p.bar.SetCurrent(int64(done))
	}
}

// Close ends the display, whether everything was read or not.
func (p *Reading) Close() {
	p.stop()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.bar != nil {
		p.in.Logged.EndAbove()
	}
}
