package diff_test

import (
	"fmt"
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

// step writes a step of the module m with one script.
func step(name, command string) string {
	return fmt.Sprintf(`{"module_id":"m","name":%q,"properties":{"command":%q}}`, name, command)
}

// served is step with a property that the service added.
func served(name, command string) string {
	return fmt.Sprintf(`{"module_id":"m","name":%q,"properties":{"command":%q,"added":"1"}}`, name, command)
}

func steps(list ...string) string { return `{"arch":"a","steps":[` + strings.Join(list, ",") + `]}` }

// TestSteps checks that steps are matched by identity, so that an inserted or removed step does not
// make all later steps look changed.
func TestSteps(t *testing.T) {
	t.Parallel()
	const long = "one\ntwo\nthree\nfour\nfive\n"
	for name, tc := range map[string]struct{ live, head, base, want string }{
		"inserted": {live: steps(step("A", "a"), step("B", "b")), head: steps(step("A", "a"), step("X", "x"), step("B", "b")),
			want: `change shop/job/j update | change steps["X"]`},
		"removed": {live: steps(step("A", "a"), step("X", "x"), step("B", "b")), head: steps(step("A", "a"), step("B", "b")),
			want: `change shop/job/j update | change steps["X"]`},
		"renamed": {live: steps(step("Old", long)), head: steps(step("New", long)),
			want: `change shop/job/j update | change steps["New"].name`},
		"renamed and edited": {live: steps(step("Old", long)), head: steps(step("New", long+"six\n")),
			want: `change shop/job/j update | change steps["New"].name | change steps["New"].properties.command`},
		"another with the same module": {live: steps(step("Old", long)), head: steps(step("New", "nothing alike")),
			want: `change shop/job/j update | change steps["New"] | change steps["Old"]`},
		"another with the same module, one line repeated": {live: steps(step("Old", "a\nb\nc\nd")), head: steps(step("New", "a\na\na\na")),
			want: `change shop/job/j update | change steps["New"] | change steps["Old"]`},
		"renamed, no inputs": {live: steps(`{"module_id":"m","name":"Old"}`), head: steps(`{"module_id":"m","name":"New"}`),
			want: `change shop/job/j update | change steps["New"].name`},
		"removed before two alike": {live: steps(step("X", "x"), step("A", "a"), step("A", "a")), head: steps(step("A", "a"), step("A", "a")),
			want: `change shop/job/j update | change steps["X"]`},
		"removed, others have members of the service": {base: steps(step("A", "a"), step("B", "b"), step("C", "c")), live: steps(served("A", "a"), served("B", "b"), served("C", "c")), head: steps(step("A", "a")),
			want: `change shop/job/j update | change steps["B"] | change steps["C"]`},
		"removed, edited outside, others have members of the service": {base: steps(step("A", "a"), step("B", "b")), live: steps(served("A", "a"), served("B", "console")), head: steps(step("A", "a")),
			want: "conflict shop/job/j update | conflict steps[\"B\"]\nrefused: conflict"},
		"moved": {live: steps(step("A", "a"), step("B", "b"), step("C", "c")), head: steps(step("C", "c"), step("A", "a"), step("B", "b")),
			want: `change shop/job/j update | change steps ["A","B","C"] to ["C","A","B"]`},
		"two of one name, one edited": {live: steps(step("A", "a"), step("A", "b")), head: steps(step("A", "a"), step("A", "c")),
			want: `change shop/job/j update | change steps["A"#2].properties.command`},
		"two of one name, swapped": {live: steps(step("A", "a"), step("A", "b")), head: steps(step("A", "b"), step("A", "a")),
			want: `change shop/job/j update | change steps ["A#2","A"] to ["A","A#2"]`},
		"two of one name, both edited": {live: steps(step("A", "a"), step("A", "b")), head: steps(step("A", "c"), step("A", "d")),
			want: `change shop/job/j update | change steps["A"].properties.command | change steps["A"#2].properties.command`},
		"two of one name, both could be either": {live: steps(`{"module_id":"m","name":"A","properties":{"command":"b","y":"1"}}`, `{"module_id":"m","name":"A","properties":{"command":"a","y":"1"}}`),
			head: steps(`{"module_id":"m","name":"A","properties":{"command":"a"}}`, `{"module_id":"m","name":"A","properties":{"y":"1"}}`),
			want: `change shop/job/j update | change steps["A"].properties.command`},
		"renamed into the places of others": {live: steps(step("A", "a"), `{"module_id":"own","name":"A","properties":{"command":"a"}}`, step("B", "a")),
			head: steps(step("A", "a"), step("A", "a"), step("A", "a"), `{"module_id":"own","name":"B","properties":{"command":"a"}}`),
			want: `change shop/job/j update | change steps["A"#2].name | change steps["A"#3] | change steps["B"].name`},
		"another, a third of it alike": {live: steps(`{"module_id":"m","name":"Old","properties":{"command":"a","x":"1","y":"1"}}`), head: steps(`{"module_id":"m","name":"New","properties":{"command":"b","x":"2","y":"1"}}`),
			want: `change shop/job/j update | change steps["New"] | change steps["Old"]`},
		"renamed, half of it edited": {live: steps(step("Old", "a\nb")), head: steps(step("New", "a\nc")),
			want: `change shop/job/j update | change steps["New"].name | change steps["New"].properties.command`},
		"module changed": {live: steps(`{"module_id":"m","name":"A","properties":{"command":"a","added":"1"}}`), head: steps(`{"module_id":"n","name":"A","properties":{"command":"a"}}`),
			want: `change shop/job/j update | change steps["A"].module_id | change steps["A"].properties.added`},
		"inserted outside": {base: steps(step("A", "a")), live: steps(step("A", "a"), step("X", "x")), head: steps(step("A", "a")),
			want: `drift shop/job/j update | drift steps["X"]`},
		"removed outside": {base: steps(step("A", "a"), step("B", "b")), live: steps(step("A", "a")), head: steps(step("A", "a"), step("B", "b")),
			want: `drift shop/job/j update | drift steps["B"]`},
		"moved outside": {base: steps(step("A", "a"), step("B", "b")), live: steps(step("B", "b"), step("A", "a")), head: steps(step("A", "a"), step("B", "b")),
			want: `drift shop/job/j update | drift steps ["B","A"] to ["A","B"]`},
		"property no longer declared": {base: steps(`{"module_id":"m","name":"A","properties":{"command":"a","x":"1"}}`), live: steps(`{"module_id":"m","name":"A","properties":{"command":"a","x":"1","y":"2"}}`), head: steps(step("A", "a")),
			want: `change shop/job/j update | change steps["A"].properties.x`},
		"property newly declared": {base: steps(step("A", "a")), live: steps(`{"module_id":"m","name":"A","properties":{"command":"a","x":"1"}}`), head: steps(`{"module_id":"m","name":"A","properties":{"command":"a","x":"2"}}`),
			want: `change shop/job/j update | change steps["A"].properties.x`},
		"property never declared": {base: steps(step("A", "a")), live: steps(`{"module_id":"m","name":"A","properties":{"command":"a","x":"1"}}`), head: steps(step("A", "a"))},
		"property declared null":  {live: steps(`{"module_id":"m","name":"A","properties":{"x":"1"}}`), head: steps(`{"module_id":"m","name":"A","properties":{"x":null}}`), want: `change shop/job/j update | change steps["A"].properties.x`},
		"list not declared":       {live: steps(step("A", "a")), head: `{"arch":"a"}`},
		"list declared empty":     {live: steps(step("A", "a")), head: steps(), want: `change shop/job/j update | change steps["A"]`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var base *compile.Result
			if tc.base != "" {
				base = compiled(defined(t, "j", tc.base))
			}
			p := diff.Compute(input(compiled(defined(t, "j", tc.head)), base, listed(existing(t, "j", tc.live))))
			if d := cmp.Diff(tc.want, outline(p)); d != "" {
				t.Errorf("-want +got\n%s", d)
			}
		})
	}
}

