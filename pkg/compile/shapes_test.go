package compile_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/spec"
)

// compileRaw compiles definitions that the schema may have refused: references
// can put the same shapes in place behind its back.
func compileRaw(t *testing.T, definitions string) (*compile.Result, spec.Diagnostics) {
	t.Helper()
	set, front := spec.Load(spec.MapTree{
		"buildsync.yaml":     workspace + "vars: {text: a}\n",
		"definitions/a.yaml": "version: 1\n" + definitions,
	}, spec.Options{})
	if set == nil {
		t.Fatalf("the workspace does not load:\n%s", describe(front))
	}
	return compile.Compile(set, compile.Options{})
}

// TestWrongShapes checks that a value of the wrong shape is reported at its place and never dropped
// silently.
func TestWrongShapes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ keys, want string }{
		{"arch: [a]", "4:11 [wrong-type] arch must be a text, not a list"},
		{"auto_update_sub_module: maybe", `4:29 [wrong-type] auto_update_sub_module must be true or false, not "maybe"`},
		{"build_if_code_updated: 1", `4:28 [wrong-type] build_if_code_updated must be true or false, not "1"`},
		{"on_commit: 1", `4:16 [wrong-type] build_if_code_updated must be true or false, not "1"`},
		{"on_commit: true\n    build_if_code_updated: true", "5:28 [extra-field] on_commit and build_if_code_updated are one setting"},
		{"enabled: null", "4:14 [wrong-type] enabled must be true or false, not null"},
		{"enabled: ${{ vars.text }}", `4:14 [wrong-type] "enabled" must be true or false, not "a"`},
		{"adopt: {}", "4:12 [wrong-type] adopt must be true or false, not a mapping"},
		{"protect: x", `4:14 [wrong-type] protect must be true or false, not "x"`},
		{"renamed_from: {a: b}", "4:19 [wrong-type] renamed_from must be a list, not a mapping"},
		{"id: []", "4:9 [wrong-type] id must be a text, not a list"},
		{"parameters: x", `4:17 [wrong-type] parameters must be a list, not "x"`},
		{"parameters: [x]", `4:18 [wrong-type] parameters must be a list of mappings, not "x"`},
		{"parameters: [{default: x}]", "4:18 [missing-key] a parameter needs a name"},
		{"parameters: [{name: p, default: []}]", `4:37 [wrong-type] parameters["p"].defaultValue must be a text, not a list`},
		{"parameters: [{name: p, description: {}}]", `4:41 [wrong-type] parameters["p"].description must be a text, not a mapping`},
		{"parameters: [{name: p, secret: []}]", `4:36 [wrong-type] parameters["p"].secret must be the name of a secret, not a list`},
		{"parameters: [{name: p, predefined: x}]", `4:40 [wrong-type] parameters["p"].defaults must be true or false, not "x"`},
		{"parameters: [{name: p, options: [[]]}]", `4:38 [wrong-type] parameters["p"].options must be a list of texts, not a list`},
		{"parameters: [{name: p, options: [{name: a, disable: x}]}]", `4:57 [wrong-type] parameters["p"].options.disable must be true or false, not "x"`},
		{"parameters: [{name: 'a ${{ vars.text }}'}]", `4:25 [param-name] "name" must be 1 to 128 Latin letters, digits and _, not "a a"`},
		{"scms: [x]", `4:12 [wrong-type] scms[0] must be a mapping, not "x"`},
		{"scms: [{is_auto_build: x}]", `4:28 [wrong-type] scms[0].is_auto_build must be true or false, not "x"`},
		{"steps: [x]", `4:13 [wrong-type] steps must be a list of steps, not "x"`},
		{"steps: [{sh: x}]", `4:18 [wrong-type] steps.sh must be a mapping of name, image, enable, version, inputs and properties, not "x"`},
		{"steps: [{sh: {inputs: x}}]", `4:27 [wrong-type] steps["Execute Shell Command"].properties must be a mapping, not "x"`},
		{"steps: [{sh: {properties: x}}]", `4:31 [wrong-type] steps["Execute Shell Command"].properties must be a mapping, not "x"`},
		{"steps: [{module_id: m, properties: x}]", `4:40 [wrong-type] steps[""].properties must be a mapping, not "x"`},
		{"steps: [{module_id: m, enable: x}]", `4:36 [wrong-type] steps[""].enable must be true or false, not "x"`},
		{"steps: [{module_id: m, properties: {n: .inf}}]", `4:44 [wrong-type] steps[""].properties.n: JSON has no number .inf`},
		{"steps: [{module_id: m, properties: {n: 100000000000000000000}}]", `4:44 [wrong-type] steps[""].properties.n: the number 100000000000000000000 is beyond 64 bits; programs that read it round it`},
		{"steps: [{module_id: m, properties: {n: -9223372036854775809}}]", `4:44 [wrong-type] steps[""].properties.n: the number -9223372036854775809 is beyond 64 bits; programs that read it round it`},
		{"triggers: [x]", `4:16 [wrong-type] triggers[0] must be a mapping, not "x"`},
		{"timeout: [1]", "4:14 [wrong-type] timeout must be a number of hours, such as 4h, not a list"},
		{"timeout: 0h", `4:14 [timeout] "0h" is not a valid timeout`},
		{"timeout: 4", `4:14 [timeout] "4" is not a valid timeout`},
		{"extra: x", `4:12 [wrong-type] extra must be a mapping of body fields, not "x"`},
		{"extra: {job_name: x}", "4:13 [extra-field] job_name is what identifies a job and cannot be set under extra"},
		{"notifications: x", `4:20 [wrong-type] notifications must be a mapping of channels, not "x"`},
		{"notifications: {MAIL: x}", `4:27 [wrong-type] notifications["MAIL"].events must be a list, not "x"`},
		{"notifications: {MAIL: [[]]}", `4:28 [wrong-type] notifications["MAIL"].events must be a list of event names, not a list`},
		{"notifications: {MAIL: {param_config: x}}", "4:27 [missing-key] MAIL says nothing about its events"},
		{"template: {inputs: {}}", "4:15 [missing-key] template needs the name of a template"},
		{"template: {name: t, inputs: x}", `4:33 [wrong-type] template.inputs must be a mapping, not "x"`},
		{"matrix: x", `4:13 [wrong-type] matrix must be a mapping of lists, not "x"`},
		{"matrix: {a: x}", "4:17 [matrix] matrix.a must be a list with at least one value"},
		{"matrix: {a: [1], include: x}", `4:31 [wrong-type] matrix.include must be a list of combinations, not "x"`},
		{"matrix: {a: [1], exclude: [x]}", `4:32 [wrong-type] matrix.exclude must be a list of combinations, not "x"`},
		{"matrix: {a: [1], exclude: [{a: 1}]}", "4:13 [matrix] the matrix leaves no combination, so it defines no job"},
		{"flavor: {$file: []}", "4:21 [include] $file needs the path of a file in the workspace, not a list"},
	} {
		t.Run(c.keys, func(t *testing.T) {
			t.Parallel()
			_, diags := compileRaw(t, "jobs:\n  - name: one\n    "+c.keys+"\ntemplates: [{name: t}]\n")
			var lines []string
			for _, d := range diags {
				line := strings.TrimPrefix(d.Range.Start.String(), "definitions/a.yaml:") + " [" + d.Rule + "] " + d.Message
				lines = append(lines, line)
			}
			if !slices.Contains(lines, c.want) {
				t.Errorf("have %s\nwant %s", strings.Join(lines, "\n     "), c.want)
			}
		})
	}
}

