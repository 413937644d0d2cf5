package cli

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"

	"github.com/urfave/cli/v2"

	"github.com/buildsync/buildsync/pkg/sanitize"
)

// Sentences writes a log for people: one line per record, without time and level.
type Sentences struct {
	To    io.Writer
	Level slog.Level
}

// Enabled implements slog.Handler.
func (s Sentences) Enabled(_ context.Context, level slog.Level) bool { return level >= s.Level }

// Handle implements slog.Handler.
func (s Sentences) Handle(_ context.Context, r slog.Record) error {
	word := "note"
	if r.Level >= slog.LevelWarn {
		word = "warning"
	}
	var more strings.Builder
	r.Attrs(func(a slog.Attr) bool {
		fmt.Fprintf(&more, "; %s %s", a.Key, a.Value)
		return true
	})
	_, err := io.WriteString(s.To, Fold(word+": "+sanitize.Message(r.Message+more.String())+"\n", TerminalWidth(s.To)))
	return err
}

// WithAttrs implements slog.Handler. Our loggers have no permanent attributes.
func (s Sentences) WithAttrs([]slog.Attr) slog.Handler { return s }

// WithGroup implements slog.Handler.
func (s Sentences) WithGroup(string) slog.Handler { return s }

// NewLogged makes a log that goes to w.
func NewLogged(w io.Writer) *Logged { return &Logged{to: w} }

// Bars are drawn on stderr; text that is written to them goes above.
type Bars interface {
	io.Writer
	End() // erases the bars, and returns when they are gone
}

// Logged is stderr: text goes above the progress bars while some are drawn there. Everything that
// writes to stderr uses it, since one line beside it moves the cursor away from the bars, and the
// next drawing then leaves an old bar between the lines.
type Logged struct {
	mu    sync.Mutex
	to    io.Writer
	above Bars // nil: there are no bars
}

// Write implements io.Writer.
func (l *Logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.above != nil {
		if n, err := l.above.Write(p); err == nil {
			return n, nil
		} // the bars have ended by themselves
	}
	return l.to.Write(p)
}

// PutTo sets the target of the log.
func (l *Logged) PutTo(w io.Writer) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.to = w
}

// PutAbove writes the following text above bars.
func (l *Logged) PutAbove(bars Bars) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.above = bars
}

// EndAbove ends the bars. Text that comes meanwhile waits until the last of them is erased.
func (l *Logged) EndAbove() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.above != nil {
		l.above.End()
		l.above = nil
	}
}

func (l *Logged) stream() io.Writer {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.to
}

// JSONLines turns each line for people into a record of the log: --log-format json applies to all
// of stderr.
type JSONLines struct {
	mu   sync.Mutex
	log  *slog.Logger
	rest []byte // of a line that has not ended
}

func NewJSONLines(to io.Writer) *JSONLines {
	return &JSONLines{log: slog.New(slog.NewJSONHandler(to, &slog.HandlerOptions{Level: slog.LevelDebug}))}
}

// Write implements io.Writer.
func (j *JSONLines) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.rest = append(j.rest, p...)
	message := "" // a line with the indented ones that belong to it
	for {
		line, rest, ended := bytes.Cut(j.rest, []byte("\n"))
		if !ended {
			j.record(message)
			return len(p), nil
		}
		if message != "" && bytes.HasPrefix(line, []byte("  ")) {
			message += "\n" + string(line)
		} else {
			j.record(message)
			message = string(line)
		}
		j.rest = append(j.rest[:0], rest...)
	}
}

// Close writes an unfinished line.
func (j *JSONLines) Close() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.record(string(j.rest))
	j.rest = nil
}

func (j *JSONLines) record(line string) {
	level := slog.LevelInfo
	for prefix, as := range map[string]slog.Level{"buildsync: ": slog.LevelError, "warning: ": slog.LevelWarn, "note: ": slog.LevelInfo} {
		if text, cut := strings.CutPrefix(line, prefix); cut {
			line, level = text, as
		}
	}
	if strings.TrimSpace(line) == "" {
		return
	}
	var lines []string
	for part := range strings.Lines(line) {
		lines = append(lines, sanitize.Line(strings.TrimRight(part, " \t\r\n"), 0))
	}
	j.log.Log(context.Background(), level, strings.Join(lines, "\n"))
}

// LogsJSON reports whether a command line requests a log in JSON. It runs before the flags are
// parsed, since errors in them are logged too.
func LogsJSON(app *cli.App, args []string, variable string) bool {
	line := ReadLine(app, args)
	format := line.Value("log-format")
	if format == "" {
		format = variable
	}
	return format == "json"
}

// Logger writes to stderr: each request with --verbose; without it only longer
// waits and warnings, as sentences; with --quiet the warnings alone.
func (in *Invocation) Logger() (*slog.Logger, error) {
	format, err := in.oneOf("log-format", "text", "json")
	if err != nil {
		return nil, err
	}
	level := slog.LevelInfo
	switch {
	case in.On("verbose"):
		level = slog.LevelDebug
	case in.On("quiet"):
		level = slog.LevelWarn
	}
	switch options := (&slog.HandlerOptions{Level: level}); {
	case format == "json":
		return slog.New(slog.NewJSONHandler(in.Logged, options)), nil
	case level == slog.LevelDebug:
		return slog.New(slog.NewTextHandler(in.Logged, options)), nil
	}
	return slog.New(Sentences{To: in.Logged, Level: level}), nil
}