// TestCodeSources checks that a new address drops the values that belong to the old one.
func TestCodeSources(t *testing.T) {
	t.Parallel()
	live := `{"scms":[{"url":"git@h:a.git","branch":"main","repo_id":"1","web_url":"w","depth":"1","enable_git_lfs":true}]}`
	p := diff.Compute(input(compiled(defined(t, "j", `{"scms":[{"url":"git@h:b.git","branch":"main"}]}`)), nil, listed(existing(t, "j", live))))
	if got, want := outline(p), "change shop/job/j update | change scms[0].url"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	scm := p.Changes[0].DesiredBody().Get("scms").Items()[0]
	if scm.Get("repo_id") != nil || scm.Get("web_url") != nil || scm.Get("enable_git_lfs") == nil {
		t.Errorf("sent %s", scm.AppendJSON(nil))
	}
}

// TestRefilledSource checks a derived member that is declared empty. A plan empties it; if the base
// declares it empty too and it is live, the service has filled it, and nothing is planned.
func TestRefilledSource(t *testing.T) {
	t.Parallel()
	const live = `{"flavor":"2u8g","scms":[{"url":"git@h:a.git","branch":"main","repo_id":"1","web_url":"w","group_name":"g","repo_name":"a","end_point_id":"e"}]}`
	job := func(members string) string {
		return `{"flavor":"2u8g","scms":[{"url":"git@h:a.git","branch":"main"` + members + `}]}`
	}
	for _, member := range []string{"repo_id", "web_url", "group_name", "repo_name"} {
		for _, empty := range []string{`null`, `""`} {
			in := job(`,"` + member + `":` + empty)
			change := "change shop/job/j update | change scms[0]." + member
			want := compiled(defined(t, "j", in))
			p := diff.Compute(input(want, nil, listed(existing(t, "j", live))))
			if got := outline(p); got != change {
				t.Errorf("%s, no base: %s", in, got)
			} else if got := diff.Refilled(p.Changes[0].Fields); len(got) != 1 {
				t.Errorf("%s, refilled after the update: %v", in, got)
			}
			if got := outline(diff.Compute(input(want, compiled(defined(t, "j", job(""))), listed(existing(t, "j", live))))); got != change {
				t.Errorf("%s, newly declared: %s", in, got)
			}
			if got := outline(diff.Compute(input(want, want, listed(existing(t, "j", live))))); got != "" {
				t.Errorf("%s, refilled: %s", in, got)
			}
		}
	}
	want := compiled(defined(t, "j", job(`,"end_point_id":""`)))
	if got := outline(diff.Compute(input(want, want, listed(existing(t, "j", live))))); !strings.Contains(got, "end_point_id") {
		t.Errorf("end_point_id is none that follows from the address: %q", got)
	}
}

