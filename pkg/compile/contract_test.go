package compile_test

import (
	"strings"
	"testing"

	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/pkg/spec"
)

// promises are the sentences of the language, each with the smallest workspace that shows it: the
// compiled result, or the error.
var promises = []struct {
	sentence    string
	workspace   string // beside version, projects, default_project and secrets
	definitions string // beside version
	environment string
	want        string // in the create bodies and settings, or in the findings
}{
	{"default_project is the project of jobs that name none", "", `jobs: [{name: a}]`, "", `shop/job/a {"project_id":"6ecbc5bac7c8442fb3d2563d53c13582","job_name":"a"}`},
	{"an environment overrides vars", "vars: {f: x}\nenvironments: {prod: {vars: {f: y}}}", `jobs: [{name: a, flavor: "${{ vars.f }}"}]`, "prod", `"flavor":"y"`},
	{"an environment overrides projects", "environments: {prod: {projects: {shop: 8391ec48637849f384dd3db5c8d61aaa}}}", `jobs: [{name: a}]`, "prod", `"project_id":"8391ec48637849f384dd3db5c8d61aaa"`},
	{"defaults are merged under every job, deeply", "defaults: {job: {extra: {x: {a: 1, b: 2}}}}", `jobs: [{name: a, extra: {x: {b: 3}}}]`, "", `"x":{"a":1,"b":3}`},
	{"defaults are merged under every job, channel by channel", "defaults: {job: {notifications: {MAIL: [buildJobFail]}}}", `jobs: [{name: a, notifications: {MESSAGE: []}}]`, "", `notices MAIL[buildJobFail] MESSAGE[]`},
	{"defaults: lists are replaced, not appended", "defaults: {job: {scms: [{url: u, scm_type: git}]}}", `jobs: [{name: a, scms: [{url: v, scm_type: git}]}]`, "", `"scms":[{"url":"v","scm_type":"git"}]`},
	{"a null in the job beats the default", "defaults: {job: {flavor: 2u8g}}", `jobs: [{name: a, flavor: null}]`, "", `"flavor":null`},
	{"secrets are names only, and stand as placeholders", "", `jobs: [{name: a, parameters: [{name: p, secret: TOKEN}]}]`, "", `"value":"<secret TOKEN>"`},
	{"a secret is declared in the workspace", "", `jobs: [{name: a, parameters: [{name: p, secret: TOKNE}]}]`, "", `did you mean "TOKEN"?`},
	{"auto_update_sub_module is a boolean here and a text on the wire", "", `jobs: [{name: a, auto_update_sub_module: false}]`, "", `"auto_update_sub_module":"false"`},
	{"enabled is not a field of the body", "", `jobs: [{name: a, enabled: false}]`, "", `shop/job/a {"project_id":"6ecbc5bac7c8442fb3d2563d53c13582","job_name":"a"} disabled`},
	{"options compile to the enumeration with limits", "", `jobs: [{name: a, parameters: [{name: p, options: [x, y], default: y}]}]`, "", `{"name":"type","value":"customizeparam","limits":null},{"name":"defaultValue","value":"y","limits":[{"disable":"0","name":"x","display_name":"x"},{"disable":"0","name":"y","display_name":"y"}]}`},
	{"the raw form of a parameter takes any definition name and any fields", "", `jobs: [{name: a, parameters: [{definition: d.E, params: [{name: name, value: 1.10, more: [1]}]}]}]`, "", `"parameters":[{"name":"d.E","params":[{"name":"name","value":"1.10","more":[1]}]}]`},
	{"an action word becomes module_id and properties", "", `jobs: [{name: a, steps: [{sh: {name: s, image: i, inputs: {command: c}}}]}]`, "", `"steps":[{"properties":{"image":"i","command":"c"},"module_id":"devcloud2018.codeci_action_20017.action","name":"s"}]`},
	{"properties beside inputs are verbatim", "", `jobs: [{name: a, steps: [{sh: {name: s, inputs: {command: c}, properties: {x: [1, null]}}}]}]`, "", `"properties":{"command":"c","x":[1,null]}`},
	{"the raw form of a step is exactly the API's", "", `jobs: [{name: a, steps: [{module_id: m, name: n, properties: {file: "", k: {}}}]}]`, "", `"steps":[{"properties":{"file":"","k":{}},"module_id":"m","name":"n"}]`},
	{"an unknown action word says how to harvest it or to use the raw form", "", `jobs: [{name: a, steps: [{gradel: {}}]}]`, "", "use the raw form (module_id, name, properties), or let `buildsync modules harvest`"},
	{"all five channels can be declared, and one that is empty is off", "", `jobs: [{name: a, notifications: {MAIL: [deleteJob], MESSAGE: [], DING_TALK: {events: [deleteJob], param_config: "{}"}, WECOM: null, FEISHU: {events: []}}}]`, "", `notices DING_TALK[deleteJob] FEISHU[] MAIL[deleteJob] MESSAGE[] WECOM[]`},
	{"a trigger with cron is a TimerTrigger", "", `jobs: [{name: a, triggers: [{cron: "0 2 * * *"}]}]`, "", `"triggers":[{"name":"hudson.triggers.TimerTrigger","parameters":[{"name":"spec","value":"0 2 * * *"}]}]`},
	{"the raw form of a trigger is name and parameters", "", `jobs: [{name: a, triggers: [{name: t, parameters: [{name: p, value: 010}]}]}]`, "", `"triggers":[{"name":"t","parameters":[{"name":"p","value":"010"}]}]`},
	{"timeout: 1h is limit and unit", "", `jobs: [{name: a, timeout: 1h}]`, "", `"timeout":{"limit":"1","unit":"hour"}`},
	{"minutes that are whole hours are hours", "", `jobs: [{name: a, timeout: 120m}]`, "", `"timeout":{"limit":"2","unit":"hour"}`},
	{"the service counts in hours: 90m is refused", "", `jobs: [{name: a, timeout: 90m}]`, "", `"90m" is not a valid timeout`},
	{"extra holds any further field, verbatim", "", `jobs: [{name: a, extra: {new_field: {a: [1.10, "1.10"]}}}]`, "", `"new_field":{"a":[1.10,"1.10"]}`},
	{"a parameter's name is not a system variable's", "", `jobs: [{name: a, parameters: [{name: BUILDNUMBER}]}]`, "", `a name that the system does not use itself, not "BUILDNUMBER"`},
	{"a job's name has at most 115 characters", "", `jobs: [{name: ` + strings.Repeat("a", 116) + `}]`, "", "1 to 115 Chinese or Latin letters, digits, _ and -"},
	{"a default value has at most 8,192 characters", "", `jobs: [{name: a, parameters: [{name: p, default: ` + strings.Repeat("a", 8193) + `}]}]`, "", "8,192 characters"},
	{"scalars keep the text where the API wants a string", "", `jobs: [{name: a, scms: [{scm_type: git, url: u, depth: 01, branch: on, repo_id: 1e3, source: 2024-01-01, group_name: 1.10}]}]`, "", `"scms":[{"branch":"on","url":"u","repo_id":"1e3","scm_type":"git","depth":"01","source":"2024-01-01","group_name":"1.10"}]`},
	{"a job's parameters are merged into the template's, by name", "", `{templates: [{name: t, parameters: [{name: p, default: x, description: d}]}], jobs: [{name: a, template: {name: t}, parameters: [{name: p, default: y}]}]}`, "", `{"name":"defaultValue","value":"y","limits":null},{"name":"description","value":"d"`},
	{"a job's steps replace the template's", "", `{templates: [{name: t, steps: [{module_id: x, name: x}]}], jobs: [{name: a, template: {name: t}, steps: [{module_id: y, name: y}]}]}`, "", `"steps":[{"module_id":"y","name":"y"}]`},
	{"a required input must be given", "", `{templates: [{name: t, inputs: {i: {required: true}}, steps: []}], jobs: [{name: a, template: {name: t}}]}`, "", `the template "t" needs the input "i"`},
	{"publish keeps a template on the server as well", "", `templates: [{name: t, publish: true, steps: [{module_id: x, name: x}]}]`, "", `shop/template/t {"template":{"steps":[{"module_id":"x","name":"x"}]},"name":"t"}`},
	{"a matrix makes one job of each combination", "", `jobs: [{name: "a-${{ matrix.x }}-${{ matrix.y }}", matrix: {x: [1], y: [2, 3], exclude: [{y: 2}], include: [{x: 9, y: 9}]}}]`, "", "jobs a-1-3 a-9-9"},
	{"the name must tell the combinations apart", "", `jobs: [{name: a, matrix: {x: [1, 2]}}]`, "", "put what differs into the name, such as ${{ matrix.x }}"},
	{"two definitions of one project and name show both places", "", `jobs: [{name: a}, {name: a}]`, "", "first defined here"},
	{"job.name and job.project are known", "", `jobs: [{name: a, flavor: "${{ job.project }}/${{ job.name }}"}]`, "", `"flavor":"shop/a"`},
	{"an unknown name is an error with the nearest known name", "vars: {image: x}", `jobs: [{name: a, flavor: "${{ vars.imgae }}"}]`, "", "did you mean vars.image?"},
	{"$${{ is a literal ${{, and ${name} is left alone", "", `jobs: [{name: a, flavor: "$${{ x }} ${name}"}]`, "", `"flavor":"${{ x }} ${name}"`},
	{"{$file: path} takes a file's text", "", `jobs: [{name: a, flavor: {$file: run.sh}}]`, "", `"flavor":"make ${{ as it is }}\n"`},
	{"{$file: path} stays inside the workspace", "", `jobs: [{name: a, flavor: {$file: ../x}}]`, "", "leaves the workspace"},
	{"YAML anchors and merge keys work", "", `jobs: [&a {name: a, flavor: f}, {<<: *a, name: b}]`, "", `shop/job/b {"project_id":"6ecbc5bac7c8442fb3d2563d53c13582","job_name":"b","flavor":"f"}`},
	{"a build_config_type YAML job has no steps of its own", "", `jobs: [{name: a, build_config_type: YAML}]`, "", `"steps":[],"build_config_type":"YAML"`},
	{"removed names a job that goes", "policy: {on_remove: delete}", `removed: [{job: a}]`, "", "removes shop/job/a delete"},
	{"a group is named by its ID, and a path is led there", "", `jobs: [{name: a, group: A/B}]`, "", `did you mean "group_id"?`},
	{"an unknown key is an error with the nearest valid key", "", `jobs: [{name: a, falvor: x}]`, "", `did you mean "flavor"?`},
	{"a duplicate key is an error", "", `jobs: [{name: a, name: b}]`, "", `key "name" is repeated in this mapping`},
}

