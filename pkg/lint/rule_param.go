package lint

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/lint/secret"
	"github.com/buildsync/buildsync/pkg/spec"
)

const stringDefinition = "hudson.model.StringParameterDefinition"

// isParamName reports whether name is 1 to 128 Latin letters, digits and _.
func isParamName(name string) bool {
	for _, c := range []byte(name) {
		if !isDigit(c) && c != '_' && (c|0x20 < 'a' || c|0x20 > 'z') {
			return false
		}
	}
	return name != "" && len(name) <= wire.MaxParameterName
}

// parameters checks the declarations: param-name, param-duplicate, param-class,
// param-options, secret-default (reference 4.18, parameters).
func (p *pass) parameters(u *unit) {
	first := map[string]*spec.Node{}
	for i := range u.params {
		d := &u.params[i]
		if d.nameAt != nil && (d.name != "" || !d.raw) {
			p.paramName(u, d)
			if other := first[d.name]; other != nil && d.name != "" {
				f := p.report("param-duplicate", d.nameAt.Range, d.pointer, "the parameter "+quoted(d.name)+" is declared twice", "remove or rename one of them")
				f.Related = []spec.Related{{Range: other.Range, Message: "first declared here"}}
			} else {
				first[d.name] = d.nameAt
			}
		} else if d.raw {
			// A live job may hold such a parameter, and export writes it.
			p.report("param-name", d.node.Range, d.pointer, "the parameter has no name, so no build can be given a value for it", "add {name: name, value: NAME} to its params").Severity = spec.Warning
		}
		p.paramClass(d)
		p.paramOptions(u, d)
		p.paramValue(u, d)
		p.secretDefault(u, d)
	}
}

func (p *pass) paramName(u *unit, d *param) {
	for _, v := range u.values(d.nameAt) {
		switch {
		case !isParamName(v.text):
			p.report("param-name", v.node.Range, d.pointer, quoted(v.text)+" is not a parameter name", fmt.Sprintf("1 to %d Latin letters, digits and _", wire.MaxParameterName))
		case slices.Contains(runtimeVariables, v.text):
			p.report("param-name", v.node.Range, d.pointer, quoted(v.text)+" is set by the service in every build and cannot be declared", "rename the parameter, or refer to ${"+v.text+"} without declaring it")
		case slices.Contains(wire.ReservedParameters, v.text):
			p.report("param-name", v.node.Range, d.pointer, "a parameter must not be called "+quoted(v.text)+": it would change how every command of the build runs", "rename it")
		}
	}
}

func (p *pass) paramClass(d *param) {
	class := d.node.Get("definition")
	if class == nil || class.Text == "" || !isPlainText(class) || strings.EqualFold(class.Text, stringDefinition) {
		return
	}
	if near := spec.Nearest(class.Text, []string{stringDefinition}); near != "" {
		f := p.report("param-class", class.Range, d.pointer+".definition", quoted(class.Text)+" is a misspelt "+near, "write "+near)
		f.Fixes = p.replace(class.Range, near, "write "+near, unsafeFix)
		return
	}
	f := p.report("param-class", class.Range, d.pointer+".definition", "unknown parameter definition "+quoted(class.Text), "only "+stringDefinition+" is known; the service may take others")
	f.Severity = spec.Warning
}

func (p *pass) paramOptions(u *unit, d *param) {
	if len(d.options) == 0 {
		return
	}
	first := map[string]*spec.Node{}
	names := make([]string, 0, len(d.options))
	for _, option := range d.options {
		if !isPlainText(option) && !option.IsNull() {
			return // not known here
		}
		if other := first[option.Text]; other != nil {
			f := p.report("param-options", option.Range, d.pointer+".options", "the option "+quoted(option.Text)+" is listed twice", "remove one")
			f.Related = []spec.Related{{Range: other.Range, Message: "first here"}}
			continue
		}
		first[option.Text] = option
		names = append(names, option.Text)
	}
	for _, v := range u.values(d.value) {
		switch {
		case first[v.text] != nil:
		case slices.Contains(d.disabled, v.text):
			p.report("param-options", v.node.Range, d.pointer+".default", "the default "+quoted(v.text)+" is a disabled option", "enable it, or choose another default").Severity = spec.Warning
		default:
			p.report("param-options", v.node.Range, d.pointer+".default", "the default "+quoted(v.text)+" is not one of the options", spec.DidYouMeanOneOf(v.text, names))
		}
	}
}

// forbiddenInValue are sequences that the service refuses in values.
var forbiddenInValue = []string{"{{", "{%", "{#"}

// paramValue reports default values that the service refuses.
func (p *pass) paramValue(u *unit, d *param) {
	if d.secret {
		return
	}
	for _, v := range u.values(d.value) {
		for _, sequence := range forbiddenInValue {
			at := strings.Index(v.text, sequence)
			if at < 0 {
				continue
			}
			where := v.node.Range
			if v.text == v.node.Text {
				where = p.textRange(v.node, at, at+len(sequence))
			}
			p.report("param-value", where, d.pointer+".default", "the service refuses "+quoted(sequence)+" in a parameter's value", "write it another way")
			break
		}
	}
}

// secretDefault reports a secret with its value in the file.
func (p *pass) secretDefault(u *unit, d *param) {
	if !d.secret || d.value == nil || d.value.IsNull() || d.value.Kind != spec.ScalarNode || d.value.Text == "" {
		return
	}
	text := d.value.Text
	if strings.Trim(text, "*") == "" || strings.HasPrefix(text, "<secret ") {
		return // what the service or compile prints in its place
	}
	p.hide(d.value.Text)
	p.report("secret-default", d.value.Range, d.pointer+".default", "the secret parameter "+quoted(d.name)+" has its value in the file",
		"write secret: NAME and give the value at apply time in BUILDSYNC_SECRET_NAME; then change the secret, as Git keeps the old value")
}