func TestPredefinedParameterIsCarried(t *testing.T) {
	t.Parallel()
	live := `{"parameters":[{"name":"D","params":[{"name":"name","value":"codeBranch"},{"name":"defaults","value":"true"}]},{"name":"D","params":[{"name":"name","value":"mine"}]}]}`
	p := diff.Compute(input(compiled(defined(t, "j", `{"parameters":[]}`)), nil, listed(existing(t, "j", live))))
	if got, want := outline(p), `change shop/job/j update | change parameters["mine"]`; got != want {
		t.Fatalf("got %s, want %s", got, want)
	}
	if got := p.Changes[0].DesiredBody().Get("parameters"); got.Len() != 1 || !strings.Contains(string(got.AppendJSON(nil)), "codeBranch") {
		t.Errorf("sent %s", got.AppendJSON(nil))
	}
}

func TestIgnore(t *testing.T) {
	t.Parallel()
	rule := func(job string, fields ...string) spec.Ignore { return spec.Ignore{Job: job, Fields: fields} }
	live := steps(`{"module_id":"m","name":"A","properties":{"command":"x","cache":"off"}}`, step("Extra", "e"))
	head := steps(`{"module_id":"m","name":"A","properties":{"command":"y","cache":"on"}}`)
	for name, tc := range map[string]struct {
		rule spec.Ignore
		want string
	}{
		"nothing":         {rule("other-*"), `change shop/job/j update | change steps["A"].properties.command | change steps["A"].properties.cache | change steps["Extra"]`},
		"whole job":       {rule("j*"), ``},
		"a property":      {rule("j", "steps[*].properties.cache"), `change shop/job/j update | change steps["A"].properties.command | change steps["Extra"]`},
		"by glob":         {rule("j", `steps["A*"].properties.c*e`), `change shop/job/j update | change steps["A"].properties.command | change steps["Extra"]`},
		"all of a step":   {rule("j", `steps["A"]`), `change shop/job/j update | change steps["Extra"]`},
		"a step too many": {rule("j", `steps["Extra"]`), `change shop/job/j update | change steps["A"].properties.command | change steps["A"].properties.cache`},
		"at any depth":    {rule("j", `**.cache`, `**.command`), `change shop/job/j update | change steps["Extra"]`},
		"the whole list":  {rule("j", `steps`), ``},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := input(compiled(defined(t, "j", head)), nil, listed(existing(t, "j", live)))
			in.Policy.Ignore = []spec.Ignore{tc.rule}
			if d := cmp.Diff(tc.want, outline(diff.Compute(in))); d != "" {
				t.Errorf("-want +got\n%s", d)
			}
		})
	}
}

