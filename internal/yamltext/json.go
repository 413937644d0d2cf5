package yamltext

import (
	"bytes"
	"regexp"
	"strings"
	"sync"
	"unicode"

	"github.com/buildsync/buildsync/pkg/jsontree"
)

// AppendJSON writes a body as YAML that every reader understands as the same
// value: text is plain only where no reader could take it for anything else,
// scripts are literal blocks where that loses nothing, and all other text is
// quoted as JSON, which YAML contains.
func AppendJSON(out *bytes.Buffer, v *jsontree.Value, indent int) {
	pad := strings.Repeat("  ", indent)
	switch {
	case v.Kind() == jsontree.KindObject && v.Len() > 0:
		for _, member := range v.Members() {
			out.WriteString(pad)
			writeYAMLText(out, member.Key, -1)
			out.WriteByte(':')
			appendYAMLChild(out, member.Value, indent)
		}
	case v.Kind() == jsontree.KindArray && v.Len() > 0:
		for _, item := range v.Items() {
			out.WriteString(pad + "-")
			if item.Kind() == jsontree.KindObject && item.Len() > 0 {
				// The first key is after the dash.
				var block bytes.Buffer
				AppendJSON(&block, item, indent+1)
				out.WriteByte(' ')
				out.Write(block.Bytes()[2*(indent+1):])
				continue
			}
			appendYAMLChild(out, item, indent)
		}
	default:
		out.WriteString(pad)
		writeYAMLScalar(out, v, indent)
		out.WriteByte('\n')
	}
}

// appendYAMLChild writes what is after a key or a dash.
func appendYAMLChild(out *bytes.Buffer, v *jsontree.Value, indent int) {
	if v.Len() > 0 {
		out.WriteByte('\n')
		AppendJSON(out, v, indent+1)
		return
	}
	out.WriteByte(' ')
	writeYAMLScalar(out, v, indent+1)
	out.WriteByte('\n')
}

func writeYAMLScalar(out *bytes.Buffer, v *jsontree.Value, indent int) {
	if text, ok := v.AsString(); ok {
		writeYAMLText(out, text, indent)
		return
	}
	out.Write(v.AppendJSON(nil))
}

// everText is text that YAML 1.1 and 1.2 both read as text.
var everText = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_.@/-]*( [A-Za-z0-9_.@/-]+)*$`) })

// notEverText are the words that some reader takes for a boolean or null.
var notEverText = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?i)^(y|n|yes|no|on|off|true|false|null|nan|inf)$`) })

// writeYAMLText writes a text; a negative indent allows one line only.
func writeYAMLText(out *bytes.Buffer, text string, indent int) {
	switch {
	case everText().MatchString(text) && !notEverText().MatchString(text):
		out.WriteString(text)
	case indent > 0 && literalSafe(text):
		pad := strings.Repeat("  ", indent)
		body, style := text, "|-"
		if strings.HasSuffix(text, "\n") {
			body, style = strings.TrimSuffix(text, "\n"), "|"
		}
		out.WriteString(style)
		for line := range strings.SplitSeq(body, "\n") {
			out.WriteByte('\n')
			if line != "" {
				out.WriteString(pad + line)
			}
		}
	default:
		out.Write(jsontree.AppendQuoted(nil, text))
	}
}

// literalSafe reports whether a text of several lines survives as a literal
// block: no blank at its start or at a line's end, one line break at its end at
// most, and nothing that a reader changes.
func literalSafe(text string) bool {
	if !strings.Contains(strings.TrimSuffix(text, "\n"), "\n") || strings.HasSuffix(text, "\n\n") ||
		strings.ContainsAny(text[:1], " \t\n") {
		return false
	}
	for line := range strings.SplitSeq(text, "\n") {
		if strings.TrimRight(line, " \t") != line {
			return false
		}
	}
	for _, r := range text {
		if r != '\n' && r != '\t' && (!unicode.IsPrint(r) || r > 0xffff || r == 0xfeff) {
			return false
		}
	}
	return true
}
