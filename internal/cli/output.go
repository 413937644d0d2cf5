package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/buildsync/buildsync/internal/outfile"
)

// Output is one destination of a result, with its format.
type Output struct {
	Format string
	File   string // "" is stdout
}

// Outputs reads --format and --out. The first format is the default; a bare
// --out FILE takes its format from the file's name.
func (in *Invocation) Outputs(formats ...string) ([]Output, error) {
	format := in.Text("format")
	if format == "" {
		format = formats[0]
	}
	if !slices.Contains(formats, format) {
		return nil, UnknownWord("--format", format, formats)
	}
	all := []Output{{Format: format}}
	for _, value := range in.Texts("out") {
		format, file, named := strings.Cut(value, "=")
		if !named {
			file, format = value, formatOf(value)
		}
		switch {
		case file == "":
			return nil, UsageError{Text: fmt.Sprintf("--out %q names no file; write it as FILE or FORMAT=FILE", value)}
		case format == "":
			return nil, UsageError{Text: fmt.Sprintf("--out %q does not say its format; write it as FORMAT=%s with one of: %s",
				value, value, strings.Join(formats, ", "))}
		case !slices.Contains(formats, format):
			return nil, UnknownWord("--out", format, formats)
		case format != "yaml" && isYAML(file):
			return nil, UsageError{Text: fmt.Sprintf("--out %s would replace a YAML file, such as a definition, by %s; name another file", file, format)}
		}
		if err := outfile.Check(file); err != nil {
			return nil, err
		}
		all = append(all, Output{Format: format, File: file})
	}
	return all, nil
}

// isYAML reports whether there is a YAML file, which people may have written, in or outside this
// workspace.
func isYAML(file string) bool {
	if ext := strings.ToLower(filepath.Ext(file)); ext != ".yaml" && ext != ".yml" {
		return false
	}
	info, err := os.Lstat(file)
	return err == nil && info.Mode().IsRegular()
}

// endings holds the formats of all commands, each with the endings of files that mean it.
var endings = map[string][]string{
	"text": {".txt"}, "json": {".json"}, "markdown": {".md"}, "html": {".html", ".htm"}, "sarif": {".sarif"}, "junit": {".xml"},
	"yaml": nil, "github": nil, "gitlab": nil, "checkstyle": nil, "files": nil,
}

// isFormat reports whether a word is the name of a format, which people try as a flag.
func isFormat(word string) bool {
	_, ok := endings[word]
	return ok
}

// formatOf returns the format that a file's ending means, "" if it means none.
func formatOf(file string) string {
	for format, known := range endings {
		if slices.Contains(known, filepath.Ext(file)) {
			return format
		}
	}
	return ""
}

// Write writes a result to each output. If a file cannot be written, its old content stays. A
// closed stdout, as with head, is not a failure: the files are written, and the command has its own
// exit code.
func (in *Invocation) Write(outputs []Output, render func(w io.Writer, o Output) error) error {
	for _, o := range outputs {
		if o.File == "" {
			if err := UnlessUnread(render(in.Stdout, o)); err != nil {
				return fmt.Errorf("writing the result: %w", err)
			}
			continue
		}
		var content bytes.Buffer
		if err := render(&content, o); err != nil {
			return err
		}
		if err := outfile.Write(o.File, content.Bytes()); err != nil {
			return err
		}
	}
	return nil
}

// UnlessUnread drops the error of writing to a closed stdout.
func UnlessUnread(err error) error {
	if errors.Is(err, syscall.EPIPE) {
		return nil
	}
	return err
}
