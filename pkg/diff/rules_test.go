package diff_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/buildsync/buildsync/pkg/catalog"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/jsontree"
)

// params writes one parameter's fields.
func params(fields string) string {
	return `{"parameters":[{"name":"hudson.model.StringParameterDefinition","params":[{"name":"name","value":"p"},` + fields + `]}]}`
}

func maven(properties string) string {
	return `{"steps":[{"module_id":"devcloud2018.codeci_action_20043.action","name":"B","properties":{` + properties + `}}]}`
}

func shell(properties string) string {
	return `{"steps":[{"module_id":"unheard-of","name":"B","properties":{` + properties + `}}]}`
}

// TestRules checks each rule with two values that it makes equal, named by --explain, and two
// values that stay different.
func TestRules(t *testing.T) {
	t.Parallel()
	type pair struct{ live, want string }
	for _, tc := range []struct {
		rule, path string
		same       pair
		differ     pair
	}{
		{"limit-time", "timeout.limit", pair{`{"limit_time":"4"}`, `{"timeout":{"limit":"4","unit":"hour"}}`}, pair{`{"limit_time":"4"}`, `{"timeout":{"limit":"5","unit":"hour"}}`}},
		{"moments", `steps["B"].properties.stepUpdateTime`, pair{shell(`"stepUpdateTime":"1764200000010"`), shell(`"stepUpdateTime":"1764100000010"`)}, pair{shell(`"stepUpdateTime":"weekly"`), shell(`"stepUpdateTime":"daily"`)}},
		{"endpoint-key", "scms[0].endpoint_id", pair{`{"scms":[{"url":"u","endpoint_id":"e"}]}`, `{"scms":[{"url":"u","end_point_id":"e"}]}`}, pair{`{"scms":[{"url":"u","endpoint_id":"e"}]}`, `{"scms":[{"url":"u","end_point_id":"f"}]}`}},
		{"definition-name", `parameters["p"].definition`, pair{`{"parameters":[{"name":"HUDSON.MODEL.STRINGPARAMETERDEFINITION","params":[{"name":"name","value":"p"},{"name":"type","value":"normalparam"}]}]}`, params(`{"name":"type","value":"normalparam"}`)}, pair{`{"parameters":[{"name":"hudson.model.ChoiceParameterDefinition","params":[{"name":"name","value":"p"}]}]}`, params(`{"name":"type","value":"normalparam"}`)}},
		{"numbers", `steps["B"].properties.n`, pair{shell(`"n":1.10`), shell(`"n":1.1`)}, pair{shell(`"n":12345678901234567890`), shell(`"n":12345678901234567000`)}},
		{"canonical-types", "auto_update_sub_module", pair{`{"auto_update_sub_module":true}`, `{"auto_update_sub_module":"true"}`}, pair{`{"auto_update_sub_module":true}`, `{"auto_update_sub_module":"false"}`}},
		{"canonical-types", "scms[0].depth", pair{`{"scms":[{"url":"u","depth":5}]}`, `{"scms":[{"url":"u","depth":"5"}]}`}, pair{`{"scms":[{"url":"u","depth":5}]}`, `{"scms":[{"url":"u","depth":"6"}]}`}},
		{"property-types", `steps["B"].properties.ignoreTest`, pair{maven(`"ignoreTest":"true"`), maven(`"ignoreTest":true`)}, pair{maven(`"ignoreTest":"true"`), maven(`"ignoreTest":false`)}},
		{"property-types", `steps["B"].properties.n`, pair{shell(`"n":1`), shell(`"n":"1"`)}, pair{maven(`"command":1`), maven(`"command":"1"`)}},
		{"line-endings", `steps["B"].properties.command`, pair{maven(`"command":"a\r\nb"`), maven(`"command":"a\nb"`)}, pair{maven(`"command":"a\nb "`), maven(`"command":"a\nb"`)}},
		{"letter-case", "flavor", pair{`{"flavor":"2U8G"}`, `{"flavor":"2u8g"}`}, pair{`{"flavor":"2U8G"}`, `{"flavor":"4u8g"}`}},
		{"letter-case", "scms[0].scm_type", pair{`{"scms":[{"url":"u","scm_type":"Repo"}]}`, `{"scms":[{"url":"u","scm_type":"codehub"}]}`}, pair{`{"scms":[{"url":"u","scm_type":"github"}]}`, `{"scms":[{"url":"u","scm_type":"codehub"}]}`}},
		{"letter-case", "arch", pair{`{"arch":"X86-64"}`, `{"arch":"x86-64"}`}, pair{`{"arch":"ARM"}`, `{"arch":"x86-64"}`}},
		{"letter-case", "build_config_type", pair{`{"build_config_type":"yaml"}`, `{"build_config_type":"YAML"}`}, pair{`{"build_config_type":"action"}`, `{"build_config_type":"YAML"}`}},
		{"letter-case", "scms[0].build_type", pair{`{"scms":[{"url":"u","build_type":"COMMITID"}]}`, `{"scms":[{"url":"u","build_type":"commitId"}]}`}, pair{`{"scms":[{"url":"u","build_type":"TAG"}]}`, `{"scms":[{"url":"u","build_type":"commitId"}]}`}},
		{"letter-case", "timeout.unit", pair{`{"timeout":{"limit":"4","unit":"HOUR"}}`, `{"timeout":{"limit":"4","unit":"hour"}}`}, pair{`{"timeout":{"limit":"4","unit":"MINUTE"}}`, `{"timeout":{"limit":"4","unit":"hour"}}`}},
		{"timeout-unit", "timeout.limit", pair{`{"timeout":{"limit":"240","unit":"minute"}}`, `{"timeout":{"limit":"4","unit":"hour"}}`}, pair{`{"timeout":{"limit":"90","unit":"minute"}}`, `{"timeout":{"limit":"1","unit":"hour"}}`}},
		{"timeout-unit", "timeout.unit", pair{`{"timeout":{"limit":1,"unit":"DAYS"}}`, `{"timeout":{"limit":"24","unit":"hour"}}`}, pair{`{"timeout":{"limit":"4","unit":"minute"}}`, `{"timeout":{"limit":"4","unit":"hour"}}`}},
		{"predefined-description", `parameters["p"].description`, pair{params(`{"name":"defaults","value":"true"},{"name":"description","value":"代码分支"}`), params(`{"name":"defaults","value":"true"},{"name":"description","value":"Code branch"}`)}, pair{params(`{"name":"description","value":"代码分支"}`), params(`{"name":"description","value":"Code branch"}`)}},
		{"pre-condition", `steps["B"].properties.preCondition`, pair{shell(`"x":"1"`), shell(`"x":"1","preCondition":"SUCCESS"`)}, pair{shell(`"preCondition":"ALWAYS"`), shell(`"preCondition":"SUCCESS"`)}},
		{"secret-value", `parameters["p"].defaultValue`, pair{params(`{"name":"sensitiveVar","value":"true"},{"name":"defaultValue","value":"9f3a"}`), params(`{"name":"sensitiveVar","value":"true"},{"name":"defaultValue","value":"<secret X>"}`)}, pair{params(`{"name":"sensitiveVar","value":"false"},{"name":"defaultValue","value":"9f3a"}`), params(`{"name":"sensitiveVar","value":"true"},{"name":"defaultValue","value":"<secret X>"}`)}},
		{"empty", `steps["B"].version`, pair{`{"steps":[{"module_id":"m","name":"B"}]}`, `{"steps":[{"module_id":"m","name":"B","version":null}]}`}, pair{`{"steps":[{"module_id":"m","name":"B"}]}`, `{"steps":[{"module_id":"m","name":"B","version":"2"}]}`}},
		{"empty", "scms", pair{`{"scms":null}`, `{"scms":[]}`}, pair{`{"scms":[{"url":"u"}]}`, `{"scms":[]}`}},
		{"empty", `steps["B"].properties.list`, pair{shell(`"x":"1"`), shell(`"x":"1","list":[]`)}, pair{shell(`"x":"1"`), shell(`"x":"1","list":""`)}},
		{"server-default", "flavor", pair{`{}`, `{"flavor":"DEFAULT"}`}, pair{`{}`, `{"flavor":"2u8g"}`}},
		{"server-default", "scms[0].depth", pair{`{"scms":[{"url":"u"}]}`, `{"scms":[{"url":"u","depth":"1"}]}`}, pair{`{"scms":[{"url":"u"}]}`, `{"scms":[{"url":"u","depth":"2"}]}`}},
		{"server-default", `parameters["p"].staticVar`, pair{params(`{"name":"type","value":"x"}`), params(`{"name":"staticVar","value":"false"}`)}, pair{params(`{"name":"type","value":"x"}`), params(`{"name":"staticVar","value":"true"}`)}},
		{"set-order", "parameters",
			pair{`{"parameters":[{"params":[{"name":"name","value":"a"}]},{"params":[{"name":"name","value":"b"}]}]}`, `{"parameters":[{"params":[{"name":"name","value":"b"}]},{"params":[{"name":"name","value":"a"}]}]}`},
			pair{`{"parameters":[{"params":[{"name":"name","value":"a"}]}]}`, `{"parameters":[{"params":[{"name":"name","value":"b"}]}]}`}},
	} {
		t.Run(tc.rule+" "+tc.path, func(t *testing.T) {
			t.Parallel()
			compute := func(p pair) *diff.Plan {
				in := input(compiled(defined(t, "j", p.want)), nil, listed(existing(t, "j", p.live)))
				in.Options.Explain = true
				return diff.Compute(in)
			}
			same := compute(tc.same)
			if same.HasChanges() {
				t.Fatalf("noise: %s", outline(same))
			}
			found := false
			for _, c := range same.Changes {
				found = found || slices.Contains(c.Equalities, diff.Equality{Path: tc.path, Rule: tc.rule})
			}
			if !found {
				t.Errorf("%s at %s does not explain it: %+v", tc.rule, tc.path, same.Changes)
			}
			if differ := compute(tc.differ); !differ.HasChanges() {
				t.Error("a difference is not seen")
			}
		})
	}
}

