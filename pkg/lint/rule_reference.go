package lint

import (
	"cmp"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/spec"
)

// references checks the references in a unit's scripts and texts: param-undefined, param-unused,
// param-shadowed, secret-in-docker-step, and the rules for scripts.
func (p *pass) references(u *unit) {
	scripts := p.judgeScripts(u)
	if u.template != nil {
		p.facts.use(u, u.template.Text)
	}
	if u.kind == defaultsUnit {
		return // what a job adds is not known here
	}
	declared := p.declared(u)
	p.dockerSecrets(u, declared)
	for _, s := range scripts {
		p.scriptReferences(u, s, declared)
	}
	p.textReferences(u, declared)
	p.unusedParameters(u, slices.ContainsFunc(scripts, func(s *script) bool { return s.names != nil && s.names.runsFiles }))
}

// declared returns the parameters that a unit's scripts may use: its own, its template's, and those
// of defaults.job if it declares none.
func (p *pass) declared(u *unit) map[string]*param {
	found := make(map[string]*param, len(u.params))
	add := func(params []param) {
		for i := range params {
			if params[i].name != "" && found[params[i].name] == nil && !u.drops(compile.ParameterPath(params[i].name)) {
				found[params[i].name] = &params[i]
			}
		}
	}
	add(u.params)
	if u.template != nil {
		if t := p.templates[u.template.Text]; t != nil {
			add(t.params)
		}
	}
	add(u.readParams(u.inherited("parameters")))
	return found
}

// scriptReferences checks the variables of one script.
func (p *pass) scriptReferences(u *unit, s *script, declared map[string]*param) {
	if s.names == nil {
		return
	}
	p.shadowed(s, declared)
	p.injections(s, declared)
	if s.names.opaque {
		return
	}
	for _, use := range s.names.used {
		if !use.braces || use.safe || s.names.guarded(use.name, use.start) || !isParamName(use.name) || isDigit(use.name[0]) || use.name == "_" {
			continue
		}
		if _, set := s.names.set[use.name]; set || slices.Contains(shellVariables, use.name) || p.provided(use.name, declared) {
			continue
		}
		p.undefined(u, use.name, s.at(use.start, use.end), s.pointer, declared, s)
	}
}

// shadowed reports a parameter that a script changes, once for each parameter.
func (p *pass) shadowed(s *script, declared map[string]*param) {
	reported := map[string]bool{}
	for _, a := range s.names.assignments {
		d := declared[a.name]
		if d == nil || d.nameAt == nil || reported[a.name] || a.continues() || s.names.filled(a.name, a.start) {
			continue
		}
		reported[a.name] = true
		f := p.report("param-shadowed", s.at(a.start, a.end), s.pointer, "the script sets "+quoted(a.name)+", which is a parameter: from here on it no longer has the value chosen for the build", "use another name")
		f.Related = []spec.Related{{Range: d.nameAt.Range, Message: "the parameter is declared here"}}
	}
}

// provided reports whether a build has a variable of that name.
func (p *pass) provided(name string, declared map[string]*param) bool {
	return declared[name] != nil || slices.Contains(runtimeVariables, name) || slices.Contains(p.config.tables.variables, name)
}

// undefined reports a reference to an unknown variable. Those of a template wait until all its
// users are known, which may declare it.
func (p *pass) undefined(u *unit, name string, at spec.Range, pointer string, declared map[string]*param, s *script) {
	names := slices.Clone(runtimeVariables)
	for known := range declared {
		names = append(names, known)
	}
	slices.Sort(names)
	d := spec.Diagnostic{
		Rule: "param-undefined", Severity: severityOf("param-undefined"), Range: at, Pointer: pointer,
		Message: "${" + name + "} is neither a parameter, nor set by the service, nor set in the script", Hint: spec.DidYouMeanOneOf(name, names),
	}
	switch {
	case name == "codeBranch":
		d.Hint = "jobs made in the console have it; here, declare it: {name: codeBranch, default: master, predefined: true}"
	case spec.Nearest(name, names) == "":
		d.Hint = "declare it under parameters, or add it to lint.tables.variables if the image sets it"
	}
	if s != nil && s.isFile() {
		d.Related = []spec.Related{{Range: s.node.Range, Message: "the script is used here"}}
	}
	if u.kind == fragmentUnit {
		p.facts.inFragments = append(p.facts.inFragments, deferredUse{u.name, name, d})
		return
	}
	if u.kind == templateUnit {
		p.facts.deferred = append(p.facts.deferred, deferredUse{u.name, name, d})
		return
	}
	p.found = append(p.found, d)
}

