package lint_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/buildsync/buildsync/pkg/catalog"
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/lint"
	"github.com/buildsync/buildsync/pkg/spec"
)

// jobHead comes before the text that a case has about its job.
const jobHead = "version: 1\njobs:\n  - name: a\n    arch: arm\n"

// build is a step that nothing is wrong with.
const build = "    steps: [{sh: {name: Build, inputs: {command: make}}}]\n"

// command returns a step with a script on one line, from column 54 on.
func command(text string) string {
	return "    steps: [{sh: {name: Build, inputs: {command: '" + strings.ReplaceAll(text, "'", "''") + "'}}}]\n"
}

// templateOfMake is a template that runs make.
const templateOfMake = "templates: [{name: t, steps: [{sh: {name: s, inputs: {command: make}}}]}]\n"

// cells are the promises of the linter, each with the smallest definition that shows it, and all of
// its findings.
var cells = []struct {
	promise     string
	workspace   string // beside the usual
	definitions string // below jobHead, or whole where it starts with version
	want        []string
}{
	{"yaml-syntax: an error with its place", "", "version: 1\njobs: [\n", []string{"error yaml-syntax 2:7-2:8"}},
	{"duplicate-key", "", build + "    arch: arm\n", []string{"error duplicate-key 6:5-6:9"}},
	{"unknown-key: the nearest key offered", "", build + "    flavour: x\n", []string{`error unknown-key 6:5-6:12 did you mean "flavor"?`}},
	{"missing-key", "", "version: 1\njobs:\n  - arch: arm\n" + build, []string{"error missing-key 3:5-3:9"}},
	{"wrong-type", "", build + "    enabled: often\n", []string{"error wrong-type 6:14-6:19"}},
	{"implicit-type: 3.10", "", "    flavor: 3.10\n" + build, []string{"warning flavor 5:13-5:17", `warning implicit-type 5:13-5:17 write "3.10"`}},
	{"implicit-type: on", "", "    scms: [{url: git@h:a/b.git, scm_type: git, branch: on}]\n" + build, []string{"warning implicit-type 5:56-5:58"}},
	{"implicit-type: 010", "", "    parameters: [{name: p, default: 010}]\n" + command("${p}"), []string{"warning implicit-type 5:37-5:40"}},
	{"implicit-type: binary", "", "    parameters: [{name: p, default: 0b11}]\n" + command("${p}"), []string{"warning implicit-type 5:37-5:41"}},
	{"implicit-type: an id that only begins like a binary number", "", "    parameters: [{name: p, default: 0b1f8d4c6a7e4f0c9d2e5a3b7c8f1e60}]\n" + command("${p}"), nil},
	{"implicit-type: an id that only begins like an octal number", "", "    parameters: [{name: p, default: 0o9f}]\n" + command("${p}"), nil},
	{"implicit-type: 1e3", "", "    parameters: [{name: p, default: 1e3}]\n" + command("${p}"), []string{"warning implicit-type 5:37-5:40"}},
	{"implicit-type: a date", "", "    parameters: [{name: p, default: 2024-01-01}]\n" + command("${p}"), []string{"warning implicit-type 5:37-5:47"}},
	{"implicit-type: a hash", "", "    parameters: [{name: p, default: 7e08}]\n" + command("${p}"), []string{"warning implicit-type 5:37-5:41"}},
	{"unused-anchor", "", "    flavor: &f 2u8g\n" + build, []string{"warning unused-anchor 5:13-5:15"}},
	{"alias-limit: an expansion above the limit", "", "version: 1\nx: &a [*a]\n", []string{"error alias-limit 2:8-2:10"}},
	{"invisible-char: zero-width in a key is an error", "", "    fla\u200bvor: 2u8g\n" + build, []string{"error invisible-char 5:8-5:9"}},
	{"invisible-char: zero-width in a name is an error", "", strings.Replace(build, "Build", "Bu\u200bild", 1), []string{"error invisible-char 5:27-5:28"}},
	{"invisible-char: bidirectional in a text is a warning", "", "    parameters: [{name: p, default: x, description: \"a\u202eb\"}]\n" + command("${p}"), []string{"warning invisible-char 5:55-5:56"}},
	{"invisible-char: a non-breaking space", "", "    parameters: [{name: p, default: x, description: a\u00a0b}]\n" + command("${p}"), []string{"warning invisible-char 5:54-5:55"}},
	{"invisible-char: a byte-order mark within the file", "", build + "\ufeff    flavor: 2u8g\n", []string{"error invisible-char 6:1-6:2"}},
	{"invisible-char: CR in a script", "", command("make")[:49] + "{$file: crlf.sh}}}}]\n", []string{"warning invisible-char crlf.sh:1:7-1:8"}},
	{"look-alike-name: mixes scripts", "", build + "templates: [{name: pаy, publish: true, steps: [{sh: {name: s, inputs: {command: make}}}]}]\n", []string{"warning look-alike-name 6:20-6:23"}},
	{"look-alike-name: resembles another managed name", "", build + "  - {name: pay1, arch: arm, steps: []}\n  - {name: payl, arch: arm, steps: []}\n", []string{"warning look-alike-name 7:12-7:16"}},
	{"project-id", "projects: {shop: 6ecbc5bac7c8442fb3d2563d53c13582, other: x}\n", build, []string{"error project-id buildsync.yaml:6:59-6:60"}},
	{"region: of the workspace and of an environment", "region: cn-nort-4\nenvironments: {prod: {region: cn-north-4}, test: {region: mars-north-1}}\n", build, []string{`warning region buildsync.yaml:6:9-6:18 did you mean "cn-north-4"?`, "warning region buildsync.yaml:7:59-7:71"}},
	{"region: known, or left out", "region: eu-west-101\nenvironments: {prod: {policy: {drift: fail}}, test: null}\n", build, nil},
	{"secret-duplicate", "secrets: [A, B, 'A']\n", "    parameters: [{name: p, secret: A}, {name: q, secret: B}]\n" + command("${p}${q}"), []string{"warning secret-duplicate buildsync.yaml:6:17-6:20"}},
	{"old-form: the API's name of on_commit", "", "    build_if_code_updated: false\n" + build, []string{"info old-form 5:5-5:26 write on_commit"}},
	{"old-form: of the defaults", "defaults: {job: {build_if_code_updated: false}}\n", build, []string{"info old-form buildsync.yaml:6:18-6:39"}},
	{"old-form: of a job of a family", "", "version: 1\nfamilies: [{name: f, jobs: [{name: b, arch: arm, build_if_code_updated: false, " + strings.TrimSpace(build) + "}]}]\njobs: [{family: {name: f}}]\n", []string{"info old-form 2:50-2:71"}},
	{"old-form: both names are an error, and nothing else", "", "    build_if_code_updated: false\n    on_commit: false\n" + build, []string{"error extra-field 5:28-5:33"}},
	{"old-form: the API's words for a disabled option", "", "    parameters: [{name: p, options: [a, {name: b, disable: 1}, {name: c, disable: '0'}, {name: d, disable: true}]}]\n" + command("${p}"), []string{"info old-form 5:60-5:61 write true", "info old-form 5:83-5:86 write false"}},
	{"old-form: the raw form of a parameter holds the API's words", "", "    parameters: [{params: [{name: name, value: p}, {name: defaultValue, value: a, limits: [{name: a, disable: '0'}]}]}]\n" + command("${p}"), nil},
	{"old-form: a former name of a rule", "lint: {rules: {unknown-project: error}}\n", build, []string{"info old-form buildsync.yaml:6:16-6:31 write project-unknown"}},
	{"old-form: forbidden", "lint: {rules: {old-form: error}}\n", "    build_if_code_updated: false\n" + build, []string{"error old-form 5:5-5:26"}},
	{"old-form: a script in quotes", "", "    steps:\n      - sh:\n          name: Build\n          inputs:\n            command: \"set -e\\n\\\n              make\\n\"\n", []string{"info old-form 9:22-10:22 write it as a block"}},
	{"old-form: between brackets there is no block", "", "    steps: [{sh: {name: Build, inputs: {command: \"set -e\\n\\\n       make\\n\"}}}]\n", nil},
	{"old-form: no block can hold the script", "", "    steps:\n      - sh:\n          name: Build\n          inputs:\n            command: \"set -e\\n\\\n              printf '\\a'\\n\"\n", nil},
	{"old-form: quotes on one line are a choice", "", "    steps:\n      - sh:\n          name: Build\n          inputs:\n            command: \"set -e\\nmake\\n\"\n", nil},
	{"secret-unused", "secrets: [A, B, C]\n", "    parameters: [{name: p, secret: A}, {name: q, secret: B}]\n" + command("${p}${q}"), []string{"warning secret-unused buildsync.yaml:6:17-6:18 remove it, or write secret: C where it belongs"}},
	{"secret-unused: of environments, once", "environments: {p: {secrets: [A]}, q: {secrets: [A]}}\n", build, []string{"warning secret-unused buildsync.yaml:6:30-6:31 remove it, or write secret: A where it belongs"}},
	{"secret-unused: the defaults use it", "secrets: [A]\ndefaults: {job: {parameters: [{name: p, secret: A}]}}\n", command("${p}"), nil},
	{"secret-unused: a variable uses it", "secrets: [A]\nvars: {l: [{name: p, secret: A}]}\n", "    parameters: ${{ vars.l }}\n" + build, nil},
	{"secret-unused: a channel uses it", "secrets: [A]\n", "    notifications: {DING_TALK: {param_config: {secret: A}, events: [buildJobFail]}}\n" + build, nil},
	{"secret-unused: a reference makes the name", "secrets: [A, B]\nvars: {n: A}\n", "    parameters: [{name: p, secret: '${{ vars.n }}'}]\n" + command("${p}"), nil},
	{"reference-form", "vars: {x: 2u8g}\n", "    labels: {a: '{{ vars.x }}'}\n    group_id: ${ vars.x }}\n    owner: $ {{vars.x}}\n    extra: {a: '${vars.x}', b: '${{ vars.x }}'}\n" + build, []string{
		"warning reference-form 5:18-5:30 write ${{ vars.x }}", "warning reference-form 6:15-6:27", "warning reference-form 7:12-7:24", "warning reference-form 8:17-8:26"}},
	{"reference-form: of a matrix, an input and the job", "", "    matrix: {m: [x, z]}\n    labels: {a: '{{ matrix.m }}', b: '{{ job.name }}', c: '{{ inputs.i }}'}\n    steps: [{sh: {name: Build, inputs: {command: 'make {{ inputs.command }}'}}}]\n", []string{
		"error duplicate-job 3:11-3:12", "warning reference-form 6:18-6:32", "warning reference-form 6:39-6:53"}},
	{"reference-form: of an input", "", build + "fragments: [{name: f, inputs: {i: {default: a}}, steps: [{sh: {name: B, inputs: {command: 'make {{ inputs.i }} ${{ inputs.i }}'}}}]}]\n", []string{"warning fragment-unused 6:20-6:21", "warning reference-form 6:97-6:111 write ${{ inputs.i }}"}},
	{"reference-form: other rules do not judge such a value", "vars: {x: 2u8g}\n", "    group_id: '${{ vars.x }}'\n    flavor: '{{ vars.x }}'\n    host_type: ${vars.x}\n    scms: [{scm_type: '{{ vars.x }}', url: '{{ vars.x }}', branch: 'a {{ vars.x }}', depth: '{{ vars.x }}'}]\n    notifications: {MAIL: ['{{ vars.x }}']}\n    triggers: [{cron: '{{ vars.x }}'}]\n" + build, []string{
		"warning reference-form 6:14-6:26", "warning reference-form 7:16-7:25", "warning reference-form 8:24-8:36", "error reference-form 8:45-8:57", "error reference-form 8:71-8:83", "error reference-form 8:94-8:106", "error reference-form 9:29-9:41", "error reference-form 10:24-10:36"}},
	{"reference-form: what the schema refuses keeps its error, with the hint", "vars: {x: 2u8g}\n", "    group_id: '${{ vars.x }}'\n    timeout: '{{ vars.x }}'\n    on_commit: '{{ vars.x }}'\n" + build, []string{
		"error timeout 6:14-6:28 write ${{ vars.x }}", "error wrong-type 7:16-7:30 write ${{ vars.x }}"}},
	{"reference-form: switched off, the value is judged", "vars: {x: 2u8g}\nlint: {rules: {reference-form: off}}\n", "    group_id: '${{ vars.x }}'\n    flavor: '{{ vars.x }}'\n" + build, []string{"warning flavor 6:13-6:27"}},
	{"reference-form: not of other languages", "vars: {x: a}\n", command("echo {{ vars.y }} {{ .vars.x }} {{ job.name }} {{vars}} {vars.x} $${{ vars.x }} {{ x.vars.x }} ${{ vars.x }}"), nil},
	{"job-name", "", strings.Replace(jobHead, "name: a", "name: a.b", 1) + build, []string{"error job-name 3:11-3:14"}},
	{"duplicate-job: the same key twice in all files", "", build + "  - {name: a, arch: arm, steps: []}\n", []string{"error duplicate-job 6:12-6:13"}},
	{"duplicate-job: matrix included", "", build + "  - {name: \"${{ matrix.n }}\", matrix: {n: [a, b]}, arch: arm, steps: []}\n", []string{"error duplicate-job 6:12-6:29"}},
	{"template-steps-replaced", "", "    template: {name: t}\n" + build + templateOfMake, []string{"warning template-steps-replaced 6:5-6:10 write - use: template where the template's steps belong"}},
	{"template-steps-replaced: by an empty list", "", "    template: {name: t}\n    steps: []\n" + templateOfMake, []string{"warning template-steps-replaced 6:5-6:10"}},
	{"template-steps-replaced: the template of the defaults", "defaults: {job: {template: {name: t}}}\n", build + templateOfMake, []string{"warning template-steps-replaced 5:5-5:10"}},
	{"template-steps-replaced: not what the job drops", "defaults: {job: {template: {name: t}}}\n", "    without: [template]\n" + build + templateOfMake, nil},
	{"param-undefined: not what a template of the defaults has", "defaults: {job: {template: {name: t}}}\n", "    steps: [{use: template}, {sh: {name: B, inputs: {command: \"echo ${P}\"}}}]\ntemplates: [{name: t, parameters: [{name: P, default: a}], steps: [{sh: {name: A, inputs: {command: \"echo ${P}\"}}}]}]\n", nil},
	{"param-undefined: what a job drops", "defaults: {job: {parameters: [{name: P, default: a}, {name: Q, default: a}]}}\n", "    without: ['parameters[P]']\n" + command("echo ${P} ${Q}"), []string{"warning param-undefined 6:56-6:60"}},
	{"template-steps-replaced: not with use: template", "", "    template: {name: t}\n    steps: [{use: template}]\n" + templateOfMake, nil},
	{"template-steps-replaced: not by a template without steps", "", "    template: {name: t}\n" + build + "templates: [{name: t}]\n", nil},
	{"variable-unused", "vars: {a: 1}\n", build, []string{"warning variable-unused buildsync.yaml:6:8-6:9 remove it, or write ${{ vars.a }} where it belongs"}},
	{"variable-unused: of environments, once", "environments: {p: {vars: {a: 1}}, q: {vars: {a: 2}}}\n", build, []string{"warning variable-unused buildsync.yaml:6:27-6:28 remove it, or write ${{ vars.a }} where it belongs"}},
	{"variable-unused: a literal ${{ is not a use", "vars: {a: 1}\n", command("echo $${{ vars.a }}"), []string{"warning variable-unused buildsync.yaml:6:8-6:9"}},
	{"variable-unused: a comment is not a use", "vars: {a: 1}\n", build + "# ${{ vars.a }}\n", []string{"warning variable-unused buildsync.yaml:6:8-6:9"}},
	{"variable-unused: a job uses it", "vars: {a: 2u8g}\n", "    flavor: ${{ vars.a }}\n" + build, nil},
	{"variable-unused: an environment's, used everywhere", "vars: {a: 2u8g}\nenvironments: {p: {vars: {a: 4u8g}}}\n", "    flavor: ${{vars.a}}\n" + build, nil},
	{"variable-unused: used in the defaults of an environment", "vars: {a: 2u8g}\nenvironments: {p: {defaults: {job: {flavor: '${{ vars.a }}'}}}}\n", build, nil},
	{"variable-unused: another variable uses it", "vars: {a: 2u8, b: '${{ vars.a }}g'}\n", "    flavor: ${{ vars.b }}\n" + build, nil},
	{"variable-unused: a key uses it", "vars: {a: x}\n", "    extra: {'${{ vars.a }}': v}\n" + build, nil},
	{"variable-unused: a matrix uses it", "vars: {a: [x, z]}\n", "version: 1\njobs:\n  - name: a-${{ matrix.m }}\n    matrix: {m: '${{ vars.a }}'}\n    arch: arm\n" + build, nil},
	{"variable-unused: a fragment uses it", "vars: {a: make}\n", "    steps: [{use: f}]\nfragments: [{name: f, steps: [{sh: {name: s, inputs: {command: '${{ vars.a }}'}}}]}]\n", nil},
	{"variable-unused: a published template uses it", "vars: {a: make}\n", build + "templates: [{name: t, publish: true, steps: [{sh: {name: s, inputs: {command: '${{ vars.a }}'}}}]}]\n", nil},
	{"variable-unused: a family uses it", "vars: {a: make}\n", "version: 1\nfamilies: [{name: f, jobs: [{name: a, arch: arm, steps: [{sh: {name: s, inputs: {command: '${{ vars.a }}'}}}]}]}]\njobs: [{family: {name: f}}]\n", nil},
	{"variable-unused: a removal uses it", "vars: {a: s.sh}\n", build + "removed: [{job: b, reason: '${{ vars.a }}'}]\n", nil},
	{"family-unused", "", "version: 1\nfamilies: [{name: f, jobs: [{name: a, arch: arm, steps: [{sh: {name: s, inputs: {command: make}}}]}]}]\n", []string{"warning family-unused 2:19-2:20"}},
	{"family-unused: used in another family", "", "version: 1\nfamilies: [{name: f, jobs: [{name: a, arch: arm, steps: [{sh: {name: s, inputs: {command: make}}}]}]}, {name: g, jobs: [{family: {name: f}}]}]\njobs: [{family: {name: g}}]\n", nil},
	{"flavor: the rules about jobs hold for those of a family", "", "version: 1\nfamilies: [{name: f, inputs: {i: {default: 9u9g}}, jobs: [{name: a, arch: arm, flavor: \"${{ inputs.i }}\", steps: [{sh: {name: s, inputs: {command: \"make ${p}\"}}}]}]}]\njobs: [{family: {name: f}}]\n", []string{"warning flavor 2:44-2:48 known: DEFAULT, 2u8g, 4u8g, 4u16g, 8u16g, 8u32g, 16u32g, 16u64g If your project has it, add it to lint.tables.flavors", "warning param-undefined 2:154-2:158 declare it under parameters, or add it to lint.tables.variables if the image sets it"}},
	{"input-unused", "", build + "fragments: [{name: f, inputs: {x: {}}, steps: [{sh: {name: s, inputs: {command: make}}}]}]\n", []string{"warning fragment-unused 6:20-6:21", "warning input-unused 6:32-6:33"}},
	{"input-unused: a template", "", "version: 1\ntemplates: [{name: t, inputs: {x: {default: 1}, y: {default: 1}}, steps: [{sh: {name: s, inputs: {command: \"make ${{inputs.y}}\"}}}]}]\njobs: [{name: a, arch: arm, template: {name: t}}]\n", []string{"warning input-unused 2:32-2:33"}},
	{"input-unused: a published template", "", "version: 1\ntemplates: [{name: t, publish: true, inputs: {x: {}}, steps: [{sh: {name: s, inputs: {command: make}}}]}]\n", nil},
	{"fragment-unused", "", build + "fragments: [{name: f, steps: [{sh: {name: s, inputs: {command: make}}}]}]\n", []string{"warning fragment-unused 6:20-6:21"}},
	{"fragment-unused: itself is not a user", "", build + "fragments: [{name: f, steps: [{use: f}]}]\n", []string{"warning fragment-unused 6:20-6:21", "error fragment-cycle 6:37-6:38"}},
	{"fragment-unused: a template is a user", "", build + "fragments: [{name: f, steps: [{sh: {name: s, inputs: {command: make}}}]}]\ntemplates: [{name: t, publish: true, steps: [{use: f}]}]\n", nil},
	{"fragment-unused: defaults.job is a user", "defaults: {job: {steps: [{use: f}]}}\n", "version: 1\njobs: [{name: a, arch: arm}]\nfragments: [{name: f, steps: [{sh: {name: s, inputs: {command: make}}}]}]\n", nil},
	{"param-unused: a fragment's script reads it", "", "    parameters: [{name: p, default: x}]\n    steps: [{use: f}]\nfragments: [{name: f, steps: [{sh: {name: s, inputs: {command: \"make ${p}\"}}}]}]\n", nil},
	{"param-unused: what a fragment is given names it", "", "    parameters: [{name: p, default: x}]\n    steps: [{use: f, inputs: {c: \"make ${p}\"}}]\nfragments: [{name: f, inputs: {c: {}}, steps: [{sh: {name: s, inputs: {command: \"${{ inputs.c }}\"}}}]}]\n", nil},
	{"param-unused: no fragment reads it", "", "    parameters: [{name: p, default: x}]\n    steps: [{use: f}]\nfragments: [{name: f, steps: [{sh: {name: s, inputs: {command: make}}}]}]\n", []string{"warning param-unused 5:25-5:26"}},
	{"fragment-unused: used by way of a variable", "vars: {s: {use: f}}\n", "    parameters: [{name: p, default: x}]\n    steps: [\"${{ vars.s }}\"]\nfragments: [{name: f, steps: [{sh: {name: s, inputs: {command: \"make ${p}\"}}}]}]\n", nil},
	{"fragment-unused: named by a variable", "vars: {n: f}\n", "    parameters: [{name: p, default: x}]\n    steps: [{use: \"${{ vars.n }}\"}]\nfragments: [{name: f, steps: [{sh: {name: s, inputs: {command: \"make ${p}\"}}}]}]\n", nil},
	{"fragment-unused: in steps that are a variable", "vars: {l: [{use: f}]}\n", "    parameters: [{name: p, default: x}]\n    steps: ${{ vars.l }}\nfragments: [{name: f, steps: [{sh: {name: s, inputs: {command: \"make ${p}\"}}}]}]\n", nil},
	{"param-undefined: no user of the fragment declares it", "", "    steps: [{use: f}]\nfragments: [{name: f, steps: [{sh: {name: s, inputs: {command: \"make ${p}\"}}}]}]\n", []string{"warning param-undefined 6:70-6:74"}},
	{"param-undefined: a user of a user of the fragment declares it", "", "    template: {name: t}\n    parameters: [{name: p, default: x}]\nfragments: [{name: f, steps: [{sh: {name: s, inputs: {command: \"make ${p}\"}}}]}, {name: g, steps: [{use: f}]}]\ntemplates: [{name: t, steps: [{use: g}]}]\n", nil},
	{"step-order: a fragment may build", "", "    steps: [{use: f}, {upload_artifact: {name: u, inputs: {file: a}}}, {sh: {name: t, inputs: {command: make}}}]\nfragments: [{name: f, steps: [{sh: {name: s, inputs: {command: make}}}]}]\n", nil},
	{"duplicate-template", "", build + "templates: [{name: t, publish: true, steps: []}, {name: t, steps: []}]\n", []string{"error duplicate-template 6:57-6:58"}},
	{"arch: unknown, nearest offered", "", strings.Replace(jobHead, "arch: arm", "arch: x86_64", 1) + build, []string{`error arch 4:11-4:17 did you mean "x86-64"?`}},
	{"flavor: unknown, nearest offered", "", "    flavor: 2u8\n" + build, []string{`warning flavor 5:13-5:16 did you mean "2u8g"?`}},
	{"host-type: unknown, nearest offered", "", "    host_type: devclod\n" + build, []string{`warning host-type 5:16-5:23 did you mean "devcloud"?`}},
	{"config-type: steps with YAML", "", "    build_config_type: YAML\n" + build, []string{"error config-type 6:5-6:10"}},
	{"config-type: none with ACTION", "", "    build_config_type: ACTION\n", []string{"error config-type 5:24-5:30"}},
	{"scm-url: a web page for a clone address", "", "    scms: [{url: https://h.com/a/b/tree/main, branch: main, scm_type: git}]\n" + build, []string{"error scm-url 5:18-5:45"}},
	{"scm-credentials: a token in a URL", "", "    scms: [{url: 'https://u:s3cretT0ken@h.com/a.git', branch: main, scm_type: git}]\n" + build, []string{"error scm-credentials 5:27-5:40"}},
	{"scm-type", "", "    scms: [{url: git@h:a/b.git, branch: main, scm_type: githup}]\n" + build, []string{`warning scm-type 5:57-5:63 did you mean "github"?`}},
	{"scm-type: kinds in live use", "", "    scms: [{url: git@h:a/b.git, branch: main, scm_type: gitcode}, {url: git@h:a/c.git, branch: main, scm_type: gitee}]\n" + build, nil},
	{"scm-branch: refs/heads/ prefix", "", "    scms: [{url: git@h:a/b.git, branch: refs/heads/main, scm_type: git}]\n" + build, []string{"error scm-branch 5:41-5:56 write main"}},
	{"scm-depth: not a positive number", "", "    scms: [{url: git@h:a/b.git, branch: main, scm_type: git, depth: 0}]\n" + build, []string{"error scm-depth 5:69-5:70"}},
	{"param-name: not an identifier", "", "    parameters: [{name: my-p, default: x}]\n" + build, []string{"error param-name 5:25-5:29"}},
	{"param-name: a system variable's name", "", "    parameters: [{name: BUILDNUMBER, default: x}]\n" + command("${BUILDNUMBER}"), []string{"error param-name 5:25-5:36"}},
	{"param-duplicate", "", "    parameters: [{name: p, default: x}, {name: p, default: z}]\n" + command("${p}"), []string{"error param-duplicate 5:48-5:49"}},
	{"param-class: a misspelt definition class", "", "    parameters: [{definition: hudson.model.StringParamterDefinition, params: [{name: name, value: p}]}]\n" + command("${p}"), []string{"error param-class 5:31-5:68"}},
	{"param-options: a default that is not an option", "", "    parameters: [{name: p, options: [dev, prod], default: pord}]\n" + command("${p}"), []string{`error param-options 5:59-5:63 did you mean "prod"?`}},
	{"param-options: a default that is a disabled option", "", "    parameters: [{name: p, options: [{name: dev, disable: true}, {name: prod}], default: dev}]\n" + command("${p}"), []string{`warning param-options 5:90-5:93 enable it`}},
	{"param-options: a default beside a disabled option", "", "    parameters: [{name: p, options: [{name: dev, disable: true}, {name: prod}], default: prod}]\n" + command("${p}"), nil},
	{"param-undefined: in a property", "", "    steps: [{sh: {name: Build, inputs: {command: make}}}, {upload_artifact: {name: Up, inputs: {file: '${X}/a.jar'}}}]\n", []string{"warning param-undefined 5:104-5:108"}},
	{"param-undefined: in a branch", "", "    scms: [{url: git@h:a/b.git, branch: '${X}', scm_type: git}]\n" + build, []string{"warning param-undefined 5:42-5:46"}},
	{"param-undefined: in a script", "", command("echo ${X}"), []string{"warning param-undefined 5:56-5:60"}},
	{"param-undefined: not what is declared, predefined or set in the script", "", "    parameters: [{name: P, default: x}]\n" + command("X=1; echo ${P} ${BUILDNUMBER} ${X} ${HOME} ${Y:-z}"), nil},
	{"param-unused", "", "    parameters: [{name: p, default: x}]\n    steps: [{sh: {name: Build, inputs: {command: date}}}]\n", []string{"warning param-unused 5:25-5:26"}},
	{"param-unused: make may read it", "", "    parameters: [{name: p, default: x}]\n" + build, []string{"info param-unused 5:25-5:26"}},
	{"param-shadowed: a script assigns to it", "", "    parameters: [{name: p, default: x}]\n" + command("p=1; echo ${p}"), []string{"warning param-shadowed 6:51-6:52"}},
	{"secret-default", "", "    parameters: [{name: p, secret: NEXUS_TOKEN, default: abc}]\n" + command("${p}"), []string{"error secret-default 5:58-5:61"}},
	{"secret-literal: a password anywhere", "", command("export DB_PASSWORD=Hunter2x9"), []string{"error secret-literal 5:70-5:79"}},
	{"secret-literal: a token", "", command("T=ghp_0123456789abcdefghijklmnopqrstuvwxyz make"), []string{"error secret-literal 5:53-5:93"}},
	{"secret-literal: a private key", "", "    parameters: [{name: p, default: \"-----BEGIN RSA PRIVATE KEY-----\\nMIIEpAIBAAKCAQEA7x\\n-----END RSA PRIVATE KEY-----\"}]\n" + command("${p}"), []string{"error secret-literal 5:38-5:120"}},
	{"secret-in-docker-step", "", "    parameters: [{name: p, secret: NEXUS_TOKEN}]\n    steps: [{docker: {name: D, properties: {command: 'docker login -p ${p}'}}}]\n", []string{"warning secret-in-docker-step 6:71-6:75"}},
	{"template-unknown", "", "    template: {name: t}\n", []string{"error template-unknown 5:22-5:23"}},
	{"template-input", "", "    template: {name: t, inputs: {y: 1}}\ntemplates: [{name: t, inputs: {x: {required: true}}, steps: [{sh: {name: '${{ inputs.x }}', inputs: {command: make}}}]}]\n", []string{"error template-input 5:15-5:40", "error template-input 5:34-5:35"}},
	{"template-unused", "", build + "templates: [{name: t, steps: [{sh: {name: s, inputs: {command: make}}}]}]\n", []string{"warning template-unused 6:20-6:21"}},
	{"template-secret: a published template cannot hold a secret", "", build + "templates: [{name: t, publish: true, parameters: [{name: p, secret: NEXUS_TOKEN}], steps: [{sh: {name: s, inputs: {command: 'make ${p}'}}}]}]\n", []string{"error template-secret 6:69-6:80"}},
	{"module-id: not of the action form", "", "    steps: [{module_id: shell, name: s, properties: {command: make}}]\n", []string{"error module-id 5:25-5:30"}},
	{"module-unknown: with how to harvest it", "", "    steps: [{module_id: devcloud2018.codeci_action_99999.action, name: s, properties: {}}]\n", []string{"warning module-unknown 5:25-5:64 let `buildsync modules harvest`"}},
	{"wrong-type: a step that is a text alone is one mistake", "", "    steps: [{sh: ls}]\n", []string{"error wrong-type 5:18-5:20"}},
	{"step-property: one that the module needs is absent", "", "    steps: [{sh: {name: s, inputs: {}}}]\n", []string{"error step-property 5:14-5:16"}},
	{"step-property: of the wrong type", "", "    steps: [{sh: {name: s, inputs: {command: {a: b}}}}]\n", []string{`error step-property 5:46-5:52`}},
	{"step-property: unknown to the module", "", "    steps: [{sh: {name: s, inputs: {command: make}, properties: {zzz: b}}}]\n", []string{"warning step-property 5:66-5:69"}},
	{"missing-key: a step of the API's form without a name", "", "    steps: [{module_id: devcloud2018.codeci_action_20017.action, properties: {command: make}}]\n", []string{"error missing-key 5:25-5:64"}},
	{"missing-key: an emptied name", "", "    steps: [{sh: {name: null, inputs: {command: make}}}, {sh: {name: '', inputs: {command: ls}}}]\n", []string{"error missing-key 5:25-5:29", "error missing-key 5:70-5:72"}},
	{"missing-key: a source without an address and a type", "", "    scms: [{url: null, scm_type: '', branch: main}]\n" + build, []string{"error missing-key 5:18-5:22", "error missing-key 5:34-5:36"}},
	{"step-name: repeated names", "", "    steps: [{sh: {name: s, inputs: {command: make}}}, {sh: {name: s, inputs: {command: ls}}}]\n", []string{"warning step-name 5:67-5:68"}},
	{"step-disabled: every step off", "", "    steps: [{sh: {name: s, enable: false, inputs: {command: make}}}]\n", []string{"warning step-disabled 5:5-5:10"}},
	{"step-order: an upload before anything is built", "", "    steps: [{upload_artifact: {name: Up, inputs: {file: a.jar}}}, {sh: {name: s, inputs: {command: make}}}]\n", []string{"warning step-order 5:14-5:29"}},
	{"image-pin: no tag", "", "    steps: [{sh: {name: s, image: h.com/shop/builder, inputs: {command: make}}}]\n", []string{"warning image-pin 5:35-5:53"}},
	{"image-pin: latest", "", "    steps: [{sh: {name: s, image: 'node:latest', inputs: {command: make}}}]\n", []string{"warning image-pin 5:41-5:47"}},
	{"image-retired: a table", "lint: {tables: {images: {'own1.*': use own2}}}\n", "    steps: [{sh: {name: s, image: own1.3, inputs: {command: make}}}]\n", []string{"warning image-retired 5:35-5:41 use own2"}},
	{"file-pattern: an absolute path", "", "    steps: [{sh: {name: s, inputs: {command: make}}}, {upload_artifact: {name: Up, inputs: {file: /a.jar}}}]\n", []string{"error file-pattern 5:99-5:105"}},
	{"file-pattern: ..", "", "    steps: [{sh: {name: s, inputs: {command: make}}}, {upload_artifact: {name: Up, inputs: {file: a/../b}}}]\n", []string{"error file-pattern 5:101-5:103"}},
	{"file-pattern: a backslash", "", "    steps: [{sh: {name: s, inputs: {command: make}}}, {upload_artifact: {name: Up, inputs: {file: a\\b}}}]\n", []string{"error file-pattern 5:100-5:101"}},
	{"file-pattern: an unbalanced bracket", "", "    steps: [{sh: {name: s, inputs: {command: make}}}, {upload_artifact: {name: Up, inputs: {file: 'a[0'}}}]\n", []string{"error file-pattern 5:101-5:102"}},
	{"command-empty: only comments", "", command("# later"), []string{"warning command-empty 5:50-5:59"}},
	{"command-folded: a folded style that joins lines", "", "    steps:\n      - sh:\n          name: s\n          inputs:\n            command: >\n              make\n              make install\n", []string{"warning command-folded 9:22-9:23"}},
	{"shell-syntax: a script that does not parse", "", command("if true; then make"), []string{"error shell-syntax 5:51-5:53"}},
	{"shell-safety: no errexit in a multi-line script", "", command("make; make install"), []string{"warning shell-safety 5:51-5:56"}},
	{"shell-safety: a space after a continuation", "", "    steps:\n      - sh:\n          name: s\n          inputs:\n            command: |\n              make \\ \n                all\n", []string{"warning shell-safety 10:20-10:22", "warning shell-safety 10:15-10:22"}},
	{"shell-safety: an unquoted variable in rm -r", "", command("rm -rf $D"), []string{"warning shell-safety 5:58-5:60"}},
	{"shell-safety: a download piped into a shell", "", command("curl -s https://h/i.sh | sh"), []string{"warning shell-safety 5:51-5:78"}},
	{"shell-injection: a run-time value inside eval", "", "    parameters: [{name: p, default: x}]\n" + command("eval ${p}"), []string{"warning shell-injection 6:56-6:60"}},
	{"notification: an unknown channel", "", build + "    notifications: {MIAL: [buildJobFail]}\n", []string{`error notification 6:21-6:25 did you mean "MAIL"?`}},
	{"notification: an unknown event", "", build + "    notifications: {MAIL: [buildJobFail, buildJobFial]}\n", []string{`error notification 6:42-6:54 did you mean "buildJobFail"?`}},
	{"notification: one twice", "", build + "    notifications: {MAIL: [buildJobFail, buildJobFail]}\n", []string{"error notification 6:42-6:54"}},
	{"notification: a param_config that is not JSON", "", build + "    notifications: {DING_TALK: {events: [buildJobFail], param_config: '{'}}\n", []string{"error notification 6:71-6:74"}},
	{"notification: no failure event at all", "", build + "    notifications: {MAIL: [buildJobSuccess]}\n", []string{"info notification 6:5-6:18"}},
	{"protect-disabled: protected and disabled", "", "    protect: true\n    enabled: false\n" + build, []string{"warning protect-disabled 6:14-6:19 remove one"}},
	{"service-value: a field of the service alone", "", build + "    extra: {domain_id: x, description: d, actions: [1]}\n", []string{"warning service-value 6:13-6:22", "warning service-value 6:43-6:50"}},
	{"service-value: limit_time in place of timeout", "", build + "    extra: {limit_time: 3}\n", []string{"warning service-value 6:13-6:23 write timeout"}},
	{"service-value: an empty member that the address decides", "", "    scms: [{url: 'git@h.example:a/b.git', scm_type: codehub, repo_id: null, web_url: ''}]\n" + build, []string{"warning service-value 5:71-5:75", "warning service-value 5:86-5:88"}},
	{"param-name: a raw parameter without a name", "", "    parameters: [{params: [{name: defaultValue, value: a}]}, {definition: null, params: null}]\n" + build, []string{"warning param-name 5:18-5:60", "warning param-name 5:62-5:94"}},
	{"commit-trigger: a source of another host", "", "    on_commit: true\n    scms: [{url: https://github.com/a/b.git, scm_type: github}]\n" + build, []string{"warning commit-trigger 5:16-5:20"}},
	{"commit-trigger: the service's own repository, as the reference writes it", "", "    on_commit: true\n    scms: [{url: https://codehub.example.com/a/b.git, scm_type: Repo}]\n" + build, nil},
	{"commit-trigger: beside a timer", "", "    on_commit: true\n    triggers: [{cron: '0 2 * * *'}]\n" + build, []string{"warning commit-trigger 5:16-5:20"}},
	{"cron: not five fields", "", build + "    triggers: [{cron: '0 2 * *'}]\n", []string{"error cron 6:23-6:32"}},
	{"cron: out of range", "", build + "    triggers: [{cron: '0 24 * * *'}]\n", []string{"error cron 6:26-6:28 from 0 to 23"}},
	{"cron: never fires", "", build + "    triggers: [{cron: '0 2 31 4 *'}]\n", []string{"warning cron 6:23-6:35"}},
	{"cron: a zone with summer time", "", build + "    triggers: [{cron: '0 2 * * *', timezone: Europe/Berlin}]\n", []string{"warning cron 6:46-6:59 use a zone without summer time"}},
	{"cron: a zone with summer time south of the equator", "", build + "    triggers: [{cron: '0 2 * * *', timezone: Australia/Sydney}]\n", []string{"warning cron 6:46-6:62"}},
	{"cron: a zone without summer time", "", build + "    triggers: [{cron: '0 2 * * *', timezone: Asia/Tokyo}, {cron: '0 2 * * *', timezone: UTC}, {cron: '0 2 * * *', timezone: Asia/Shanghai}]\n", nil},
	{"cron: the API's own form says what isDST is", "", build + "    triggers: [{name: hudson.triggers.TimerTrigger, parameters: [{name: spec, value: '0 2 * * *'}, {name: timeZoneId, value: Europe/Berlin}, {name: isDST, value: 'true'}]}]\n", nil},
	{"module-unknown: a word of the user guide, without a wrong guess", "", "    steps: [{yarn: {name: s, inputs: {command: yarn build}}}]\n", []string{"error module-unknown 5:14-5:18 let `buildsync modules harvest` learn"}},
	{"module-unknown: another word of the user guide", "", "    steps: [{python: {name: s, inputs: {command: make}}}]\n", []string{"error module-unknown 5:14-5:20 let `buildsync modules harvest` learn"}},
	{"step-property: an input whose form is not public names the way to learn it", "", "    steps: [{maven: {name: s, image: maven3.9.5-jdk17, inputs: {command: mvn, check: {param: a}}}}]\n", []string{"warning step-property 5:79-5:84 the service may still take it; if not, set it in one live job, and `buildsync export` writes it as your service has it"}},
	{"step-property: an image that the vendor does not list", "", "    steps: [{maven: {name: s, image: maven3.9.9-jdk99, inputs: {command: mvn}}}]\n", []string{`warning step-property 5:38-5:54 did you mean "maven3.9.9-jdk8-open"?`}},
	{"step-property: images that it lists, of build.yml's form, and of a registry", "", "    steps: [{maven: {name: s, image: maven3.9.5-jdk17, inputs: {command: mvn}}}, {maven: {name: t, image: 'cloudbuild@maven3.5.3-jdk8-open', inputs: {command: mvn}}}, {maven: {name: v, image: 'h.com/shop/maven:3', inputs: {command: mvn}}}, {maven: {name: w, image: 'own-maven:3', inputs: {command: mvn}}}]\n", nil},
	{"cron: an unknown time zone", "", build + "    triggers: [{cron: '0 2 * * *', timezone: Asia/Shangai}]\n", []string{`error cron 6:46-6:58 did you mean "Asia/Shanghai"?`}},
	{"renamed-from: contradicts another definition", "", build + "    renamed_from: [b]\n  - {name: b, arch: arm, steps: []}\n", []string{"error renamed-from 6:20-6:21"}},
	{"removed-still-defined", "", build + "removed: [{job: a}]\n", []string{"error removed-still-defined 6:17-6:18"}},
	{"ignore-unused: a defined job that policy ignores", "policy: {ignore: [{job: a, reason: x}]}\n", build, []string{"warning ignore-unused buildsync.yaml:6:25-6:26"}},
	{"unused-suppression: a suppression that suppresses nothing", "", "    flavor: 2u8g # buildsync:ignore flavor: ours\n" + build, []string{"warning unused-suppression 5:37-5:43"}},
	{"unknown-rule: one that names no rule", "", "    flavor: 2u8g # buildsync:ignore flavr: ours\n" + build, []string{`error unknown-rule 5:37-5:42 did you mean "flavor"?`}},
	{"unknown-rule: a full-width colon behind the name", "", "    flavor: 2u8g # buildsync:ignore flavor：ours\n" + build, []string{`error unknown-rule 5:37-5:48 the colon behind it is a full-width one: write flavor: and a space`}},
}

