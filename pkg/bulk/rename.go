package bulk

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/buildsync/buildsync/internal/textedit"
	"github.com/buildsync/buildsync/internal/yamltext"
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/pkg/spec"
	"github.com/buildsync/buildsync/pkg/valuepath"
)

// RenameParameter renames a parameter of the chosen jobs and its uses: $OLD and
// ${OLD} in all texts of the job and in the files that they include.
func RenameParameter(loaded *compile.Loaded, r Request, old, fresh string) (*Result, error) {
	if old == fresh {
		return &Result{}, nil
	}
	all := newWorld(loaded)
	uses := regexp.MustCompile(`\$\{[#!]?` + regexp.QuoteMeta(old) + `\b|\$` + regexp.QuoteMeta(old) + `\b`)
	chosen := map[*Object]bool{}
	edited := map[spec.Pos]bool{}
	for _, o := range all.objects {
		if o.Job == nil && !r.All || o.Job != nil && r.Selects != nil && !r.Selects(o) || !holds(o, r.Where) {
			continue
		}
		if o.get(compile.ParameterPath(old)) == nil {
			continue
		}
		if o.get(compile.ParameterPath(fresh)) != nil {
			return nil, fmt.Errorf("%s has a parameter %q already", o.Address, fresh)
		}
		chosen[o] = true
		if err := all.renameIn(o, old, fresh, uses, edited); err != nil {
			return nil, err
		}
	}
	if len(chosen) == 0 {
		return &Result{}, nil
	}
	replace := func(text string) string {
		return uses.ReplaceAllStringFunc(text, func(use string) string { return strings.Replace(use, old, fresh, 1) })
	}
	return all.provenRenamed(chosen, old, fresh, replace)
}

// renameIn edits the name of a parameter and the sources of all texts that use it.
func (w *world) renameIn(o *Object, old, fresh string, uses *regexp.Regexp, edited map[spec.Pos]bool) error {
	name := compile.ParameterPath(old) + ".name"
	places := w.sources.places(o, name)
	if len(places) == 0 || places[0].key == nil {
		return fmt.Errorf("the name of the parameter %q of %s is written in no definition that can be edited", old, o.Address)
	}
	if at := places[0].value.Range.Start; !edited[at] {
		edited[at] = true
		if err := w.edits.setValue(places[0], yamltext.Text(fresh)); err != nil {
			return err
		}
	}
	for path, from := range o.from {
		text, isText := o.get(path).AsString()
		if !isText || !uses.MatchString(text) {
			continue
		}
		for _, station := range from.Stations() {
			if station.Kind == spec.FromFile {
				if err := w.replaceInFile(station.Name, old, fresh, uses, edited); err != nil {
					return err
				}
			}
			e, known := w.sources.at(station.Pos)
			if !known || e.value.Kind != spec.ScalarNode || edited[station.Pos] || !uses.MatchString(e.value.Text) {
				continue
			}
			edited[station.Pos] = true
			if err := w.replaceIn(e, old, fresh, uses); err != nil {
				return err
			}
		}
	}
	return nil
}

// replaceIn renames the uses in a scalar in the file's own text, so that its style stays.
func (w *world) replaceIn(e entry, old, fresh string, uses *regexp.Regexp) error {
	editor, err := w.edits.of(e.value.Range.Start)
	if err != nil {
		return err
	}
	start, end := editor.At(e.value.Range.Start), editor.At(e.value.Range.End)
	for _, m := range uses.FindAllIndex(editor.Src[start:end], -1) {
		at := start + m[0] + strings.Index(string(editor.Src[start+m[0]:start+m[1]]), old)
		editor.Replace(at, at+len(old), fresh)
	}
	return nil
}

// replaceInFile renames the uses in a script file.
func (w *world) replaceInFile(name, old, fresh string, uses *regexp.Regexp, edited map[spec.Pos]bool) error {
	whole := spec.Pos{File: name}
	if edited[whole] {
		return nil
	}
	edited[whole] = true
	text, err := w.Set.Tree.ReadFile(name, spec.MaxFileBytes)
	if err != nil {
		return err
	}
	var list []textedit.Edit
	for _, m := range uses.FindAllIndex(text, -1) {
		at := m[0] + strings.Index(string(text[m[0]:m[1]]), old)
		list = append(list, textedit.Edit{Start: at, End: at + len(old), New: fresh})
	}
	w.edits.read[name], w.edits.others[name] = text, textedit.Apply(text, list)
	return nil
}

