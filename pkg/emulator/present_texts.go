package emulator

import (
	"encoding/json"
	"strconv"
	"strings"

	"golang.org/x/text/unicode/norm"

	"github.com/buildsync/buildsync/pkg/jsontree"
)

// stored returns the stored form of a body that was sent.
func (e *Emulator) stored(sent *jsontree.Value) *jsontree.Value {
	body := sent.Clone()
	if e.quirks.Doubles {
		printDoubles(body)
	}
	return body
}

// hideMembers removes the named members of a body; scms.NAME is one of each
// code source.
func hideMembers(body *jsontree.Value, names string) {
	for name := range strings.FieldsSeq(names) {
		member, ofSource := strings.CutPrefix(name, "scms.")
		if !ofSource {
			body.Delete(member)
			continue
		}
		for _, scm := range body.Get("scms").Items() {
			scm.Delete(member)
		}
	}
}

// otherCase writes the words of the service in the other letter case.
func otherCase(body *jsontree.Value) {
	turn := func(object *jsontree.Value, keys ...string) {
		for _, key := range keys {
			text := object.Str(key)
			other := strings.ToUpper(text)
			if other == text {
				other = strings.ToLower(text)
			}
			if text != "" {
				object.Set(key, str(other))
			}
		}
	}
	turn(body, "arch", "host_type", "build_config_type")
	for _, scm := range body.Get("scms").Items() {
		turn(scm, "build_type")
	}
}

// bareObjects replaces each list of one object in a body by the object; the
// texts and lists in the properties of a step stay.
func bareObjects(v *jsontree.Value) {
	for _, m := range v.Members() {
		if strings.EqualFold(m.Key, "properties") {
			continue
		}
		bareObjects(m.Value)
		if items := m.Value.Items(); len(items) == 1 && items[0].Kind() == jsontree.KindObject {
			v.Set(m.Key, items[0])
		}
	}
	for _, item := range v.Items() {
		bareObjects(item)
	}
}

// presentTexts shows the texts of a step's properties in this service's form.
func (e *Emulator) presentTexts(step *jsontree.Value) {
	q := e.quirks
	properties := step.Get("properties")
	if !q.StripNewline && !q.TrimTexts && !q.LowerTexts && !q.EscapeHTML && !q.NFC {
		return
	}
	for _, m := range properties.Members() {
		text, isText := m.Value.AsString()
		if !isText {
			continue
		}
		if q.StripNewline {
			text = strings.TrimSuffix(strings.TrimSuffix(text, "\n"), "\r")
		}
		if q.TrimTexts {
			text = trimLines(text)
		}
		if q.LowerTexts {
			text = strings.ToLower(text)
		}
		if q.NFC {
			text = norm.NFC.String(text)
		}
		if q.EscapeHTML {
			text = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(text)
		}
		properties.Set(m.Key, str(text))
	}
}

// trimLines returns a text without blanks at the ends of its lines and around it.
func trimLines(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRight(line, " \t\r")
	}
	return strings.TrimSpace(strings.Join(lines, "\n"))
}

// moveFields sets members that nobody can set to a new value at each read. The emulator's lock
// guards the counter.
func (e *Emulator) moveFields(body *jsontree.Value) {
	e.reads++
	at := e.Now().UnixMilli() + int64(e.reads)
	body.Set("update_time", jsontree.Int(at))
	for _, step := range body.Get("steps").Items() {
		if step.Get("properties").Kind() != jsontree.KindObject {
			continue
		}
		step.Get("properties").Set("stepUpdateTime", str(strconv.FormatInt(at, 10)))
	}
}

// printDoubles prints every number of v as JavaScript would after parsing it as floating point.
// Numbers beyond that range stay.
func printDoubles(v *jsontree.Value) {
	for _, m := range v.Members() {
		if double := asDouble(m.Value); double != nil {
			v.Set(m.Key, double)
			continue
		}
		printDoubles(m.Value)
	}
	items := v.Items()
	for i, item := range items {
		if double := asDouble(item); double != nil {
			items[i] = double
			continue
		}
		printDoubles(item)
	}
}

// asDouble returns a number in its printed form, nil for any other value.
func asDouble(v *jsontree.Value) *jsontree.Value {
	if v.Kind() != jsontree.KindNumber {
		return nil
	}
	f, err := strconv.ParseFloat(v.Text(), 64)
	if err != nil {
		return nil
	}
	text, err := json.Marshal(f) // prints as ECMAScript does, except the next line
	if err != nil {
		return nil
	}
	if f == 0 {
		text = []byte("0") // -0 prints as 0
	}
	return jsontree.Number(string(text))
}