// told writes a finding in the form of the cells.
func told(d *spec.Diagnostic, hint bool) string {
	end := d.Range.End
	text := fmt.Sprintf("%s %s %s-%d:%d", d.Severity, d.Rule, strings.TrimPrefix(d.Range.Start.String(), definitionsName+":"), end.Line, end.Column)
	if hint {
		text += " " + d.Hint
	}
	return text
}

// saysSo reports whether a finding is the one that a cell wants: its severity, rule
// and range, and how its hint starts where the cell says so.
func saysSo(have, want string) bool {
	const parts = 3 // severity, rule, range
	if strings.Count(want, " ") < parts {
		want += " "
	}
	return strings.HasPrefix(have, want)
}

// TestCells checks each promise.
func TestCells(t *testing.T) {
	t.Parallel()
	for _, c := range cells {
		t.Run(c.promise, func(t *testing.T) {
			t.Parallel()
			definitions := c.definitions
			if !strings.HasPrefix(definitions, "version") {
				definitions = jobHead + definitions
			}
			base := workspaceOf(definitions)
			if strings.HasPrefix(c.workspace, "projects") {
				base = strings.Replace(workspace, "projects: {shop: 6ecbc5bac7c8442fb3d2563d53c13582}\n", "", 1)
				base += strings.Repeat("#\n", 6-strings.Count(base, "\n")-1)
			}
			if strings.HasPrefix(c.workspace, "secrets") {
				base = workspace
			}
			tree := spec.MapTree{"buildsync.yaml": base + c.workspace, definitionsName: definitions, "crlf.sh": "set -e\r\nmake\n"}
			found := lint.Check(tree, "", lint.Options{})
			var have []string
			for i := range found {
				have = append(have, told(&found[i], true))
			}
			matches := len(have) == len(c.want)
			for _, want := range c.want {
				matches = matches && slices.ContainsFunc(have, func(h string) bool { return saysSo(h, want) })
			}
			neverCleanIfBroken(t, tree)
			if !matches {
				t.Errorf("have %q\nwant %q\n%s", have, c.want, asText(t, tree, found))
			}
			rule, _, _ := strings.Cut(c.promise, ":")
			if _, known := lint.RuleByName(rule); !known {
				t.Errorf("the promise is about no rule")
			}
		})
	}
}

