package diff_test

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/pkg/spec"
)

var update = flag.Bool("update", false, "write the golden files anew")

const scenarioWorkspace = "version: 1\nregion: eu-west-101\nprojects: {shop: " + project + "}\ndefault_project: shop\nsecrets: [S, T]\n"

// made compiles a definitions file; "" gives nil.
func made(t *testing.T, text string) *compile.Result {
	t.Helper()
	if text == "" {
		return nil
	}
	set, diags := spec.Load(spec.MapTree{spec.WorkspaceFile: scenarioWorkspace, "definitions/a.yaml": "version: 1\n" + text + "\n"}, spec.Options{})
	if diags.HasErrors() {
		t.Fatalf("%s: %v", text, diags)
	}
	result, diags := compile.Compile(set, compile.Options{})
	if diags.HasErrors() {
		t.Fatalf("%s: %v", text, diags)
	}
	return result
}

// livingAs returns the live state that results from applying a definitions file.
func livingAs(t *testing.T, text string) *diff.Snapshot {
	t.Helper()
	snapshot := listed()
	result := made(t, text)
	if result == nil {
		return snapshot
	}
	p := snapshot.Projects[project]
	for _, job := range result.Jobs {
		live := &diff.LiveJob{ProjectID: project, ID: "id-" + job.Name, Name: job.Name, Body: job.CreateBody()}
		live.Item = wire.JobItem{ID: live.ID, JobName: live.Name, Disabled: job.Enabled != nil && !*job.Enabled}
		live.Body.Set(wire.KeyJobID, jsontree.String(live.ID))
		for _, notice := range job.Notices {
			row := wire.Notice{NoticeType: notice.Type, EnableMap: map[string]bool{}, ParamConfig: notice.ParamConfig}
			for _, event := range notice.Events {
				row.EnableMap[event] = true
			}
			live.Notices = append(live.Notices, row)
		}
		p.Jobs = append(p.Jobs, live)
	}
	for _, template := range result.Templates {
		snapshot.Templates = append(snapshot.Templates, &diff.LiveTemplate{UUID: "uuid-" + template.Name, Name: template.Name, Body: template.Body.Clone()})
	}
	return snapshot
}

// scenario is a plan of definitions, against those of the base and those that the live state was
// made of.
type scenario struct {
	name             string
	head, base, live string
	tweak            func(in *diff.Input, live map[string]*diff.LiveJob)
	tried            string // the definitions of a run that did not end
}

const (
	oneJob   = `jobs: [{name: a, arch: arm, flavor: 2u8g, steps: [{sh: {name: s, inputs: {command: make}}}]}]`
	otherJob = `jobs: [{name: a, arch: arm, flavor: 4u8g, steps: [{sh: {name: s, inputs: {command: make all}}}]}]`
)

// jobWith writes a definitions file of one job with some more members.
func jobWith(members string) string {
	return "jobs: [{name: a, arch: arm, steps: [{sh: {name: s, inputs: {command: make}}}], " + members + "}]"
}

func templateWith(steps, more string) string {
	return "templates: [{name: t, publish: true, steps: [" + steps + "]" + more + "}]"
}

func mail(events string) string {
	return jobWith("notifications: {MAIL: [" + events + "]}")
}

func hook(config string) string {
	return jobWith("notifications: {WECOM: {events: [failed], param_config: " + config + "}}")
}

