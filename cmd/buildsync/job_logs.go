package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	kit "github.com/buildsync/buildsync/internal/cli"
	"github.com/buildsync/buildsync/internal/outfile"
	"github.com/buildsync/buildsync/pkg/lint/secret"
	"github.com/buildsync/buildsync/pkg/sanitize"
)

// logLines passes text of the service on line by line, made safe: without what
// acts on a terminal or looks like a secret, and never so that a CI system could
// take a line for a command.
type logLines struct {
	to     io.Writer
	margin string            // before each line
	known  *strings.Replacer // hides secrets
	rest   []byte
}

// newLogLines writes a log to one of the command's streams.
func (in *invocation) newLogLines(to io.Writer) *logLines {
	return &logLines{to: to, known: in.knownSecrets()}
}

// maxLogLine is how much of one line is held back until its end comes.
const maxLogLine = 64 << 10

// Write passes on the lines that are complete.
func (w *logLines) Write(b []byte) (int, error) {
	w.rest = append(w.rest, b...)
	for {
		end := bytes.IndexByte(w.rest, '\n')
		if end < 0 && len(w.rest) < maxLogLine {
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
var colours = regexp.MustCompile("\x1b\\[[0-9;]*m")

func (w *logLines) line(line []byte) error {
	text := colours.ReplaceAllString(string(bytes.TrimRight(line, "\r")), "")
	_, err := io.WriteString(w.to, w.margin+sanitize.LogLine(secret.Redact(w.known.Replace(text)), 0)+"\n")
	return err
}

// flush passes on a last line that has no end.
func (w *logLines) flush() {
	if len(w.rest) > 0 {
		_ = w.line(w.rest) // the reader is gone; there is nowhere to say so
		w.rest = nil
	}
}

// openDownload opens a file that only its owner can read; kept says that what
// it holds is the beginning, else it is emptied.
func openDownload(name string, kept bool) (*os.File, error) {
	if err := outfile.CheckUnread(name); err != nil {
		return nil, err
	}
	switch info, err := os.Lstat(name); {
	case err == nil && !info.Mode().IsRegular():
		return nil, fmt.Errorf("writing %s: it exists and is not a regular file", name)
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("writing %s: %w", name, err)
	}
	flags := os.O_RDWR | os.O_CREATE
	if !kept {
		flags |= os.O_TRUNC
	}
	file, err := os.OpenFile(name, flags, 0o600)
	if err == nil {
		if err = file.Chmod(0o600); err != nil {
			_ = file.Close() // nothing was written to it
		}
	}
	if err != nil {
		return nil, fmt.Errorf("writing %s: %w", name, err)
	}
	return file, nil
}

// plainProgress is how often a line about a download is written where there is
// no terminal.
const plainProgress = 10 * time.Second

// downloadProgress shows on stderr how a download comes along.
type downloadProgress struct {
	in   *invocation
	bars *mpb.Progress
	bar  *mpb.Bar
	last time.Time
}

func (in *invocation) newDownloadProgress() *downloadProgress {
	p := &downloadProgress{in: in, last: time.Now()}
	if in.On("quiet") || in.On("verbose") || !kit.IsTerminal(in.Stderr) {
		return p
	}
	p.bars = mpb.NewWithContext(in.Stops.Hard, mpb.WithOutput(kit.StreamFile(in.Stderr)), mpb.WithWidth(40))
	p.bar = p.bars.AddBar(0, mpb.PrependDecorators(decor.CountersKibiByte("% .1f / % .1f ")),
		mpb.AppendDecorators(decor.AverageSpeed(decor.SizeB1024(0), " % .1f")))
	in.Logged.PutAbove(p.bars)
	return p
}

// update takes note of how far a download has come; total is -1 where it is not
// known.
func (p *downloadProgress) update(written, total int64) {
	switch {
	case p.bar != nil:
		p.bar.SetTotal(max(total, written), false)
		p.bar.SetCurrent(written)
	case !p.in.On("quiet") && time.Since(p.last) >= plainProgress:
		p.last = time.Now()
		p.in.Printf("%s so far\n", bytesShown(written))
	}
}

func (p *downloadProgress) close() {
	if p.bar != nil {
		p.bar.Abort(true)
		p.in.Logged.PutAbove(nil)
		p.bars.Wait()
	}
}

// bytesShown is a size for people.
func bytesShown(n int64) string {
	switch {
	case n < 10<<10:
		return fmt.Sprintf("%d bytes", n)
	case n < 10<<20:
		return fmt.Sprintf("%d KiB", n>>10)
	}
	return fmt.Sprintf("%d MiB", n>>20)
}