// provenRenamed compiles the result, and refuses unless only the name and its uses have changed, in
// the chosen jobs only.
func (w *world) provenRenamed(chosen map[*Object]bool, old, fresh string, replace func(string) string) (*Result, error) {
	result, after, err := w.compiled()
	if err != nil {
		return nil, err
	}
	expected := make([]*Object, 0, len(w.objects))
	was := compile.ParameterPath(old)
	for _, o := range w.objects {
		if !chosen[o] {
			expected = append(expected, o)
			continue
		}
		want := &Object{Name: o.Name, Address: o.Address}
		for _, v := range o.Values {
			value := v.Value
			path := v.Path
			if rest, is := strings.CutPrefix(path, was); is {
				path = compile.ParameterPath(fresh) + rest
			}
			if text, is := value.AsString(); is {
				value = jsontree.String(replace(text))
			}
			if v.Path == was+".name" {
				value = jsontree.String(fresh)
			}
			want.Values = append(want.Values, Value{Path: path, Value: value})
		}
		expected = append(expected, want)
	}
	wrong, err := difference(expected, after, nil)
	if err != nil {
		return nil, err
	}
	sortChanged(wrong)
	if len(wrong) > 0 {
		c := wrong[0]
		return nil, fmt.Errorf("the edit would change %s of %s as well, from %s to %s: a shared definition uses the parameter, or a text is put together from several places; "+
			"choose all jobs that share it: nothing was written", c.Path, c.Job, shortened(c.Before), shortened(c.After))
	}
	result.Changed, err = difference(w.objects, after, nil)
	return result, err
}

// RenameJob renames the chosen jobs whose name matches old, a pattern with *, and
// notes the former name in renamed_from, so that the live job keeps its id.
func RenameJob(loaded *compile.Loaded, r Request, old, fresh string) (*Result, error) {
	if strings.Count(old, "*") != strings.Count(fresh, "*") {
		return nil, fmt.Errorf("%q and %q must have the same number of *", old, fresh)
	}
	all := newWorld(loaded)
	rename := map[string]string{}
	done := map[spec.Pos]bool{}
	taken := map[string]bool{}
	for _, o := range all.objects {
		taken[o.Address] = true
	}
	for _, o := range all.objects {
		if o.Job == nil || r.Selects != nil && !r.Selects(o) || !valuepath.Glob(old, o.Name) || !holds(o, r.Where) {
			continue
		}
		name := renamed(old, fresh, o.Name)
		if name == o.Name {
			continue
		}
		rename[o.Address] = strings.TrimSuffix(o.Address, o.Name) + name
		if taken[rename[o.Address]] {
			return nil, fmt.Errorf("there is a job %s already", rename[o.Address])
		}
		if policy := loaded.Set.Workspace.Policy; !slices.Equal(leftToOthers(policy, o.Name), leftToOthers(policy, name)) {
			return nil, fmt.Errorf("policy.ignore in %s ignores other fields of %s than of %s, so the next apply would overwrite them: name both jobs in it first",
				spec.WorkspaceFile, name, o.Name)
		}
		node := all.jobNode(o)
		if node == nil || node.Get("name") == nil {
			return nil, fmt.Errorf("the definition of %s cannot be edited", o.Address)
		}
		if done[o.Job.Pos] {
			continue
		}
		done[o.Job.Pos] = true
		if err := all.renameNode(node, old, fresh); err != nil {
			return nil, fmt.Errorf("%s: %w", o.Address, err)
		}
	}
	if len(rename) == 0 {
		return &Result{}, nil
	}
	return all.provenNames(rename)
}

// leftToOthers lists what a policy ignores in a job, "*" for everything.
func leftToOthers(policy spec.Policy, name string) (paths []string) {
	for _, fields := range policy.IgnoreRules(name) {
		if len(fields) == 0 {
			return []string{"*"}
		}
		for _, field := range fields {
			if p, err := valuepath.Parse(field); err == nil && p.IsAbout(name) { // loading has refused what is not a path
				paths = append(paths, p.String())
			}
		}
	}
	slices.Sort(paths)
	return slices.Compact(paths)
}

// renameNode edits the name in a job's definition, including references.
func (w *world) renameNode(job *spec.Node, old, fresh string) error {
	key, name := job.Key("name"), job.Get("name")
	if !valuepath.Glob(old, name.Text) {
		return errors.New("its name is put together from several places, and the pattern matches none of them as it is written")
	}
	if err := w.edits.setValue(entry{value: name, parent: job, key: key}, yamltext.Text(renamed(old, fresh, name.Text))); err != nil {
		return err
	}
	return w.edits.appendTexts(job, "name", "renamed_from", name.Text)
}

// renamed replaces the stars in fresh by the texts that the stars of old match in name.
func renamed(old, fresh, name string) string {
	pattern := strings.ReplaceAll(regexp.QuoteMeta(old), `\*`, "(.*)")
	m := regexp.MustCompile("(?s)^" + pattern + "$").FindStringSubmatch(name)
	for _, part := range m[1:] {
		fresh = strings.Replace(fresh, "*", strings.ReplaceAll(part, "*", "\x00"), 1)
	}
	return strings.ReplaceAll(fresh, "\x00", "*")
}

// provenNames compiles the result, and refuses unless only the names of the jobs have changed.
func (w *world) provenNames(rename map[string]string) (*Result, error) {
	result, after, err := w.changesOnly(rename, func(_ *Object, c Changed) bool { return rename[c.Job] != "" && c.Path == "job_name" })
	if err != nil {
		return nil, err
	}
	for was, is := range rename {
		if o := after[is]; o.Job == nil || len(o.Job.RenamedFrom) == 0 || !strings.HasSuffix(was, "/job/"+o.Job.RenamedFrom[len(o.Job.RenamedFrom)-1]) {
			return nil, fmt.Errorf("%s would not be known as the former %s: nothing was written", is, was)
		}
	}
	return result, nil
}
