package exporting

import (
	"maps"
	"slices"
	"strings"

	"github.com/buildsync/buildsync/pkg/lint"
	"github.com/buildsync/buildsync/pkg/spec"
)

// liveValue is the reason of the suppressions that an export writes.
const liveValue = "live value"

// Suppressed is a live value that lint calls an error, with a comment that accepts
// it.
type Suppressed struct {
	File    string `json:"file"`
	Rule    string `json:"rule"`
	Pointer string `json:"pointer"`
}

// Accept writes a suppression beside each value of this run that lint calls an
// error: the service has stored it, so it is what the definition has to say. Literal
// secrets are not such values.
func (x *Run) Accept() error {
	written, edited := map[string]bool{}, map[string][]string{}
	for _, one := range x.Report.Written {
		for _, name := range one.Files {
			written[name] = true
		}
	}
	for _, name := range x.shared {
		written[name] = true
	}
	for _, one := range x.Report.Edited {
		_, name, _ := strings.Cut(one.Address, "/job/")
		for _, file := range one.Files {
			edited[file] = append(edited[file], "jobs["+name+"]")
		}
	}
	if len(written)+len(edited) == 0 {
		return nil
	}
	w, err := x.tell.Reopen()
	if err != nil {
		return err
	}
	opts := lint.Options{Catalogue: w.Catalogue, Vars: x.opts.Vars}
	files, accepted := lint.Accept(w.Set.Tree, w.Set.Workspace.Environment, opts, liveValue, func(d *spec.Diagnostic) bool {
		file := d.Range.Start.File
		return written[file] || slices.ContainsFunc(edited[file], func(job string) bool { return strings.HasPrefix(d.Pointer, job) })
	})
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if err := x.writeDefinitions(name, files[name]); err != nil {
			return err
		}
	}
	for _, one := range accepted {
		x.Report.Suppressed = append(x.Report.Suppressed, Suppressed(one))
	}
	return nil
}
