package main

import (
	"fmt"
	"html"
	"regexp"
	"strings"
	"unicode/utf8"
)

// Sizes of the picture's terminal, and its pace in seconds.
const (
	columns, rows         = 100, 26
	cellWidth, lineHeight = 7.8, 18
	perLine               = 0.12 // between two lines
	perPart               = 2.5  // before a line that begins with #
	atTheEnd              = 6.0  // before it starts again
)

// style holds the look of a run of characters.
type style struct {
	color     string
	bold, dim bool
}

// run is a series of characters of one style.
type run struct {
	style
	text string
}

var colors = map[string]string{
	"30": "#6e7681", "31": "#ff7b72", "32": "#7ee787", "33": "#e3b341", "34": "#79c0ff", "35": "#d2a8ff", "36": "#76e3ea", "37": "#e6edf3", "90": "#8b949e",
	"91": "#ffa198", "92": "#aff5b4", "93": "#f8e3a1", "94": "#a5d6ff", "95": "#e2c5ff", "96": "#b3f0ff", "97": "#ffffff",
}

// control is a terminal's escape sequence; only colours are understood.
var control = regexp.MustCompile("\x1b\\[([0-9;?]*)([A-Za-z])")

// after returns the style after a colour sequence with these parameters.
func (s style) after(parameters string) style {
	for p := range strings.SplitSeq(parameters, ";") {
		switch {
		case p == "" || p == "0":
			s = style{}
		case p == "1":
			s.bold = true
		case p == "2":
			s.dim = true
		case p == "22":
			s.bold, s.dim = false, false
		case p == "39":
			s.color = ""
		case colors[p] != "":
			s.color = colors[p]
		}
	}
	return s
}

// screen splits the output into lines of the terminal's width.
func screen(printed string) (lines [][]run) {
	now, line, width := style{}, []run{}, 0
	end := func() { lines, line, width = append(lines, line), []run{}, 0 }
	put := func(text string) {
		for _, r := range text {
			if r == '\n' {
				end()
				continue
			}
			if width == columns {
				end()
			}
			if n := len(line); n > 0 && line[n-1].style == now {
				line[n-1].text += string(r)
			} else {
				line = append(line, run{now, string(r)})
			}
			width++
		}
	}
	printed = strings.ReplaceAll(printed, "\r\n", "\n")
	for {
		at := control.FindStringSubmatchIndex(printed)
		if at == nil {
			put(printed)
			break
		}
		put(printed[:at[0]])
		if printed[at[4]:at[5]] == "m" {
			now = now.after(printed[at[2]:at[3]])
		}
		printed = printed[at[1]:]
	}
	if len(line) > 0 {
		end()
	}
	for len(lines) > 0 && len(lines[0]) == 0 {
		lines = lines[1:]
	}
	return lines
}

// moments returns the time at which each line appears, and the time of the restart.
func moments(lines [][]run) (at []float64, total float64) {
	for i, line := range lines {
		if i > 0 && len(line) > 0 && strings.HasPrefix(line[0].text, "# ") {
			total += perPart
		}
		total += perLine
		at = append(at, total)
	}
	return at, total + atTheEnd
}

// picture draws the output. It moves with style sheets only, which work where a page shows the file
// as an image. Without animation the first lines are shown.
func picture(printed string) string {
	lines := screen(printed)
	at, total := moments(lines)
	width, height := columns*cellWidth+32, float64(rows*lineHeight+32)
	var out, moves strings.Builder
	fmt.Fprintf(&out, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %.0f %.0f" width="%.0f" height="%.0f" role="img" aria-label="buildsync in a terminal">`+"\n", width, height, width, height)
	// A line is visible from its moment on. When the lines no longer fit, all move up.
	for i := range lines {
		percent := at[i] / total * 100
		if over := i + 1 - rows; over > 0 {
			fmt.Fprintf(&moves, "%.3f%%{transform:translateY(-%dpx)}", percent, over*lineHeight)
		}
	}
	fmt.Fprintf(&out, "<style>text{font:13px ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;fill:#e6edf3;white-space:pre}.b{font-weight:bold}.d{opacity:.65}.c{visibility:hidden}\n"+
		"@media (prefers-reduced-motion:no-preference){.c{visibility:visible}.s{animation:s %.2fs step-end infinite}.c{animation:c %.2fs step-end infinite}}\n"+
		"@keyframes s{0%%{transform:none}%s}\n@keyframes c{0%%{transform:none}", total, total, moves.String())
	for i := range lines {
		fmt.Fprintf(&out, "%.3f%%{transform:translateY(%dpx)}", at[i]/total*100, (i+1)*lineHeight)
	}
	fmt.Fprintf(&out, "}</style>\n<rect width=\"100%%\" height=\"100%%\" rx=\"8\" fill=\"#0d1117\"/>\n"+
		"<svg x=\"16\" y=\"16\" width=\"%.0f\" height=\"%d\"><g class=\"s\">\n", columns*cellWidth, rows*lineHeight)
	for i, line := range lines {
		if len(line) == 0 {
			continue
		}
		fmt.Fprintf(&out, `<text y="%d">%s</text>`+"\n", i*lineHeight+13, spans(line))
	}
	// The cover hides the lines that are not printed yet.
	fmt.Fprintf(&out, "<rect class=\"c\" width=\"100%%\" height=\"%d\" fill=\"#0d1117\"/>\n</g></svg>\n</svg>\n", (len(lines)+rows)*lineHeight)
	return out.String()
}

// spans writes the runs of a line.
func spans(line []run) string {
	var out strings.Builder
	cell := 0
	for _, r := range line {
		var classes []string
		if r.bold {
			classes = append(classes, "b")
		}
		if r.dim {
			classes = append(classes, "d")
		}
		attributes := fmt.Sprintf(` x="%.1f"`, float64(cell)*cellWidth)
		if len(classes) > 0 {
			attributes += ` class="` + strings.Join(classes, " ") + `"`
		}
		if r.color != "" {
			attributes += ` fill="` + r.color + `"`
		}
		fmt.Fprintf(&out, `<tspan%s>%s</tspan>`, attributes, html.EscapeString(r.text))
		cell += utf8.RuneCountInString(r.text)
	}
	return out.String()
}
