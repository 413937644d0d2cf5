package policy

import (
	"cmp"
	"maps"
	"slices"

	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/pkg/policy/rule"
)

// Subject is a job to judge: a declared or a live one.
type Subject struct {
	Name, Project, Address string
	Owner                  string
	Labels                 map[string]string
	Job                    *compile.Job // nil for a live job
	definition             *compile.Job // of a live job, if any

	body     *jsontree.Value
	extra    []jsontree.Member // what paths can name besides the body
	notices  []compile.Notice
	enabled  bool
	template string
	set      *Set

	steps  []step
	known  bool   // steps are read
	walker walker // of the walk under way
	rule   *rule.Job
}

// step is a step of a body, with its number among steps of its name.
type step struct {
	value  *jsontree.Value
	module string
	name   string
	nth    int
}

// OfJob returns a compiled job for the policies of s.
func (s *Set) OfJob(job *compile.Job) *Subject {
	o := &Subject{
		Name: job.Name, Project: job.Project, Address: job.Address, Owner: job.Owner, Labels: job.Labels,
		Job: job, body: job.Body(), notices: job.Notices, enabled: job.Enabled == nil || *job.Enabled, template: job.Template, set: s,
	}
	job.EachSetting(o.add)
	o.addCommon()
	return o
}

// Live is a live job. Definition is its definition, or nil; owner, labels and template come from
// it.
type Live struct {
	Name, Project, Address string
	Definition             *compile.Job
	Body                   *jsontree.Value
	Notices                []wire.Notice
	Enabled                bool
}

// OfLive returns a live job for the policies of s.
func (s *Set) OfLive(live Live) *Subject {
	o := &Subject{
		Name: live.Name, Project: live.Project, Address: live.Address, definition: live.Definition,
		body: live.Body, notices: compile.LiveNotices(live.Notices), enabled: live.Enabled, set: s,
	}
	if d := live.Definition; d != nil {
		o.Owner, o.Labels, o.template = d.Owner, d.Labels, d.Template
	}
	if o.body.Get(wire.KeyLimitTime) != nil {
		o.body = o.body.Clone()
		wire.SpellTimeout(o.body)
	}
	o.add("enabled", jsontree.Bool(live.Enabled))
	o.addCommon()
	return o
}

func (o *Subject) addCommon() {
	o.add(wire.KeyJobName, jsontree.String(o.Name))
	if o.Owner != "" {
		o.add("owner", jsontree.String(o.Owner))
	}
	if len(o.Labels) > 0 {
		labels := jsontree.Object()
		for _, key := range slices.Sorted(maps.Keys(o.Labels)) {
			labels.Set(key, jsontree.String(o.Labels[key]))
		}
		o.add("labels", labels)
	}
	if len(o.notices) > 0 {
		o.add("notifications", noticesValue(o.notices))
	}
}

func (o *Subject) add(key string, v *jsontree.Value) {
	o.extra = append(o.extra, jsontree.Member{Key: key, Value: v})
}

// noticesValue returns the channels in the form that paths use.
func noticesValue(notices []compile.Notice) *jsontree.Value {
	all := jsontree.Object()
	for _, notice := range notices {
		events := jsontree.Array()
		for _, event := range notice.Events {
			events.Append(jsontree.String(event))
		}
		channel := jsontree.Object(jsontree.Member{Key: "events", Value: events})
		if notice.ParamConfig != nil {
			channel.Set("param_config", jsontree.String(sensitive))
		}
		all.Set(notice.Type, channel)
	}
	return all
}

// numberedSteps lists the steps of the job, numbered within each name.
func (o *Subject) numberedSteps() []step {
	if o.known {
		return o.steps
	}
	o.known = true
	items := o.body.Get(wire.KeySteps).Items()
	o.steps = make([]step, len(items))
	var seen map[string]int
	for i, item := range items {
		s := step{value: item, module: item.Str(wire.KeyModuleID), name: item.Str(wire.KeyName), nth: 1}
		if len(items) > 1 {
			if seen == nil {
				seen = make(map[string]int, len(items))
			}
			seen[s.name]++
			s.nth = seen[s.name]
		}
		o.steps[i] = s
	}
	return o.steps
}

// labelled returns the job as terms over labels see it.
func (o *Subject) labelled() *compile.Job { return &compile.Job{Owner: o.Owner, Labels: o.Labels} }

// isOn reports whether a step runs.
func (s step) isOn() bool {
	enable := s.value.Get(wire.KeyEnable)
	return enable.IsAbsentOrNull() || wire.MeansTrue(enable.Text())
}

// uses reports whether the job uses the template or fragment called name.
func (o *Subject) uses(name string) bool {
	by := cmp.Or(o.Job, o.definition)
	return by != nil && (o.template == name || len(by.Fragments[name]) > 0)
}

// place returns where the value at a path, or one that contains it, or the job was written; ok is
// false for a live job.
func (o *Subject) place(path string) (from compile.Provenance, ok bool) {
	if o.Job == nil {
		return compile.Provenance{}, false
	}
	for path != "" {
		if from, known := o.Job.Provenance[path]; known {
			return from, true
		}
		if at, known := o.Job.PlaceOf(path); known {
			return compile.Provenance{Pos: at}, true
		}
		path = parent(path)
	}
	return compile.Provenance{Pos: o.Job.NameAt().Start}, true
}

// parent returns the path without its last part, "" for the first.
func parent(path string) string {
	quoted := false
	for i := len(path) - 1; i > 0; i-- {
		switch c := path[i]; {
		case c == '"' && path[i-1] != '\\':
			quoted = !quoted
		case !quoted && (c == '.' || c == '['):
			return path[:i]
		}
	}
	return ""
}
