// Package bulk queries and changes many jobs at once: it finds values of compiled or live jobs by
// paths and conditions, and edits the definitions so that exactly the chosen values change.
package bulk

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/pkg/spec"
	"github.com/buildsync/buildsync/pkg/valuepath"
)

// Value is one value of a job.
type Value struct {
	Path  string
	Value *jsontree.Value

	path *valuepath.Path // once it was asked for
}

// own returns the value's path, parted.
func (v *Value) own() valuepath.Path {
	if v.path == nil {
		p := valuepath.Own(v.Path)
		v.path = &p
	}
	return *v.path
}

// Object is a job with its values by path.
type Object struct {
	Name, Address string
	Values        []Value
	Job           *compile.Job // nil for a live job and a template

	from map[string]compile.Provenance
	at   map[string]int // of Values by their path, once it was asked for
}

// OfJob lists the values that the definitions declare in a job.
func OfJob(job *compile.Job) *Object {
	o := &Object{Name: job.Name, Address: job.Address, Job: job, from: job.Provenance}
	o.add(wire.KeyJobName, jsontree.String(job.Name))
	Walk(job.Body(), o.add)
	o.notices(job.Notices)
	job.EachSetting(o.add)
	if job.Owner != "" {
		o.add("owner", jsontree.String(job.Owner))
	}
	for _, key := range slices.Sorted(maps.Keys(job.Labels)) {
		o.add("labels"+valuepath.Member(key), jsontree.String(job.Labels[key]))
	}
	return o
}

// ofTemplate lists the values that the definitions declare in a published template.
func ofTemplate(t *compile.Template) *Object {
	o := &Object{Name: t.Name, Address: t.Address, from: t.Provenance}
	Walk(t.Body, o.add)
	return o
}

// OfBody lists the values of a live job.
func OfBody(name, address string, body *jsontree.Value, notices []compile.Notice, enabled bool) *Object {
	o := &Object{Name: name, Address: address}
	Walk(body, o.add)
	o.notices(notices)
	o.add("enabled", jsontree.Bool(enabled))
	return o
}

func (o *Object) add(path string, v *jsontree.Value) {
	o.Values = append(o.Values, Value{Path: path, Value: v})
}

func (o *Object) notices(notices []compile.Notice) {
	for _, notice := range notices {
		path := compile.NoticePath(notice.Type)
		events := jsontree.Array()
		for _, event := range notice.Events {
			events.Append(jsontree.String(event))
		}
		walkValue(path, jsontree.Object(jsontree.Member{Key: "events", Value: events}), o.add)
		if notice.ParamConfig != nil {
			o.add(path+".param_config", jsontree.String("(sensitive)"))
		}
	}
}

// fewValues is the number up to which a linear search is cheaper than an index.
const fewValues = 256

// get returns the value at a path, nil if there is none.
func (o *Object) get(path string) *jsontree.Value {
	if len(o.Values) <= fewValues {
		for i := range o.Values {
			if o.Values[i].Path == path {
				return o.Values[i].Value
			}
		}
		return nil
	}
	if o.at == nil {
		o.at = make(map[string]int, len(o.Values))
		for i := len(o.Values) - 1; i >= 0; i-- { // the first of equal paths counts
			o.at[o.Values[i].Path] = i
		}
	}
	if i, ok := o.at[path]; ok {
		return o.Values[i].Value
	}
	return nil
}

// placeOf returns where a value, or one that contains it, was written.
func (o *Object) placeOf(path string) (spec.Pos, bool) {
	for o.from != nil {
		if from, ok := o.from[path]; ok {
			return from.Pos, true
		}
		i := strings.LastIndexAny(path, ".[")
		if i < 0 {
			return spec.Pos{}, false
		}
		path = path[:i]
	}
	return spec.Pos{}, false
}

