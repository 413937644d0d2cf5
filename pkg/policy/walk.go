package policy

import (
	"strings"

	"github.com/buildsync/buildsync/pkg/bulk"
	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/pkg/lint/secret"
	"github.com/buildsync/buildsync/pkg/valuepath"
)

// sensitive replaces a value that must not be shown.
const sensitive = "(sensitive)"

// selector selects values of a job by a path. It visits only what the path can reach, and builds
// paths only on request.
type selector struct {
	text  string // as it was written
	path  valuepath.Path
	start valuepath.State
	first string // the member that the path begins with; "" for several
}

func newSelector(text string, path valuepath.Path) (selector, bool) {
	start, ok := path.Start()
	s := selector{text: text, path: path, start: start}
	s.first, _ = path.First()
	return s, ok
}

// each visits the values that the path matches, until visit returns false.
func (s *selector) each(job *Subject, visit func(*hit) bool) {
	if !s.path.IsAbout(job.Name) {
		return
	}
	w := &job.walker
	if w.selector != nil { // a walk within a walk
		w = &walker{}
	}
	w.selector, w.job, w.done, w.trail = s, job, false, w.room[:0]
	w.hit.w = w
	defer func() { w.selector = nil }()
	if s.first != "" {
		if v := job.body.Get(s.first); v != nil && s.first != wire.KeyJobName {
			w.member(visit, s.first, v)
		}
	} else {
		for _, m := range job.body.Members() {
			if m.Key != wire.KeyJobName {
				w.member(visit, m.Key, m.Value)
			}
		}
	}
	for _, m := range job.extra {
		if s.first == "" || m.Key == s.first {
			w.member(visit, m.Key, m.Value)
		}
	}
}

// walker is one walk of a selector through a job.
type walker struct {
	*selector
	job   *Subject
	trail []part
	room  [8]part         // for the trail
	hit   hit             // that is being visited
	step  *jsontree.Value // that the walk is in
	param *jsontree.Value // as well
	done  bool
}

// part is one segment on the way to a value.
type part struct {
	name  string
	nth   int // of an item
	index int // where name is not used
	kind  partKind
}

type partKind uint8

const (
	memberPart partKind = iota
	itemPart
	indexPart
)

func (w *walker) member(visit func(*hit) bool, key string, v *jsontree.Value) {
	s := w.path.Name(w.start, key, 1)
	if !s.Alive() || w.done {
		return
	}
	w.push(part{name: key})
	defer w.pop()
	switch key {
	case wire.KeySteps:
		w.here(visit, v, s)
		for _, item := range w.job.numberedSteps() {
			w.step = item.value
			w.below(visit, part{name: item.name, nth: item.nth, kind: itemPart}, item.value, s)
		}
		w.step = nil
	case wire.KeyParameters:
		w.here(visit, v, s)
		for _, item := range v.Items() {
			w.parameter(visit, item, s)
		}
	case wire.KeyTriggers:
		w.here(visit, v, s)
		for i, item := range v.Items() {
			w.trigger(visit, part{index: i, kind: indexPart}, item, s)
		}
	case "notifications":
		for _, m := range v.Members() {
			w.below(visit, part{name: m.Key, nth: 1, kind: itemPart}, m.Value, s)
		}
	default:
		w.value(visit, v, s)
	}
}

// parameter walks through a build parameter, whose fields are a list of names and
// values in the API.
func (w *walker) parameter(visit func(*hit) bool, item *jsontree.Value, above valuepath.State) {
	name := wire.Parameter{Definition: item}.Name()
	s := w.path.Name(above, name, 1)
	if !s.Alive() {
		return
	}
	w.push(part{name: name, nth: 1, kind: itemPart})
	w.param = item
	w.here(visit, item, s)
	for _, m := range item.Members() {
		if m.Key != wire.KeyName && m.Key != wire.KeyParams {
			w.below(visit, part{name: m.Key}, m.Value, s)
		}
	}
	for _, field := range item.Get(wire.KeyParams).Items() {
		name := field.Str(wire.KeyName)
		if v := field.Get(wire.KeyValue); v != nil {
			w.below(visit, part{name: name}, v, s)
		}
		w.field(visit, name, field, s)
	}
	w.param = nil
	w.pop()
}

// field walks through the members of a parameter's field beside its name and value. The options are
// those of the parameter: see compile.LimitsPath.
func (w *walker) field(visit func(*hit) bool, name string, field *jsontree.Value, above valuepath.State) {
	for _, m := range field.Members() {
		switch {
		case m.Key == wire.KeyName || m.Key == wire.KeyValue || m.Value.IsAbsentOrNull():
		case m.Key == wire.KeyLimits && name == wire.ParamDefaultValue:
			w.below(visit, part{name: m.Key}, m.Value, above)
		default:
			if s := w.path.Name(above, name, 1); s.Alive() {
				w.push(part{name: name})
				w.below(visit, part{name: m.Key}, m.Value, s)
				w.pop()
			}
		}
	}
}

