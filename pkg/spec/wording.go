package spec

import (
	"fmt"
	"slices"
	"strings"

	"github.com/buildsync/buildsync/pkg/remedy"
)

// stepHint explains why a step has neither of the two forms.
func (e *explainer) stepHint(n *Node) string {
	var actions []string
	for _, field := range n.Fields {
		if field.Value.Kind == MappingNode && field.Key.Text != "inputs" && field.Key.Text != "properties" {
			actions = append(actions, quoted(field.Key.Text))
		}
	}
	if len(actions) > 1 {
		return strings.Join(actions, " and ") + " are steps of their own: start each with a dash"
	}
	action := e.set.at(definitionsLocation + "#/$defs/action")
	for _, field := range n.Fields {
		switch key := field.Key.Text; {
		case slices.Contains([]string{"run", "script", "command", "shell"}, key):
			return "write - sh: {name: …, inputs: {command: …}}"
		case Nearest(key, []string{"module_id"}) != "":
			return fmt.Sprintf(`did you mean "module_id" instead of %s?`, quoted(key))
		case action.properties[key] == nil && len(n.Fields) > 1 && (field.Value.IsNull() || field.Value.Kind == MappingNode):
			return "what belongs to " + quoted(key) + " is indented below it"
		}
	}
	return ""
}

// hintOnForm returns a hint for a correct value in the wrong form.
func hintOnForm(s *schema, n *Node) string {
	switch {
	case s.rule == "secret-name" && n.Type != StringType:
		return "write the name of a secret, such as NEXUS_TOKEN, that buildsync.yaml lists under secrets"
	case n.Type != StringType && !n.IsNull() && s.types&typeString != 0:
		if s.valid(scalarOf(n.Text, StringType)) {
			return "put it in quotes: " + quoted(n.Text)
		}
	case n.Text == "" && n.Type == StringType && s.types&typeArray != 0:
		return "write [] for none, or remove the key: what is absent stays as it is"
	case n.Text == "" && n.Type == StringType && s.valid(scalarOf("", NullType)):
		return "remove the key: what is absent stays as it is"
	case n.Type == StringType && n.Style != PlainStyle && n.Style != 0 && coreType(n.Text) != StringType:
		if s.valid(scalarOf(n.Text, coreType(n.Text))) {
			return "write it without quotes"
		}
	case isNameOnly(s, n):
		return "write {name: " + n.Text + "}"
	case s.items != nil && s.items.valid(n):
		parts := strings.Split(n.Text, ",")
		for i, part := range parts {
			if parts[i] = strings.TrimSpace(part); !s.items.valid(scalarOf(parts[i], StringType)) {
				parts = []string{n.Text}
				break
			}
		}
		for i := range parts {
			parts[i] = quoted(parts[i])
		}
		return "write a list: [" + strings.Join(parts, ", ") + "]"
	}
	return ""
}

// isNameOnly reports whether n is a name in the place of a mapping, such as a template, that needs
// only a name.
func isNameOnly(s *schema, n *Node) bool {
	if n.Type != StringType || n.Text == "" || strings.ContainsAny(n.Text, ":{}[],#&*!|>'\"%@` \t\n") || s.properties["name"] == nil {
		return false
	}
	key := &Node{Kind: ScalarNode, Type: StringType, Style: PlainStyle, Text: "name"}
	return s.valid(&Node{Kind: MappingNode, Fields: []Field{{Key: key, Value: n}}})
}

func scalarOf(text string, t ScalarType) *Node {
	return &Node{Kind: ScalarNode, Type: t, Style: PlainStyle, Text: text}
}

// shown returns the text with which a message shows a wrong value. It hides possible secrets and
// shortens long texts.
func shown(n *Node, rule, keyword string) string {
	switch {
	case n.IsNull():
		return "null"
	case n.Kind != ScalarNode && len(n.Items)+len(n.Fields) == 0:
		return "an empty " + kindName(n)
	case n.Kind != ScalarNode:
		return "a " + kindName(n)
	case keyword == "maxLength":
		return fmt.Sprintf("%d characters", len([]rune(n.Text)))
	case rule == "secret-name":
		return "this text"
	case n.Type == StringType:
		return quoted(n.Text)
	}
	return quoted(n.Text)[1 : len(quoted(n.Text))-1]
}

// expects completes "must be".
func (s *schema) expects() string {
	switch {
	case s.expected != "":
		return s.expected
	case s.types == 0:
		return "something else"
	}
	var kinds []string
	for _, kind := range []struct {
		types typeSet
		name  string
	}{{typeString, "a text"}, {typeInteger, "a number"}, {typeBoolean, "a boolean"}, {typeArray, "a list"}, {typeObject, "a mapping"}} {
		if s.types&kind.types != 0 {
			kinds = append(kinds, kind.name)
		}
	}
	return strings.Join(kinds, " or ")
}

// hintFor suggests the nearest allowed value, or how to write one.
func hintFor(s *schema, n *Node) string {
	if n.Kind == MappingNode && s.types&typeArray != 0 && len(n.Fields) > 0 {
		key := n.Fields[0].Key.Text
		if strings.ContainsRune("–—−－", []rune(key + " ")[0]) {
			return "the dash of " + quoted(key) + " is not the one of the keyboard: write " + quoted("- ")
		}
		if key, dash := strings.CutPrefix(key, "-"); dash {
			return "an item of a list starts with a dash and a space: write " + quoted("- "+key+":")
		}
		return "start each item of the list with a dash and a space"
	}
	if n.Kind != ScalarNode {
		return ""
	}
	if glued := gluedField().FindStringSubmatch(n.Text); glued != nil && n.Style == PlainStyle && s.types&typeObject != 0 {
		return "there is no space after the colon of " + quoted(glued[1]) + ": write " + quoted(glued[1]+": "+glued[2])
	}
	if inputs := s.properties["inputs"]; inputs != nil && n.Type == StringType && s.properties["image"] != nil {
		return "write the step's values under inputs:, such as {inputs: {command: …}}; " + string(remedy.ShowInputs)
	}
	if s.types&typeArray != 0 && strings.ContainsAny(n.Text, "［］，") {
		return "the brackets or commas of " + quoted(n.Text) + " are full-width ones: write ordinary ones"
	}
	var words []string
	for _, sub := range append([]*schema{s}, s.anyOf...) {
		for _, v := range sub.enum {
			if word, ok := v.(string); ok {
				words = append(words, word)
			}
		}
	}
	if hint := DidYouMean(n.Text, words); hint != "" {
		return hint
	}
	if hint := hintOnForm(s, n); hint != "" {
		return hint
	}
	if s.types&typeBoolean != 0 && n.Type == StringType {
		switch strings.ToLower(n.Text) {
		case "yes", "on", "true", "y":
			return "write true"
		case "no", "off", "false", "n":
			return "write false"
		}
	}
	return ""
}

func shortList(words []string) string {
	const most = 14
	if len(words) > most {
		return strings.Join(words[:most], ", ") + ", …"
	}
	return strings.Join(words, ", ")
}
