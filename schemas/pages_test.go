package schemas_test

import (
	"fmt"
	"path"
	"regexp"
	"strings"
	"testing"
)

const (
	firstPage = "language.md"
	pageNote  = "<!-- Made by `go test ./schemas -update` from the schemas and schemas/testdata/language; edit those. -->"
)

var (
	pageMark    = regexp.MustCompile(`(?m)^<!-- page (\S+): (.*) -->\n`)
	pageHeading = regexp.MustCompile(`^(#+) (.*)$`)
	pageLink    = regexp.MustCompile(`\]\(([^()\s:]+)\)`)
)

// splitPages cuts the text at its marks. What is in front of the first mark is
// docs/language.md, each other part a page of docs/language: its heading is in the
// mark, and the headings in it are moved up. Links are written in the text as if
// all pages stood in docs.
func splitPages(t *testing.T, text string) map[string]string {
	t.Helper()
	pages := map[string]string{}
	names := map[string]bool{}
	marks := pageMark.FindAllStringSubmatchIndex(text, -1)
	for _, m := range marks {
		names[text[m[2]:m[3]]] = true
	}
	head := text[:marks[0][0]]
	pages[firstPage] = relink(strings.Replace(head, "\n", "\n\n"+pageNote+"\n", 1), names, "language/", "")
	for i, m := range marks {
		end := len(text)
		if i+1 < len(marks) {
			end = marks[i+1][0]
		}
		name, title, body := text[m[2]:m[3]], text[m[4]:m[5]], text[m[1]:end]
		content := fmt.Sprintf("# %s\n\n%s\n\n%s", title, pageNote, strings.TrimLeft(raised(body, title), "\n"))
		pages[path.Join("language", name)] = relink(strings.TrimRight(content, "\n")+"\n", names, "", "../")
	}
	return pages
}

// raised moves the headings of a page up, so that its highest ones come right below
// the title; one that repeats the title goes.
func raised(body, title string) string {
	lines := strings.Split(body, "\n")
	highest, fenced := 6, false
	each := func(do func(i int, level int, text string)) {
		for i, line := range lines {
			if strings.HasPrefix(line, "```") {
				fenced = !fenced
			}
			if match := pageHeading.FindStringSubmatch(line); match != nil && !fenced {
				do(i, len(match[1]), match[2])
			}
		}
	}
	each(func(_, level int, text string) {
		if text != title {
			highest = min(highest, level)
		}
	})
	each(func(i, level int, text string) {
		lines[i] = strings.Repeat("#", max(2, level-highest+2)) + " " + text
		if text == title {
			lines[i] = ""
		}
	})
	return regexp.MustCompile(`\n{3,}`).ReplaceAllString(strings.Join(lines, "\n"), "\n\n")
}

// relink makes links fit for the folder of a page: those to pages of the language
// begin with toPages, all others with toDocs.
func relink(text string, pages map[string]bool, toPages, toDocs string) string {
	return pageLink.ReplaceAllStringFunc(text, func(link string) string {
		target := link[2 : len(link)-1]
		file, _, _ := strings.Cut(target, "#")
		switch {
		case file == "":
			return link
		case pages[file]:
			return "](" + toPages + target + ")"
		}
		return "](" + toDocs + target + ")"
	})
}
