package format

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v5"
	"pgregory.net/rapid"

	"github.com/buildsync/buildsync/pkg/spec"
)

// schemaOf compiles a format's schema. SARIF has the schema of OASIS, which test/judges also uses.
func schemaOf(t *testing.T, format string) *jsonschema.Schema {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "schema", format+".json"))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	compiler.Draft = jsonschema.Draft2020
	if err := compiler.AddResource(format+".json", bytes.NewReader(text)); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile(format + ".json")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// documentOf reads a report as a schema sees it.
func documentOf(format string, report []byte) (any, error) {
	if format == "junit" || format == "checkstyle" {
		return elements(xml.NewDecoder(bytes.NewReader(report)))
	}
	var document any
	err := json.Unmarshal(report, &document)
	return document, err
}

// elements reads an XML document as objects of name, attributes, text and
// children.
func elements(decoder *xml.Decoder) (any, error) {
	type element = map[string]any
	top := element{"children": []any{}}
	stack := []element{top}
	for {
		token, err := decoder.Token()
		if err == io.EOF {
			return top["children"].([]any)[0], nil
		}
		if err != nil {
			return nil, err
		}
		last := stack[len(stack)-1]
		switch token := token.(type) {
		case xml.StartElement:
			attributes := map[string]any{}
			for _, a := range token.Attr {
				attributes[a.Name.Local] = a.Value
			}
			stack = append(stack, element{"name": token.Name.Local, "attributes": attributes, "text": "", "children": []any{}})
		case xml.CharData:
			if text, is := last["text"].(string); is {
				last["text"] = strings.TrimSpace(text + string(token))
			}
		case xml.EndElement:
			stack = stack[:len(stack)-1]
			parent := stack[len(stack)-1]
			parent["children"] = append(parent["children"].([]any), any(last))
		}
	}
}

var withSchema = []string{"json", "gitlab", "junit", "checkstyle"}

// TestReportsConform checks the output for any findings against the schema of the format.
func TestReportsConform(t *testing.T) {
	t.Parallel()
	for _, format := range withSchema {
		t.Run(format, func(t *testing.T) {
			t.Parallel()
			schema := schemaOf(t, format)
			conforms := func(t interface {
				Helper()
				Fatalf(string, ...any)
			}, ds spec.Diagnostics) {
				t.Helper()
				var out bytes.Buffer
				if err := ByName(format)(&out, ds, Options{Version: "1.2.3"}); err != nil {
					t.Fatalf("%v", err)
				}
				document, err := documentOf(format, out.Bytes())
				if err != nil {
					t.Fatalf("%v\n%s", err, out.Bytes())
				}
				if err := schema.Validate(document); err != nil {
					t.Fatalf("%#v\n%s", err, out.Bytes())
				}
			}
			conforms(t, nil)
			conforms(t, machineSamples())
			rapid.Check(t, func(t *rapid.T) { conforms(t, rapid.SliceOfN(rapid.Custom(anyFinding), 0, 5).Draw(t, "findings")) })
		})
	}
}

// anyFinding returns a finding as rules may make it: with or without a place, an end,
// a pointer, fixes.
func anyFinding(t *rapid.T) spec.Diagnostic {
	place := func(name string) spec.Range {
		if rapid.Bool().Draw(t, name+" absent") {
			return spec.Range{}
		}
		line, column := rapid.IntRange(0, 3).Draw(t, name+" line"), rapid.IntRange(1, 9).Draw(t, name+" column")
		r := spec.Range{Start: spec.Pos{File: rapid.SampledFrom([]string{"a.yaml", "作业/订单.yaml", "x y.yaml", "a<&>\"'.yaml", "\u202e.yaml", "\xff"}).Draw(t, name+" file"), Line: line, Column: column}}
		if line == 0 {
			r.Start.Column = 0
			return r
		}
		r.End = spec.Pos{File: r.Start.File, Line: line + rapid.IntRange(0, 1).Draw(t, name+" lines"), Column: column + rapid.IntRange(0, 4).Draw(t, name+" columns")}
		return r
	}
	d := spec.Diagnostic{
		Rule: rapid.SampledFrom([]string{"", "arch", "shell-safety"}).Draw(t, "rule"), Severity: rapid.SampledFrom([]spec.Severity{spec.Info, spec.Warning, spec.Error}).Draw(t, "severity"),
		Message: "m" + rapid.String().Draw(t, "message"), Hint: rapid.String().Draw(t, "hint"), Pointer: rapid.String().Draw(t, "pointer"), Range: place("place"),
	}
	if rapid.Bool().Draw(t, "related") {
		d.Related = []spec.Related{{Range: place("other"), Message: rapid.String().Draw(t, "label")}}
	}
	if rapid.Bool().Draw(t, "fix") && d.Range.Start.IsValid() {
		d.Fixes = []spec.Fix{{Message: "mend", Unsafe: rapid.Bool().Draw(t, "unsafe"), Edits: []spec.Edit{{File: d.Range.Start.File, Start: 1, End: 2, New: rapid.String().Draw(t, "new")}}}}
	}
	return d
}

// TestSchemasRefuse shows that the schemas are not rubber stamps: each refuses
// reports that its readers would.
func TestSchemasRefuse(t *testing.T) {
	t.Parallel()
	cases := map[string][]string{
		"json":       {`{}`, `{"version":2,"tool":{"name":"buildsync"},"summary":{"errors":0,"warnings":0,"infos":0},"findings":[]}`, `{"version":1,"tool":{"name":"buildsync"},"summary":{"errors":0,"warnings":0,"infos":0},"findings":[{"rule":"x","severity":"fatal","message":"m"}]}`},
		"gitlab":     {`{}`, `[{"description":"d","check_name":"c","fingerprint":"00000000000000000000000000000000","severity":"error","location":{"path":"a","lines":{"begin":1}}}]`, `[{"description":"d","check_name":"c","fingerprint":"00000000000000000000000000000000","severity":"info","location":{"path":"./a","lines":{"begin":1}}}]`},
		"junit":      {`<testsuite/>`, `<testsuites tests="1" failures="0"><testsuite name="a" tests="1" failures="0" errors="0" skipped="0"><testcase name="a"/></testsuite></testsuites>`, `<testsuites tests="x" failures="0"/>`},
		"checkstyle": {`<checkstyle/>`, `<checkstyle version="4.3"><file name="a"><error line="0" severity="error" message="m" source="s"/></file></checkstyle>`, `<checkstyle version="4.3"><file name="a"><error line="1" severity="fatal" message="m" source="s"/></file></checkstyle>`},
	}
	for format, reports := range cases {
		schema := schemaOf(t, format)
		for _, report := range reports {
			document, err := documentOf(format, []byte(report))
			if err != nil {
				t.Fatal(err)
			}
			if schema.Validate(document) == nil {
				t.Errorf("the schema of %s takes %s", format, report)
			}
		}
	}
}
