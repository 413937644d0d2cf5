//go:build unix

package doctest

import (
	"fmt"
	"regexp"
	"strings"
)

// document is a Markdown file: its lines, and the fenced blocks that the tests run or write.
type document struct {
	pieces []piece
}

// piece is a run of plain lines, a block of commands, or a block to write to a file.
type piece struct {
	lines    []string   // plain lines, fences included; of a console block only the fences
	commands []*command // a console block
	file     string     // the file to write the block to
	appends  bool       // to its end
	content  []string   // the content of the file
}

// command is one prompt with its output.
type command struct {
	line   int    // of the prompt
	text   string // without prompts
	output string // what the document shows, without the final line break
}

var (
	fence   = regexp.MustCompile("^(`{3,})(.*)$")
	fileKey = regexp.MustCompile(`\b(file|append)=(\S+)`)
)

// parse splits a document. Errors begin with the line's number.
func parse(text string) (*document, error) {
	doc := &document{}
	lines := strings.Split(text, "\n")
	for i := 0; i < len(lines); {
		open := fence.FindStringSubmatch(lines[i])
		if open == nil {
			doc.pieces = append(doc.pieces, piece{lines: lines[i : i+1]})
			i++
			continue
		}
		end := i + 1
		for end < len(lines) && strings.TrimRight(lines[end], " ") != open[1] {
			end++
		}
		if end == len(lines) {
			return nil, fmt.Errorf("%d: the fence is not closed", i+1)
		}
		block := piece{lines: lines[i : end+1]}
		body := lines[i+1 : end]
		if strings.Fields(open[2] + " -")[0] == "console" {
			commands, err := prompts(body, i+2)
			if err != nil {
				return nil, err
			}
			block.commands, block.lines = commands, []string{lines[i], lines[end]}
		} else if key := fileKey.FindStringSubmatch(open[2]); key != nil {
			block.file, block.appends, block.content = key[2], key[1] == "append", body
		}
		doc.pieces = append(doc.pieces, block)
		i = end + 1
	}
	return doc, nil
}

// prompts splits a console block; first is the number of its first line.
func prompts(lines []string, first int) ([]*command, error) {
	var commands []*command
	continues := false
	for i, line := range lines {
		rest, prompt := strings.CutPrefix(line, "$ ")
		more, continued := strings.CutPrefix(line, "> ")
		switch {
		case prompt:
			commands = append(commands, &command{line: first + i, text: rest})
			continues = true
		case len(commands) == 0:
			return nil, fmt.Errorf("%d: a console block begins with a command after \"$ \"", first+i)
		case continues && (continued || line == ">"):
			last := commands[len(commands)-1]
			last.text += "\n" + strings.TrimPrefix(more, ">")
		default:
			last := commands[len(commands)-1]
			if !continues {
				last.output += "\n"
			}
			last.output += line
			continues = false
		}
	}
	if len(commands) == 0 {
		return nil, fmt.Errorf("%d: the console block is empty", first)
	}
	return commands, nil
}

// runs reports whether the document has a command.
func (d *document) runs() bool { return len(d.commands()) > 0 }

func (d *document) commands() []*command {
	var all []*command
	for _, p := range d.pieces {
		all = append(all, p.commands...)
	}
	return all
}

// String returns the document with the current outputs of its commands.
func (d *document) String() string {
	var lines []string
	for _, p := range d.pieces {
		if p.commands == nil {
			lines = append(lines, p.lines...)
			continue
		}
		lines = append(lines, p.lines[0])
		for _, c := range p.commands {
			lines = append(lines, "$ "+strings.ReplaceAll(c.text, "\n", "\n> "))
			if c.output != "" {
				lines = append(lines, c.output)
			}
		}
		lines = append(lines, p.lines[1])
	}
	return strings.Join(lines, "\n")
}