// neverCleanIfBroken checks that lint finds an error, whatever rules it is asked for and whatever a
// baseline hides, where loading or compiling refuses the files.
func neverCleanIfBroken(t *testing.T, tree spec.MapTree) {
	t.Helper()
	set, refused := spec.Load(tree, spec.Options{})
	if set != nil && set.Workspace != nil {
		catalogue, more := catalog.ForWorkspace(set)
		_, compiled := compile.Compile(set, compile.Options{Catalogue: catalogue})
		refused = slices.Concat(refused, more, compiled)
	}
	none := func(string) bool { return false }
	found := lint.Check(tree, "", lint.Options{Selected: none, Baseline: lint.NewBaseline(lint.Check(tree, "", lint.Options{}))})
	if refused.HasErrors() && !found.HasErrors() {
		t.Errorf("a plan is refused:\n%slint without a rule and with a baseline of all:\n%s", asText(t, tree, refused), asText(t, tree, found))
	}
}

// TestEveryRuleIsInTheCells finds rules without a cell, except those about the language itself,
// which pkg/compile and pkg/spec test.
func TestEveryRuleIsInTheCells(t *testing.T) {
	t.Parallel()
	elsewhere := []string{
		"file-limit", "expression", "unknown-name", "expansion-limit", "include", "modules-file", "matrix", "timeout", "extra-field", "unreadable-file", "definitions",
		"foreign-file", "version", "unknown-environment", "step-form", "job-id", "secret-name", "project-unknown", "secret-unknown", "param-value", "param-default",
		"fragment-unknown", "fragment-input", "fragment-cycle", "duplicate-fragment",
		"family-unknown", "family-input", "family-cycle", "duplicate-family",
		"policy-file", "policy-exception", // pkg/policy
		"vendored-file", // pkg/spec
		"without",
		"shellcheck", // TestShellCheckModes
	}
	for _, rule := range lint.Rules() {
		held := slices.ContainsFunc(cells, func(c struct {
			promise, workspace, definitions string
			want                            []string
		}) bool {
			return c.promise == rule.Name || strings.HasPrefix(c.promise, rule.Name+":")
		})
		if held == slices.Contains(elsewhere, rule.Name) {
			t.Errorf("%s: in the cells is %t", rule.Name, held)
		}
	}
}