// reference matches the form of parameters that the service substitutes.
var reference = pattern(`\$\{([A-Za-z0-9_]{1,128})\}`)

// textReferences checks the references in properties and code sources.
func (p *pass) textReferences(u *unit, declared map[string]*param) {
	check := func(n *spec.Node, pointer string) {
		eachScalar(n, func(scalar *spec.Node) {
			if !strings.Contains(scalar.Text, "${") {
				return
			}
			for _, m := range reference().FindAllStringSubmatchIndex(scalar.Text, -1) {
				if name := scalar.Text[m[2]:m[3]]; !p.provided(name, declared) {
					p.undefined(u, name, p.textRange(scalar, m[0], m[1]), pointer, declared, nil)
				}
			}
		})
	}
	for i := range u.steps {
		for j := range u.steps[i].props {
			if prop := &u.steps[i].props[j]; prop.name != "command" && prop.value != nil && !prop.value.IsFile() {
				check(prop.value, prop.pointer)
			}
		}
	}
	if scms := u.node.Get("scms"); scms != nil {
		for i, item := range scms.Items {
			for _, key := range []string{"branch", "url"} {
				if n := item.Get(key); n != nil {
					check(n, u.pointer+".scms"+spec.ItemSegment(item, i)+"."+key)
				}
			}
		}
	}
}

// eachScalar calls f for every scalar in n.
func eachScalar(n *spec.Node, f func(*spec.Node)) {
	switch {
	case n == nil:
	case n.Kind == spec.MappingNode:
		for _, field := range n.Fields {
			eachScalar(field.Value, f)
		}
	case n.Kind == spec.SequenceNode:
		for _, item := range n.Items {
			eachScalar(item, f)
		}
	default:
		f(n)
	}
}

// unusedParameters reports parameters that nothing in the unit mentions. It is only information if
// a script of the repository, make or a container runs, because programs can read parameters from
// the environment.
func (p *pass) unusedParameters(u *unit, runsFiles bool) {
	if len(u.params) == 0 {
		return
	}
	all := p.stepsOf(u)
	if !all.known || len(all.steps) == 0 {
		return
	}
	steps := all.steps
	for _, v := range u.values(u.node.Get("build_config_type")) {
		if v.text == "YAML" {
			return // the steps are in the repository
		}
	}
	mentioned, known := p.mentions(u, steps)
	if !known {
		return
	}
	for i := range u.params {
		d := &u.params[i]
		if d.name == "" || d.nameAt == nil || d.system || spec.HasReference(d.name) || mentioned[d.name] {
			continue
		}
		severity, message := severityOf("param-unused"), "the parameter "+quoted(d.name)+" is never used"
		if runsFiles {
			severity, message = spec.Info, "no step names the parameter "+quoted(d.name)+"; a program of the repository may read it"
		}
		finding := spec.Diagnostic{
			Rule: "param-unused", Severity: severity, Range: d.nameAt.Range, Pointer: d.pointer,
			Message: message, Hint: "remove it, or refer to it as ${" + d.name + "}",
		}
		if u.kind == templateUnit {
			p.facts.unused = append(p.facts.unused, deferredUse{u.name, d.name, finding})
			continue
		}
		p.found = append(p.found, finding)
	}
}