// Text returns a value as conditions compare it: a text without quotes, a timeout as in
// definitions, others as JSON.
func Text(path string, v *jsontree.Value) string {
	if text, is := v.AsString(); is {
		return text
	}
	if hours, ok := wire.TimeoutHours(v); path == wire.KeyTimeout && ok {
		return strconv.FormatInt(hours, 10) + "h"
	}
	return string(v.AppendJSON(nil))
}

// Walk visits the values of a body with the compiler's paths.
func Walk(body *jsontree.Value, visit func(path string, v *jsontree.Value)) {
	for _, m := range body.Members() {
		switch m.Key {
		case wire.KeySteps:
			visit(m.Key, m.Value)
			seen := map[string]int{}
			for _, step := range m.Value.Items() {
				name := step.Str(wire.KeyName)
				seen[name]++
				walkValue(compile.StepPath(name, seen[name]), step, visit)
			}
		case wire.KeyParameters:
			visit(m.Key, m.Value)
			for _, p := range m.Value.Items() {
				walkParameter(p, visit)
			}
		case wire.KeyTriggers:
			visit(m.Key, m.Value)
			for i, trigger := range m.Value.Items() {
				walkTrigger(compile.TriggerPath(i), trigger, visit)
			}
		case wire.KeyTemplate: // of a template's body (API reference 4.21): its steps have the paths of a job's
			walkTemplate(m.Value, visit)
		default:
			walkValue(valuepath.First(m.Key), m.Value, visit)
		}
	}
}

// walkTemplate visits what a template's body has in its member template.
func walkTemplate(template *jsontree.Value, visit func(path string, v *jsontree.Value)) {
	if template.Kind() != jsontree.KindObject {
		visit(wire.KeyTemplate, template)
	}
	for _, m := range template.Members() {
		if m.Key == wire.KeySteps {
			Walk(jsontree.Object(m), visit)
			continue
		}
		walkValue(wire.KeyTemplate+valuepath.Member(m.Key), m.Value, visit)
	}
}

// walkParameter visits a build parameter, whose fields are a list of names and
// values in the API.
func walkParameter(p *jsontree.Value, visit func(path string, v *jsontree.Value)) {
	path := ""
	if name := (wire.Parameter{Definition: p}).Name(); name != "" {
		path = compile.ParameterPath(name)
	}
	visit(path, p)
	for _, m := range p.Members() {
		if m.Key != wire.KeyName && m.Key != wire.KeyParams {
			walkValue(path+valuepath.Member(m.Key), m.Value, visit)
		}
	}
	for _, field := range p.Get(wire.KeyParams).Items() {
		name := field.Str(wire.KeyName)
		visit(path+valuepath.Member(name), field.Get(wire.KeyValue))
		for _, m := range field.Members() {
			switch {
			case m.Key == wire.KeyName || m.Key == wire.KeyValue || m.Value.IsAbsentOrNull():
			case m.Key == wire.KeyLimits:
				walkValue(compile.LimitsPath(path, name), m.Value, visit)
			default:
				walkValue(path+valuepath.Member(name)+valuepath.Member(m.Key), m.Value, visit)
			}
		}
	}
}

// walkTrigger visits a trigger, whose parameters are named as a build's are.
func walkTrigger(path string, trigger *jsontree.Value, visit func(path string, v *jsontree.Value)) {
	visit(path, trigger)
	for _, m := range trigger.Members() {
		member := path + valuepath.Member(m.Key)
		if m.Key != wire.KeyParameters {
			walkValue(member, m.Value, visit)
			continue
		}
		visit(member, m.Value)
		for _, p := range m.Value.Items() {
			visit(member+valuepath.Name(p.Str(wire.KeyName), 1), p.Get(wire.KeyValue))
		}
	}
}

func walkValue(path string, v *jsontree.Value, visit func(path string, v *jsontree.Value)) {
	visit(path, v)
	for _, m := range v.Members() {
		walkValue(path+valuepath.Member(m.Key), m.Value, visit)
	}
	for i, item := range v.Items() {
		walkValue(path+valuepath.Index(i), item, visit)
	}
}
