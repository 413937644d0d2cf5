package lint

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/buildsync/buildsync/pkg/spec"
)

// names compares the parameter names of a unit and records the name of a template or fragment. Jobs
// are checked by their compiled names.
func (p *pass) names(u *unit) {
	for _, n := range []*spec.Node{u.node.Get("name"), u.node.Get("renamed_from")} {
		eachScalar(n, func(name *spec.Node) { p.facts.ranges[name.Range.Start] = name.Range })
	}
	var params []named
	for i := range u.params {
		if d := &u.params[i]; d.nameAt != nil && isPlainText(d.nameAt) {
			params = append(params, named{"parameter", "", d.name, d.pointer + ".name", d.nameAt.Range})
		}
	}
	p.lookAlikes(params)
	kind := map[unitKind]string{templateUnit: "template", fragmentUnit: "fragment"}[u.kind]
	if n := u.node.Get("name"); kind != "" && isPlainText(n) {
		p.facts.names = append(p.facts.names, named{kind, "", n.Text, u.pointer + ".name", n.Range})
	}
}

// lookAlikes reports names that mix scripts, and names that look like another's.
func (l *linter) lookAlikes(names []named) {
	slices.SortFunc(names, func(a, b named) int {
		return cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(a.scope, b.scope), a.at.Start.Compare(b.at.Start), cmp.Compare(a.name, b.name))
	})
	type key struct{ kind, scope, skeleton string }
	first := map[key]*named{}
	for i := range names {
		n := &names[i]
		if scripts := alphabets(n.name); len(scripts) > 1 {
			l.report("look-alike-name", n.at, n.pointer, "the "+n.kind+" name "+quoted(n.name)+" mixes "+strings.Join(scripts, " and ")+" letters",
				"write the name in one script")
		}
		k := key{n.kind, n.scope, skeleton(n.name)}
		other := first[k]
		switch {
		case other == nil:
			first[k] = n
		case other.name != n.name:
			d := l.report("look-alike-name", n.at, n.pointer, "the "+n.kind+" name "+quoted(n.name)+" can be mistaken for "+quoted(other.name), "choose names that look different"+difference(n.name, other.name))
			d.Related = []spec.Related{{Range: other.at, Message: "the other name is here"}}
			if (!isASCII(n.name) || !isASCII(other.name)) && len(alphabets(n.name+other.name)) > 1 {
				d.Severity = spec.Error // one imitates the other in foreign letters
			}
		}
	}
}

// difference describes where two similar names differ, "" if that is visible.
func difference(name, other string) string {
	a, b := []rune(name), []rune(other)
	for i := range a {
		if i >= len(b) || a[i] != b[i] {
			if isASCII(string(a[i])) && (i >= len(b) || isASCII(string(b[i]))) {
				return ""
			}
			behind := "the end"
			if i < len(b) {
				behind = fmt.Sprintf("U+%04X", b[i])
			}
			return fmt.Sprintf("; these differ at character %d: U+%04X and %s", i+1, a[i], behind)
		}
	}
	return ""
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] > unicode.MaxASCII {
			return false
		}
	}
	return true
}

// confusable maps letters that look like a Latin one (a selection of Unicode's
// confusables.txt: the Cyrillic, Greek and Armenian letters of job names).
var confusable = map[rune]rune{
	'а': 'a', 'в': 'b', 'с': 'c', 'ԁ': 'd', 'е': 'e', 'ё': 'e', 'ғ': 'f', 'һ': 'h', 'і': 'i', 'ї': 'i', 'ј': 'j', 'к': 'k', 'ӏ': 'l', 'м': 'm', 'н': 'h', 'о': 'o', 'р': 'p', 'ԛ': 'q', 'г': 'r', 'ѕ': 's', 'т': 't', 'ѵ': 'v', 'ԝ': 'w', 'х': 'x', 'у': 'y', 'ү': 'y', 'ᴢ': 'z',
	'α': 'a', 'β': 'b', 'ϲ': 'c', 'ε': 'e', 'η': 'n', 'ι': 'i', 'κ': 'k', 'μ': 'u', 'ν': 'v', 'ο': 'o', 'ρ': 'p', 'τ': 't', 'υ': 'u', 'χ': 'x', 'γ': 'y', 'ζ': 'z',
	'օ': 'o', 'ս': 'u', 'ո': 'n', 'հ': 'h', 'ց': 'g', 'զ': 'q',
	'ı': 'i', 'ɑ': 'a', 'ɡ': 'g', 'ʟ': 'l', 'ꜱ': 's',
	'0': 'o', '1': 'l', '|': 'l', '—': '-', '–': '-', '‐': '-', '‑': '-', '−': '-', '＿': '_',
}

