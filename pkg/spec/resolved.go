package spec

import (
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v5"
)

// Owner is the object that a key belongs to, by its name in the schema.
type Owner string

// The owners of keys whose values may be resolved from references.
const (
	OfJob      Owner = "job"
	OfTemplate Owner = "template"
	OfFragment Owner = "fragment"
	OfRemoval  Owner = "removal"
	OfUse      Owner = "familyUse"
)

// resolvedSchemas are the library's schemas of single keys, made when one is
// first refused.
var resolvedSchemas sync.Map // of *jsonschema.Schema, by location

// CheckResolved holds the value of a key to the schema once its references are
// resolved: the front door has seen the references only. What it finds is shown
// where a reference is used, with the place of its definition.
func CheckResolved(owner Owner, key, value *Node) Diagnostics {
	location := definitionsLocation + "#/$defs/" + string(owner) + "/properties/" + key.Text
	s := language().byLocation[location]
	if s == nil || s.valid(value) {
		return nil
	}
	library, known := resolvedSchemas.Load(location)
	if !known {
		library = compileSchema(definitionsSchema + strings.TrimPrefix(location, definitionsLocation))
		resolvedSchemas.Store(location, library)
	}
	out := &report{}
	e := &explainer{root: place{node: value, key: key, pointer: key.Text}, out: out, resolved: true}
	e.explain(library.(*jsonschema.Schema))
	return out.done()
}