// TestMatrix checks include and exclude by the names of the remaining jobs.
func TestMatrix(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, matrix, want string }{
		{"product", "{a: [1, 2], b: [x, y]}", "n-1-x n-1-y n-2-x n-2-y"},
		{"exclude a part", "{a: [1, 2], b: [x, y], exclude: [{a: 2}]}", "n-1-x n-1-y"},
		{"exclude a whole", "{a: [1, 2], b: [x, y], exclude: [{b: x, a: 2}]}", "n-1-x n-1-y n-2-y"},
		{"exclude by another quoting", `{a: ["1", 2], b: [x], exclude: [{a: 1}]}`, "n-2-x"},
		{"include alone", "{include: [{a: 1, b: x}, {a: 2, b: y}]}", "n-1-x n-2-y"},
		{"include one more", "{a: [1], b: [x], include: [{a: 3, b: z}]}", "n-1-x n-3-z"},
		{"include completes", "{a: [1, 2], include: [{b: all}, {a: 2, b: two}]}", "n-1-all n-2-two"},
		{"include after exclude", "{a: [1, 2], b: [x], exclude: [{a: 2}], include: [{a: 2, b: x}]}", "n-1-x n-2-x"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			result, diags := compileRaw(t, "jobs: [{name: \"n-${{ matrix.a }}-${{ matrix.b }}\", matrix: "+c.matrix+"}]\n")
			if len(diags) > 0 {
				t.Fatal(describe(diags))
			}
			var names []string
			for _, job := range result.Jobs {
				names = append(names, job.Name)
			}
			if have := strings.Join(names, " "); have != c.want {
				t.Errorf("have %s, want %s", have, c.want)
			}
		})
	}
}