// secretLiterals reports keys, tokens and passwords anywhere in a file.
func (p *pass) secretLiterals(root *spec.Node) {
	if root == nil || p.source == nil {
		return
	}
	likely := secret.Within(string(p.source))
	if !likely.FindsAny() && !bytes.Contains(p.source, []byte("$file")) {
		return
	}
	w := secretWalk{pass: p, likely: likely, escapes: bytes.IndexByte(p.source, '\\') >= 0}
	if bytes.IndexByte(p.source, '&') >= 0 && bytes.IndexByte(p.source, '*') >= 0 {
		w.seen = map[*spec.Node]bool{}
	}
	w.node(root, "", make(way, 0, usualDepth))
}

// secretWalk visits a file's nodes, each once, however many aliases it has.
type secretWalk struct {
	*pass
	seen    map[*spec.Node]bool // nil if the file has no alias
	likely  secret.Finder
	escapes bool // a quoted text may not be what is in the source
}

// node checks n at path; name is the name of the value.
func (w *secretWalk) node(n *spec.Node, name string, path way) {
	if n.Kind == spec.ScalarNode {
		w.scalar(n, name, path)
		return
	}
	if w.seen[n] {
		return
	}
	if w.seen != nil {
		w.seen[n] = true
	}
	if n.IsFile() && isPlainText(n.Fields[0].Value) {
		w.includedFile(n.Fields[0].Value.Text, n, path.pointer())
		return
	}
	for _, f := range n.Fields {
		w.key(f.Key, path)
		key := f.Key.Text
		switch {
		case key == "secret" || key == "secrets":
			continue // names, not values
		case key == "default" && n.Get("secret") != nil:
			w.hide(f.Value.Text) // secret-default reports it
			continue
		case (key == "default" || key == "value" || key == "options") && n.Str("name") != "":
			key = n.Str("name")
		case key == "default" && name != "" && n.Get("name") == nil:
			key = name // an input of a template
		}
		w.node(f.Value, key, append(path, leg{key: f.Key.Text}))
	}
	declared := rawName(n)
	for i, item := range n.Items {
		at := append(path, leg{item: item, index: i})
		if declared != "" && item.Str("name") == "defaultValue" && item.Get("value") != nil {
			w.scalar(item.Get("value"), declared, append(at, leg{key: "value"}))
			continue
		}
		if len(item.Fields) == 1 && len(path) > 0 && path[len(path)-1].key == "steps" {
			item = item.Fields[0].Value // below the action word
		}
		w.node(item, name, at)
	}
}

// key looks for a token in the key of a mapping, such as a label.
func (w *secretWalk) key(n *spec.Node, path way) {
	if n.Range.Start.File == w.name && !w.likely.OnLines(n.Range.Start.Line, n.Range.End.Line) && !w.escapes {
		return
	}
	finder := w.likely
	if w.escapes {
		finder = secret.Everything()
	}
	for _, m := range finder.Find(n.Text) {
		w.secretLiteral(w.textRange(n, m.Start, m.End), append(path, leg{key: n.Text}).pointer(), m, n.Text)
	}
}

// rawName returns the parameter's name in a params list of the API's form.
func rawName(n *spec.Node) string {
	for _, item := range n.Items {
		if item.Kind == spec.MappingNode && item.Str("name") == "name" {
			return item.Str("value")
		}
	}
	return ""
}

func (w *secretWalk) scalar(n *spec.Node, name string, path way) {
	if n.Kind != spec.ScalarNode || n.Type != spec.StringType && !secret.IsSecretName(name) {
		return // a password of digits is none of YAML's texts
	}
	finder := w.likely
	if w.escapes && n.Style == spec.DoubleQuotedStyle {
		finder = secret.Everything()
	} else if n.Range.Start.File == w.name && !finder.OnLines(n.Range.Start.Line, n.Range.End.Line) && !secret.IsSecretName(name) {
		return
	}
	for _, m := range finder.FindValue(name, n.Text) {
		if name == "url" && strings.HasSuffix(m.Kind, " in a URL") {
			continue // scm-credentials says it
		}
		if at := credentials().FindStringIndex(n.Text); name == "url" && at != nil && m.End <= at[1] {
			continue // and so it does here
		}
		w.secretLiteral(w.textRange(n, m.Start, m.End), path.pointer(), m, n.Text)
	}
}

// secretLiteral reports a secret and shows only its kind.
func (p *pass) secretLiteral(at spec.Range, pointer string, m secret.Match, text string) *spec.Diagnostic {
	p.hide(text[m.Start:m.End])
	shown := ""
	if excerpt := m.Excerpt(text); excerpt != "****" {
		shown = " (" + excerpt + ")"
	}
	hint := "declare a secret parameter and refer to it; then revoke this one, as Git keeps it"
	if strings.HasSuffix(pointer, ".param_config") { // no parameter reaches it
		hint = "write param_config: {secret: NAME}; then revoke this one, as Git keeps it"
	}
	return p.report("secret-literal", at, pointer, "this looks like "+withArticle(m.Kind)+shown, hint)
}

// withArticle returns a kind of secret with "a" or "an", by pronunciation.
func withArticle(kind string) string {
	for _, spokenWithVowel := range []string{"npm", "ngrok", "xAI", "NVIDIA"} {
		if strings.HasPrefix(kind, spokenWithVowel) {
			return "an " + kind
		}
	}
	if strings.ContainsRune("AEIO", rune(kind[0])) {
		return "an " + kind
	}
	return "a " + kind
}
