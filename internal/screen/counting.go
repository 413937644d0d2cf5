package screen

import (
	"sync/atomic"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	kit "github.com/buildsync/buildsync/internal/cli"
	"github.com/buildsync/buildsync/pkg/sanitize"
)

// progressStep is the number of objects between two lines of progress.
const progressStep = 50

// Counting shows on stderr how many jobs of a project were read: on a terminal a bar with an
// estimate, elsewhere a line from time to time.
type Counting struct {
	in          *kit.Invocation
	what        string
	done, total int
	bar         *mpb.Bar
	stop        func()
	left        atomic.Int64
}

// NewCounting starts the display; Close ends it.
func NewCounting(in *kit.Invocation, what string, total int, pacing *Pacing) *Counting {
	p := &Counting{in: in, what: sanitize.Line(what, 60), total: total}
	p.left.Store(int64(total))
	p.stop = pacing.watch("reading", func() int { return int(p.left.Load()) })
	// A bar is useless for one object.
	if total > 1 && in.Draws(in.Stderr) && !in.On("quiet") && !in.On("verbose") {
		p.bar = drawBars(in).add(int64(total), mpb.BarStyle(),
			mpb.PrependDecorators(decor.Name(p.what+" "), decor.CountersNoUnit("%d of %d ")),
			mpb.AppendDecorators(decor.AverageETA(decor.ET_STYLE_GO), pacing.decorator()))
	}
	return p
}

// Step counts one object.
func (p *Counting) Step() {
	p.done++
	p.left.Store(int64(p.total - p.done))
	switch {
	case p.bar != nil:
		p.bar.Increment()
	case p.done%progressStep == 0 && p.done < p.total && !p.in.On("quiet"):
		p.in.Printf("%s: %d of %d jobs read\n", p.what, p.done, p.total)
	}
}

// Close ends the display, finished or not. nth is the number of the project.
func (p *Counting) Close(nth, projects int) {
	p.stop()
	if p.bar == nil {
		if projects > 1 && p.done > 0 && p.done == p.total && !p.in.On("quiet") {
			p.in.Printf("%s: %d jobs read (%d of %d projects)\n", p.what, p.done, nth, projects)
		}
		return
	}
	p.in.Logged.EndAbove()
}