var scenarios = []scenario{
	{"in step", oneJob, oneJob, oneJob, nil, ""},
	{"changed here", otherJob, oneJob, oneJob, nil, ""},
	{"changed outside", oneJob, oneJob, otherJob, nil, ""},
	{"changed on both sides", otherJob, oneJob, jobWith("flavor: 8u16g"), nil, ""},
	{"changed on both sides, forced", otherJob, oneJob, jobWith("flavor: 8u16g"), func(in *diff.Input, _ map[string]*diff.LiveJob) { in.Options.ForceConflicts = true }, ""},
	{"first plan", oneJob, "", "", nil, ""},
	{"values on lines of their own", "jobs:\n- name: a\n  arch: arm\n  flavor: 4u8g\n  steps: [{sh: {name: s, inputs: {command: make}}}]", "", oneJob, nil, ""},
	{"first plan, in step", oneJob, "", oneJob, nil, ""},
	{"first plan, in step, enabled declared", jobWith("enabled: true"), "", jobWith("enabled: false"), nil, ""},
	{"disabled outside", jobWith("enabled: true"), jobWith("enabled: true"), jobWith("enabled: false"), nil, ""},
	{"left enabled by a run", oneJob, oneJob, oneJob, func(in *diff.Input, _ map[string]*diff.LiveJob) { in.LeftEnabled = map[string]bool{"id-a": true} }, ""},
	{"left enabled, disabled again", oneJob, oneJob, jobWith("flavor: 2u8g, enabled: false"), func(in *diff.Input, _ map[string]*diff.LiveJob) { in.LeftEnabled = map[string]bool{"id-a": true} }, ""},
	{"unproven", oneJob, oneJob, oneJob, func(in *diff.Input, _ map[string]*diff.LiveJob) {
		in.Unproven = map[string]bool{"shop/job/a": true}
	}, ""},
	{"collision, unproven", oneJob, "jobs: []", otherJob, func(in *diff.Input, _ map[string]*diff.LiveJob) {
		in.Unproven = map[string]bool{"shop/job/a": true}
	}, ""},
	{"members are unseen", jobWith("flavor: 2u8g, timeout: 2h"), jobWith("flavor: 2u8g, timeout: 2h"), oneJob, func(_ *diff.Input, live map[string]*diff.LiveJob) {
		live["a"].Unseen = []string{"timeout"}
	}, ""},
	{"not readable", oneJob, oneJob, oneJob, func(_ *diff.Input, live map[string]*diff.LiveJob) {
		live["a"].Body, live["a"].ReadErr = nil, errors.New("HTTP 500")
	}, ""},
	{"ignored field", otherJob, oneJob, oneJob, func(in *diff.Input, _ map[string]*diff.LiveJob) {
		in.Policy.Ignore = []spec.Ignore{{Job: "a", Fields: []string{"flavor"}}}
	}, ""},
	{"ignored job", otherJob, oneJob, oneJob, func(in *diff.Input, _ map[string]*diff.LiveJob) {
		in.Policy.Ignore = []spec.Ignore{{Job: "a"}}
	}, ""},
	{"shown undeclared", oneJob, oneJob, jobWith("flavor: 2u8g, build_if_code_updated: true"), func(in *diff.Input, _ map[string]*diff.LiveJob) { in.Options.ShowUndeclared = true }, ""},
	{"secret written again", jobWith("parameters: [{name: P, secret: S}]"), jobWith("parameters: [{name: P, secret: S}]"), jobWith("parameters: [{name: P, secret: S}]"), func(in *diff.Input, _ map[string]*diff.LiveJob) { in.Options.WriteSecrets = []string{"S"} }, ""},
	{"secret of another name", jobWith("parameters: [{name: P, secret: T}]"), jobWith("parameters: [{name: P, secret: S}]"), jobWith("parameters: [{name: P, secret: S}]"), nil, ""},

	{"mail in step", mail("failed"), mail("failed"), mail("failed"), nil, ""},
	{"mail changed here", mail("failed, successful"), mail("failed"), mail("failed"), nil, ""},
	{"mail changed outside", mail("failed"), mail("failed"), mail("successful"), nil, ""},
	{"mail changed on both sides", mail("failed, successful"), mail("failed"), mail(""), nil, ""},
	{"mail changed on both sides, forced", mail("failed, successful"), mail("failed"), mail(""), func(in *diff.Input, _ map[string]*diff.LiveJob) { in.Options.ForceConflicts = true }, ""},
	{"mail without a base", mail("failed"), "", mail("successful"), nil, ""},
	{"mail of a new job", mail("failed"), "jobs: []", "", nil, ""},
	{"mail and the job of another", "jobs: [{name: a, arch: arm, flavor: 4u8g, steps: [], notifications: {MAIL: [failed]}}]", "jobs: [{name: a, arch: arm, flavor: 2u8g, steps: []}]", "jobs: [{name: a, arch: arm, flavor: 2u8g, steps: []}]", nil, ""},
	{"events ignored", mail("failed"), mail("failed"), mail("successful"), func(in *diff.Input, _ map[string]*diff.LiveJob) {
		in.Policy.Ignore = []spec.Ignore{{Job: "a", Fields: []string{"notifications[MAIL].events"}}}
	}, ""},
	{"events ignored, configuration changed", hook("new"), hook("old"), jobWith("notifications: {WECOM: {events: [successful], param_config: old}}"), func(in *diff.Input, _ map[string]*diff.LiveJob) {
		in.Policy.Ignore = []spec.Ignore{{Job: "a", Fields: []string{"notifications[WECOM].events"}}}
	}, ""},
	{"configuration changed here", hook("new"), hook("old"), hook("old"), nil, ""},
	{"configuration is shown masked", hook("new"), hook("new"), hook(`"******"`), nil, ""},
	{"configuration is shown masked and changed here", hook("new"), hook("old"), hook(`"******"`), nil, ""},
	{"configuration is shown masked, no base", hook("new"), "", hook(`"******"`), nil, ""},
	{"configuration is not shown", hook("new"), "", jobWith("notifications: {WECOM: {events: [failed]}}"), nil, ""},
	{"configuration is not shown and empty", hook(`""`), "", jobWith("notifications: {WECOM: {events: [failed]}}"), nil, ""},
	{"configuration is a secret", hook("{secret: S}"), hook("{secret: S}"), hook("anything"), nil, ""},
	{"configuration is a secret, no base", hook("{secret: S}"), "", hook("anything"), nil, ""},
	{"configuration is a secret, nothing is stored", hook("{secret: S}"), "", hook(`""`), nil, ""},
	{"configuration is another secret", hook("{secret: T}"), hook("{secret: S}"), hook("anything"), nil, ""},
	{"a masked configuration that is not declared", jobWith("notifications: {WECOM: {events: [failed, successful]}}"), "", hook(`"******"`), nil, ""},

	{"template in step", templateWith("{sh: {name: s, inputs: {command: make}}}", ""), templateWith("{sh: {name: s, inputs: {command: make}}}", ""), templateWith("{sh: {name: s, inputs: {command: make}}}", ""), nil, ""},
	{"template changed here", templateWith("{sh: {name: s, inputs: {command: make all}}}", ""), templateWith("{sh: {name: s, inputs: {command: make}}}", ""), templateWith("{sh: {name: s, inputs: {command: make}}}", ""), nil, ""},
	{"template changed outside", templateWith("{sh: {name: s, inputs: {command: make}}}", ""), templateWith("{sh: {name: s, inputs: {command: make}}}", ""), templateWith("{sh: {name: s, inputs: {command: other}}}", ""), nil, ""},
	{"template changed on both sides", templateWith("{sh: {name: s, inputs: {command: all}}}", ""), templateWith("{sh: {name: s, inputs: {command: make}}}", ""), templateWith("{sh: {name: s, inputs: {command: other}}}", ""), nil, ""},
	{"template is new", templateWith("{sh: {name: s, inputs: {command: make}}}", ""), "jobs: []", "", nil, ""},
	{"template without a base", templateWith("{sh: {name: s, inputs: {command: make}}}", ""), "", templateWith("{sh: {name: s, inputs: {command: other}}}", ""), nil, ""},
	{"template twice", templateWith("{sh: {name: s, inputs: {command: all}}}", ""), templateWith("{sh: {name: s, inputs: {command: make}}}", ""), templateWith("{sh: {name: s, inputs: {command: make}}}", ""), func(in *diff.Input, _ map[string]*diff.LiveJob) {
		twin := *in.Live.Templates[0]
		twin.UUID = "uuid-second"
		in.Live.Templates = append(in.Live.Templates, &twin)
	}, ""},
	{"a replacement that was not finished", templateWith("{sh: {name: s, inputs: {command: all}}}", ""), templateWith("{sh: {name: s, inputs: {command: make}}}", ""), templateWith("{sh: {name: s, inputs: {command: make}}}", ""), func(in *diff.Input, _ map[string]*diff.LiveJob) {
		in.Live.Templates = append(in.Live.Templates, &diff.LiveTemplate{UUID: "uuid-new", Name: "t", Body: in.Head.Templates[0].Body.Clone()})
		in.Replacing = map[string]bool{"uuid-t": true}
	}, ""},
	{"template has more parameters", templateWith("{sh: {name: s, inputs: {command: all}}}", ""), templateWith("{sh: {name: s, inputs: {command: make}}}", ""), templateWith("{sh: {name: s, inputs: {command: make}}}", ", parameters: [{name: X, default: y}]"), nil, ""},

	{"removed", "jobs: []", oneJob, oneJob, nil, ""},
	{"removed, gone already", "jobs: []", oneJob, "", nil, ""},
	{"removed, disabled already", "jobs: []", oneJob, jobWith("flavor: 2u8g, enabled: false"), nil, ""},
	{"removed and edited", "jobs: []", oneJob, otherJob, nil, ""},
	{"removed, policy keep", "jobs: []", oneJob, oneJob, func(in *diff.Input, _ map[string]*diff.LiveJob) { in.Policy.OnRemove = "keep" }, ""},
	{"removed, policy delete", "jobs: []", oneJob, oneJob, func(in *diff.Input, _ map[string]*diff.LiveJob) { in.Policy.OnRemove = "delete" }, ""},
	{"removed, policy empty", "jobs: []", oneJob, oneJob, func(in *diff.Input, _ map[string]*diff.LiveJob) { in.Policy.OnRemove = "" }, ""},
	{"removed, ignored", "jobs: []", oneJob, oneJob, func(in *diff.Input, _ map[string]*diff.LiveJob) {
		in.Policy.Ignore = []spec.Ignore{{Job: "a"}}
	}, ""},
	{"removed, protected", "jobs: []", jobWith("protect: true"), jobWith("flavor: 2u8g"), nil, ""},
	{"removed, uncommitted", "jobs: []", oneJob, oneJob, func(in *diff.Input, _ map[string]*diff.LiveJob) { in.HeadRevision.Dirty = true }, ""},
	{"removed, no commit", "jobs: []", oneJob, oneJob, func(in *diff.Input, _ map[string]*diff.LiveJob) { in.HeadRevision.Commit = "" }, ""},
	{"removed, short commit", "jobs: []", oneJob, oneJob, func(in *diff.Input, _ map[string]*diff.LiveJob) { in.HeadRevision.Commit = "a81e" }, ""},
	{"removed, not readable", "jobs: []", oneJob, oneJob, func(_ *diff.Input, live map[string]*diff.LiveJob) {
		live["a"].Body, live["a"].ReadErr = nil, errors.New("HTTP 500")
	}, ""},
	{"unmanaged", "jobs: []", "jobs: []", oneJob, nil, ""},
	{"unmanaged, with its creator", "jobs: []", "jobs: []", oneJob, func(_ *diff.Input, live map[string]*diff.LiveJob) { live["a"].Item.JobCreator = "somebody" }, ""},
	{"removal declared", "removed: [{job: a, action: delete, reason: r}]\njobs: []", "jobs: []", oneJob, nil, ""},
	{"removal declared, gone", "removed: [{job: a, action: disable, reason: r}]\njobs: []", oneJob, "", nil, ""},
	{"renamed", "jobs: [{name: b, renamed_from: [a], arch: arm, flavor: 2u8g, steps: [{sh: {name: s, inputs: {command: make}}}]}]", oneJob, oneJob, nil, ""},
	{"switched off here", jobWith("flavor: 2u8g, enabled: false"), oneJob, oneJob, nil, ""},
	{"many are switched off", offJobs("enabled: false, "), offJobs(""), offJobs(""), nil, ""},
	{"nothing is defined", "jobs: []", oneJob, oneJob, func(in *diff.Input, _ map[string]*diff.LiveJob) { in.Options.AllowEmpty = false }, ""},
	{"many are removed", "jobs: []", offJobs(""), offJobs(""), nil, ""},

	{"a run ended before it wrote", otherJob, oneJob, oneJob, nil, otherJob},
	{"a run ended after it wrote", otherJob, oneJob, otherJob, nil, otherJob},
	{"a run ended after it wrote, and it is edited since", otherJob, oneJob, jobWith("flavor: 8u16g"), nil, otherJob},
	{"a first run ended after it wrote", otherJob, "", otherJob, func(in *diff.Input, _ map[string]*diff.LiveJob) { in.FirstApply = true }, otherJob},
	{"a first run ended before it wrote", otherJob, "", oneJob, func(in *diff.Input, _ map[string]*diff.LiveJob) { in.FirstApply = true }, otherJob},
	{"a run with another secret ended", jobWith("parameters: [{name: P, secret: T}]"), jobWith("parameters: [{name: P, secret: S}]"), jobWith("parameters: [{name: P, secret: S}]"), nil, jobWith("parameters: [{name: P, secret: T}]")},
	{"a run with another secret of a channel ended", hook("{secret: T}"), hook("{secret: S}"), hook("anything"), nil, hook("{secret: T}")},
	{"a run with another configuration ended, masked", hook("new"), hook("old"), hook(`"******"`), nil, hook("new")},
	{"a run with another configuration ended, shown", hook("new"), hook("old"), hook("new"), nil, hook("new")},
	{"a run with a configuration in place of the secret ended, shown", hook("{secret: S}"), hook("{secret: S}"), hook("new"), nil, hook("new")},
	{"a run that enabled ended", jobWith("enabled: true"), jobWith("enabled: false"), jobWith("enabled: true"), nil, jobWith("enabled: true")},
	{"a run that enabled ended, and it is defined as before", jobWith("enabled: false"), jobWith("enabled: false"), jobWith("enabled: true"), nil, jobWith("enabled: true")},
	{"changed outside, drift is refused", oneJob, oneJob, otherJob, refuseDrift, ""},
	{"changed here, drift is refused", otherJob, oneJob, oneJob, refuseDrift, ""},
	{"mail changed outside, drift is refused", mail("failed"), mail("failed"), mail("successful"), refuseDrift, ""},
	{"mail changed here, drift is refused", mail("failed, successful"), mail("failed"), mail("failed"), refuseDrift, ""},
	{"template changed outside, drift is refused", templateWith("{sh: {name: s, inputs: {command: make}}}", ""), templateWith("{sh: {name: s, inputs: {command: make}}}", ""), templateWith("{sh: {name: s, inputs: {command: other}}}", ""), refuseDrift, ""},
	{"template changed here, drift is refused", templateWith("{sh: {name: s, inputs: {command: all}}}", ""), templateWith("{sh: {name: s, inputs: {command: make}}}", ""), templateWith("{sh: {name: s, inputs: {command: make}}}", ""), refuseDrift, ""},
	{"adopted", oneJob, "jobs: []", oneJob, nil, ""},
	{"three values conflict", jobWith("flavor: 2u8g, timeout: 1h, extra: {z: 1}"), jobWith("flavor: 4u8g, timeout: 2h, extra: {z: 2}"), jobWith("flavor: 8u16g, timeout: 3h, extra: {z: 3}"), nil, ""},
	{"four values conflict", jobWith("flavor: 2u8g, timeout: 1h, extra: {y: 1, z: 1}"), jobWith("flavor: 4u8g, timeout: 2h, extra: {y: 2, z: 2}"), jobWith("flavor: 8u16g, timeout: 3h, extra: {y: 3, z: 3}"), nil, ""},
	{"a value is no longer declared", jobWith("extra: {z: 1}"), jobWith("flavor: 2u8g, extra: {z: 2}"), jobWith("flavor: 2u8g, extra: {z: 2}"), nil, ""},
	{"a value in other letters changes", jobWith("flavor: 2u8g"), "", jobWith("flavor: 4U8G"), nil, ""},
	{"an object keeps what the service added", jobWith("flavor: 2u8g, extra: {o: {a: 1}}"), "", jobWith("flavor: 4u8g, extra: {o: {a: 1, b: 2}}"), nil, ""},
	{"code sources are new here", jobWith(scms("a", "b")), jobWith("flavor: 2u8g"), jobWith("flavor: 2u8g, " + scms("c")), nil, ""},
	{"code sources are no longer declared", jobWith("flavor: 2u8g"), jobWith(scms("a")), jobWith(scms("a")), nil, ""},
	{"code sources moved", jobWith(scms("a", "b")), "", jobWith(scms("b", "a")), nil, ""},
	{"a step is new", twoSteps, oneJob, oneJob, func(in *diff.Input, _ map[string]*diff.LiveJob) { in.Options.ShowUndeclared = true }, ""},
	{"contents of a new job", oneJob, "jobs: []", "", func(in *diff.Input, _ map[string]*diff.LiveJob) { in.Options.Contents = true }, ""},
	{"the body has no name", oneJob, oneJob, oneJob, func(_ *diff.Input, live map[string]*diff.LiveJob) { live["a"].Body.Delete(wire.KeyJobName) }, ""},
	{"not read, as at the base", oneJob, oneJob, oneJob, func(_ *diff.Input, live map[string]*diff.LiveJob) { live["a"].Body = nil }, ""},
	{"not read, changed here", otherJob, oneJob, oneJob, func(_ *diff.Input, live map[string]*diff.LiveJob) { live["a"].Body = nil }, ""},
	{"a value becomes a secret and is written again", jobWith("parameters: [{name: P, secret: S}]"), "", jobWith("parameters: [{name: P, default: x}]"), func(in *diff.Input, _ map[string]*diff.LiveJob) { in.Options.WriteSecrets = []string{"all"} }, ""},
	{"a secret of a new parameter is written again", jobWith("parameters: [{name: P, secret: S}]"), "", oneJob, func(in *diff.Input, _ map[string]*diff.LiveJob) { in.Options.WriteSecrets = []string{"all"} }, ""},
	{"two jobs need one secret", secretJobs, "jobs: []", "", nil, ""},
	{"a default is ignored", jobWith("flavor: 2u8g, parameters: [{name: P, default: x}]"), "", jobWith("flavor: 4u8g, parameters: [{name: P, default: y}]"), func(in *diff.Input, _ map[string]*diff.LiveJob) {
		in.Policy.Ignore = []spec.Ignore{{Job: "a", Fields: []string{"parameters[P].defaultValue"}}}
	}, ""},
	{"a predefined parameter comes first", jobWith("parameters: [{name: P, default: x}, {name: Q, default: y}]"), jobWith("parameters: [{name: P, default: x}, {name: Q, default: z}]"), jobWith("parameters: [{name: P, default: x}, {name: Q, default: z}]"), func(_ *diff.Input, live map[string]*diff.LiveJob) {
		list := live["a"].Body.Get(wire.KeyParameters)
		list.SetItems(append([]*jsontree.Value{parsed(`{"name":"hudson.model.StringParameterDefinition","params":[{"name":"name","value":"codeBranch"},{"name":"defaults","value":"true"}]}`)}, list.Items()...))
	}, ""},
	{"a parameter is replaced", jobWith("parameters: [{name: Q, default: x}]"), "", jobWith("parameters: [{name: P, default: x}]"), nil, ""},
	{"two triggers of one kind are edited", jobWith(timers("2", "UTC", "1", "UTC")), "", jobWith(timers("1", "Asia/Tokyo", "2", "Asia/Tokyo")), nil, ""},
	{"one channel of two changes", jobWith("notifications: {MAIL: [failed], DING_TALK: [failed]}"), "", jobWith("notifications: {MAIL: [failed], DING_TALK: [successful]}"), nil, ""},
	{"configuration changed outside", hook("new"), hook("new"), hook("old"), nil, ""},

	{"quick check: an empty object is a text", jobWith("extra: {o: {}}"), jobWith("extra: {o: {}}"), jobWith("extra: {o: x}"), nil, ""},
	{"quick check: a list of params", jobWith("extra: {o: {params: [{a: 1}]}}"), jobWith("extra: {o: {params: [{a: 1}]}}"), jobWith("extra: {o: {params: [{a: 1, b: 2}]}}"), nil, ""},
	{"quick check: a list of others", jobWith("extra: {o: [{a: 1}]}"), jobWith("extra: {o: [{a: 1}]}"), jobWith("extra: {o: [{a: 1, b: 2}]}"), nil, ""},
	{"quick check: the letters of a step's name", oneJob, oneJob, "jobs: [{name: a, arch: arm, flavor: 2u8g, steps: [{sh: {name: S, inputs: {command: make}}}]}]", nil, ""},
	{"quick check: options that nobody declares", jobWith("parameters: [{name: P, default: x}]"), jobWith("parameters: [{name: P, default: x}]"), jobWith("parameters: [{name: P, default: x}]"), func(_ *diff.Input, live map[string]*diff.LiveJob) {
		for _, field := range live["a"].Body.Get(wire.KeyParameters).Items()[0].Get(wire.KeyParams).Items() {
			field.Set(wire.KeyLimits, parsed(`[{"name":"x"}]`))
		}
	}, ""},
	{"line ends in a list", jobWith(`extra: {o: ["a\n"]}`), "", jobWith(`flavor: 2u8g, extra: {o: ["a\r\n"]}`), nil, ""},

	{"template's description is declared, and another is live", templateWith("{sh: {name: s, inputs: {command: make}}}", ", description: new"), templateWith("{sh: {name: s, inputs: {command: make}}}", ""), templateWith("{sh: {name: s, inputs: {command: make}}}", ", description: old"), nil, ""},
	{"template with a predefined parameter", templateWith("{sh: {name: s, inputs: {command: all}}}", ", parameters: [{name: P, default: x}]"), "", templateWith("{sh: {name: s, inputs: {command: make}}}", ", parameters: [{name: P, default: x}]"), func(in *diff.Input, _ map[string]*diff.LiveJob) {
		in.Live.Templates[0].Body.Get(wire.KeyParameters).Append(parsed(`{"name":"hudson.model.StringParameterDefinition","params":[{"name":"name","value":"codeBranch"},{"name":"defaults","value":"true"}]}`))
	}, ""},
	{"template with members of the service", templateWith("{sh: {name: s, inputs: {command: all}}}", ""), templateWith("{sh: {name: s, inputs: {command: make}}}", ""), templateWith("{sh: {name: s, inputs: {command: make}}}", ""), func(in *diff.Input, _ map[string]*diff.LiveJob) {
		body := in.Live.Templates[0].Body
		body.Set("tool_type", jsontree.String("maven"))
		body.Get(wire.KeyTemplate).Set("Custom_Note", jsontree.String("n"))
		body.Get(wire.KeyTemplate).Set("toolURL", jsontree.String("u"))
	}, ""},

	{"removed, pinned", "jobs: []", jobWith("id: " + pinnedID), jobWith("flavor: 2u8g"), func(in *diff.Input, live map[string]*diff.LiveJob) {
		live["a"].ID, live["a"].Item.ID = pinnedID, pinnedID
	}, ""},
	{"removed, pinned, gone", "jobs: []", jobWith("id: " + pinnedID), "", nil, ""},
	{"removed, only found", "jobs: []", oneJob, oneJob, func(in *diff.Input, _ map[string]*diff.LiveJob) { in.Found = map[string]bool{"shop/job/a": true} }, ""},
	{"removed, only found, with its creator", "jobs: []", oneJob, oneJob, func(in *diff.Input, live map[string]*diff.LiveJob) {
		in.Found = map[string]bool{"shop/job/a": true}
		live["a"].Item.JobCreator = "somebody"
	}, ""},
	{"three removed jobs are one new", "jobs: [{name: b, arch: arm, steps: [{sh: {name: s, inputs: {command: make}}}]}]", threeAlike, threeAlike, nil, ""},

	{"a run created, and it is not defined", "jobs: []", "jobs: []", oneJob, nil, oneJob},
	{"a run may have created another, and it is not defined", "jobs: []", "jobs: []", otherJob, nil, oneJob},
	{"a run that notified ended", mail("failed, successful"), mail("failed"), mail(""), nil, mail("")},
	{"a first run ended before it wrote what was found", otherJob, "", oneJob, func(in *diff.Input, _ map[string]*diff.LiveJob) {
		in.FirstApply, in.Found = true, map[string]bool{"shop/job/a": true}
	}, otherJob},
	{"a first run ended before it wrote, the record is empty", otherJob, "jobs: []", oneJob, func(in *diff.Input, _ map[string]*diff.LiveJob) { in.FirstApply = true }, otherJob},
	{"a first run ended before it wrote what was found, the record is empty", otherJob, "jobs: []", oneJob, func(in *diff.Input, _ map[string]*diff.LiveJob) {
		in.FirstApply, in.Found = true, map[string]bool{"shop/job/a": true}
	}, otherJob},
	{"ignored at the base, edited", oneJob, oneJob, jobWith("flavor: 4u8g"), ignoredAtBase, ""},
	{"ignored at the base, edited and changed here", otherJob, oneJob, jobWith("flavor: 8u16g"), ignoredAtBase, ""},
}

