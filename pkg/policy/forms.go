package policy

import (
	"cmp"
	"slices"
	"strings"

	"github.com/buildsync/buildsync/pkg/sanitize"
	"github.com/buildsync/buildsync/pkg/spec"
	"github.com/buildsync/buildsync/pkg/valuepath"
)

// required requires a value at a path; if the path matches several items of a list, each must have
// one.
type required struct {
	selector
	items *selector // of the last items that the path leaves open; nil if it names one value
}

func (r *required) check(c *checking) {
	if r.items == nil {
		found := false
		r.each(c.job, func(h *hit) bool {
			found = !h.value.IsEmpty()
			return !found
		})
		if !found {
			c.report(r.path.String(), "the job "+quoted(c.job.Name)+" has no "+r.text+", which the policy "+quoted(c.policy.Name)+" requires", "")
		}
		return
	}
	if r.everyItemHas(c.job) {
		return
	}
	have := map[string]bool{}
	r.each(c.job, func(h *hit) bool {
		if !h.value.IsEmpty() {
			have[h.path()] = true
		}
		return true
	})
	rest := strings.TrimPrefix(r.path.String(), r.items.path.String())
	r.items.each(c.job, func(h *hit) bool {
		item := h.path()
		for path := range have {
			if path == item || strings.HasPrefix(path, item+".") || strings.HasPrefix(path, item+"[") {
				return true
			}
		}
		if len(have) < 1000 { // of what is hostile, enough is said
			c.report(item, sanitize.Line(item, 200)+" has no "+strings.TrimPrefix(cmp.Or(rest, "value"), ".")+", which the policy "+quoted(c.policy.Name)+" requires", "")
		}
		return len(c.found) < maxBreaches
	})
}

// everyItemHas reports whether every item certainly has a value. It compares counts, so that no
// paths are built if all is well.
func (r *required) everyItemHas(job *Subject) bool {
	items, depth := 0, r.path.LastItem()
	r.items.each(job, func(h *hit) bool {
		items++
		return len(h.w.trail) == depth
	})
	var last [4]part
	with := 0
	r.each(job, func(h *hit) bool {
		if depth > len(last) || depth > len(h.w.trail) {
			with = -1
			return false
		}
		if !h.value.IsEmpty() && (with == 0 || !slices.Equal(last[:depth], h.w.trail[:depth])) {
			with++
			copy(last[:], h.w.trail[:depth])
		}
		return true
	})
	return items == with
}

// requiredStep requires a step that runs.
type requiredStep struct {
	fragment string // "" for a step of its own
	at       spec.Range
	likes    []stepLike
	module   string // the id; "" for any
	action   string // as it was written
	name     string // in which * stands for any text
}

// stepLike describes a fragment's step as it appears in a live job.
type stepLike struct{ module, name string }

func (r *requiredStep) check(c *checking) {
	if r.fragment != "" {
		r.checkFragment(c)
		return
	}
	off := false
	for _, s := range c.job.numberedSteps() {
		if (r.module == "" || s.module == r.module) && (r.name == "" || valuepath.Glob(r.name, s.name)) {
			if s.isOn() {
				return
			}
			off = true
		}
	}
	r.missing(c, r.what(), off)
}

// what names the required step.
func (r *requiredStep) what() string {
	switch {
	case r.action == "":
		return "a step called " + quoted(r.name)
	case r.name == "":
		return "a step " + quoted(r.action)
	}
	return "a step " + quoted(r.action) + " called " + quoted(r.name)
}

func (r *requiredStep) missing(c *checking, what string, off bool) {
	if off {
		c.report("steps", what+" is switched off in the job "+quoted(c.job.Name)+"; the policy "+quoted(c.policy.Name)+" requires that it runs", "")
		return
	}
	c.report("steps", "the job "+quoted(c.job.Name)+" has no "+strings.TrimPrefix(what, "a ")+", which the policy "+quoted(c.policy.Name)+" requires", "")
}

