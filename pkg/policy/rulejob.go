package policy

import (
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/buildsync/buildsync/pkg/bulk"
	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/pkg/policy/rule"
)

// ruleJob returns the job for expressions, made once, without the values of secrets.
func (o *Subject) ruleJob() *rule.Job {
	if o.rule != nil {
		return o.rule
	}
	text := func(key string) string { return bulk.Text(key, o.body.Get(key)) }
	j := &rule.Job{
		Name: o.Name, Project: o.Project, Owner: o.Owner, Labels: o.Labels,
		Arch: text(wire.KeyArch), Flavor: text(wire.KeyFlavor), HostType: text(wire.KeyHostType),
		Enabled: o.enabled, OnCommit: wire.MeansTrue(o.body.Str(wire.KeyBuildIfCodeUpdated)), Template: o.template,
		Bytes: textBytes(o.body),
	}
	if o.Job != nil {
		j.Protect = o.Job.Protect
		j.Fragments = slices.Sorted(maps.Keys(o.Job.Fragments))
	}
	if q, ok := quantityOf(&hit{w: &walker{job: o}, value: o.timeout()}); ok {
		j.Timeout = time.Duration(q.value * float64(time.Second))
	}
	j.Steps = make([]rule.Step, 0, len(o.numberedSteps()))
	for _, s := range o.numberedSteps() {
		j.Steps = append(j.Steps, o.ruleStep(s))
	}
	for _, p := range wire.ParametersOf(o.body) {
		j.Parameters = append(j.Parameters, ruleParameter(p))
	}
	for _, scm := range o.body.Get(wire.KeySCMs).Items() {
		depth, _ := strconv.Atoi(scm.Str(wire.KeyDepth))
		j.SCMs = append(j.SCMs, rule.SCM{URL: scm.Str(wire.KeyURL), Branch: scm.Str(wire.KeyBranch), Type: scm.Str(wire.KeySCMType), Depth: depth})
	}
	for _, trigger := range o.body.Get(wire.KeyTriggers).Items() {
		t := rule.Trigger{Name: trigger.Str(wire.KeyName)}
		for _, p := range trigger.Get(wire.KeyParameters).Items() {
			switch p.Str(wire.KeyName) {
			case "spec":
				t.Cron = p.Str(wire.KeyValue)
			case "timeZoneId":
				t.Timezone = p.Str(wire.KeyValue)
			}
		}
		j.Triggers = append(j.Triggers, t)
	}
	for _, notice := range o.notices {
		j.Notifications = append(j.Notifications, rule.Notification{Channel: notice.Type, Events: notice.Events})
	}
	o.rule = j
	return j
}

// textBytes returns the length of all texts of a value.
func textBytes(v *jsontree.Value) int {
	n := len(v.Text())
	for _, m := range v.Members() {
		n += len(m.Key) + textBytes(m.Value)
	}
	for _, item := range v.Items() {
		n += textBytes(item)
	}
	return n
}

// timeout returns the limit of a build, nil if there is none.
func (o *Subject) timeout() *jsontree.Value { return o.body.Get(wire.KeyTimeout) }

func (o *Subject) ruleStep(s step) rule.Step {
	properties := s.value.Get(wire.KeyProperties).Members()
	r := rule.Step{Name: s.name, ModuleID: s.module, Enable: s.isOn(), Inputs: make(map[string]string, len(properties))}
	module := o.set.catalogue.Module(s.module)
	if module != nil {
		r.Action = module.Word()
	}
	for _, p := range properties {
		text := bulk.Text("", p.Value)
		if known := module.Property(p.Key); known != nil && known.Secret && !p.Value.IsEmpty() {
			text = sensitive
		}
		r.Inputs[p.Key] = text
		if p.Key == "image" {
			r.Image = text
		}
	}
	return r
}

func ruleParameter(p wire.Parameter) rule.Parameter {
	r := rule.Parameter{
		Name: p.Name(), Type: p.Value("type").Text(), Secret: p.IsSensitive(), Default: p.Value(wire.ParamDefaultValue).Text(),
	}
	if r.Secret && r.Default != "" {
		r.Default = sensitive
	}
	for _, limit := range p.Field(wire.ParamDefaultValue).Get(wire.KeyLimits).Items() {
		if !wire.MeansTrue(limit.Str(wire.KeyDisable)) {
			r.Options = append(r.Options, limit.Str(wire.KeyName))
		}
	}
	return r
}
