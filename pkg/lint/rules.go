package lint

import (
	"sync"

	"github.com/buildsync/buildsync/pkg/remedy"
	"github.com/buildsync/buildsync/pkg/spec"
)

// Rule is one thing that lint looks for.
type Rule struct {
	Name     string        // permanent; configuration and suppressions go by it
	Severity spec.Severity // unless configured otherwise
	Summary  string        // what it reports, in half a sentence
	Why      string        // what comes of it, or what it takes for right; may be empty
	Fixed    bool          // loading and compiling report it: it can be neither lowered nor suppressed
}

// rules is the list of all rules, in the order of a definition's parts.
var rules = [...]Rule{
	{Name: "yaml-syntax", Severity: spec.Error, Summary: "the file is not YAML that buildsync can read", Why: "A tab in the indentation, an unquoted `*`, `@` or `{{`, a colon in plain text, an unclosed quote. The message names the likely cause.", Fixed: true},
	{Name: "file-limit", Severity: spec.Error, Summary: "a file is too large or nested too deeply", Why: "The limits keep hostile input from costing memory or time.", Fixed: true},
	{Name: "duplicate-key", Severity: spec.Error, Summary: "a mapping has the same key twice", Why: "YAML readers disagree about which one counts.", Fixed: true},
	{Name: "unknown-key", Severity: spec.Error, Summary: "a key is not part of the language", Why: "Most often a misspelling; the nearest key is offered.", Fixed: true},
	{Name: "missing-key", Severity: spec.Error, Summary: "a required key is missing", Fixed: true},
	{Name: "wrong-type", Severity: spec.Error, Summary: "a value has the wrong type or form for its key", Fixed: true},
	{Name: "expression", Severity: spec.Error, Summary: "a `${{ }}` reference is malformed", Fixed: true},
	{Name: "unknown-name", Severity: spec.Error, Summary: "a `${{ }}` reference names something unknown", Fixed: true},
	{Name: "expansion-limit", Severity: spec.Error, Summary: "references expand to too many values", Fixed: true},
	{Name: "include", Severity: spec.Error, Summary: "a file named by `$file` cannot be read", Why: "It must lie in the workspace, be UTF-8 text and have at most 1 MiB.", Fixed: true},
	{Name: "modules-file", Severity: spec.Error, Summary: "the workspace's own step modules are malformed", Fixed: true},
	{Name: "matrix", Severity: spec.Error, Summary: "a matrix makes no jobs or too many, or excludes a row that it does not have", Fixed: true},
	{Name: "timeout", Severity: spec.Error, Summary: "the API cannot express a timeout", Fixed: true},
	{Name: "without", Severity: spec.Error, Summary: "`without` names a value that the job does not inherit", Why: "A misspelt path drops nothing: the job would keep the value.", Fixed: true},
	{Name: "extra-field", Severity: spec.Error, Summary: "extra names a field that has a key of its own", Fixed: true},
	{Name: "unreadable-file", Severity: spec.Error, Summary: "a file cannot be read", Fixed: true},
	{Name: "foreign-file", Severity: spec.Error, Summary: "a file belongs to another tool or has another format", Why: "A build.yml, a body of the API, a workflow of another host and a job without `jobs:` are recognised and named once, in place of a list of unknown keys.", Fixed: true},
	{Name: "definitions", Severity: spec.Warning, Summary: "the patterns of definition files match no file"},
	{Name: "version", Severity: spec.Error, Summary: "the file is of a version that this buildsync does not read", Fixed: true},
	{Name: "unknown-environment", Severity: spec.Error, Summary: "the environment is not declared in buildsync.yaml", Fixed: true},
	{Name: "step-form", Severity: spec.Error, Summary: "a step is neither an action nor the raw form", Fixed: true},
	{Name: "job-id", Severity: spec.Error, Summary: "a job's id is not 32 characters", Fixed: true},
	{Name: "secret-name", Severity: spec.Error, Summary: "a secret's name cannot be the name of an environment variable", Fixed: true},
	{Name: "project-unknown", Severity: spec.Error, Summary: "a project is not declared in buildsync.yaml", Fixed: true},
	{Name: "region", Severity: spec.Warning, Summary: "a region that buildsync knows no address for", Why: "Without an address, a command that asks the service needs an endpoint. A misspelt region would otherwise be found by the first plan in a pipeline."},
	{Name: "reference-form", Severity: spec.Warning, Summary: "a text that looks like a reference and is none", Why: "`${ vars.x }}`, `{{ vars.x }}` and `${vars.x}` are texts, and go to the service as they are. The form is reported if the name is known here. Single braces, and the names of a job, are reported if nothing else is in the text: scripts hold such forms of other languages. Other rules do not judge such a value; the finding gets the highest severity of theirs."},
	{Name: "variable-unused", Severity: spec.Warning, Summary: "a variable that nothing refers to", Why: "Whoever changes it expects an effect. Definitions, vendored files, policies, `defaults` and other variables can use it, in whichever environment."},
	{Name: "secret-duplicate", Severity: spec.Warning, Summary: "a secret is listed twice", Why: "The second entry does nothing; often another name was meant."},
	{Name: "secret-unused", Severity: spec.Warning, Summary: "a secret that nothing refers to", Why: "Somebody keeps its value in the pipeline for nothing, or a parameter that should use it has its value elsewhere. Where a reference makes the name of any secret, nothing is reported."},
	{Name: "secret-unknown", Severity: spec.Error, Summary: "a secret is not declared in buildsync.yaml", Fixed: true},
	{Name: "implicit-type", Severity: spec.Warning, Summary: "a plain scalar in a text field that YAML readers disagree about", Why: "buildsync keeps the text that was written, but editors, formatters and other readers of the file may turn `3.10` into 3.1 and `on` into true. Quotes settle it."},
	{Name: "unused-anchor", Severity: spec.Warning, Summary: "an anchor is never used"},
	{Name: "alias-limit", Severity: spec.Error, Summary: "aliases expand beyond the limit", Fixed: true},
	{Name: "invisible-char", Severity: spec.Warning, Summary: "an invisible or misleading character", Why: "Zero-width and bidirectional characters make text look different from what it is. In keys and names they are an error; an escape in quotes, such as \"\\u200b\", is a warning there, because a reviewer sees it and a live name may need it."},
	{Name: "look-alike-name", Severity: spec.Warning, Summary: "a name that mixes scripts, or can be mistaken for another", Why: "A Cyrillic `е` in a job's name makes another job that looks the same in every plan and log."},
	{Name: "project-id", Severity: spec.Error, Summary: "a project id is not 32 hexadecimal characters", Fixed: true},
	{Name: "job-name", Severity: spec.Error, Summary: "the service does not accept a job's name", Why: "1 to 115 Chinese or Latin letters, digits, `_` and `-`.", Fixed: true},
	{Name: "duplicate-job", Severity: spec.Error, Summary: "two definitions make the same job", Why: "The same project and name, matrix included; one would overwrite the other at every apply.", Fixed: true},
	{Name: "duplicate-template", Severity: spec.Error, Summary: "two templates have one name", Fixed: true},
	{Name: "arch", Severity: spec.Error, Summary: "an unknown architecture", Why: "The service takes `x86-64` and `arm`."},
	{Name: "flavor", Severity: spec.Warning, Summary: "an unknown flavor", Why: "The sizes differ from project to project; add yours to `lint.tables.flavors`."},
	{Name: "host-type", Severity: spec.Warning, Summary: "an unknown host type"},
	{Name: "config-type", Severity: spec.Error, Summary: "an unknown build_config_type, or steps that contradict it", Why: "With `YAML` the steps are in the repository's build.yml; with `ACTION` they are in the definition."},
	{Name: "scm-url", Severity: spec.Error, Summary: "a code source's address cannot be cloned", Why: "Often the address of the repository's web page."},
	{Name: "scm-credentials", Severity: spec.Error, Summary: "credentials in a clone address", Why: "They are stored with the job, shown to everyone who may see it, and kept by Git."},
	{Name: "scm-type", Severity: spec.Warning, Summary: "an unknown kind of code source, or one that contradicts the address"},
	{Name: "scm-branch", Severity: spec.Error, Summary: "a name that cannot be a branch", Why: "The service wants the short name: `main`, not `refs/heads/main`."},
	{Name: "scm-depth", Severity: spec.Error, Summary: "a clone depth that is not a positive number"},
	{Name: "param-name", Severity: spec.Error, Summary: "a parameter's name that the service refuses", Why: "Letters, digits and `_`; not a variable that the service sets itself, nor one that changes how commands run, such as `PATH`."},
	{Name: "param-duplicate", Severity: spec.Error, Summary: "a parameter is declared twice"},
	{Name: "param-class", Severity: spec.Error, Summary: "a misspelt parameter definition"},
	{Name: "param-options", Severity: spec.Error, Summary: "options that repeat, or a default that is not among them"},
	{Name: "param-value", Severity: spec.Error, Summary: "a default value that the service refuses", Why: "It refuses `{{`, `{%` and `{#`."},
	{Name: "param-default", Severity: spec.Error, Summary: "a default value that is too long", Why: "The service takes at most 8,192 characters. Keep long text in a file of the repository.", Fixed: true},
	{Name: "param-undefined", Severity: spec.Warning, Summary: "a reference to an undeclared parameter", Why: "`${X}` is neither declared, nor set by the service, nor set in the script: it will be empty."},
	{Name: "param-unused", Severity: spec.Warning, Summary: "a parameter that nothing refers to"},
	{Name: "param-shadowed", Severity: spec.Warning, Summary: "a script sets a variable that is a parameter", Why: "From there on, the value chosen for the build is lost."},
	{Name: "secret-default", Severity: spec.Error, Summary: "a secret parameter has its value in the file", Why: "Git keeps it for ever. Declare the name of a secret and give the value at apply time.", Fixed: true},
	{Name: "secret-literal", Severity: spec.Error, Summary: "the file contains a key, token or password", Why: "It is never printed whole. Revoke it: it stays in the history of Git."},
	{Name: "secret-in-docker-step", Severity: spec.Warning, Summary: "a docker step refers to a private parameter", Why: "Users report that the docker action cannot read private parameters."},
	{Name: "template-unknown", Severity: spec.Error, Summary: "a job uses a template that does not exist", Fixed: true},
	{Name: "template-input", Severity: spec.Error, Summary: "inputs do not match those of the template", Fixed: true},
	{Name: "template-unused", Severity: spec.Warning, Summary: "a template that no job uses and that is not published"},
	{Name: "template-steps-replaced", Severity: spec.Warning, Summary: "a job's own steps replace those of its template", Why: "A scan that every job must run gets lost this way. `- use: template` puts the template's steps among the job's own."},
	{Name: "template-secret", Severity: spec.Error, Summary: "a published template holds a secret parameter", Why: "The service would keep the value for everyone who may see the template.", Fixed: true},
	{Name: "fragment-unknown", Severity: spec.Error, Summary: "`use` names a fragment that does not exist", Fixed: true},
	{Name: "fragment-input", Severity: spec.Error, Summary: "inputs do not match those of the fragment", Fixed: true},
	{Name: "fragment-cycle", Severity: spec.Error, Summary: "a fragment uses itself, directly or through others", Fixed: true},
	{Name: "family-unknown", Severity: spec.Error, Summary: "an entry of jobs names a family that does not exist", Fixed: true},
	{Name: "family-input", Severity: spec.Error, Summary: "inputs do not match those of the family", Fixed: true},
	{Name: "family-cycle", Severity: spec.Error, Summary: "a family uses itself", Fixed: true},
	{Name: "duplicate-family", Severity: spec.Error, Summary: "two families have one name", Fixed: true},
	{Name: "family-unused", Severity: spec.Warning, Summary: "a family that nothing uses"},
	{Name: "input-unused", Severity: spec.Warning, Summary: "an input that its template, fragment or family does not use", Why: "A job that sets the input expects an effect."},
	{Name: "fragment-unused", Severity: spec.Warning, Summary: "a fragment that nothing uses"},
	{Name: "duplicate-fragment", Severity: spec.Error, Summary: "two fragments have one name", Fixed: true},
	{Name: "module-id", Severity: spec.Error, Summary: "an invalid module_id", Why: "Ids look like `devcloud2018.codeci_action_20043.action`."},
	{Name: "module-unknown", Severity: spec.Warning, Summary: "a step module that is not in the catalogue", Why: string(remedy.HarvestWhy) + " An action word without a module is an error."},
	{Name: "step-property", Severity: spec.Error, Summary: "a step's property is missing, unknown or of the wrong type", Why: "An unknown property is a warning: the service may have properties that the catalogue lacks."},
	{Name: "step-name", Severity: spec.Warning, Summary: "two steps have one name", Why: "Plans, logs and the history cannot tell them apart."},
	{Name: "step-disabled", Severity: spec.Warning, Summary: "every step is switched off"},
	{Name: "step-order", Severity: spec.Warning, Summary: "an upload before anything is built"},
	{Name: "image-pin", Severity: spec.Warning, Summary: "an image without a version", Why: "The same job may use other software tomorrow."},
	{Name: "image-retired", Severity: spec.Warning, Summary: "an image whose software has reached its end of life", Why: "Add your own under `lint.tables.images`."},
	{Name: "file-pattern", Severity: spec.Error, Summary: "a file pattern that cannot match in the build's workspace"},
	{Name: "command-empty", Severity: spec.Warning, Summary: "a script that runs nothing"},
	{Name: "command-folded", Severity: spec.Warning, Summary: "a folded script that joins its lines", Why: "`>` makes one line of several; a script wants `|`."},
	{Name: "shell-syntax", Severity: spec.Error, Summary: "a script that a shell cannot run as intended", Why: "Scripts are parsed as bash, within buildsync; nothing is executed."},
	{Name: "shell-safety", Severity: spec.Warning, Summary: "a script whose failures go unnoticed", Why: "No errexit in a script of several commands, a blank after a continuation, an unquoted variable in `rm -r`, a download that runs unchecked: piped into a shell, inside `eval`, or saved and run without a check of its checksum or signature between."},
	{Name: "shellcheck", Severity: spec.Warning, Summary: "a finding of shellcheck about a script", Why: "Where [shellcheck](https://www.shellcheck.net) is installed, it checks every script, in YAML and in files, with the workspace's `.shellcheckrc`. Its errors and warnings are reported. `lint.shellcheck: off` leaves it out, `required` makes it an error where it is missing. A script for which shellcheck takes longer than 30 seconds or, on Linux, more than 1 GiB is reported as not checked: as information, with `required` as an error. `# shellcheck disable=SC2046` works as well as a suppression of this rule."},
	{Name: "shell-injection", Severity: spec.Warning, Summary: "a value that becomes shell code", Why: "A parameter inside `eval`, `sh -c`, `ssh`, `psql -c`, a program of `awk` or any other text that is run as code: whoever starts a build chooses what it runs. A value that goes into the new text of `sed` s/…/ is left alone."},
	{Name: "notification", Severity: spec.Error, Summary: "a notification that the service does not know", Why: "An unknown channel or event, an event listed twice, a param_config that is not JSON. If no channel reports failures, the finding is only information."},
	{Name: "cron", Severity: spec.Error, Summary: "a timer that is not five fields, out of range, or never fires"},
	{Name: "protect-disabled", Severity: spec.Warning, Summary: "a protected job that its definition disables", Why: "`protect: true` promises that buildsync never disables the job, so that plan refuses `enabled: false` as long as the live job is enabled."},
	{Name: "service-value", Severity: spec.Warning, Summary: "a value that the service sets by itself", Why: "Only the service sets fields such as `domain_id`: buildsync never sends or compares them, so a declared value has no effect. `limit_time` is how the service shows a timeout. The repository's ID, page, group and name follow from its address. If a definition makes them empty, the service may fill them in again; `apply` then says so. Later plans with a base leave them alone, and plans without a base empty them each time."},
	{Name: "commit-trigger", Severity: spec.Warning, Summary: "a build on each commit that the service does not support, or beside a timer", Why: "`on_commit`, in the API `build_if_code_updated`, starts a build for each push. It is not a condition for scheduled builds, and the service documents it for its own repositories only."},
	{Name: "old-form", Severity: spec.Info, Summary: "a form that has a better one now", Why: "Old forms stay valid and send the same, so this is only information. The old forms are `build_if_code_updated` (now `on_commit`), `disable: \"1\"` of an option (now true or false), a script in double quotes whose lines end in `\\n\\` (now a block with `|`), and former names of rules. " + string(remedy.OldFormWhy) + " `lint.rules: {old-form: error}` forbids them."},
	{Name: "renamed-from", Severity: spec.Error, Summary: "a former name that contradicts another definition", Fixed: true},
	{Name: "removed-still-defined", Severity: spec.Error, Summary: "a job under removed that is still defined", Fixed: true},
	{Name: "ignore-unused", Severity: spec.Warning, Summary: "policy.ignore contradicts the definitions", Why: "A defined job that is ignored is never applied; ignored fields that no job has protect nothing."},
	{Name: "vendored-file", Severity: spec.Error, Summary: "a copy from a source differs from the lock, or a source is declared wrongly", Why: "The files under `vendor/` were reviewed in their own repository. An edit here would escape that review, and be lost at the next update. " + string(remedy.VendorWhy), Fixed: true},
	{Name: "policy-file", Severity: spec.Error, Summary: "a file of policies is malformed, or its policies check nothing", Why: "An unknown path, a misspelt field in a rule, two policies of one name: the policy would not be checked. A file that no pattern matches, or a name that nothing has: the policy would silently check nothing. A finding that depends on the jobs is a warning.", Fixed: true},
	{Name: "policy-exception", Severity: spec.Warning, Summary: "an exception from a policy has expired, or is not needed", Why: "Exceptions that are not needed hide the next breach."},
	{Name: "unused-suppression", Severity: spec.Warning, Summary: "a suppression that suppresses nothing"},
	{Name: "unknown-rule", Severity: spec.Error, Summary: "a rule that does not exist, or cannot be changed"},
}

