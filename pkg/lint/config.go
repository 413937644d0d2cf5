package lint

import (
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/buildsync/buildsync/pkg/spec"
)

// config is the lint section of buildsync.yaml:
//
//	lint:
//	  rules: {image-pin: off, param-unused: error}
//	  overrides:
//	    - files: ["legacy/**"]
//	      rules: {shell-safety: off}
//	  tables:
//	    images: {"maven3.5.*": "use maven3.9.5-jdk17"}   # retired, and what to use
//	    flavors: [32u64g]
//	    host_types: [my_pool]
//	    scm_types: [svn]
//	    modules: [devcloud2018.codeci_action_20999.action]
//	    variables: [CI_RELEASE]                          # set by the build environment
//	  shellcheck: required                               # or auto, off
type config struct {
	levels       map[string]level
	overrides    []override
	tables       tables
	shellCheck   ShellCheckMode
	shellCheckAt *spec.Node // where it is set; nil if it is not
}

// level is the setting of a rule.
type level struct {
	severity spec.Severity // 0 if off
	off      bool
}

type override struct {
	files  []string
	levels map[string]level
}

// newConfig reads the lint section and reports its errors to p.
func newConfig(n *spec.Node, p *pass) *config {
	c := &config{levels: map[string]level{}, tables: shippedTables(), shellCheck: ShellCheckAuto}
	if n == nil || n.IsNull() {
		return c
	}
	if !p.mapping(n, "lint", "rules", "overrides", "tables", "shellcheck") {
		return c
	}
	c.levels = p.levels(n.Get("rules"), "lint.rules")
	if list := n.Get("overrides"); list != nil && !list.IsNull() {
		for _, item := range p.list(list, "lint.overrides") {
			c.override(p, item)
		}
	}
	c.readShellCheck(n.Get("shellcheck"), p)
	if t := n.Get("tables"); t != nil && !t.IsNull() {
		c.tables.extend(p, t)
	}
	return c
}

// readShellCheck reads lint.shellcheck.
func (c *config) readShellCheck(n *spec.Node, p *pass) {
	if n == nil || n.IsNull() {
		return
	}
	mode := ShellCheckMode(n.Text)
	if n.Text == "false" { // an editor may have made a boolean of off
		mode = ShellCheckOff
	}
	switch mode {
	case ShellCheckAuto, ShellCheckOff, ShellCheckRequired:
		c.shellCheck, c.shellCheckAt = mode, n
	default:
		p.report("wrong-type", n.Range, "lint.shellcheck", quoted(n.Text)+" is not a value of lint.shellcheck", "write auto, off or required")
	}
}

func (c *config) override(p *pass, n *spec.Node) {
	if !p.mapping(n, "lint.overrides", "files", "rules") {
		return
	}
	var o override
	files := n.Get("files")
	switch {
	case files == nil:
		p.report("missing-key", n.Range, "lint.overrides", "an override needs files", `write files: ["legacy/**"]`)
		return
	case files.Kind == spec.ScalarNode:
		o.files = []string{files.Text}
	default:
		for _, item := range p.list(files, "lint.overrides.files") {
			o.files = append(o.files, item.Text)
		}
	}
	for _, pattern := range o.files {
		if !doublestar.ValidatePattern(pattern) {
			p.report("wrong-type", files.Range, "lint.overrides.files", quoted(pattern)+" is not a file pattern", "check the brackets and braces")
			return
		}
	}
	o.levels = p.levels(n.Get("rules"), "lint.overrides.rules")
	c.overrides = append(c.overrides, o)
}

// levels reads a mapping of rules to severities.
func (p *pass) levels(n *spec.Node, pointer string) map[string]level {
	found := map[string]level{}
	if n == nil || n.IsNull() {
		return found
	}
	if n.Kind != spec.MappingNode {
		p.report("wrong-type", n.Range, pointer, pointer+" must be a mapping of rules to off, info, warning or error", "")
		return found
	}
	for _, f := range n.Fields {
		name := f.Key.Text
		rule, known := ruleByName(name)
		if isPolicyRule(name) {
			p.report("unknown-rule", f.Key.Range, pointer+"."+name, "the severity of a policy cannot be set here", "it is set by severity in the file of the policy")
			continue
		}
		if !known {
			p.report("unknown-rule", f.Key.Range, pointer+"."+name, "there is no rule "+quoted(name), spec.DidYouMeanOneOf(name, RuleNames()))
			continue
		}
		p.oldRuleName(name, &rule, f.Key.Range, pointer+"."+name)
		l, ok := levelOf(f.Value.Text)
		switch {
		case !ok || f.Value.Kind != spec.ScalarNode:
			p.report("wrong-type", f.Value.Range, pointer+"."+name, quoted(f.Value.Text)+" is not a severity", "write off, info, warning or error")
		case rule.Fixed && l.severity != spec.Error:
			p.report("unknown-rule", f.Key.Range, pointer+"."+name, "rule "+quoted(name)+" cannot be lowered",
				"its findings also stop plan and apply")
		default:
			found[name] = l
		}
	}
	return found
}

func levelOf(text string) (level, bool) {
	word := strings.ToLower(text)
	if word == "off" || word == "false" || word == "no" { // an editor may have made a boolean of off
		return level{off: true}, true
	}
	severity, known := spec.ParseSeverity(word)
	return level{severity: severity}, known
}

// level returns the setting of a rule for a file.
func (c *config) level(rule, file string) (level, bool) {
	found, ok := c.levels[rule]
	for i := range c.overrides {
		o := &c.overrides[i]
		l, set := o.levels[rule]
		if !set {
			continue
		}
		if slices.ContainsFunc(o.files, func(pattern string) bool { return doublestar.MatchUnvalidated(pattern, file) }) {
			found, ok = l, true
		}
	}
	return found, ok
}

// apply sets the configured severities of findings and drops those of rules that are off. Findings
// that are only information stay so, unless that is the rule's own severity.
func (c *config) apply(ds spec.Diagnostics) spec.Diagnostics {
	if len(c.levels) == 0 && len(c.overrides) == 0 {
		return ds
	}
	kept := ds[:0]
	for _, d := range ds {
		l, set := c.level(d.Rule, d.Range.Start.File)
		if set && l.off {
			continue
		}
		if rule, known := ruleByName(d.Rule); set && (d.Severity > spec.Info || known && rule.Severity == spec.Info) {
			d.Severity = l.severity
		}
		kept = append(kept, d)
	}
	return kept
}

// mapping reports unless n is a mapping of the keys given.
func (p *pass) mapping(n *spec.Node, pointer string, keys ...string) bool {
	if n.Kind != spec.MappingNode {
		p.report("wrong-type", n.Range, pointer, pointer+" must be a mapping", "")
		return false
	}
	for _, f := range n.Fields {
		if !slices.Contains(keys, f.Key.Text) {
			p.report("unknown-key", f.Key.Range, pointer+"."+f.Key.Text, "unknown key "+quoted(f.Key.Text)+" in "+pointer, spec.DidYouMeanOneOf(f.Key.Text, keys))
		}
	}
	return true
}

// list returns the items of a list, and reports n if it is not a list.
func (p *pass) list(n *spec.Node, pointer string) []*spec.Node {
	if n.Kind != spec.SequenceNode {
		p.report("wrong-type", n.Range, pointer, pointer+" must be a list", "")
		return nil
	}
	return n.Items
}