// mentions returns which parameters appear in the texts of a unit's steps, code sources and
// parameters; known is false if one of these is a file whose name is unknown.
func (p *pass) mentions(u *unit, steps []step) (found map[string]bool, known bool) {
	found = make(map[string]bool, len(u.params))
	for i := range u.params {
		found[u.params[i].name] = false
	}
	note := func(n *spec.Node) { markWords(found, n.Text) }
	for i := range steps {
		for j := range steps[i].props {
			prop := &steps[i].props[j]
			switch {
			case prop.value == nil:
			case prop.value.IsFile():
				scripts, known := p.scriptsFrom(u, prop.value, prop.pointer)
				if !known {
					return nil, false
				}
				for _, s := range scripts {
					markWords(found, s.text)
				}
			default:
				eachScalar(prop.value, note)
			}
		}
		if name := steps[i].name; name != nil {
			note(name)
		}
		eachScalar(steps[i].inputs, note)
	}
	eachScalar(u.node.Get("template").Get("inputs"), note)
	eachScalar(u.node.Get("scms"), note)
	eachScalar(u.node.Get("notifications"), note)
	for i := range u.params {
		if value := u.params[i].value; value != nil {
			eachScalar(value, note)
		}
	}
	return found, true
}

// markWords marks the words that appear in text as identifiers.
func markWords(words map[string]bool, text string) {
	start := -1
	for i := 0; i <= len(text); i++ {
		if i < len(text) && isWordByte(text[i]) {
			if start < 0 {
				start = i
			}
			continue
		}
		if start >= 0 {
			if marked, wanted := words[text[start:i]]; wanted && !marked {
				words[text[start:i]] = true
			}
			start = -1
		}
	}
}

func isWordByte(c byte) bool {
	return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || isDigit(c)
}

// dockerModules are the steps whose environment lacks private parameters, according to users.
var dockerModules = []string{"devcloud2018.codeci_action_20035.action", "devcloud2018.codeci_action_20004.action"}

func (p *pass) dockerSecrets(u *unit, declared map[string]*param) {
	for i := range u.steps {
		s := &u.steps[i]
		if s.module == nil || !slices.Contains(dockerModules, s.module.ID) {
			continue
		}
		for j := range s.props {
			prop := &s.props[j]
			eachScalar(prop.value, func(n *spec.Node) {
				for _, m := range dollarName().FindAllStringSubmatchIndex(n.Text, -1) {
					d := declared[n.Text[m[2]:m[3]]]
					if d == nil || !d.secret {
						continue
					}
					end := m[1]
					if m[2]-m[0] == len("${") && strings.HasPrefix(n.Text[end:], "}") {
						end++
					}
					f := p.report("secret-in-docker-step", p.textRange(n, m[0], end), prop.pointer,
						"the secret parameter "+quoted(d.name)+" is used in a docker step, and users report that it is empty there", "log in or fetch it in an earlier shell step, and pass it on in a file")
					f.Related = []spec.Related{{Range: cmp.Or(d.nameAt, d.node).Range, Message: "the parameter is declared here"}}
				}
			})
		}
	}
}

var dollarName = pattern(`\$\{?([A-Za-z_][A-Za-z0-9_]*)`)

// activeValues reports a compiled value in a script that the shell would read as more than a word.
func (p *pass) activeValues(u *unit, s *script) {
	if s.parsed == nil {
		return
	}
	for _, r := range spec.References(s.node.Text) {
		n := *s.node
		n.Text = s.node.Text[r.Start:r.End]
		active := activeIn(s.parsed, r.Start)
		for _, v := range u.values(&n) {
			if i := strings.IndexAny(v.text, active); i >= 0 {
				p.report("shell-injection", s.at(r.Start, r.End), s.pointer,
					"the value of "+r.Text+" contains "+quoted(v.text[i:i+1])+", which the shell interprets here", "quote the reference, or choose another value")
				break
			}
		}
	}
}

// activeIn returns the characters with a meaning for a shell at an offset of a script, which
// depends on the quotes around it.
func activeIn(file *syntax.File, offset int) string {
	active := "`$;&|<>()'\"\\\n"
	syntax.Walk(file, func(node syntax.Node) bool {
		if node == nil {
			return true
		}
		start, end := offsets(node)
		if offset < start || offset >= end {
			return false
		}
		switch node.(type) {
		case *syntax.SglQuoted:
			active = "'"
		case *syntax.DblQuoted:
			active = "`$\"\\"
		}
		return true
	})
	return active
}
