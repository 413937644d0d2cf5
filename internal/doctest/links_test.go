//go:build unix

package doctest

import (
	"fmt"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"
)

var (
	link       = regexp.MustCompile(`\]\(([^()\s]+)\)`)
	inlineCode = regexp.MustCompile("`[^`]*`")
	heading    = regexp.MustCompile(`^#{1,6} +(.*)$`)
	htmlAnchor = regexp.MustCompile(`<a (?:id|name)="([^"]+)">`)
	markup     = regexp.MustCompile("[`*]|\\]\\([^)]*\\)")
)

// prose returns the document's text outside of its fenced blocks, by line.
func (d *document) prose() []string {
	var lines []string
	for _, p := range d.pieces {
		if len(p.lines) == 1 {
			lines = append(lines, p.lines[0])
		}
	}
	return lines
}

// anchors returns the fragments that a page has on GitHub.
func (d *document) anchors() map[string]bool {
	found := map[string]bool{}
	for _, line := range d.prose() {
		for _, match := range htmlAnchor.FindAllStringSubmatch(line, -1) {
			found[match[1]] = true
		}
		match := heading.FindStringSubmatch(line)
		if match == nil {
			continue
		}
		name := slug(match[1])
		for n := 1; found[name]; n++ {
			name = fmt.Sprintf("%s-%d", slug(match[1]), n)
		}
		found[name] = true
	}
	return found
}

// slug returns the fragment of a heading.
func slug(text string) string {
	text = markup.ReplaceAllString(text, "")
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsLetter(r) || unicode.IsNumber(r) || r == '-' || r == '_':
			return unicode.ToLower(r)
		case r == ' ':
			return '-'
		}
		return -1
	}, strings.ReplaceAll(text, "[", ""))
}

// links returns the targets in the document that are in the repository.
func (d *document) links() []string {
	var targets []string
	for _, line := range d.prose() {
		for _, match := range link.FindAllStringSubmatch(inlineCode.ReplaceAllString(line, "`"), -1) {
			if address, err := url.Parse(match[1]); err != nil || address.Scheme == "" {
				targets = append(targets, match[1])
			}
		}
	}
	return targets
}

// TestLinks checks that every relative link leads to an existing file and heading.
func TestLinks(t *testing.T) {
	t.Parallel()
	for _, name := range documents(t) {
		doc := readDocument(t, name)
		for _, target := range doc.links() {
			if err := checkLink(name, target); err != nil {
				t.Errorf("%s: the link %q %v", name, target, err)
			}
		}
	}
}

func checkLink(from, target string) error {
	file, fragment, _ := strings.Cut(target, "#")
	name := from
	if file != "" {
		name = path.Join(path.Dir(from), file)
	}
	if strings.HasPrefix(name, "..") || strings.HasPrefix(file, "/") {
		return fmt.Errorf("leaves the repository")
	}
	local := filepath.Join(root, filepath.FromSlash(name))
	if _, err := os.Stat(local); err != nil {
		return fmt.Errorf("leads nowhere: %w", err)
	}
	if fragment == "" {
		return nil
	}
	text, err := os.ReadFile(local)
	if err != nil {
		return err
	}
	doc, err := parse(string(text))
	if err != nil {
		return err
	}
	if !doc.anchors()[fragment] {
		return fmt.Errorf("leads to no heading of %s", name)
	}
	return nil
}

// isIndex reports whether a page lists others: a README, or a page such as language.md with a
// folder of its name.
func isIndex(name string) bool {
	folder, err := os.Stat(filepath.Join(root, filepath.FromSlash(strings.TrimSuffix(name, ".md"))))
	return path.Base(name) == "README.md" || err == nil && folder.IsDir()
}

// TestIndex checks that an index beside or above each file of docs/ links it.
func TestIndex(t *testing.T) {
	t.Parallel()
	names := documents(t)
	indexed := map[string]bool{"docs/README.md": true}
	for _, index := range names {
		if !strings.HasPrefix(index, "docs/") || !isIndex(index) {
			continue
		}
		for _, target := range readDocument(t, index).links() {
			file, _, _ := strings.Cut(target, "#")
			indexed[path.Join(path.Dir(index), file)] = true
		}
	}
	for _, name := range names {
		if strings.HasPrefix(name, "docs/") && !indexed[name] {
			t.Errorf("%s is in no index of docs", name)
		}
	}
}

func TestSlug(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"Exit codes":                    "exit-codes",
		"1. A workspace":                "1-a-workspace",
		"`plan` and `apply`":            "plan-and-apply",
		"Who's who, and why?":           "whos-who-and-why",
		"[A link](somewhere.md) inside": "a-link-inside",
		"Templates – published":         "templates--published",
	} {
		if got := slug(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	doc, err := parse("# Twice\n## Twice\n```\n# No\n```\n")
	if err != nil {
		t.Fatal(err)
	}
	if got := doc.anchors(); !got["twice"] || !got["twice-1"] || got["no"] {
		t.Errorf("anchors %v", got)
	}
	if err := checkLink("README.md", "docs/tutorial.md#nowhere-at-all"); err == nil {
		t.Error("an anchor that is not there is no error")
	}
}
