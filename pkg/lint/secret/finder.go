package secret

import (
	"slices"
	"strings"
	"sync"
)

// Finder looks for the kinds of secret that can occur where it was made for.
type Finder struct {
	rules    []*rule
	stems    []string // of nameStems
	urls     bool
	keys     bool // private keys
	commands bool
}

// Everything finds all that Find finds.
var Everything = sync.OnceValue(func() *Finder {
	f := &Finder{stems: nameStems, urls: true, keys: true, commands: true}
	for i := range rules {
		f.rules = append(f.rules, &rules[i])
	}
	return f
})

// Within returns a finder for the parts of a document, which leaves out what
// the whole rules out. Blanks at the ends of a marker do not count: a line break
// of the document may be a blank in one of its texts.
func Within(document string) *Finder {
	there := markers().within(document)
	has := func(marker string) bool { return there[strings.TrimSpace(marker)] }
	f := &Finder{
		urls: has("://"), keys: has("-----"),
		commands: slices.ContainsFunc(commandMarkers, has),
	}
	for i := range rules {
		if slices.ContainsFunc(rules[i].markers, has) {
			f.rules = append(f.rules, &rules[i])
		}
	}
	for _, stem := range nameStems {
		if has(stem) {
			f.stems = append(f.stems, stem)
		}
	}
	return f
}

// FindsAny tells whether there is anything to look for.
func (f *Finder) FindsAny() bool {
	return f.urls || f.keys || f.commands || len(f.rules) > 0 || len(f.stems) > 0
}

// Find returns the secrets in text in their order, none overlapping another.
func (f *Finder) Find(text string) []Match {
	if len(text) < shortest || !f.FindsAny() {
		return nil
	}
	text = text[:min(len(text), maxText)]
	lower := strings.ToLower(text)
	if len(lower) != len(text) { // a rune whose lower case is of another size
		lower = asciiLower(text)
	}
	var found []Match
	for _, r := range f.rules {
		if !r.applies(lower) {
			continue
		}
		for _, at := range r.pattern().FindAllStringSubmatchIndex(text, -1) {
			start, end := unquote(text, at[2], at[3])
			if r.check != nil && !r.check(text[start:end]) {
				continue
			}
			found = append(found, Match{Start: start, End: end, Kind: r.kind, shown: r.shown})
		}
	}
	if f.keys {
		found = append(found, privateKeys(text)...)
	}
	if f.urls {
		found = append(found, inURLs(text)...)
	}
	if f.commands {
		found = append(found, inCommands(text, lower)...)
	}
	return withoutOverlaps(append(found, named(text, lower, f.stems)...))
}

// FindValue is Find for the value of something that has a name: a parameter, a
// key. A name such as NEXUS_PASSWORD makes any literal value a secret.
func (f *Finder) FindValue(name, value string) []Match {
	if found := f.Find(value); len(found) > 0 {
		return found
	}
	if len(value) >= shortest && len(f.stems) > 0 && IsSecretName(name) && isLiteral(value) {
		return []Match{{Start: 0, End: len(value), Kind: "password"}}
	}
	return nil
}
