package spec

import (
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v5"
)

// Owner is the schema's name for the object that a key belongs to.
type Owner string

// The owners of keys whose values may be resolved from references.
const (
	OfJob      Owner = "job"
	OfTemplate Owner = "template"
	OfFragment Owner = "fragment"
	OfRemoval  Owner = "removal"
	OfUse      Owner = "familyUse"
)

// resolvedSchemas caches the library's schemas of single keys, compiled at the first refusal.
var resolvedSchemas sync.Map // of *jsonschema.Schema, by location

// CheckResolved checks the value of a key against the schema after its references are resolved;
// loading saw only the references. It reports at the use of a reference, with the place of its
// definition.
func CheckResolved(owner Owner, key, value *Node) Diagnostics {
	location := definitionsLocation + "#/$defs/" + string(owner) + "/properties/" + key.Text
	s := language().at(location)
	if s == nil || s.valid(value) {
		return nil
	}
	library, known := resolvedSchemas.Load(location)
	if !known {
		library = compileSchema(definitionsSchema + strings.TrimPrefix(location, definitionsLocation))
		resolvedSchemas.Store(location, library)
	}
	out := &report{}
	e := &explainer{set: language(), root: place{node: value, key: key, pointer: key.Text}, out: out, resolved: true}
	e.explain(library.(*jsonschema.Schema))
	return out.done()
}
