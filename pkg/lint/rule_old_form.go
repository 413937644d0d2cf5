package lint

import (
	"strings"

	"github.com/buildsync/buildsync/internal/yamledit"
	"github.com/buildsync/buildsync/internal/yamltext"
	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/spec"
)

const ruleOldForm = "old-form"

// oldForms reports what is valid and has a better form now. The fixes keep what is sent.
func (p *pass) oldForms(u *unit) {
	p.oldCommitTrigger(u)
	p.oldOptions(u)
	for i := range u.steps {
		for k := range u.steps[i].props {
			p.oldScript(&u.steps[i].props[k])
		}
	}
}

// oldCommitTrigger reports the API's name of on_commit. A job with both is the compiler's to report.
func (p *pass) oldCommitTrigger(u *unit) {
	key := u.node.Key(wire.KeyBuildIfCodeUpdated)
	if key == nil || u.node.Get("on_commit") != nil {
		return
	}
	d := p.report(ruleOldForm, key.Range, u.pointer+"."+key.Text, key.Text+" is the API's name of on_commit", "write on_commit: it starts a build on each commit")
	d.Fixes = p.replace(key.Range, "on_commit", "write on_commit", p.safeAt(key.Range))
}

// oldOptions reports options that are disabled in the API's words.
func (p *pass) oldOptions(u *unit) {
	for i := range u.params {
		options := u.params[i].node.Get("options")
		if options == nil || options.Kind != spec.SequenceNode {
			continue
		}
		for k, option := range options.Items {
			n := option.Get("disable")
			if n == nil || n.Kind != spec.ScalarNode || n.Text != "0" && n.Text != "1" {
				continue
			}
			word := "false"
			if n.Text == "1" {
				word = "true"
			}
			d := p.report(ruleOldForm, n.Range, u.params[i].pointer+".options"+spec.ItemSegment(option, k)+".disable", quoted(n.Text)+" is the API's word for "+word, "write "+word)
			d.Fixes = p.replace(n.Range, word, "write "+word, p.safeAt(n.Range))
		}
	}
}

// oldScript reports a text as early exports wrote many: in double quotes, each of its lines on a
// line that ends in an escape, although a block scalar can hold it. A quoted text on one line is a
// choice.
func (p *pass) oldScript(prop *prop) {
	n := prop.value
	if n == nil || n.Kind != spec.ScalarNode || n.Style != spec.DoubleQuotedStyle || n.Range.End.Line <= n.Range.Start.Line {
		return
	}
	start, ok := p.offset(n.Range.Start)
	if !ok {
		return
	}
	first, _, _ := strings.Cut(string(p.source[start:]), "\n")
	if !strings.HasSuffix(strings.TrimSuffix(first, "\r"), `\n\`) {
		return
	}
	text := yamltext.Text(n.Text)
	if !yamltext.IsBlock(prop.key.Text, text) {
		return
	}
	e := p.editor()
	if e.InBrackets(prop.key) {
		return
	}
	d := p.report(ruleOldForm, n.Range, prop.pointer, "the lines of this text are escaped, which a block does not need", "write it as a block with |")
	if strings.TrimSpace(string(p.source[e.At(prop.key.Range.End):e.At(n.Range.Start)])) == ":" { // else a tag, an anchor or a comment is between
		d.Fixes = p.editing("write a block", safeFix, func() { e.SetValue(prop.key, n, text) })
	}
}

// oldRuleName reports the former name of a rule.
func (p *pass) oldRuleName(name string, rule *Rule, at spec.Range, pointer string) {
	if name == rule.Name {
		return
	}
	now := rule.Name
	d := p.report(ruleOldForm, at, pointer, "the rule "+quoted(name)+" is called "+quoted(now)+" now", "write "+now)
	d.Fixes = p.replace(at, now, "write "+now, safeFix)
}

// safeAt reports whether a place can be changed for its only reader. Other readers of an anchor may
// need the API's words, so there the fix is unsafe.
func (p *pass) safeAt(at spec.Range) safety {
	if start, ok := p.offset(at.Start); !ok || p.editor().InAnchor(start) {
		return unsafeFix
	}
	return safeFix
}

// editing makes a fix of the edits that do makes in the file, none if it makes none.
func (p *pass) editing(message string, safe safety, do func()) []spec.Fix {
	e := p.editor()
	mark := e.Mark()
	do()
	fix := spec.Fix{Message: message, Unsafe: safe == unsafeFix}
	for _, edit := range e.EditsSince(mark) {
		fix.Edits = append(fix.Edits, spec.Edit{File: p.name, Start: edit.Start, End: edit.End, New: edit.New})
	}
	e.Revert(mark)
	if len(fix.Edits) == 0 {
		return nil
	}
	return []spec.Fix{fix}
}

// editor returns an editor of the file, made once.
func (p *pass) editor() *yamledit.Editor {
	if p.edits == nil {
		p.edits = yamledit.New(p.name, p.source)
	}
	return p.edits
}
