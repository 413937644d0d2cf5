package spec

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/buildsync/buildsync/schemas"
)

// ours are the schemas that this package checks files against.
var ours = []string{definitionsSchema, workspaceSchema}

func document(t testing.TB, name string) map[string]any {
	text, err := schemas.Files.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var schema map[string]any
	if err := json.Unmarshal(text, &schema); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return schema
}

// eachSchema visits a schema and all within it.
func eachSchema(location string, value any, visit func(location string, schema map[string]any)) {
	schema, ok := value.(map[string]any)
	if !ok {
		return
	}
	visit(location, schema)
	for keyword, v := range schema {
		below := location + "/" + keyword
		switch keyword {
		case "properties", "patternProperties", "$defs":
			for key, sub := range v.(map[string]any) {
				eachSchema(below+"/"+key, sub, visit)
			}
		case "anyOf", "allOf":
			for i, sub := range v.([]any) {
				eachSchema(fmt.Sprintf("%s/%d", below, i), sub, visit)
			}
		case "items", "additionalProperties", "propertyNames", "not", "if", "then", "else":
			eachSchema(below, v, visit)
		}
	}
}

// TestSchemasUseKnownKeywords checks that no keyword of the schemas is misspelled. The library
// accepts unknown ones silently, and our own check knows no others.
func TestSchemasUseKnownKeywords(t *testing.T) {
	t.Parallel()
	known := strings.Fields(`$schema $id $defs $ref title description examples default type properties patternProperties required additionalProperties
		propertyNames items enum const pattern minimum maximum minLength maxLength minItems maxItems minProperties maxProperties
		anyOf allOf not if then else x-rule x-expected`)
	for _, name := range ours {
		eachSchema(name+"#", document(t, name), func(location string, schema map[string]any) {
			for keyword := range schema {
				if !slices.Contains(known, keyword) {
					t.Errorf("%s: keyword %q", location, keyword)
				}
			}
			for _, half := range []string{"then", "else"} {
				if schema[half] != nil && schema["if"] == nil {
					t.Errorf("%s: %s without if", location, half)
				}
			}
		})
	}
}

// TestSchemasExplainEachKey checks that every key of the language has a title and a description for
// editors, its own or through its reference.
func TestSchemasExplainEachKey(t *testing.T) {
	t.Parallel()
	documents := map[string]map[string]any{}
	for _, name := range ours {
		documents[name] = document(t, name)
	}
	explained := func(file string, schema map[string]any) bool {
		for range 5 {
			if schema["title"] != nil && schema["description"] != nil {
				return true
			}
			ref, _ := schema["$ref"].(string)
			target, pointer, found := strings.Cut(ref, "#/")
			if !found {
				return false
			}
			if target != "" {
				file = target
			}
			at := documents[file]
			for part := range strings.SplitSeq(pointer, "/") {
				at, _ = at[part].(map[string]any)
			}
			schema = at
		}
		return false
	}
	keys := 0
	for _, name := range ours {
		if id := documents[name]["$id"]; id != schemas.Base+name {
			t.Errorf("%s: $id %v", name, id)
		}
		if documents[name]["$schema"] != "https://json-schema.org/draft/2020-12/schema" {
			t.Errorf("%s: $schema %v", name, documents[name]["$schema"])
		}
		eachSchema(name+"#", documents[name], func(location string, schema map[string]any) {
			properties, _ := schema["properties"].(map[string]any)
			for key, sub := range properties {
				keys++
				if !explained(name, sub.(map[string]any)) {
					t.Errorf("%s: key %s has no title or description", location, key)
				}
			}
		})
	}
	if keys < 100 {
		t.Errorf("only %d keys seen", keys)
	}
}

