package lint

import (
	"strings"

	"github.com/buildsync/buildsync/pkg/lint/secret"
	"github.com/buildsync/buildsync/pkg/spec"
)

// How much of a line around a reference is searched. A bound keeps the search linear in the length
// of a line.
const (
	beforeReference = 300
	afterReference  = 100
)

// referredSecrets reports values that become secrets only where a script uses them: mysql -p${{
// vars.pw }}. Values with the name of a secret are found where they stand. place returns where to
// report the reference name from start to end; ok is false for one that is not searched.
func (p *pass) referredSecrets(u *unit, n *spec.Node, pointer string, place func(name string, start, end int) (at spec.Range, ok bool)) {
	if n.Kind != spec.ScalarNode || !strings.Contains(n.Text, "${{") {
		return
	}
	masked := maskReferences(n.Text)
	for from := 0; ; {
		start := strings.Index(n.Text[from:], "${{")
		if start < 0 {
			return
		}
		start += from
		length := strings.Index(n.Text[start:], "}}")
		if length < 0 {
			return
		}
		end := start + length + len("}}")
		from = end
		name := strings.TrimSpace(n.Text[start+3 : end-2])
		at, wanted := place(name, start, end)
		if !wanted || secret.IsSecretName(name) || start > 0 && n.Text[start-1] == '$' {
			continue
		}
		before := masked[max(0, start-beforeReference):start]
		before = before[strings.LastIndexByte(before, '\n')+1:]
		after, _, _ := strings.Cut(masked[end:min(len(masked), end+afterReference)], "\n")
		for _, value := range u.referred(name) {
			if p.becomesSecret(before, value, after, at, pointer) {
				break
			}
		}
	}
}

// becomesSecret reports a value that is a secret between two texts and not by itself.
func (p *pass) becomesSecret(before, value, after string, at spec.Range, pointer string) bool {
	if len(secret.Find(value)) > 0 {
		return false // reported where it stands
	}
	text := before + value + after
	for _, m := range secret.Find(text) {
		if m.Start >= len(before) && m.End <= len(before)+len(value) {
			p.secretLiteral(at, pointer, m, text)
			return true
		}
	}
	return false
}

// givenTo returns where a job gives a value to an input of its template, so that a secret in it is
// reported in the job.
func (u *unit) givenTo(name string, _, _ int) (at spec.Range, given bool) {
	key, isInput := strings.CutPrefix(name, "inputs.")
	value := u.node.Get("template").Get("inputs").Get(key)
	if !isInput || value == nil {
		return spec.Range{}, false
	}
	return value.Range, true
}