func refuseDrift(in *diff.Input, _ map[string]*diff.LiveJob) { in.Options.RefuseDrift = true }

func ignoredAtBase(in *diff.Input, _ map[string]*diff.LiveJob) {
	in.BasePolicy = func(string) (spec.Policy, bool) {
		return spec.Policy{Ignore: []spec.Ignore{{Job: "a", Fields: []string{"flavor"}}}}, true
	}
}

const (
	pinnedID   = "0123456789abcdef0123456789abcdef"
	twoSteps   = `jobs: [{name: a, arch: arm, flavor: 2u8g, steps: [{sh: {name: s, inputs: {command: make}}}, {sh: {name: t, inputs: {command: test}}}]}]`
	threeAlike = `jobs: [{name: x, arch: arm, steps: &s [{sh: {name: s, inputs: {command: make}}}]}, {name: y, arch: arm, steps: *s}, {name: z, arch: arm, steps: *s}]`
	secretJobs = `jobs: [{name: a, arch: arm, steps: [], parameters: [{name: P, secret: S}]}, {name: b, arch: arm, steps: [], parameters: [{name: P, secret: S}, {name: Q, secret: T}]}]`
)

// scms writes code sources with the named repositories.
func scms(names ...string) string {
	var out []string
	for _, name := range names {
		out = append(out, fmt.Sprintf("{url: git@h:%s.git, scm_type: codehub, branch: main}", name))
	}
	return "scms: [" + strings.Join(out, ", ") + "]"
}

