package compile

import (
	"strconv"
	"strings"

	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/pkg/spec"
	"github.com/buildsync/buildsync/pkg/valuepath"
)

// scmFields are the members of a code source, in the order of the reference (CreateBuildJobScm,
// 4.18). boolean marks those that are not texts.
var scmFields = []struct {
	name    string
	boolean bool
}{
	{wire.KeyBranch, false}, {wire.KeyURL, false}, {wire.KeyRepoID, false}, {wire.KeyWebURL, false}, {wire.KeySCMType, false},
	{wire.KeyIsAutoBuild, true}, {wire.KeyBuildType, false}, {wire.KeyDepth, false}, {wire.KeyEndPointID, false}, {wire.KeySource, false},
	{wire.KeyEnableGitLFS, true}, {wire.KeyGroupName, false}, {wire.KeyRepoName, false},
}

// scms compiles the code sources. Unlisted fields are copied as written.
func (u *unit) scms(n *spec.Node) *jsontree.Value {
	items, _ := u.list("scms", n)
	list := jsontree.Array()
	for i, item := range items {
		path := ScmPath(i)
		if item.Kind != spec.MappingNode {
			u.wrongType(path, item, "a mapping")
			continue
		}
		u.record(path, item)
		u.needs(item, wire.KeyURL, path, "code source", "4.18, CreateBuildJobScm")
		u.needs(item, wire.KeySCMType, path, "code source", "4.18, CreateBuildJobScm")
		scm := jsontree.Object()
		for _, field := range scmFields {
			v := item.Get(field.name)
			switch {
			case v == nil:
			case field.boolean:
				scm.Set(field.name, u.nullableBool(path+"."+field.name, v))
			default:
				scm.Set(field.name, u.text(path+"."+field.name, v))
			}
		}
		for _, f := range item.Fields {
			if scm.Get(f.Key.Text) == nil {
				scm.Set(f.Key.Text, u.value(path+valuepath.Member(f.Key.Text), f.Value))
			}
		}
		list.Append(scm)
	}
	return list
}

// zoneNames has the service's own names of time zones as far as they are public. Other zones are
// sent by their IANA names.
var zoneNames = map[string]string{"Asia/Shanghai": "China_Standard_Time"}

// triggers compiles the triggers: {cron, timezone}, or name and parameters in the service's form.
func (u *unit) triggers(n *spec.Node) *jsontree.Value {
	items, _ := u.list("triggers", n)
	list := jsontree.Array()
	for i, item := range items {
		path := TriggerPath(i)
		if item.Kind != spec.MappingNode {
			u.wrongType(path, item, "a mapping")
			continue
		}
		u.record(path, item)
		if item.Get("cron") != nil {
			list.Append(u.timer(path, item))
		} else {
			list.Append(u.rawTrigger(path, item))
		}
	}
	return list
}

func (u *unit) timer(path string, n *spec.Node) *jsontree.Value {
	parameters := jsontree.Array()
	add := func(name, value string) {
		parameters.Append(jsontree.Object(
			jsontree.Member{Key: wire.KeyName, Value: jsontree.String(name)}, jsontree.Member{Key: wire.KeyValue, Value: jsontree.String(value)}))
	}
	in := func(name string) string { return path + ".parameters" + valuepath.Name(name, 1) }
	add("spec", u.filledText(in("spec"), n.Get("cron")))
	if zone := n.Get("timezone"); zone != nil && !isBlank(zone) {
		name := u.filledText(in("timeZoneId"), zone)
		add("timeZoneId", name)
		if own := zoneNames[name]; own != "" {
			add("timeZone", own)
			u.recordFixed(in("timeZone"), zone, spec.FromCompiler, "timer form")
		}
		add("isDST", "false")
		u.recordFixed(in("isDST"), zone, spec.FromCompiler, "timer form")
	}
	u.recordFixed(path+".name", n, spec.FromCompiler, "timer form")
	return jsontree.Object(
		jsontree.Member{Key: wire.KeyName, Value: jsontree.String(wire.TimerTrigger)}, jsontree.Member{Key: wire.KeyParameters, Value: parameters})
}

// rawTrigger copies a trigger; the values of its parameters are texts.
func (u *unit) rawTrigger(path string, n *spec.Node) *jsontree.Value {
	u.needs(n, wire.KeyName, path, "trigger", "")
	trigger := jsontree.Object()
	for _, f := range n.Fields {
		member := path + valuepath.Member(f.Key.Text)
		switch {
		case f.Key.Text == "name" && f.Value.Kind == spec.ScalarNode:
			trigger.Set(wire.KeyName, u.text(member, f.Value))
		case f.Key.Text == "parameters" && f.Value.Kind == spec.SequenceNode:
			trigger.Set(wire.KeyParameters, u.triggerParameters(member, f.Value))
		default:
			trigger.Set(f.Key.Text, u.value(member, f.Value))
		}
	}
	return trigger
}

func (u *unit) triggerParameters(path string, n *spec.Node) *jsontree.Value {
	u.record(path, n)
	list := jsontree.Array()
	for i, item := range n.Items {
		if item.Kind != spec.MappingNode {
			list.Append(u.value(path+valuepath.Index(i), item))
			continue
		}
		entry := jsontree.Object()
		at := path + valuepath.Name(item.Str("name"), 1)
		for _, f := range item.Fields {
			if f.Value.Kind == spec.ScalarNode && (f.Key.Text == "name" || f.Key.Text == "value") {
				entry.Set(f.Key.Text, u.text(at, f.Value))
			} else {
				entry.Set(f.Key.Text, u.value(at+valuepath.Member(f.Key.Text), f.Value))
			}
		}
		list.Append(entry)
	}
	return list
}

// timeout compiles 4h to {limit, unit}, both texts; the service counts in hours. The raw form is
// the mapping itself.
func (u *unit) timeout(n *spec.Node) *jsontree.Value {
	u.record("timeout", n)
	switch {
	case n.IsNull():
		return jsontree.Null()
	case n.Kind == spec.MappingNode:
		timeout := jsontree.Object()
		for _, f := range n.Fields {
			member := "timeout" + valuepath.Member(f.Key.Text)
			if f.Value.Kind == spec.ScalarNode {
				timeout.Set(f.Key.Text, u.text(member, f.Value))
			} else {
				timeout.Set(f.Key.Text, u.value(member, f.Value))
			}
		}
		return timeout
	case n.Kind != spec.ScalarNode || isPoison(n):
		u.wrongType("timeout", n, "a number of hours, such as 4h")
		return jsontree.Null()
	}
	hours, ok := wholeHours(n.Text)
	if !ok {
		u.report("timeout", n, "timeout", "write whole hours, such as 4h, or {limit, unit} as the API has it", "%s is not a valid timeout", describe(n))
		return jsontree.Null()
	}
	u.record("timeout.limit", n)
	u.recordFixed("timeout.unit", n, spec.FromCompiler, "timeout form")
	return wire.HoursTimeout(hours)
}

// wholeHours reads 4h and 240m.
func wholeHours(text string) (string, bool) {
	digits, per := strings.TrimSuffix(text, "h"), 1
	if digits == text {
		digits, per = strings.TrimSuffix(text, "m"), 60
	}
	n, err := strconv.Atoi(digits)
	if err != nil || digits == text || digits[0] == '+' || n <= 0 || n%per != 0 {
		return "", false
	}
	return strconv.Itoa(n / per), true
}
