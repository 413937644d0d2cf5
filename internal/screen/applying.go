package screen

import (
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	kit "github.com/buildsync/buildsync/internal/cli"
	"github.com/buildsync/buildsync/pkg/apply"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/sanitize"
)

// Applying shows the progress of a run on stderr: a line for each finished action, and on a
// terminal a total with an estimate below.
type Applying struct {
	stop    func() // the watching of the pace
	mu      sync.Mutex
	lines   io.Writer // where plain lines go
	logged  *kit.Logged
	bars    *bars
	total   *mpb.Bar
	running map[string]*mpb.Bar
	count   int
	ended   int
	all     bool // no report for people follows, so each end is said here
}

// NewApplying starts the display; Close ends it.
func NewApplying(in *kit.Invocation, plan *diff.Plan, pacing *Pacing) *Applying {
	p := &Applying{lines: in.Stderr, running: map[string]*mpb.Bar{}, all: in.Text("format") != "text"}
	for i := range plan.Changes {
		if plan.Changes[i].Kind == diff.KindNotification {
			continue // a part of its job for people
		}
		p.count += len(plan.Changes[i].Actions)
	}
	p.stop = pacing.watch("writing", p.left)
	if in.On("quiet") {
		p.lines = io.Discard
		return p
	}
	if p.count == 0 || !in.Draws(in.Stderr) || in.On("verbose") {
		return p // a bar without work never completes
	}
	p.bars, p.logged = drawBars(in), in.Logged
	p.total = p.bars.add(int64(p.count), mpb.BarStyle(), mpb.BarPriority(1<<30),
		mpb.PrependDecorators(decor.CountersNoUnit("%d of %d ")),
		mpb.AppendDecorators(decor.OnComplete(decor.AverageETA(decor.ET_STYLE_GO), ""), pacing.decorator()))
	return p
}

// left returns how many actions have not ended.
func (p *Applying) left() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.count - p.ended
}

func progressKey(address string, action diff.Action) string { return string(action) + " " + address }

// Begin shows an action as running.
func (p *Applying) Begin(change *diff.Change, action diff.Action) {
	if p.bars == nil || change.Kind == diff.KindNotification {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	text := fmt.Sprintf("%s %s ", action, sanitize.Line(change.Address, 60))
	p.running[progressKey(change.Address, action)] = p.bars.add(1, mpb.NopStyle(),
		mpb.PrependDecorators(decor.Spinner(nil, decor.WC{W: 2, C: decor.DindentRight}), decor.Name(text), decor.Elapsed(decor.ET_STYLE_GO)))
}

// Done shows how an action ended.
func (p *Applying) Done(r apply.Result) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if r.Kind != diff.KindNotification {
		p.ended++
	}
	key := progressKey(r.Address, r.Action)
	if bar := p.running[key]; bar != nil {
		p.bars.remove(bar)
		delete(p.running, key)
	}
	if p.total != nil && r.Kind != diff.KindNotification {
		p.total.Increment()
	}
	switch {
	case p.all:
	case needsWords(&r):
		return // the report has it, with the reason
	case r.Kind == diff.KindNotification && r.Outcome == apply.Unchanged:
		return // a part of its job, with which it was written
	}
	waited := ""
	if r.Waited >= 1 {
		waited = fmt.Sprintf(", %s of it waiting", seconds(r.Waited))
	}
	text := fmt.Sprintf("%s %s: %s (%s%s)\n", r.Action, sanitize.Line(r.Address, 300), r.Outcome, seconds(r.Duration), waited)
	_, _ = io.WriteString(p.lines, kit.Fold(text, kit.TerminalWidth(p.lines)))
}

func seconds(s float64) string { return sanitize.Lasted(time.Duration(s * float64(time.Second))) }

// Close removes the display.
func (p *Applying) Close() {
	p.stop()
	if p.bars != nil {
		p.logged.EndAbove()
	}
}