// timers writes schedules: pairs of an hour and a zone.
func timers(pairs ...string) string {
	var out []string
	for i := 0; i < len(pairs); i += 2 {
		out = append(out, fmt.Sprintf("{name: hudson.triggers.TimerTrigger, parameters: [{name: spec, value: '0 %s * * *'}, {name: timeZoneId, value: %s}]}", pairs[i], pairs[i+1]))
	}
	return "triggers: [" + strings.Join(out, ", ") + "]"
}

// offJobs writes six jobs.
func offJobs(more string) string {
	text := "jobs:"
	for i := range 6 {
		text += fmt.Sprintf("\n  - {name: j%d, %sarch: arm, steps: []}", i, more)
	}
	return text
}

// counted writes the counts of a summary that are not zero.
func counted(s diff.Summary) string {
	var out []string
	for _, word := range strings.Fields(strings.Trim(fmt.Sprintf("%+v", s), "{}")) {
		if !strings.HasSuffix(word, ":0") {
			out = append(out, word)
		}
	}
	return strings.Join(out, " ")
}

// told writes everything that a plan says.
func told(p *diff.Plan) string {
	var out strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&out, format+"\n", args...) }
	for _, c := range p.Changes {
		line("%s %s %v unchanged=%d unproven=%t held=%t base=%t %s", c.Verdict, c.Address, c.Actions, c.Unchanged, c.Unproven, c.HaveFingerprint != "", c.BaseHoldsTemplate(), c.Note)
		if c.Object() != c.Address {
			line("  of %s", c.Object())
		}
		for _, f := range c.Fields {
			line("  %s %s: %s -> %s, base %s, line %d", f.Verdict, f.Path, text(f.Before), text(f.After), text(f.Base), f.Line)
		}
		for _, f := range c.Contents {
			line("  holds %s: %s", f.Path, text(f.After))
		}
		for _, n := range c.Notices {
			line("  notice %s %v, now %v", n.Want.Type, n.Want.Events, n.Have)
		}
		for _, u := range c.Undeclared {
			line("  undeclared %s: %s", u.Path, text(u.Value))
		}
		if body := c.DesiredBody(); body != nil {
			line("  sent %s", text(body))
		}
	}
	for _, r := range p.Refusals {
		line("refused %s %s: %s", r.Rule, r.Address, r.Message)
	}
	for _, need := range p.Needs {
		line("needs %s for %v", need.Secret, need.Addresses)
	}
	line("%s, hold %d, refused=%t, drifted=%t", counted(p.Summary), p.Hold(), p.Refused(), p.Drifted())
	return out.String()
}