// TestIgnoredPartsOfAParameter checks that a part of a parameter that policy.ignore names keeps its
// live value, and that the others are compared and written.
func TestIgnoredPartsOfAParameter(t *testing.T) {
	t.Parallel()
	param := func(kind, value, option string, required string) string {
		return fmt.Sprintf(`{"parameters":[{"name":"hudson.model.%s","params":[{"name":"name","value":"p"},{"name":"defaultValue","value":%q,"required":%s,"limits":[{"name":%q,"display_name":%q,"disable":"0"}]}]}]}`, kind, value, required, option, option)
	}
	live, head := param("StringParameterDefinition", "a", "a", "true"), param("ChoiceParameterDefinition", "b", "b", "false")
	all := []string{`parameters["p"].definition`, `parameters["p"].defaultValue`, `parameters["p"].defaultValue.required`, `parameters["p"].limits`}
	for field, kept := range map[string]string{all[0]: "StringParameterDefinition", all[1]: `"value":"a"`, all[2]: `"required":true`, all[3]: `"display_name":"a"`} {
		in := input(compiled(defined(t, "j", head)), nil, listed(existing(t, "j", live)))
		in.Policy.Ignore = []spec.Ignore{{Job: "j", Fields: []string{field}}}
		change := diff.Compute(in).Changes[0]
		want := slices.DeleteFunc(slices.Clone(all), func(path string) bool { return strings.HasPrefix(path, field) })
		if d := cmp.Diff(want, diff.Paths(change.Fields)); d != "" {
			t.Errorf("%s: -want +got\n%s", field, d)
		}
		if sent := text(change.DesiredBody().Get("parameters")); !strings.Contains(sent, kept) {
			t.Errorf("%s: sent %s", field, sent)
		}
	}
}

// TestPairs checks that the items of two lists are paired as a plan pairs them, the others not at all.
func TestPairs(t *testing.T) {
	t.Parallel()
	have, want := parsed(steps(step("A", "a"), step("B", "b"), step("D", "d"))), parsed(steps(step("X", "x"), step("D", "e"), step("B", "c")))
	var got []string
	for h, w := range diff.Pairs("steps", have, want) {
		got = append(got, h.Str("name")+w.Get("properties").Str("command"))
	}
	if d := cmp.Diff([]string{"De", "Bc"}, got); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
}