// decomposed splits accented Latin letters as Unicode's NFD does, because a letter can be spelled
// in two ways.
var decomposed = strings.NewReplacer(
	"à", "a\u0300", "è", "e\u0300", "ì", "i\u0300", "ò", "o\u0300", "ù", "u\u0300",
	"á", "a\u0301", "é", "e\u0301", "í", "i\u0301", "ó", "o\u0301", "ú", "u\u0301", "ý", "y\u0301", "ć", "c\u0301", "ĺ", "l\u0301", "ń", "n\u0301", "ŕ", "r\u0301", "ś", "s\u0301", "ź", "z\u0301",
	"â", "a\u0302", "ê", "e\u0302", "î", "i\u0302", "ô", "o\u0302", "û", "u\u0302", "ĉ", "c\u0302", "ĝ", "g\u0302", "ĥ", "h\u0302", "ĵ", "j\u0302", "ŝ", "s\u0302", "ŵ", "w\u0302", "ŷ", "y\u0302",
	"ã", "a\u0303", "ñ", "n\u0303", "õ", "o\u0303", "ĩ", "i\u0303", "ũ", "u\u0303",
	"ä", "a\u0308", "ë", "e\u0308", "ï", "i\u0308", "ö", "o\u0308", "ü", "u\u0308", "ÿ", "y\u0308",
	"å", "a\u030a", "ů", "u\u030a",
	"č", "c\u030c", "ď", "d\u030c", "ě", "e\u030c", "ľ", "l\u030c", "ň", "n\u030c", "ř", "r\u030c", "š", "s\u030c", "ť", "t\u030c", "ž", "z\u030c",
	"ç", "c\u0327", "ģ", "g\u0327", "ķ", "k\u0327", "ļ", "l\u0327", "ņ", "n\u0327", "ŗ", "r\u0327", "ş", "s\u0327", "ţ", "t\u0327",
)

// skeleton returns a canonical form of a name's appearance: names with equal skeletons look alike.
// Spaces at the ends are invisible.
func skeleton(name string) string {
	if isASCII(name) {
		return asciiSkeleton(name)
	}
	return anySkeleton(name)
}

// anySkeleton is skeleton for names in any script.
func anySkeleton(name string) string {
	return decomposed.Replace(strings.Map(func(r rune) rune {
		if r >= 0xff01 && r <= 0xff5e { // full width
			r -= 0xfee0
		}
		if r == 'I' {
			return 'l'
		}
		r = unicode.ToLower(r)
		if like, ok := confusable[r]; ok {
			r = like
		}
		if !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, strings.TrimSpace(name)))
}

// asciiSkeleton is skeleton for ASCII, which most names are.
func asciiSkeleton(name string) string {
	name = strings.TrimSpace(name)
	out := make([]byte, 0, len(name))
	for _, c := range []byte(name) {
		switch {
		case c < ' ' || c == 0x7f:
			continue
		case c == 'I' || c == '1' || c == '|':
			c = 'l'
		case c == '0':
			c = 'o'
		case c >= 'A' && c <= 'Z':
			c += 'a' - 'A'
		}
		out = append(out, c)
	}
	return string(out)
}

// alphabets returns the scripts in a name that do not belong together. Chinese and Latin may be
// mixed in job names (reference 4.18).
func alphabets(name string) []string {
	if isASCII(name) {
		return nil // at most Latin
	}
	var found []string
	for _, r := range name {
		if r < 0x80 && !unicode.IsLetter(r) {
			continue
		}
		script := ""
		switch {
		case unicode.Is(unicode.Latin, r):
			script = "Latin"
		case unicode.Is(unicode.Cyrillic, r):
			script = "Cyrillic"
		case unicode.Is(unicode.Greek, r):
			script = "Greek"
		case unicode.Is(unicode.Armenian, r):
			script = "Armenian"
		case unicode.Is(unicode.Cherokee, r):
			script = "Cherokee"
		}
		if script != "" && !slices.Contains(found, script) {
			found = append(found, script)
		}
	}
	slices.Sort(found)
	return found
}
