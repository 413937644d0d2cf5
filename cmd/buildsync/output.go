package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/buildsync/buildsync/internal/failpoint"
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
		if err := notDefinition(file); err != nil {
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
// what was there before.
func (in *invocation) write(outputs []output, render func(w io.Writer, o output) error) error {
	for _, o := range outputs {
		if o.file == "" {
			if err := render(in.stdout, o); err != nil {
				return fmt.Errorf("writing the result: %w", err)
			}
			continue
		}
		var content bytes.Buffer
		if err := render(&content, o); err != nil {
			return err
		}
		if err := writeFile(o.file, content.Bytes()); err != nil {
			return err
		}
	}
	return nil
}

// writeFile writes a result that only its owner can read.
func writeFile(name string, content []byte) error { return writeFileMode(name, content, 0o600) }

// writeFileMode is replaceFile for content that is there as a whole.
func writeFileMode(name string, content []byte, mode fs.FileMode) error {
	return replaceFile(name, mode, whole(content))
}

// writeSource replaces a file that buildsync reads, such as a definition.
func writeSource(name string, content []byte, mode fs.FileMode) error {
	return replaceAny(name, mode, whole(content))
}

// whole writes content that is there as a whole.
func whole(content []byte) func(w io.Writer) error {
	return func(w io.Writer) error {
		_, err := w.Write(content)
		return err
	}
}

// checkOutput finds out whether a result can be written to name, before the work
// whose result it is. It leaves nothing behind.
func checkOutput(name string) error {
	if err := notDefinition(name); err != nil {
		return err
	}
	if err := notReplaceable(name); err != nil {
		return fmt.Errorf("writing %s: %w", name, err)
	}
	temporary, err := createBeside(name)
	if err != nil {
		return fmt.Errorf("writing %s: %w", name, err)
	}
	if err := errors.Join(temporary.Close(), os.Remove(temporary.Name())); err != nil {
		return fmt.Errorf("writing %s: %w", name, err)
	}
	return nil
}

// createBeside creates a file in the folder of another. Its own name is of no
// use to people, so an error does not hold it.
func createBeside(name string) (*os.File, error) {
	folder := filepath.Dir(name)
	file, err := os.CreateTemp(folder, ".buildsync-*")
	var at *fs.PathError
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("there is no folder %s: %w", folder, fs.ErrNotExist)
	case errors.As(err, &at):
		return nil, fmt.Errorf("in the folder %s: %w", folder, at.Err)
	}
	return file, err
}

// notReplaceable says why a file must not be replaced, nil where it may.
func notReplaceable(name string) error {
	switch info, err := os.Lstat(name); {
	case err == nil && !info.Mode().IsRegular():
		return errors.New("it exists and is not a regular file")
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return err
	}
	return nil
}

// replaceFile is replaceAny for results. It is the one place through which they
// go, so it refuses every file that a workspace reads, whatever its ending.
func replaceFile(name string, mode fs.FileMode, write func(io.Writer) error) error {
	if err := notDefinition(name); err != nil {
		return err
	}
	return replaceAny(name, mode, write)
}

// replaceAny replaces a file in one step by what write writes: what was there
// stays until the new content is safely on disk. Only regular files are
// replaced, never a link, a device or a pipe.
func replaceAny(name string, mode fs.FileMode, write func(io.Writer) error) (err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("writing %s: %w", name, err)
		}
	}()
	if err := notReplaceable(name); err != nil {
		return err
	}
	if err := failpoint.Fail("file.create"); err != nil {
		return err
	}
	temporary, err := createBeside(name)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(temporary.Name())
		}
	}()
	err = errors.Join(write(temporary), failpoint.Fail("file.write"))
	if err == nil && mode != 0o600 {
		err = temporary.Chmod(mode)
	}
	if err == nil {
		err = errors.Join(temporary.Sync(), failpoint.Fail("file.sync"))
	}
	if closed := temporary.Close(); err == nil {
		err = errors.Join(closed, failpoint.Fail("file.rename"))
	}
	if err != nil {
		return err
	}
	failpoint.At("file written")
	return os.Rename(temporary.Name(), name)
}
