package main

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

// output is one place where a result goes, in one format.
type output struct {
	format string
	file   string // "" is stdout
}

// outputs reads --format and --out. The first format is the default; a bare
// --out FILE takes its format from the file's name.
func (in *invocation) outputs(formats ...string) ([]output, error) {
	format := in.text("format")
	if format == "" {
		format = formats[0]
	}
	if !slices.Contains(formats, format) {
		return nil, unknownWord("--format", format, formats)
	}
	all := []output{{format: format}}
	for _, value := range in.texts("out") {
		format, file, named := strings.Cut(value, "=")
		if !named {
			file, format = value, formatOf(value)
		}
		switch {
		case file == "":
			return nil, usageError{text: fmt.Sprintf("--out %q names no file; write it as FILE or FORMAT=FILE", value)}
		case format == "":
			return nil, usageError{text: fmt.Sprintf("--out %q does not say its format; write it as FORMAT=%s with one of: %s",
				value, value, strings.Join(formats, ", "))}
		case !slices.Contains(formats, format):
			return nil, unknownWord("--out", format, formats)
		case format != "yaml" && isYAML(file):
			return nil, usageError{text: fmt.Sprintf("--out %s would replace a YAML file, such as a definition, by %s; name another file", file, format)}
		}
		if err := outfile.CheckUnread(file); err != nil {
			return nil, err
		}
		all = append(all, output{format: format, file: file})
	}
	return all, nil
}

// isYAML reports whether there is a YAML file, which people may have written, be
// it of this workspace or not.
func isYAML(file string) bool {
	if ext := strings.ToLower(filepath.Ext(file)); ext != ".yaml" && ext != ".yml" {
		return false
	}
	info, err := os.Lstat(file)
	return err == nil && info.Mode().IsRegular()
}

func formatOf(file string) string {
	switch filepath.Ext(file) {
	case ".json":
		return "json"
	case ".md":
		return "markdown"
	case ".html", ".htm":
		return "html"
	case ".txt":
		return "text"
	case ".sarif":
		return "sarif"
	case ".xml":
		return "junit"
	}
	return ""
}

// write sends a result to each output. A file that cannot be written leaves
// what was there before. A reader of stdout that has gone away, as head does, is
// no failure: the files are written, and the command has its own exit code.
func (in *invocation) write(outputs []output, render func(w io.Writer, o output) error) error {
	for _, o := range outputs {
		if o.file == "" {
			if err := unlessUnread(render(in.stdout, o)); err != nil {
				return fmt.Errorf("writing the result: %w", err)
			}
			continue
		}
		var content bytes.Buffer
		if err := render(&content, o); err != nil {
			return err
		}
		if err := outfile.Write(o.file, content.Bytes()); err != nil {
			return err
		}
	}
	return nil
}

// unlessUnread drops the error of a write to stdout whose reader has gone away.
func unlessUnread(err error) error {
	if errors.Is(err, syscall.EPIPE) {
		return nil
	}
	return err
}