func TestNotifications(t *testing.T) {
	t.Parallel()
	row := func(kind string, events ...string) wire.Notice {
		n := wire.Notice{NoticeType: kind, EnableMap: map[string]bool{"buildJobFail": false, "deleteJob": false, "novel": true}}
		for _, e := range events {
			n.EnableMap[e] = true
		}
		delete(n.EnableMap, "novel")
		return n
	}
	notice := func(kind string, events ...string) compile.Notice { return compile.Notice{Type: kind, Events: events} }
	for name, tc := range map[string]struct {
		base, head []compile.Notice
		live       []wire.Notice
		unseen     bool // the service does not show the channels: they are as at the base
		tweak      func(*diff.Input)
		want       string
	}{
		"not managed":    {live: []wire.Notice{row("MAIL", "buildJobFail")}},
		"the same":       {head: []compile.Notice{notice("MAIL", "buildJobFail", "deleteJob")}, live: []wire.Notice{row("MAIL", "buildJobFail", "deleteJob")}},
		"off, is on":     {head: []compile.Notice{notice("MAIL")}, live: []wire.Notice{row("MAIL", "buildJobFail")}, want: `change shop/notification/j update | change notifications["MAIL"].events`},
		"off, no row":    {head: []compile.Notice{notice("WECOM")}},
		"on, no row":     {head: []compile.Notice{notice("WECOM", "deleteJob")}, want: `change shop/notification/j update | change notifications["WECOM"].events`},
		"edited outside": {base: []compile.Notice{notice("MAIL", "buildJobFail")}, head: []compile.Notice{notice("MAIL", "buildJobFail")}, live: []wire.Notice{row("MAIL")}, want: `drift shop/notification/j update | drift notifications["MAIL"].events`},
		"conflict": {base: []compile.Notice{notice("MAIL", "buildJobFail")}, head: []compile.Notice{notice("MAIL", "deleteJob")}, live: []wire.Notice{row("MAIL")},
			want: "conflict shop/notification/j update | conflict notifications[\"MAIL\"].events\nrefused: conflict"},
		"stored differently": {base: []compile.Notice{notice("MAIL", "buildJobFail")}, head: []compile.Notice{notice("MAIL", "buildJobFail")}, live: []wire.Notice{row("MAIL")},
			tweak: func(in *diff.Input) {
				in.Rewritten = map[string][]string{"shop/job/j": {`notifications["MAIL"].events`}}
			}, want: `change shop/notification/j update | change notifications["MAIL"].events`},
		"unseen, without a base": {head: []compile.Notice{notice("MAIL", "deleteJob")}, unseen: true, tweak: withoutBase(false)},
		"unseen, first apply":    {head: []compile.Notice{notice("MAIL", "deleteJob")}, unseen: true, tweak: withoutBase(true), want: `change shop/notification/j update | change notifications["MAIL"].events`},
		"unseen, as at the base": {base: []compile.Notice{notice("MAIL", "deleteJob")}, head: []compile.Notice{notice("MAIL", "deleteJob")}, unseen: true},
		"unseen, changed here":   {base: []compile.Notice{notice("MAIL", "deleteJob")}, head: []compile.Notice{notice("MAIL")}, unseen: true, want: `change shop/notification/j update | change notifications["MAIL"].events`},
		"unseen, newly declared": {head: []compile.Notice{notice("MAIL", "deleteJob")}, unseen: true, want: `change shop/notification/j update | change notifications["MAIL"].events`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want, before, live := defined(t, "j", plainJob), defined(t, "j", plainJob), existing(t, "j", plainJob)
			want.Notices, before.Notices, live.Notices, live.NoticesUnseen = tc.head, tc.base, tc.live, tc.unseen
			in := input(compiled(want), compiled(before), listed(live))
			if tc.tweak != nil {
				tc.tweak(&in)
			}
			p := diff.Compute(in)
			if d := cmp.Diff(tc.want, outline(p)); d != "" {
				t.Errorf("-want +got\n%s", d)
			}
			if len(p.Changes) > 0 && len(p.Changes[0].Notices) != 1 {
				t.Errorf("apply is told to write %d channels", len(p.Changes[0].Notices))
			}
		})
	}
	config := `{"webhook":"https://hook"}`
	want := defined(t, "new", plainJob)
	want.Notices = []compile.Notice{{Type: "DING_TALK", Events: []string{"deleteJob"}, ParamConfig: &config}}
	p := diff.Compute(input(compiled(want), nil, listed()))
	if got := outline(p); got != `create shop/job/new create
change shop/notification/new update | change notifications["DING_TALK"].events | change notifications["DING_TALK"].param_config` {
		t.Error(got)
	}
	for _, f := range p.Changes[1].Fields {
		if strings.Contains(string(f.After.AppendJSON(nil)), "hook") {
			t.Error("a webhook's address is in the plan")
		}
	}
}

