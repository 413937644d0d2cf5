package screen

import (
	"errors"
	"io"
	"sync"

	"github.com/vbauerster/mpb/v8"

	kit "github.com/buildsync/buildsync/internal/cli"
)

// bars are progress bars at the bottom of a terminal. All text for stderr goes above them until End
// has erased the last one, so no drawn line stays between the lines of text.
type bars struct {
	to       *mpb.Progress
	terminal io.Writer

	mu    sync.Mutex
	drawn map[*mpb.Bar]bool
	begun bool // a bar was drawn
	ended bool
}

// barCells is the width of a bar. Lines of bars are short, because a terminal that becomes narrower
// folds those that are drawn, and the library erases only as many rows as it drew.
const barCells = 20

// drawBars starts to draw on stderr, which has to be a terminal. The library draws nothing on
// another writer, so it gets the terminal itself.
func drawBars(in *kit.Invocation) *bars {
	terminal := kit.StreamFile(in.Stderr)
	b := &bars{
		to:       mpb.New(mpb.WithOutput(terminal), mpb.WithWidth(barCells)),
		terminal: terminal,
		drawn:    map[*mpb.Bar]bool{},
	}
	in.Logged.PutAbove(b)
	return b
}

// errErased is the answer to a text that should be above bars that are gone.
var errErased = errors.New("the progress bars have ended")

// eraseLine erases the line of the cursor. The library erases its bars from the column of the
// cursor on, and a terminal moves the cursor when it shows a typed key: after ^C the first two
// letters of a bar would stay.
const eraseLine = "\r\x1b[K"

// Write implements io.Writer: text goes above the bars.
func (b *bars) Write(text []byte) (int, error) {
	b.mu.Lock()
	begun := b.begun
	b.mu.Unlock()
	line := text
	if begun {
		line = append([]byte(eraseLine), text...)
	}
	if _, err := b.to.Write(line); err != nil {
		return 0, errErased
	}
	return len(text), nil
}

// add draws a bar. It returns nil after End: a run that is stopped at once may still begin an action.
func (b *bars) add(total int64, builder mpb.BarFillerBuilder, options ...mpb.BarOption) *mpb.Bar {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ended {
		return nil
	}
	bar, err := b.to.Add(total, builder.Build(), append(options, mpb.BarRemoveOnComplete())...)
	if err != nil {
		return nil // the terminal is gone
	}
	b.drawn[bar], b.begun = true, true
	return bar
}

// remove erases one bar.
func (b *bars) remove(bar *mpb.Bar) {
	b.mu.Lock()
	defer b.mu.Unlock()
	bar.Abort(true)
	delete(b.drawn, bar)
}

// End erases all bars, finished or not, and returns when they are gone.
func (b *bars) End() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ended {
		return
	}
	b.ended = true
	for bar := range b.drawn {
		bar.Abort(true) // the library waits for each bar that has not completed
	}
	b.to.Wait()
	if b.begun {
		_, _ = io.WriteString(b.terminal, eraseLine)
	}
}
