package main

import (
	"fmt"
	"regexp"
	"strings"
	"time"
)

// commandLine matches a line of the help's list of commands.
var commandLine = regexp.MustCompile(`(?m)^   ([a-z][a-z-]*)  +\S`)

// manualPages makes a manual page of the help of each command and subcommand.
func manualPages(help func(command ...string) (string, error), version string, at time.Time) ([]file, error) {
	var pages []file
	var add func(command []string) error
	add = func(command []string) error {
		text, err := help(command...)
		if err != nil {
			return err
		}
		name := strings.Join(append([]string{"buildsync"}, command...), "-")
		pages = append(pages, file{name: "man/man1/" + name + ".1", text: []byte(manualPage(name, text, version, at))})
		_, list, _ := strings.Cut(text, "\nCommands:\n")
		list, _, _ = strings.Cut(list, "\n\n")
		for _, line := range commandLine.FindAllStringSubmatch(list, -1) {
			if line[1] == "help" {
				continue
			}
			if err := add(append(command[:len(command):len(command)], line[1])); err != nil {
				return err
			}
		}
		return nil
	}
	return pages, add(nil)
}

// manualPage writes a help text as a page of section 1. The help's lines fit 80 columns and stay as
// they are; its headings become the page's headings.
func manualPage(name, help, version string, at time.Time) string {
	var out strings.Builder
	title, rest, _ := strings.Cut(help, "\n")
	_, summary, _ := strings.Cut(title, " – ")
	fmt.Fprintf(&out, ".TH %s 1 %s \"buildsync %s\"\n.SH NAME\n%s \\- %s\n", roff(strings.ToUpper(name)), at.Format(time.DateOnly), roff(version), roff(name), roff(summary))
	inside, described := false, false
	section := func(heading string) {
		if inside {
			out.WriteString(".fi\n")
		}
		fmt.Fprintf(&out, ".SH %s\n.nf\n", roff(strings.ToUpper(heading)))
		inside = true
	}
	for line := range strings.SplitSeq(strings.TrimSpace(rest), "\n") {
		switch heading, isHeading := strings.CutSuffix(line, ":"); {
		case line == "Usage:":
			section("SYNOPSIS")
		case isHeading && heading != "" && heading[0] >= 'A' && heading[0] <= 'Z' && !strings.Contains(heading, "."):
			section(heading)
		case line != "" && line[0] != ' ' && !described:
			section("DESCRIPTION")
			described = true
			fallthrough
		default:
			out.WriteString(roffLine(line) + "\n")
		}
	}
	out.WriteString(".fi\n")
	return out.String()
}

// roff escapes what troff would interpret.
func roff(text string) string {
	return strings.NewReplacer(`\`, `\e`, "-", `\-`, "'", `\(aq`, "–", `\(en`, "→", `\(->`, "…", "...").Replace(text)
}

// roffLine escapes a whole line. A dot at its start would make it a request.
func roffLine(line string) string {
	if strings.HasPrefix(line, ".") {
		return `\&` + roff(line)
	}
	return roff(line)
}