// TestSecrets checks that no sensitive value reaches a plan, that no value that was read is sent,
// and that an unknown value is never a difference.
func TestSecrets(t *testing.T) {
	t.Parallel()
	const canary = "canary-9f3a"
	secret := func(value string) string {
		return fmt.Sprintf(`{"arch":"a","steps":[],"parameters":[{"name":"D","params":[{"name":"name","value":"TOKEN"},{"name":"defaultValue","value":%q},{"name":"sensitiveVar","value":"true"}]}]}`, value)
	}
	declared := func(text string) *compile.Job {
		j := defined(t, "j", text)
		j.Secrets = []compile.SecretUse{{Parameter: "TOKEN", Secret: "NEXUS"}}
		return j
	}
	other := strings.Replace(secret("<secret NEXUS>"), `"arch":"a"`, `"arch":"b"`, 1)
	for name, tc := range map[string]struct {
		head *compile.Job
		live string
		set  func(*diff.Options)
		want string
	}{
		"unchanged":                     {head: declared(secret("<secret NEXUS>")), live: secret(canary)},
		"masked":                        {head: declared(secret("<secret NEXUS>")), live: secret("******")},
		"written again":                 {head: declared(secret("<secret NEXUS>")), live: secret(canary), set: func(o *diff.Options) { o.WriteSecrets = []string{"all"} }, want: `change shop/job/j update | change parameters["TOKEN"].defaultValue`},
		"another written again":         {head: declared(secret("<secret NEXUS>")), live: secret(canary), set: func(o *diff.Options) { o.WriteSecrets = []string{"OTHER"} }},
		"update around it":              {head: declared(other), live: secret(canary), want: `change shop/job/j update | change arch`},
		"written again, others changed": {head: declared(other), live: secret(canary), set: func(o *diff.Options) { o.WriteSecrets = []string{"all"} }, want: `change shop/job/j update | change arch | change parameters["TOKEN"].defaultValue`},
		"removed":                       {head: defined(t, "j", `{"arch":"a","steps":[],"parameters":[]}`), live: secret(canary), want: `change shop/job/j update | change parameters["TOKEN"]`},
		"not declared, update":          {head: defined(t, "j", `{"arch":"b","steps":[]}`), live: secret(canary), want: "change shop/job/j update | change arch\nrefused: secret"},
		"not declared, no update":       {head: defined(t, "j", `{"arch":"a","steps":[]}`), live: secret(canary)},
		"becomes sensitive":             {head: declared(secret("<secret NEXUS>")), live: strings.Replace(secret(canary), `"true"`, `"false"`, 1), want: `change shop/job/j update | change parameters["TOKEN"].defaultValue | change parameters["TOKEN"].sensitiveVar`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := input(compiled(tc.head), nil, listed(existing(t, "j", tc.live)))
			in.Options.ShowUndeclared, in.Options.Explain = true, true
			if tc.set != nil {
				tc.set(&in.Options)
			}
			p := diff.Compute(in)
			got := outline(p)
			if tc.want == "" && strings.HasPrefix(got, "unchanged ") {
				got = ""
			}
			if d := cmp.Diff(tc.want, got); d != "" {
				t.Errorf("-want +got\n%s", d)
			}
			for _, c := range p.Changes {
				for _, f := range c.Fields {
					for _, v := range []*jsontree.Value{f.Before, f.After, f.Base} {
						if strings.Contains(string(v.AppendJSON(nil)), canary) {
							t.Errorf("%s holds the secret", f.Path)
						}
					}
				}
				for _, u := range c.Undeclared {
					if strings.Contains(string(u.Value.AppendJSON(nil)), canary) {
						t.Errorf("%s holds the secret", u.Path)
					}
				}
				if tc.want != "" && !strings.Contains(tc.want, "refused") && strings.Contains(string(c.DesiredBody().AppendJSON(nil)), canary) {
					t.Error("a value that was read would be sent")
				}
			}
		})
	}
}

