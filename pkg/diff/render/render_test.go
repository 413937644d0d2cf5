package render_test

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v5"

	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/diff/render"
)

func text(t *testing.T, p *diff.Plan, o render.Options) string {
	t.Helper()
	var out bytes.Buffer
	if err := render.Text(&out, p, o); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func document(t *testing.T, p *diff.Plan) string {
	t.Helper()
	var out bytes.Buffer
	if err := render.JSON(&out, p); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// checkSchema holds a document against the published schema.
func checkSchema(t *testing.T, doc string) {
	t.Helper()
	source, err := os.ReadFile("../../../schemas/plan.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("plan.json", bytes.NewReader(source)); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("plan.json")
	if err != nil {
		t.Fatal(err)
	}
	dec := json.NewDecoder(strings.NewReader(doc))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(v); err != nil {
		t.Errorf("%#v", err)
	}
}

func TestText(t *testing.T) {
	t.Parallel()
	golden(t, "review.txt", text(t, review(t), render.Options{Width: 100}))
}

func TestJSON(t *testing.T) {
	t.Parallel()
	doc := document(t, review(t))
	golden(t, "review.json", doc)
	checkSchema(t, doc)
}