// trigger walks through a trigger, whose parameters are named as a build's are.
func (w *walker) trigger(visit func(*hit) bool, at part, item *jsontree.Value, above valuepath.State) {
	s := w.path.Index(above, at.index)
	if !s.Alive() {
		return
	}
	w.push(at)
	w.here(visit, item, s)
	for _, m := range item.Members() {
		if m.Key != wire.KeyParameters {
			w.below(visit, part{name: m.Key}, m.Value, s)
			continue
		}
		inside := w.path.Name(s, m.Key, 1)
		w.push(part{name: m.Key})
		w.here(visit, m.Value, inside)
		for _, p := range m.Value.Items() {
			if v := p.Get(wire.KeyValue); v != nil {
				w.below(visit, part{name: p.Str(wire.KeyName), nth: 1, kind: itemPart}, v, inside)
			}
		}
		w.pop()
	}
	w.pop()
}

// below continues the walk into a part of a value.
func (w *walker) below(visit func(*hit) bool, p part, v *jsontree.Value, above valuepath.State) {
	var s valuepath.State
	if p.kind == indexPart {
		s = w.path.Index(above, p.index)
	} else {
		s = w.path.Name(above, p.name, max(p.nth, 1))
	}
	if !s.Alive() || w.done {
		return
	}
	w.push(p)
	w.value(visit, v, s)
	w.pop()
}

func (w *walker) value(visit func(*hit) bool, v *jsontree.Value, s valuepath.State) {
	w.here(visit, v, s)
	if v.Len() == 0 {
		return
	}
	if names, only := w.path.Onward(s); only {
		for _, name := range names {
			if name != "" {
				w.named(visit, name, v, s)
			}
		}
		return
	}
	for _, m := range v.Members() {
		w.below(visit, part{name: m.Key}, m.Value, s)
	}
	for i, item := range v.Items() {
		w.below(visit, part{index: i, kind: indexPart}, item, s)
	}
}

// named continues the walk into the member called name.
func (w *walker) named(visit func(*hit) bool, name string, v *jsontree.Value, s valuepath.State) {
	if member := v.Get(name); member != nil {
		w.below(visit, part{name: name}, member, s)
	}
}

// here visits the current value if the path matches it.
func (w *walker) here(visit func(*hit) bool, v *jsontree.Value, s valuepath.State) {
	if w.done || !w.path.Matched(s) {
		return
	}
	w.hit.value = v
	w.done = !visit(&w.hit)
}

func (w *walker) push(p part) { w.trail = append(w.trail, p) }

func (w *walker) pop() { w.trail = w.trail[:len(w.trail)-1] }

// hit is a value that a path matches. It is valid only during the visit.
type hit struct {
	w     *walker
	value *jsontree.Value
}

// path returns the place of the value, as plans print it.
func (h *hit) path() string {
	var out strings.Builder
	for i, p := range h.w.trail {
		switch {
		case p.kind == indexPart:
			out.WriteString(valuepath.Index(p.index))
		case p.kind == itemPart:
			out.WriteString(valuepath.Name(p.name, p.nth))
		case i == 0:
			out.WriteString(strings.TrimPrefix(valuepath.Member(p.name), "."))
		default:
			out.WriteString(valuepath.Member(p.name))
		}
	}
	return out.String()
}

// text returns the value as conditions compare it.
func (h *hit) text() string {
	path := ""
	if len(h.w.trail) == 1 {
		path = h.w.trail[0].name
	}
	return bulk.Text(path, h.value)
}

// shown returns the value for a message: without secrets and control characters, shortened.
func (h *hit) shown() string {
	if h.isSecret() {
		return sensitive
	}
	text := h.text()
	if safe := secret.Redact(text); safe != text {
		return quoted(safe)
	}
	name := ""
	for i := len(h.w.trail) - 1; i >= 0 && name == ""; i-- {
		name = h.w.trail[i].name
	}
	if h.w.param != nil {
		name = wire.Parameter{Definition: h.w.param}.Name()
	}
	if len(secret.FindValue(name, text)) > 0 {
		return sensitive
	}
	return quoted(text)
}

// isSecret reports whether the value must not be shown: that of a sensitive parameter, of a
// property that the catalogue calls secret, or a whole step or parameter.
func (h *hit) isSecret() bool {
	if h.value.Kind() == jsontree.KindObject || h.value.Kind() == jsontree.KindArray {
		return h.w.step != nil || h.w.param != nil || h.w.trail[0].name == wire.KeySteps || h.w.trail[0].name == wire.KeyParameters
	}
	if h.w.param != nil && (wire.Parameter{Definition: h.w.param}).IsSensitive() {
		return true
	}
	if h.w.step == nil || len(h.w.trail) < 4 || h.w.job.set.catalogue == nil {
		return false
	}
	module := h.w.job.set.catalogue.Module(h.w.step.Str(wire.KeyModuleID))
	if module == nil {
		return false
	}
	p := module.Property(h.w.trail[3].name)
	return p != nil && p.Secret
}