// TestPatternsAreLegalEverywhere checks that Go and editors read the patterns alike: no classes of
// Go alone, no lookarounds of ECMAScript, no \u escape.
func TestPatternsAreLegalEverywhere(t *testing.T) {
	t.Parallel()
	foreign := regexp.MustCompile(`\(\?|\\[pPuxAzQEC]|\[\[:|\\[1-9]|[*+?}]\+`)
	const size = 1 << 14
	adversarial := []string{
		strings.Repeat("a", 4*size) + "!", strings.Repeat("订", size/3) + "\n", strings.Repeat("${{", size/3),
		strings.Repeat("0", size) + "h", strings.Repeat("a-", size/2), strings.Repeat("\n", size),
	}
	seen := map[string]bool{}
	for _, name := range ours {
		eachSchema(name+"#", document(t, name), func(location string, schema map[string]any) {
			pattern, ok := schema["pattern"].(string)
			if !ok {
				return
			}
			if foreign.MatchString(pattern) {
				t.Errorf("%s: %s is not the same in ECMAScript", location, pattern)
			}
			if seen[pattern] {
				return
			}
			seen[pattern] = true
			compiled, err := regexp.Compile(pattern)
			if err != nil {
				t.Errorf("%s: %v", location, err)
				return
			}
			for _, text := range adversarial {
				compiled.MatchString(text) // RE2: linear, whatever the text
			}
		})
	}
}

func TestEndpointsAreNoKeys(t *testing.T) {
	t.Parallel()
	for _, key := range []string{"endpoint", "iam_endpoint", "proxy", "ca", "ca_file", "insecure", "token", "access_key", "auth_url"} {
		tree := MapTree{WorkspaceFile: "version: 1\n" + key + ": https://example.com\n"}
		if _, found := Load(tree, Options{}); !strings.Contains(listing(found), `2:1 unknown-key unknown key "`+key+`"`) {
			t.Errorf("%s is not refused: %s", key, listing(found))
		}
	}
}

// everything uses each form of the language once.
const everything = `version: 1
jobs:
  - name: order-service-build
    project: shop
    arch: x86-64
    flavor: 4u8g
    host_type: devcloud
    build_config_type: ACTION
    auto_update_sub_module: false
    enabled: ${{ vars.enabled }}
    matrix: {arch: [x86-64, arm], n: [1, 2.5, true], include: [{arch: arm, n: 3}], exclude: [{n: 1}]}
    template: {name: t, inputs: {a: [1, {b: c}]}}
    scms:
      - {scm_type: codehub, url: "git@x:y.git", repo_id: 2111746211, branch: null, build_type: tag, depth: 1, is_auto_build: true, source: {$file: s.txt}}
      - ${{ vars.source }}
    parameters:
      - {name: codeBranch, default: {$file: branch.txt}, predefined: true, static: false, deletable: null, description: 1.10}
      - {name: target, options: [dev, 1, {name: prod, display_name: Prod, disable: 0}], default: dev}
      - {name: TOKEN, secret: NEXUS_TOKEN}
      - {definition: hudson.model.StringParameterDefinition, params: [{name: name, value: x, limits: [], more: {a: 1}}]}
    steps:
      - maven: {name: Build, image: x, enable: false, version: null, inputs: {command: "mvn"}, properties: {a: [1]}}
      - sh:
      - own_action: {}
      - {module_id: m, name: n, properties: {}, version: 1.0, enable: true, unlisted: {a: 1}}
    notifications: {MAIL: [buildJobFail], DING_TALK: {events: [deleteJob], param_config: "{}"}, MESSAGE: [], WECOM: null, NEW_KIND: []}
    triggers: [{cron: "53 15 * * 1-5", timezone: Asia/Shanghai}, {name: t, parameters: [{name: a, value: 1, x: y}]}]
    timeout: 1h
    build_if_code_updated: "${{ vars.b }}"
    group_id: ""
    id: 6ecbc5bac7c8442fb3d2563d53c13582
    renamed_from: [订单, b]
    adopt: true
    protect: true
    extra: {a: {b: [1]}}
  - {name: "订单服务-${{ matrix.x }}", steps: [], scms: null, parameters: "${{ inputs.p }}", timeout: {limit: 4, unit: hour}, notifications: null, triggers: []}
templates:
  - name: t
    description: d
    publish: true
    tool_type: x
    inputs: {a: {default: "17"}, b: {required: true, description: d}, c: }
    parameters: []
    steps: []
    extra: {}
removed:
  - {job: old, project: shop, action: delete, reason: r}
`

