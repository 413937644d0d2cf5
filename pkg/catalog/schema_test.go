package catalog_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v5"

	"github.com/buildsync/buildsync/pkg/catalog"
	"github.com/buildsync/buildsync/pkg/spec"
	"github.com/buildsync/buildsync/schemas"
)

// TestModulesSchema checks that the schema accepts what Encode writes, and accepts and refuses the
// same files as Decode.
func TestModulesSchema(t *testing.T) {
	t.Parallel()
	source, err := schemas.Files.ReadFile("modules.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	schema, err := jsonschema.CompileString(schemas.Base+"modules.schema.json", string(source))
	if err != nil {
		t.Fatal(err)
	}
	const module = "version: 1\nmodules:\n  - module_id: devcloud2018.codeci_action_29999.action\n"
	for _, text := range []string{
		string(catalog.Encode(catalog.Default().Modules())),
		string(catalog.Encode(nil)),
		module + "    actions: [gradle, {word: yarn, confidence: inferred}]\n",
		module + "    properties: {command: {type: string, required: true}, other: null}\n    inputs: {path: file, a.b: {property: c, values: {x: y}}}\n",
		module + "    properties: {image: {type: string, known_values: [a, b]}}\n",
		module + "    properties: {image: {type: string, known_values: a}}\n",
		module + "    propertis: {}\n",
		module + "    confidence: sure\n",
		module + "    actions: [{confidence: inferred}]\n",
		module + "    properties: {command: {typ: string}}\n",
		module + "    inputs: {a: {propery: b}}\n",
		"version: 1\nmodules: [{name: x}]\n",
	} {
		_, found := catalog.Decode("modules.yaml", []byte(text))
		root, _ := spec.ParseFile("modules.yaml", []byte(text))
		err := schema.Validate(asAny(root))
		if (err == nil) == found.HasErrors() {
			t.Errorf("Decode says %v, the schema %v:\n%s", found, err, text)
		}
	}
}

func asAny(n *spec.Node) any {
	switch {
	case n.Kind == spec.MappingNode:
		m := map[string]any{}
		for _, f := range n.Fields {
			m[f.Key.Text] = asAny(f.Value)
		}
		return m
	case n.Kind == spec.SequenceNode:
		list := []any{}
		for _, item := range n.Items {
			list = append(list, asAny(item))
		}
		return list
	case n.Type == spec.NullType:
		return nil
	case n.Type == spec.BoolType:
		return strings.EqualFold(n.Text, "true")
	case n.Type == spec.IntType || n.Type == spec.FloatType:
		return json.Number(n.Text)
	}
	return n.Text
}
