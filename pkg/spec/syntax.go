package spec

import (
	"regexp"
	"strconv"
	"strings"
)

// explainSyntax turns the library's error into a diagnostic.
func explainSyntax(src *source, err error, out *report) {
	line, problem := splitError(err)
	start := src.lines[min(max(line, 1), len(src.lines))-1]
	out.errorf("yaml-syntax", src.at(start, start+len(src.lineText(line))), "", "%s", problem)
}

var errorLine = regexp.MustCompile(`^yaml: (?:line (\d+): )?(.*)$`)

func splitError(err error) (line int, problem string) {
	parts := errorLine.FindStringSubmatch(strings.SplitN(err.Error(), "\n", 2)[0])
	if parts == nil {
		return 1, err.Error()
	}
	line, _ = strconv.Atoi(parts[1])
	return max(line, 1), parts[2]
}