// Rules returns every rule in a fixed order. The caller may keep the slice.
func Rules() []Rule { return append([]Rule(nil), rules[:]...) }

var ruleIndex = sync.OnceValue(func() map[string]int {
	index := make(map[string]int, len(rules))
	for i := range rules {
		index[rules[i].Name] = i
	}
	return index
})

// currentName returns the name of a rule that configurations, suppressions and
// baselines may call by its former one.
func currentName(name string) string {
	if name == "unknown-project" {
		return "project-unknown"
	}
	return name
}

// RuleByName returns the rule of that name, be it a former one; policy/NAME stands for a policy of
// the workspace, whether there is one or not.
func RuleByName(name string) (Rule, bool) {
	if isPolicyRule(name) {
		return Rule{Name: name, Severity: spec.Error, Summary: "a job breaks a policy of the organisation", Why: "The policy is in a file that `policies` of buildsync.yaml names. Only `except` there exempts a job.", Fixed: true}, true
	}
	return ruleByName(name)
}

func ruleByName(name string) (Rule, bool) {
	i, known := ruleIndex()[currentName(name)]
	if !known {
		return Rule{}, false
	}
	return rules[i], true
}

// RuleNames lists the names of all rules, in the order of Rules.
func RuleNames() []string {
	names := make([]string, len(rules))
	for i := range rules {
		names[i] = rules[i].Name
	}
	return names
}

// severityOf returns a rule's own severity.
func severityOf(name string) spec.Severity {
	if rule, known := ruleByName(name); known {
		return rule.Severity
	}
	panic("bug in buildsync: no rule " + name)
}