// TestNextRunsAreInformation checks that the next runs of a trigger are listed if there is a clock,
// as information.
func TestNextRunsAreInformation(t *testing.T) {
	t.Parallel()
	tree := spec.MapTree{"buildsync.yaml": workspace, definitionsName: jobHead + build + "    triggers: [{cron: '0 2 * * *'}]\n"}
	found := lint.Check(tree, "", lint.Options{Now: time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)})
	if len(found) != 1 || told(&found[0], false) != "info cron 6:23-6:34" || !strings.Contains(found[0].Message, "Mon 2026-11-23 02:00 UTC") {
		t.Errorf("have %v", found)
	}
}

// TestPlacesInScripts checks that a finding in a script has its line and column in the file, in any
// YAML style.
func TestPlacesInScripts(t *testing.T) {
	t.Parallel()
	const head = "    steps:\n      - sh:\n          name: 构建\n          inputs:\n            command: "
	cases := []struct{ style, command, want string }{
		{"literal", "|\n              set -e\n              echo 订单 😀\n              rm -rf $D\n", "12:22-12:24"},
		{"literal, with its indentation given", "|2\n              set -e\n              rm -rf $D\n", "11:22-11:24"},
		{"literal, stripped", "|-\n              # 说明\n\n              rm -rf $D", "12:22-12:24"},
		{"folded", ">\n              set -e;\n              rm -rf $D\n", "11:22-11:24"},
		{"double quotes", `"echo 订单\n\u0041=1; rm -rf $D"` + "\n", "9:49-9:51"},
		{"double quotes over two lines", "\"set -e;\n              rm -rf $D\"\n", "10:22-10:24"},
		{"single quotes", "'echo ''订单''; rm -rf $D'\n", "9:43-9:45"},
		{"plain", "rm -rf $D\n", "9:29-9:31"},
		{"plain over two lines", "set -e;\n              rm -rf $D\n", "10:22-10:24"},
		{"a file", "{$file: run.sh}\n", "run.sh:3:16-3:18"},
	}
	for _, c := range cases {
		t.Run(c.style, func(t *testing.T) {
			t.Parallel()
			tree := spec.MapTree{"buildsync.yaml": workspace, definitionsName: jobHead + head + c.command, "run.sh": "# 说明\nset -e\ntrue 订; rm -rf $D\n"}
			want := "warning shell-safety " + c.want
			found := lint.Check(tree, "", lint.Options{})
			if len(found) != 1 || told(&found[0], false) != want {
				t.Errorf("want %s:\n%s", want, asText(t, tree, found))
			}
			if len(found) > 0 && found[0].Pointer != "jobs[a].steps[构建].inputs.command" {
				t.Errorf("pointer %q", found[0].Pointer)
			}
		})
	}
}