// TestNumbersOf64Bits checks that whole numbers up to 64 bits, which all JSON readers keep exact,
// are sent unchanged, and so are fractions.
func TestNumbersOf64Bits(t *testing.T) {
	t.Parallel()
	for _, number := range []string{"18446744073709551615", "-9223372036854775808", "1e40", "0.1"} {
		result, diags := compileRaw(t, "jobs: [{name: j, steps: [{module_id: m, name: s, properties: {n: "+number+"}}]}]\n")
		if len(diags) > 0 {
			t.Fatal(describe(diags))
		}
		if body := string(result.Jobs[0].Body().AppendJSON(nil)); !strings.Contains(body, `"n":`+number) {
			t.Errorf("%s: %s", number, body)
		}
	}
}

func TestMatrixLimit(t *testing.T) {
	t.Parallel()
	axis := "[" + strings.TrimSuffix(strings.Repeat("1, ", 40), ", ") + "]"
	if _, diags := compileRaw(t, "jobs: [{name: n, matrix: {a: "+axis+", b: "+axis+"}}]\n"); !hasRule(diags, "matrix") || hasRule(diags, "duplicate-job") {
		t.Errorf("1,600 combinations are not refused:\n%s", describe(diags))
	}
	include := strings.Repeat("{a: 1}, ", 1001)
	if _, diags := compileRaw(t, "jobs: [{name: n, matrix: {include: ["+strings.TrimSuffix(include, ", ")+"]}}]\n"); !hasRule(diags, "matrix") {
		t.Error("1,001 included combinations are not refused")
	}
}

// TestTemplateParameters checks how a job's parameters are merged with those of its template.
func TestTemplateParameters(t *testing.T) {
	t.Parallel()
	const templates = `templates:
  - name: t
    extra: {unused: here}
    parameters:
      - {name: a, default: x, description: from the template}
      - {name: s, secret: TOKEN}
      - {params: [{name: name, value: raw}, {name: defaultValue, value: old}]}
`
	for _, c := range []struct{ name, parameters, want string }{
		{"none", "", "a=x(from the template) s=<secret TOKEN>() raw=old()"},
		{"one key", "[{name: a, default: y}]", "a=y(from the template) s=<secret TOKEN>() raw=old()"},
		{"a new one", "[{name: n, default: 1}]", "a=x(from the template) s=<secret TOKEN>() raw=old() n=1()"},
		{"a default for a secret", "[{name: s, default: open}]", "a=x(from the template) s=open() raw=old()"},
		{"a secret for a default", "[{name: a, secret: TOKEN}]", "a=<secret TOKEN>(from the template) s=<secret TOKEN>() raw=old()"},
		{"friendly for raw", "[{name: raw, default: new}]", "a=x(from the template) s=<secret TOKEN>() raw=new()"},
		{"raw for friendly", "[{params: [{name: name, value: a}, {name: defaultValue, value: r}]}]", "a=r() s=<secret TOKEN>() raw=old()"},
		{"empty", "[]", ""},
		{"null", "null", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			own := ""
			if c.parameters != "" {
				own = ", parameters: " + c.parameters
			}
			result, diags := compileRaw(t, templates+"jobs: [{name: j, template: {name: t}"+own+"}]\n")
			if len(diags) > 0 {
				t.Fatal(describe(diags))
			}
			var have []string
			for _, p := range result.Jobs[0].Body().Get("parameters").Items() {
				fields := map[string]string{}
				for _, field := range p.Get("params").Items() {
					fields[field.Str("name")] = field.Str("value")
				}
				have = append(have, fields["name"]+"="+fields["defaultValue"]+"("+fields["description"]+")")
			}
			if strings.Join(have, " ") != c.want {
				t.Errorf("have %s\nwant %s", strings.Join(have, " "), c.want)
			}
		})
	}
}