const wholeWorkspace = `version: 1
region: eu-west-101
definitions: ["jobs/**/*.yaml"]
projects: {shop: 6ecbc5bac7c8442fb3d2563d53c13582}
default_project: shop
vars: {a: b, c: 1.10, d: true, e: null, f: [1], g: {h: i}}
environments:
  prod: {projects: {shop: 8391ec48637849f384dd3db5c8d61aaa}, vars: {a: c}, region: cn-north-4, policy: {max_removals: 9}}
  empty:
defaults: {job: {arch: arm, steps: []}}
secrets: [A, B_2]
policy: {on_remove: disable, max_removals: 0, max_removal_share: 0.5, drift: fail, ignore: [{job: "x-*", fields: [a.b], reason: r}]}
modules: modules.yaml
lint:
  rules: {image-pin: off, a: false}
  overrides: [{files: "a/**", rules: {b: error}}, {files: [a, b]}]
  tables: {images: {"x*": y}, flavors: [32u64g], host_types: [], scm_types: [svn], modules: [m], variables: [V]}
`

func TestTheWholeLanguageIsValid(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{definitionsSchema: everything, workspaceSchema: wholeWorkspace} {
		root := mustParse(t, text)
		out := &report{}
		check(name, root, out)
		if len(out.found) > 0 {
			t.Errorf("%s:\n%s", name, listing(out.done()))
		}
		if err := compileSchema(name).Validate(instance(root)); err != nil {
			t.Errorf("the library: %#v", err)
		}
	}
	file, found := ParseDefinitions("a.yaml", []byte(everything))
	if len(found) > 0 || len(file.Jobs) != 2 || len(file.Templates) != 1 || len(file.Removed) != 1 {
		t.Errorf("have %d jobs, %d templates, %d removals and\n%s", len(file.Jobs), len(file.Templates), len(file.Removed), listing(found))
	}
}

// vocabulary returns the words a mutation takes keys and texts from.
func vocabulary(t testing.TB) []string {
	words := map[string]bool{"": true, "${{ vars.x }}": true, "nonsense": true, "a b": true, "4h": true, "6ecbc5bac7c8442fb3d2563d53c13582": true, "订单": true}
	for _, name := range ours {
		eachSchema("", document(t, name), func(_ string, schema map[string]any) {
			properties, _ := schema["properties"].(map[string]any)
			for key := range properties {
				words[key] = true
			}
			values, _ := schema["enum"].([]any)
			for _, v := range values {
				if word, ok := v.(string); ok {
					words[word] = true
				}
			}
		})
	}
	return slices.Sorted(maps.Keys(words))
}

// mutate changes a few places of a tree.
func mutate(n *Node, words []string, random *rand.Rand) *Node {
	c := *n
	c.Fields, c.Items = nil, nil
	for _, f := range n.Fields {
		if random.IntN(60) != 0 {
			c.Fields = append(c.Fields, Field{f.Key, mutate(f.Value, words, random)})
		}
	}
	if c.Kind == MappingNode && random.IntN(25) == 0 {
		key := scalarNode(words[random.IntN(len(words))], StringType)
		if c.Get(key.Text) == nil {
			c.Fields = append(c.Fields, Field{key, anyNode(words, random)})
		}
	}
	for _, item := range n.Items {
		if random.IntN(60) != 0 {
			c.Items = append(c.Items, mutate(item, words, random))
		}
	}
	if random.IntN(50) == 0 {
		return anyNode(words, random)
	}
	return &c
}