// TestScenarios compares what plans say with golden text. What a plan has read is as planned when it
// is read again, and a change that is carried out leaves nothing to do.
func TestScenarios(t *testing.T) {
	t.Parallel()
	var all strings.Builder
	names := map[string]bool{}
	for _, sc := range scenarios {
		if names[sc.name] {
			t.Fatalf("two scenarios are called %q", sc.name)
		}
		names[sc.name] = true
		live := livingAs(t, sc.live)
		byName := map[string]*diff.LiveJob{}
		for _, job := range live.Projects[project].Jobs {
			byName[job.Name] = job
		}
		in := input(made(t, sc.head), made(t, sc.base), live)
		in.Options.AllowEmpty = true
		if tried := made(t, sc.tried); tried != nil {
			in.Tried, in.TriedTemplates = map[string][]*compile.Job{}, map[string][]*compile.Template{}
			for _, job := range tried.Jobs {
				in.Tried[job.Address] = append(in.Tried[job.Address], job)
			}
			for _, template := range tried.Templates {
				in.TriedTemplates[template.Address] = append(in.TriedTemplates[template.Address], template)
			}
		}
		if sc.tweak != nil {
			sc.tweak(&in, byName)
		}
		bodies := map[string]*jsontree.Value{}
		for name, job := range byName {
			bodies[name] = job.Body.Clone()
		}
		plan := diff.Compute(in)
		fmt.Fprintf(&all, "-- %s --\n%s", sc.name, told(plan))
		if drift := told(diff.DriftOnly(plan)); len(plan.Changes) > 0 {
			fmt.Fprintf(&all, "as drift:\n%s", drift)
		}
		if !plan.Intact() {
			t.Errorf("%s: the plan's id is not that of its content", sc.name)
		}
		for i := range plan.Changes {
			c := &plan.Changes[i]
			if c.LiveTemplate != nil && c.Verdict != diff.VerdictCollision {
				if !c.TemplateAsPlanned(c.LiveTemplate.Body, in.Modules) {
					t.Errorf("%s: %s: the template that was planned from is not as planned", sc.name, c.Address)
				}
				if sent := c.DesiredBody(); sent != nil && len(c.UnmetTemplate(sent, sent, in.Modules)) > 0 {
					t.Errorf("%s: %s: what was sent is unmet", sc.name, c.Address)
				}
				if slices.Contains(c.Actions, diff.ActionReplace) && len(c.UnmetTemplate(c.LiveTemplate.Body, c.DesiredBody(), in.Modules)) == 0 {
					t.Errorf("%s: %s: the old template is what was sent", sc.name, c.Address)
				}
			}
			if c.Kind != diff.KindJob || c.Live == nil || bodies[c.Live.Name] == nil {
				continue
			}
			if !c.AsPlanned(bodies[c.Live.Name], in.Modules) {
				t.Errorf("%s: %s: the body that was planned from is not as planned", sc.name, c.Address)
			}
			if sent := c.DesiredBody(); sent != nil {
				if unmet := c.Unmet(sent, in.Modules); len(unmet) > 0 {
					t.Errorf("%s: %s: what was sent lacks %v", sc.name, c.Address, diff.Paths(unmet))
				}
			}
		}
	}
	const golden = "testdata/scenarios.golden"
	if *update {
		if err := os.WriteFile(golden, []byte(all.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), all.String()); d != "" {
		t.Error(d)
	}
}

// parsed reads JSON that is part of this file.
func parsed(text string) *jsontree.Value {
	v, err := jsontree.Parse([]byte(text), jsontree.Limits{})
	if err != nil {
		panic(err)
	}
	return v
}