// TestPointersAndBaselines checks that each finding inside a value has a pointer by names, so that
// a baseline holds when lines move.
func TestPointersAndBaselines(t *testing.T) {
	t.Parallel()
	withoutNode := []string{"yaml-syntax", "file-limit", "alias-limit", "unreadable-file", "foreign-file"} // there are no values, or the file as a whole is meant
	for _, rule := range lint.Rules() {
		t.Run(rule.Name, func(t *testing.T) {
			t.Parallel()
			files := fixtureTree(rule.Name, "bad")
			environment := lint.ExampleEnvironment(rule.Name)
			found := lint.Check(files, environment, lint.Options{})
			for _, d := range found {
				if d.Pointer == "" && !slices.Contains(withoutNode, d.Rule) {
					t.Errorf("%s [%s] has no pointer: %s", d.Range.Start, d.Rule, d.Message)
				}
				if strings.Contains(d.Pointer, `"`) || strings.Contains(d.Pointer, "..") {
					t.Errorf("the pointer %s of %s is not written as all others", d.Pointer, d.Rule)
				}
			}
			baseline := lint.NewBaseline(found)
			moved := spec.MapTree{}
			for name, text := range files {
				if strings.HasSuffix(name, ".yaml") {
					text = "# moved\n\n# down\n" + text
				}
				moved[name] = text
			}
			want, have := []string{}, []string{}
			for _, d := range baseline.Filter(slices.Clone(found)) {
				want = append(want, d.Rule+" "+d.Pointer)
			}
			for _, d := range lint.Check(moved, environment, lint.Options{Baseline: baseline}) {
				have = append(have, d.Rule+" "+d.Pointer)
			}
			if diff := cmp.Diff(want, have); diff != "" {
				t.Errorf("beyond the baseline, when lines have moved (-before +after):\n%s", diff)
			}
		})
	}
}
