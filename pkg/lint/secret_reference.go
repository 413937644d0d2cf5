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
// vars.pw }}. Values with the name of a secret are found where they are. place returns where to
// report the reference name from start to end; ok is false for one that is not searched.
func (p *pass) referredSecrets(u *unit, n *spec.Node, pointer string, place func(name string, start, end int) (at spec.Range, ok bool)) {
	if n.Kind != spec.ScalarNode || !spec.HasReference(n.Text) {
		return
	}
	masked := maskReferences(n.Text)
	for _, r := range spec.References(n.Text) {
		at, wanted := place(r.Text, r.Start, r.End)
		if !wanted || secret.IsSecretName(r.Text) {
			continue
		}
		before := masked[max(0, r.Start-beforeReference):r.Start]
		before = before[strings.LastIndexByte(before, '\n')+1:]
		after, _, _ := strings.Cut(masked[r.End:min(len(masked), r.End+afterReference)], "\n")
		for _, value := range u.referred(r.Text) {
			if p.becomesSecret(before, value, after, at, pointer) {
				break
			}
		}
	}
}

// becomesSecret reports a value that is a secret between two texts and not by itself.
func (p *pass) becomesSecret(before, value, after string, at spec.Range, pointer string) bool {
	if len(secret.Find(value)) > 0 {
		return false // reported where it is
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
