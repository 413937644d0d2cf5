package lint

import (
	"strconv"
	"strings"

	"github.com/buildsync/buildsync/pkg/catalog"
	"github.com/buildsync/buildsync/pkg/spec"
)

// notText are the keys whose values are not text, so that a plain true or 3 is meant as such.
var notText = map[string]bool{
	"enabled": true, "auto_update_sub_module": true, "is_auto_build": true, "enable_git_lfs": true, "build_if_code_updated": true, "on_commit": true, "adopt": true, "protect": true,
	"predefined": true, "static": true, "deletable": true, "publish": true, "required": true, "enable": true, "disable": true,
	"extra": true, "lint": true, "policy": true, "steps": true, "version": true,
}

// implicitTypes checks the plain scalars in text fields. For steps, which need the catalogue, see
// implicitProps.
func (p *pass) implicitTypes(root *spec.Node) {
	if root == nil {
		return
	}
	p.implicitIn(root, make(way, 0, usualDepth))
}

func (p *pass) implicitIn(n *spec.Node, path way) {
	switch n.Kind {
	case spec.MappingNode:
		for _, f := range n.Fields {
			if notText[f.Key.Text] {
				if f.Key.Text == "steps" && f.Value.Kind == spec.SequenceNode {
					p.implicitSteps(f.Value, append(path, leg{key: "steps"}))
				}
				continue
			}
			p.implicitIn(f.Value, append(path, leg{key: f.Key.Text}))
		}
	case spec.SequenceNode:
		for i, item := range n.Items {
			p.implicitIn(item, append(path, leg{item: item, index: i}))
		}
	default:
		p.implicit(n, path)
	}
}

func (p *pass) implicitSteps(list *spec.Node, path way) {
	holder := &unit{linter: p.linter, node: list}
	for i, item := range list.Items {
		s, at := holder.readStep(item), append(path, leg{item: item, index: i})
		if s.name != nil {
			p.implicitIn(s.name, append(at, leg{key: "name"}))
		}
		for _, prop := range s.props {
			if prop.value == nil || prop.known == nil || prop.known.Type != catalog.String {
				continue // its type is as it is written
			}
			if prop.where == "" {
				p.implicitIn(prop.value, append(at, leg{key: prop.key.Text}))
			} else {
				p.implicitIn(prop.value, append(at, leg{key: prop.where}, leg{key: prop.key.Text}))
			}
		}
	}
}

func (p *pass) implicit(n *spec.Node, path way) {
	if n.Style != spec.PlainStyle || n.Text == "" || n.Range.Start.File != p.name {
		return
	}
	reading := otherReading(n.Text)
	if reading == "" {
		return
	}
	d := p.report("implicit-type", n.Range, path.pointer(), quoted(n.Text)+" is unquoted in a text field, and YAML readers disagree about it: some read it as "+reading,
		`write "`+n.Text+`"`)
	d.Fixes = p.replace(n.Range, `"`+n.Text+`"`, "quote it", safeFix)
}

var (
	date        = pattern(`^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt ].*)?$`)
	sexagesimal = pattern(`^[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?$`)
	octal       = pattern(`^[-+]?0[0-7_]+$`)
	leadingZero = pattern(`^[-+]?0[0-9]+$`)
	based       = pattern(`^[-+]?0(x[0-9a-fA-F_]+|o[0-7_]+|b[01_]+)$`)
	underscored = pattern(`^[-+]?[0-9][0-9_]*_[0-9_]*(\.[0-9_]*)?$`)
	exponent    = pattern(`^[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)[eE][-+]?[0-9]+$`)
	decimal     = pattern(`^[-+]?([0-9]+\.[0-9]*|\.[0-9]+)$`)
	integer     = pattern(`^[-+]?[0-9]+$`)
)

// otherReading returns what another YAML reader makes of a plain text, "" if all readers agree.
func otherReading(text string) string {
	switch text[0] {
	case 'y', 'Y', 'n', 'N', 'o', 'O', 't', 'T', 'f', 'F':
		switch strings.ToLower(text) {
		case "y", "yes", "on":
			return "true"
		case "n", "no", "off":
			return "false"
		case "true", "false":
			if text != strings.ToLower(text) {
				return strings.ToLower(text)
			}
		}
		return ""
	case '+', '-', '.', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
	default:
		return ""
	}
	switch strings.ToLower(strings.TrimLeft(text, "+-")) {
	case ".inf":
		return "infinity"
	case ".nan":
		return "not-a-number"
	}
	if isOrdinary(text) {
		return ""
	}
	return otherNumber(text)
}

func otherNumber(text string) string {
	switch {
	case date().MatchString(text):
		return "a date"
	case sexagesimal().MatchString(text):
		return "a number of base 60"
	case octal().MatchString(text):
		if n, err := strconv.ParseInt(strings.ReplaceAll(text, "_", ""), 8, 64); err == nil {
			return "the octal number " + strconv.FormatInt(n, 10)
		}
		return "an octal number"
	case leadingZero().MatchString(text):
		return "a number without its zeros"
	case based().MatchString(text):
		return "a number of another base"
	case underscored().MatchString(text):
		return "the number " + strings.ReplaceAll(text, "_", "")
	case exponent().MatchString(text), decimal().MatchString(text):
		f, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return "a number beyond all bounds"
		}
		if canonical := strconv.FormatFloat(f, 'f', -1, 64); canonical != text {
			if len(canonical) > 30 {
				canonical = strconv.FormatFloat(f, 'g', -1, 64)
			}
			return "the number " + canonical
		}
	case integer().MatchString(text):
		if text[0] == '+' {
			return "the number " + text[1:]
		}
		if n, err := strconv.ParseInt(text, 10, 64); err != nil || n > 1<<53 || n < -1<<53 {
			return "a number that they cannot hold exactly"
		}
	}
	return ""
}

// isOrdinary avoids the expressions for most texts: small numbers in the usual form, and words such
// as 4u8g with a letter that no number or date has.
func isOrdinary(text string) bool {
	digits := 0
	for i := range len(text) {
		switch c := text[i]; {
		case isDigit(c):
			digits++
		case strings.IndexByte("tT ", c) >= 0: // a date may go on with anything behind it
			return false
		case strings.IndexByte("+-._:xXoOaAbBcCdDeEfF", c) < 0:
			return true
		}
	}
	return digits == len(text) && digits <= 15 && text[0] != '0'
}