func TestTemplates(t *testing.T) {
	t.Parallel()
	wanted := func(command string) *compile.Template {
		return &compile.Template{Address: "shop/template/t", Name: "t",
			Body: body(t, `{"name":"t","description":"d","template":{"steps":[`+step("A", command)+`]}}`)}
	}
	// The service stores templates in more than one letter case.
	live := func(uuid, command string) *diff.LiveTemplate {
		return &diff.LiveTemplate{UUID: uuid, Name: "t", Body: body(t, fmt.Sprintf(
			`{"uuid":%q,"name":"t","description":"d","scope":"custom","weight":0,"template":{"Steps":[{"Module_id":"m","Name":"A","Properties":{"command":%q},"enable":true,"version":null}]}}`, uuid, command))}
	}
	holding := func(command string) *diff.LiveTemplate {
		out := live("u", command)
		out.Body.Set("parameters", body(t, `{"l":[{"name":"D","params":[{"name":"name","value":"TOKEN"},{"name":"defaultValue","value":"******"},{"name":"sensitiveVar","value":"true"}]}]}`).Get("l"))
		return out
	}
	noted := wanted("a")
	noted.Body.Get("template").Set("custom_note", jsontree.String("n"))
	notedAs := func(key string) []*diff.LiveTemplate {
		out := live("u", "a")
		out.Body.Get("template").Set(key, jsontree.String("n"))
		return []*diff.LiveTemplate{out}
	}
	of := func(list ...*compile.Template) *compile.Result {
		return &compile.Result{Jobs: []*compile.Job{defined(t, "anchor", plainJob)}, Templates: list}
	}
	for name, tc := range map[string]struct {
		head, base *compile.Result
		live       []*diff.LiveTemplate
		onRemove   string
		want       string
	}{
		"new":                  {head: of(wanted("a")), want: "create shop/template/t create"},
		"the same":             {head: of(wanted("a")), live: []*diff.LiveTemplate{live("u", "a")}},
		"the same, twice read": {head: of(wanted("a")), live: []*diff.LiveTemplate{live("u", "a"), live("u", "a")}},
		"different":            {head: of(wanted("a")), live: []*diff.LiveTemplate{live("u", "b")}, want: `change shop/template/t replace | change steps["A"].properties.command`},
		"two of one name":      {head: of(wanted("a")), live: []*diff.LiveTemplate{live("u", "a"), live("v", "b")}, want: "unknown shop/template/t\nrefused: duplicate-live-template"},
		"other letters":        {head: of(noted), live: notedAs("Custom_Note")},
		"letters joined":       {head: of(noted), live: notedAs("customNote")},
		"a secret":             {head: of(wanted("a")), live: []*diff.LiveTemplate{holding("a")}},
		"a secret, different":  {head: of(wanted("a")), live: []*diff.LiveTemplate{holding("b")}, want: "change shop/template/t replace | change steps[\"A\"].properties.command\nrefused: secret"},
		"edited outside":       {head: of(wanted("a")), base: of(wanted("a")), live: []*diff.LiveTemplate{live("u", "b")}, want: `drift shop/template/t replace | drift steps["A"].properties.command`},
		"deleted outside":      {head: of(wanted("a")), base: of(wanted("a")), want: "drift shop/template/t create"},
		"collision":            {head: of(wanted("a")), base: of(), live: []*diff.LiveTemplate{live("u", "b")}, want: "collision shop/template/t\nrefused: collision"},
		"adopted":              {head: of(wanted("a")), base: of(), live: []*diff.LiveTemplate{live("u", "a")}, want: "adopt shop/template/t"},
		"removed, disable":     {head: of(), base: of(wanted("a")), live: []*diff.LiveTemplate{live("u", "a")}, want: "remove shop/template/t"},
		"removed, delete":      {head: of(), base: of(wanted("a")), live: []*diff.LiveTemplate{live("u", "a")}, onRemove: "delete", want: "remove shop/template/t delete"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			snapshot := listed(existing(t, "anchor", plainJob))
			snapshot.Templates = tc.live
			in := input(tc.head, tc.base, snapshot)
			if tc.onRemove != "" {
				in.Policy.OnRemove = tc.onRemove
			}
			if d := cmp.Diff(tc.want, outline(diff.Compute(in))); d != "" {
				t.Errorf("-want +got\n%s", d)
			}
		})
	}
}

// TestCollisionShowsNothing checks that a merge request that names a job cannot read the body of
// that job if nobody declared it.
func TestCollisionShowsNothing(t *testing.T) {
	t.Parallel()
	in := input(compiled(defined(t, "anchor", plainJob), defined(t, "foreign", plainJob)), compiled(defined(t, "anchor", plainJob)),
		listed(existing(t, "anchor", plainJob), existing(t, "foreign", `{"arch":"hush","steps":[],"extra":"hush"}`)))
	in.Options.ShowUndeclared, in.Options.Explain = true, true
	p := diff.Compute(in)
	for _, c := range p.Changes {
		if c.Verdict != diff.VerdictCollision {
			continue
		}
		if len(c.Fields)+len(c.Undeclared)+len(c.Equalities) > 0 || c.Live == nil {
			t.Errorf("%+v", c)
		}
		return
	}
	t.Errorf("no collision: %s", outline(p))
}