// checkFragment looks for the steps of a fragment: in a definition by their origin, in a live job
// by similarity.
func (r *requiredStep) checkFragment(c *checking) {
	steps := c.job.numberedSteps()
	if c.job.Job == nil {
		r.checkLive(c, steps)
		return
	}
	indexes := c.job.Job.Fragments[r.fragment]
	if len(indexes) == 0 {
		c.report("steps", "the job "+quoted(c.job.Name)+" does not use the fragment "+quoted(r.fragment)+", which the policy "+quoted(c.policy.Name)+" requires", "write - use: "+r.fragment+" among its steps")
		return
	}
	for _, i := range indexes {
		if i < len(steps) && !steps[i].isOn() {
			c.report(stepPath(steps[i])+".enable", "the step "+quoted(steps[i].name)+" of the fragment "+quoted(r.fragment)+" is switched off; the policy "+quoted(c.policy.Name)+" requires that it runs", "")
		}
	}
}

func (r *requiredStep) checkLive(c *checking, steps []step) {
	at := 0
	for _, s := range steps {
		if at < len(r.likes) && s.module == r.likes[at].module && valuepath.Glob(r.likes[at].name, s.name) && s.isOn() {
			at++
		}
	}
	if at < len(r.likes) || len(r.likes) == 0 {
		c.report("steps", "the job "+quoted(c.job.Name)+" does not run the steps of the fragment "+quoted(r.fragment)+", which the policy "+quoted(c.policy.Name)+" requires", "")
	}
}

func stepPath(s step) string { return "steps" + valuepath.Name(s.name, s.nth) }

// allowed requires that each value at a path matches a pattern.
type allowed struct {
	selector
	patterns []string
}

func (a *allowed) check(c *checking) {
	a.each(c.job, func(h *hit) bool {
		if text := h.text(); !matchesAny(a.patterns, text) {
			c.report(h.path(), h.shown()+" is not allowed by the policy "+quoted(c.policy.Name), "allowed: "+listOf(a.patterns))
		}
		return len(c.found) < maxBreaches
	})
}

// forbidden requires that no value is at a path, or none that matches a pattern.
type forbidden struct {
	selector
	patterns []string // nil: any value
}

func (f *forbidden) check(c *checking) {
	f.each(c.job, func(h *hit) bool {
		text := h.text()
		for _, pattern := range f.patterns {
			if valuepath.Glob(pattern, text) {
				c.report(h.path(), h.shown()+" is forbidden by the policy "+quoted(c.policy.Name), "forbidden: "+listOf(f.patterns))
				break
			}
		}
		if f.patterns == nil && !h.value.IsEmpty() {
			c.report(h.path(), "a value of "+f.text+" is forbidden by the policy "+quoted(c.policy.Name), "remove it")
		}
		return len(c.found) < maxBreaches
	})
}

// limit requires that each value at a path is at most, or at least, a quantity.
type limit struct {
	selector
	bound   quantity
	written string
	atLeast bool
}

func (l *limit) check(c *checking) {
	l.each(c.job, func(h *hit) bool {
		have, ok := quantityOf(h)
		switch {
		case h.value.IsEmpty():
		case !ok || have.duration != l.bound.duration:
			c.report(h.path(), h.shown()+" is not "+l.bound.kind()+", so that the policy "+quoted(c.policy.Name)+" cannot compare it with "+l.written, "write "+l.bound.kind()+" such as "+l.written)
		case !l.atLeast && have.value > l.bound.value:
			c.report(h.path(), h.shown()+" is more than the policy "+quoted(c.policy.Name)+" allows", "at most "+l.written)
		case l.atLeast && have.value < l.bound.value:
			c.report(h.path(), h.shown()+" is less than the policy "+quoted(c.policy.Name)+" allows", "at least "+l.written)
		}
		return len(c.found) < maxBreaches
	})
}

// listOf lists the first of some patterns.
func listOf(patterns []string) string {
	list := make([]string, len(patterns))
	for i, p := range patterns {
		list[i] = sanitize.Line(p, 80)
	}
	return sanitize.Some(list, 8)
}

// textsOf returns the texts of a scalar or of a list of scalars.
func textsOf(n *spec.Node) []string {
	switch {
	case n == nil || n.IsNull():
		return nil
	case n.Kind == spec.ScalarNode:
		return []string{n.Text}
	}
	var texts []string
	for _, item := range n.Items {
		if item.Kind == spec.ScalarNode && !item.IsNull() {
			texts = append(texts, item.Text)
		}
	}
	return texts
}
