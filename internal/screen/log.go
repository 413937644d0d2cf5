package screen

import (
	"bytes"
	"fmt"
	"io"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	kit "github.com/buildsync/buildsync/internal/cli"
	"github.com/buildsync/buildsync/pkg/lint/secret"
	"github.com/buildsync/buildsync/pkg/sanitize"
)

// Log prints text of the service line by line, made safe: without terminal control characters and
// suspected secrets, and so that no line is a command to a CI system.
type Log struct {
	To     io.Writer
	margin string            // before each line
	Known  *strings.Replacer // hides secrets
	rest   []byte
}

// NewLog passes a log on to a stream, each line indented by margin, without what
// known replaces.
func NewLog(to io.Writer, margin string, known *strings.Replacer) *Log {
	return &Log{To: to, margin: margin, Known: known}
}

// MaxLogLine is how much of one line is held back until its end comes.
const MaxLogLine = 64 << 10

// Write passes on the lines that are complete.
func (w *Log) Write(b []byte) (int, error) {
	w.rest = append(w.rest, b...)
	for {
		end := bytes.IndexByte(w.rest, '\n')
		if end < 0 && len(w.rest) < MaxLogLine {
			return len(b), nil
		}
		line, next := w.rest, len(w.rest)
		if end >= 0 {
			line, next = w.rest[:end], end+1
		}
		if err := w.line(line); err != nil {
			return 0, err
		}
		w.rest = w.rest[next:]
	}
}

// colours are what a build tool paints its output with.
var colours = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile("\x1b\\[[0-9;]*m") })

func (w *Log) line(line []byte) error {
	text := colours().ReplaceAllString(string(bytes.TrimRight(line, "\r")), "")
	_, err := io.WriteString(w.To, w.margin+sanitize.LogLine(secret.Redact(w.Known.Replace(text)), 0)+"\n")
	return err
}

// Flush passes on a last line that has no end.
func (w *Log) Flush() {
	if len(w.rest) > 0 {
		_ = w.line(w.rest) // the reader is gone; there is nowhere to say so
		w.rest = nil
	}
}

// plainProgress is how often a line about a download is written where there is
// no terminal.
const plainProgress = 10 * time.Second

// Download shows on stderr how a download comes along.
type Download struct {
	in   *kit.Invocation
	bar  *mpb.Bar
	last time.Time
}

// NewDownload starts the display; close ends it.
func NewDownload(in *kit.Invocation) *Download {
	p := &Download{in: in, last: time.Now()}
	if in.On("quiet") || in.On("verbose") || !in.Draws(in.Stderr) {
		return p
	}
	p.bar = drawBars(in).add(0, mpb.BarStyle(), mpb.PrependDecorators(decor.CountersKibiByte("% .1f / % .1f ")),
		mpb.AppendDecorators(decor.AverageSpeed(decor.SizeB1024(0), " % .1f")))
	return p
}

// Update takes note of how far a download has come; total is -1 where it is not
// known.
func (p *Download) Update(written, total int64) {
	switch {
	case p.bar != nil:
		p.bar.SetTotal(max(total, written), false)
		p.bar.SetCurrent(written)
	case !p.in.On("quiet") && time.Since(p.last) >= plainProgress:
		p.last = time.Now()
		p.in.Printf("%s so far\n", BytesShown(written))
	}
}

func (p *Download) Close() {
	if p.bar != nil {
		p.in.Logged.EndAbove()
	}
}

// BytesShown returns a size for people.
func BytesShown(n int64) string {
	switch {
	case n < 10<<10:
		return fmt.Sprintf("%d bytes", n)
	case n < 10<<20:
		return fmt.Sprintf("%d KiB", n>>10)
	}
	return fmt.Sprintf("%d MiB", n>>20)
}