func TestUndeclared(t *testing.T) {
	t.Parallel()
	in := input(compiled(defined(t, "j", steps(step("A", "a")))), nil,
		listed(existing(t, "j", `{"arch":"a","group_id":"g","steps":[{"module_id":"m","name":"A","properties":{"command":"a","added":"1"},"version":null}]}`)))
	in.Options.ShowUndeclared = true
	p := diff.Compute(in)
	var got []string
	for _, u := range p.Changes[0].Undeclared {
		got = append(got, u.Path+"="+u.Value.Text())
	}
	if d := cmp.Diff([]string{"group_id=g", `steps["A"].properties.added=1`}, got); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
	if p.HasChanges() || p.Summary.Unchanged != 1 {
		t.Errorf("%s, %+v", outline(p), p.Summary)
	}
	if drift := diff.DriftOnly(p); drift.Summary.Unchanged != 1 {
		t.Errorf("as drift: %+v", drift.Summary)
	}
	if in.Options.ShowUndeclared = false; diff.Compute(in).PlanID != p.PlanID {
		t.Error("what is only shown changes the plan's id")
	}
}

// TestShareCountsTheWholeEstate checks that objects that --changed leaves out count for the limit
// of removals.
func TestShareCountsTheWholeEstate(t *testing.T) {
	t.Parallel()
	jobs, live := many(t, "job", 20)
	in := whole(input(compiled(), compiled(jobs[:3]...), listed(live...)), compiled(jobs[3:]...))
	if p := diff.Compute(in); p.Hold() != diff.NotHeld || p.Summary.Disable != 3 {
		t.Errorf("%s\n%v", outline(p), p.Refusals)
	}
}

// TestOrderOfChanges checks that templates come first, notifications right after their job, and
// removals last.
func TestOrderOfChanges(t *testing.T) {
	t.Parallel()
	a, b := defined(t, "a", plainJob), defined(t, "b", plainJob)
	a.Notices = []compile.Notice{{Type: "MAIL", Events: []string{"deleteJob"}}}
	head := compiled(b, a)
	head.Templates = []*compile.Template{{Address: "shop/template/z", Name: "z", Body: body(t, `{"name":"z","template":{"steps":[]}}`)}}
	keep := existing(t, "gone", plainJob)
	p := diff.Compute(input(head, compiled(defined(t, "gone", plainJob)), listed(keep)))
	want := "create shop/template/z create\ncreate shop/job/a create\nchange shop/notification/a update | change notifications[\"MAIL\"].events\ncreate shop/job/b create\nremove shop/job/gone disable"
	if d := cmp.Diff(want, outline(p)); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
}

// keyed knows one module with a secret property.
type keyed struct{}

func (keyed) PropertyFacts(_, property string) (diff.PropertyFacts, bool) {
	return diff.PropertyFacts{Text: true, Secret: true}, property == "password"
}

// TestSecretProperties checks that a step's secret property is treated like a sensitive parameter.
func TestSecretProperties(t *testing.T) {
	t.Parallel()
	of := func(rest string) string {
		return `{"arch":"a","steps":[{"module_id":"m","name":"A","properties":{"command":"c"` + rest + `}}]}`
	}
	live := existing(t, "j", of(`,"password":"canary"`))
	plan := func(text string) *diff.Plan {
		in := input(compiled(defined(t, "j", text)), nil, listed(live))
		in.Modules, in.Options.ShowUndeclared = keyed{}, true
		return diff.Compute(in)
	}
	for name, tc := range map[string]struct{ head, want string }{
		"declared":              {of(`,"password":"mine"`), "unchanged shop/job/j"},
		"not declared":          {of(``), "unchanged shop/job/j"},
		"not declared, updated": {strings.Replace(of(``), `"a"`, `"b"`, 1), "change shop/job/j update | change arch\nrefused: secret"},
		"declared, updated":     {strings.Replace(of(`,"password":"mine"`), `"a"`, `"b"`, 1), "change shop/job/j update | change arch"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := plan(tc.head)
			got := outline(p)
			if got == "" {
				got = "unchanged shop/job/j"
			}
			if got != tc.want {
				t.Errorf("got %s, want %s", got, tc.want)
			}
			for _, c := range p.Changes {
				for _, u := range c.Undeclared {
					if u.Value.Text() == "canary" {
						t.Error("the value is shown")
					}
				}
			}
		})
	}
}