// TestPromises checks each sentence.
func TestPromises(t *testing.T) {
	t.Parallel()
	for _, p := range promises {
		t.Run(p.sentence, func(t *testing.T) {
			t.Parallel()
			definitions := "version: 1\n" + p.definitions + "\n"
			if strings.HasPrefix(p.definitions, "{") {
				definitions = "{version: 1, " + p.definitions[1:] + "\n"
			}
			set, diags := spec.Load(spec.MapTree{
				spec.WorkspaceFile: workspace + p.workspace + "\n", "definitions/a.yaml": definitions, "run.sh": "make ${{ as it is }}\n",
			}, spec.Options{Environment: p.environment})
			result, more := compile.Compile(set, compile.Options{})
			have := describe(append(diags, more...))
			if !(append(diags, more...)).HasErrors() {
				have = told(result)
			}
			if !strings.Contains(have, p.want) {
				t.Errorf("have %s\nwant %s", have, p.want)
			}
		})
	}
}

// told writes the meaning of a workspace, with a line for each object.
func told(result *compile.Result) string {
	var out, names strings.Builder
	for _, job := range result.Jobs {
		names.WriteString(" " + job.Name)
		line(&out, job.Address, job.CreateBody())
		if job.Enabled != nil && !*job.Enabled {
			out.WriteString(" disabled")
		}
		out.WriteString("\nnotices")
		for _, n := range job.Notices {
			out.WriteString(" " + n.Type + "[" + strings.Join(n.Events, " ") + "]")
		}
		out.WriteString("\n")
	}
	for _, template := range result.Templates {
		line(&out, template.Address, template.Body)
	}
	for _, r := range result.Removals {
		out.WriteString("removes " + r.Address + " " + r.Action + "\n")
	}
	return "jobs" + names.String() + "\n" + out.String()
}

func line(out *strings.Builder, address string, body *jsontree.Value) {
	out.WriteString(address + " ")
	out.Write(body.AppendJSON(nil))
}