func scalarNode(text string, t ScalarType) *Node {
	return &Node{Kind: ScalarNode, Type: t, Text: text, Style: PlainStyle}
}

func anyNode(words []string, random *rand.Rand) *Node {
	switch random.IntN(5) {
	case 0:
		return &Node{Kind: MappingNode}
	case 1:
		return &Node{Kind: SequenceNode, Items: []*Node{scalarNode("x", StringType)}}
	case 2:
		return scalarNode(words[random.IntN(len(words))], StringType)
	}
	text := []string{"1", "-1", "0", "2.5", "1.0", ".nan", ".inf", "-.inf", "1e400", "99999999999999999999999", "0x10", "true", "FALSE", "~", "x"}[random.IntN(15)]
	return scalarNode(text, coreType(text))
}

// TestOwnCheckAgreesWithLibrary checks that our check and the library's give the same answer for
// any change of a valid file.
func TestOwnCheckAgreesWithLibrary(t *testing.T) {
	t.Parallel()
	words := vocabulary(t)
	roots := []*Node{mustParse(t, everything), mustParse(t, wholeWorkspace)}
	var valid, invalid int
	rapid.Check(t, func(t *rapid.T) {
		seed := rapid.Uint64().Draw(t, "seed")
		random := rand.New(rand.NewPCG(seed, 1))
		which := rapid.IntRange(0, 1).Draw(t, "schema")
		root := mutate(roots[which], words, random)
		own := languageOf(ours[which]).root(ours[which]).valid(root)
		err := compiled[which]().Validate(instance(root))
		if own != (err == nil) {
			t.Fatalf("own check says %v, the library %v, of\n%s", own, err, render(root))
		}
		if own {
			valid++
			return
		}
		invalid++
		out := &report{}
		check(ours[which], root, out)
		if len(out.found) == 0 {
			t.Fatalf("refused without a word: %s", render(root))
		}
	})
	if valid == 0 || invalid == 0 {
		t.Errorf("%d valid and %d invalid trees prove little", valid, invalid)
	}
}

// TestSchemasAreReadWhole checks that the quick reader reads the same as encoding/json, and that
// each schema is found by its location.
func TestSchemasAreReadWhole(t *testing.T) {
	t.Parallel()
	var read func(text []byte) any
	read = func(text []byte) any {
		switch text[0] {
		case '{':
			object := map[string]any{}
			for key, value := range jsonMembers(text) {
				object[key] = read(value)
			}
			return object
		case '[':
			array := []any{}
			for item := range jsonItems(text) {
				array = append(array, read(item))
			}
			return array
		}
		return jsonValue[any](text)
	}
	for _, name := range append([]string{policiesSchema}, ours...) {
		text, err := schemas.Files.ReadFile(name)
		must(t, err)
		want := document(t, name)
		if diff := cmp.Diff(any(want), read(text)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		eachSchema(schemas.Base+name+"#", want, func(location string, schema map[string]any) {
			s := languageOf(name).at(location)
			if s == nil {
				t.Fatalf("%s is not found", location)
			}
			if s.ref != nil && s.ref() == nil {
				t.Errorf("%s refers to %v, which is not found", location, schema["$ref"])
			}
		})
	}
	tricky := `{"a\"}{":"x\\","b" : [ true,false , {} ,[], "]", -1.5e3],"":{"c":null}}`
	var want any
	must(t, json.Unmarshal([]byte(tricky), &want))
	if diff := cmp.Diff(want, read([]byte(tricky))); diff != "" {
		t.Errorf("%s (-want +got):\n%s", tricky, diff)
	}
}

func TestEmbeddedSchemasAreJSON(t *testing.T) {
	t.Parallel()
	names, err := fs.Glob(schemas.Files, "*.schema.json")
	must(t, err)
	for _, name := range names {
		if id := document(t, name)["$id"]; id != schemas.Base+name {
			t.Errorf("%s has the $id %v", name, id)
		}
	}
}