// TestRulesAreTested checks that each rule has a case and a description.
func TestRulesAreTested(t *testing.T) {
	t.Parallel()
	tested := []string{"limit-time", "read-only", "moments", "endpoint-key", "definition-name", "numbers", "canonical-types", "property-types", "line-endings", "letter-case",
		"timeout-unit", "predefined-description", "pre-condition", "secret-value", "empty", "server-default", "set-order"}
	var ids []string
	for _, rule := range diff.Rules() {
		ids = append(ids, rule.ID)
		if rule.Doc == "" {
			t.Errorf("%s has no description", rule.ID)
		}
	}
	if d := cmp.Diff(tested, ids); d != "" {
		t.Errorf("-tested +rules\n%s", d)
	}
}

func TestReadOnlyMembersAreNeitherComparedNorSent(t *testing.T) {
	t.Parallel()
	p := diff.Compute(input(compiled(defined(t, "j", `{"arch":"b"}`)), nil,
		listed(existing(t, "j", `{"arch":"a","domain_id":"d","actions":[1],"build_environment_type":"x","cluster_selected":"y","limit_time":"4","source_code":"codeci"}`))))
	if got, want := outline(p), "change shop/job/j update | change arch"; got != want {
		t.Fatalf("got %s, want %s", got, want)
	}
	want := body(t, `{"arch":"b","source_code":"codeci","job_name":"j","project_id":"`+project+`","timeout":{"limit":"4","unit":"hour"},"job_id":"id-of-j"}`)
	if got := p.Changes[0].DesiredBody(); !jsontree.Equal(got, want) {
		t.Errorf("sent %s\nwant %s", got.AppendJSON(nil), want.AppendJSON(nil))
	}
}

// TestFingerprint is stable under every noise of the rules and sensitive to
// each value but secrets.
func TestFingerprint(t *testing.T) {
	t.Parallel()
	facts := diff.ModulesOf(catalog.Default())
	print := func(text string) string { return diff.Fingerprint(body(t, text), facts) }
	if print(`{"arch":"a","flavor":"2U8G","scms":[],"domain_id":"x"}`) != print(`{"flavor":"2u8g","arch":"a","job_id":"1"}`) {
		t.Error("noise changes the fingerprint")
	}
	secret := func(value string) string {
		return print(params(`{"name":"sensitiveVar","value":"true"},{"name":"defaultValue","value":"` + value + `"}`))
	}
	if secret("hunter2") != secret("******") {
		t.Error("the fingerprint depends on a secret: it can be guessed from it")
	}
	if print(`{"arch":"a"}`) == print(`{"arch":"b"}`) || diff.Fingerprint(nil, facts) != "" {
		t.Error("the fingerprint does not tell bodies apart")
	}
}
