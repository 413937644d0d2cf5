package lint

import (
	"cmp"
	"path"
	"slices"
	"strings"

	"github.com/buildsync/buildsync/pkg/spec"
)

// image checks the image of a step: image-pin, image-retired.
func (p *pass) image(u *unit, prop *prop) {
	for _, v := range u.values(prop.value) {
		if v.text == "" || strings.Contains(v.text, "${") {
			continue
		}
		p.imagePin(v, prop.pointer)
		p.imageRetired(v, prop.pointer)
		p.imageKnown(v, prop)
	}
}

// imageKnown reports one of the service's own images that the vendor does not list. An image of a
// registry has a / or a tag.
func (p *pass) imageKnown(v value, prop *prop) {
	if prop.known == nil || len(prop.known.Known) == 0 || strings.ContainsAny(v.text, "/:") {
		return
	}
	name := strings.TrimPrefix(v.text, "cloudbuild@") // as build.yml writes it
	if slices.Contains(prop.known.Known, name) {
		return
	}
	hint := "if the service has it, list it in a modules file under known_values"
	if near := nearestImage(name, prop.known.Known); near != "" {
		hint = spec.Suggestion(near) + " Otherwise, " + hint
	}
	p.report("step-property", v.node.Range, prop.pointer, "the vendor lists no image "+quoted(v.text), hint).Severity = spec.Warning
}

// nearestImage returns the first listed image with the longest start in common with name, since a
// version reads from the left. If not even the tool's name is the same, it is the nearest by letters.
func nearestImage(name string, listed []string) string {
	best, longest := "", len("maven")
	for _, image := range listed {
		n := 0
		for n < min(len(name), len(image)) && name[n] == image[n] {
			n++
		}
		if n > longest {
			best, longest = image, n
		}
	}
	return cmp.Or(best, spec.Nearest(name, listed))
}

// imagePin reports an image whose content may change. The service's own images have the version in
// the name, those of a registry in a tag.
func (p *pass) imagePin(v value, pointer string) {
	name := v.text
	if strings.Contains(name, "@sha256:") {
		return
	}
	last := name[strings.LastIndex(name, "/")+1:]
	base, tag, tagged := strings.Cut(last, ":")
	at := v.node.Range
	const hint = "name a version, so that the build can be repeated"
	switch {
	case tagged && (tag == "latest" || tag == ""):
		if from := strings.LastIndex(name, ":"); v.text == v.node.Text {
			at = p.textRange(v.node, from+1, len(name))
		}
		p.report("image-pin", at, pointer, "the image "+quoted(name)+" has the tag "+quoted(tag)+", which can change", hint)
	case !tagged && (strings.Contains(name, "/") || !strings.ContainsAny(base, "0123456789")):
		p.report("image-pin", at, pointer, "the image "+quoted(name)+" has no version", hint)
	}
}

func (p *pass) imageRetired(v value, pointer string) {
	name := strings.ToLower(v.text[strings.LastIndex(v.text, "/")+1:])
	for _, image := range p.config.tables.retired {
		if !strings.Contains(name, image.core) {
			continue // most images, at a small part of the cost of matching
		}
		if matches, _ := path.Match(strings.ToLower(image.pattern), name); !matches || continuesNumber(image.pattern, name) {
			continue
		}
		p.report("image-retired", v.node.Range, pointer, "the image "+quoted(v.text)+" is retired", image.advice)
		return
	}
}

// continuesNumber reports whether a pattern matched only the start of a longer number: *nodejs1*
// must not match nodejs18.
func continuesNumber(pattern, name string) bool {
	core := strings.ToLower(strings.Trim(pattern, "*"))
	if core == "" || strings.ContainsAny(core, `*?[\`) || !strings.HasSuffix(pattern, "*") {
		return false
	}
	at := strings.Index(name, core)
	if at < 0 || at+len(core) >= len(name) {
		return false
	}
	last, next := core[len(core)-1], name[at+len(core)]
	return isDigit(last) && isDigit(next)
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// filePatterns are the properties with globs of the build's workspace.
var filePatterns = map[string]bool{"file": true, "artifactSourcePath": true, "coverageReportPath": true}

// filePattern checks a glob that the service matches inside the workspace of a
// build.
func (p *pass) filePattern(u *unit, prop *prop) {
	for _, v := range u.values(prop.value) {
		p.filePatternOf(v, prop.pointer)
	}
}

func (p *pass) filePatternOf(v value, pointer string) {
	text := v.text
	report := func(from, to int, message, hint string) {
		at := v.node.Range
		if text == v.node.Text {
			at = p.textRange(v.node, from, to)
		}
		p.report("file-pattern", at, pointer, message, hint)
	}
	switch {
	case strings.HasPrefix(text, "/") || len(text) > 2 && text[1] == ':' && (text[2] == '\\' || text[2] == '/'):
		report(0, len(text), "the pattern "+quoted(text)+" is an absolute path", "write it relative to the build's workspace")
		return
	case strings.Contains(text, `\`):
		i := strings.Index(text, `\`)
		report(i, i+1, "the pattern "+quoted(text)+" contains a backslash", "separate folders with /")
		if fixes := p.replace(v.node.Range, strings.ReplaceAll(text, `\`, "/"), "write /", unsafeFix); text == v.node.Text && v.node.Style == spec.PlainStyle {
			p.found[len(p.found)-1].Fixes = fixes
		}
		return
	}
	offset := 0
	for _, part := range strings.Split(text, "/") {
		if part == ".." {
			report(offset, offset+2, "the pattern "+quoted(text)+" leaves the workspace", "remove ..")
			return
		}
		offset += len(part) + 1
	}
	if at, char := unbalanced(text); at >= 0 {
		report(at, at+1, "the pattern "+quoted(text)+" has an unmatched "+quoted(char), "close it, or remove it")
	}
}

// unbalanced finds a bracket or brace without a partner, -1 if there is none.
func unbalanced(text string) (int, string) {
	partner := map[byte]byte{']': '[', '}': '{'}
	var open []int
	for i := range len(text) {
		switch c := text[i]; c {
		case '[', '{':
			open = append(open, i)
		case ']', '}':
			if len(open) == 0 || text[open[len(open)-1]] != partner[c] {
				return i, string(c)
			}
			open = open[:len(open)-1]
		}
	}
	if len(open) > 0 {
		return open[0], string(text[open[0]])
	}
	return -1, ""
}