// TestUnusedTemplates checks that a template is checked although no job uses it. Nothing is
// reported about what only a job could give.
func TestUnusedTemplates(t *testing.T) {
	t.Parallel()
	_, diags := compileRaw(t, `templates:
  - name: t
    inputs: {i: {default: 3}, mode: {required: true}}
    parameters: [{name: p}, {name: p}, {name: q, secret: NOPE}, {name: "${{ inputs.i }}", default: "${{ matrix.m }}"}]
    steps:
      - shh: {}
      - sh: {name: "${{ job.name }}", enable: "${{ inputs.mode }}", inputs: {command: {$file: nofile.sh}}}
      - maven: {name: "x ${{ job.nam }}", image: "${{ matrix.image }}", properties: {a: "${{ inputs.i }}", b: .inf}}
      - build_image: {inputs: {command: "${{ inputs.mode }}"}}
      - "${{ inputs.mode }}"
      - module_id: "${{ inputs.mode }}"
`)
	var rules []string
	for _, d := range diags {
		rules = append(rules, d.Rule)
	}
	slices.Sort(rules)
	if have, want := strings.Join(rules, " "), "include module-unknown param-duplicate secret-unknown unknown-name wrong-type"; have != want {
		t.Errorf("have %s\nwant %s\n%s", have, want, describe(diags))
	}
}

// TestPublishedTemplates checks the create body of published templates (reference 4.21).
func TestPublishedTemplates(t *testing.T) {
	t.Parallel()
	result, diags := compileRaw(t, `templates:
  - name: t
    publish: true
    description: ""
    tool_type: codeci
    inputs: {dir: {required: true}, bad-name: {}}
    parameters: [{name: dir, default: src}]
    steps: [{sh: {name: a, inputs: {command: "ls ${{ inputs.dir }}"}}}]
    extra: {public: false, name: x}
  - {name: silent, publish: false, steps: [{sh: {}}]}
  - {name: hollow, publish: true, parameters: [{params: [{name: name, value: p}, {name: sensitiveVar, value: "true"}]}]}
`)
	want := `{"template":{"steps":[{"properties":{"command":"ls ${dir}"},"module_id":"devcloud2018.codeci_action_20017.action","name":"a"}]},` +
		`"name":"t","description":"","tool_type":"codeci","parameters":[{"name":"hudson.model.StringParameterDefinition","params":[` +
		`{"name":"name","value":"dir","limits":null},{"name":"type","value":"normalparam","limits":null},{"name":"defaultValue","value":"src","limits":null},` +
		`{"name":"description","value":"","limits":null},{"name":"deletion","value":"false","limits":null},{"name":"defaults","value":"false","limits":null},` +
		`{"name":"staticVar","value":"false","limits":null},{"name":"sensitiveVar","value":"false","limits":null}]}],"public":false}`
	if len(result.Templates) != 2 || result.Templates[1].Address != "shop/template/t" {
		t.Fatalf("templates: %+v", result.Templates)
	}
	if have := string(result.Templates[1].Body.AppendJSON(nil)); have != want {
		t.Errorf("have %s\nwant %s", have, want)
	}
	for _, rule := range []string{"template-input", "template-secret", "missing-key", "extra-field"} {
		if !hasRule(diags, rule) {
			t.Errorf("no %s in:\n%s", rule, describe(diags))
		}
	}
	if len(diags) != 4 {
		t.Errorf("%d findings:\n%s", len(diags), describe(diags))
	}
}
