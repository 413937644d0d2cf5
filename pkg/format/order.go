package format

import (
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/schemas"
)

// shape is what the schema says about the order of keys at a place. The nil
// shape knows nothing: keys stay in the order written.
type shape struct {
	order  *order
	schema *jsontree.Value
	file   string // the schema's own, which references are relative to

	// What has been found out, for the next mapping of the kind.
	values map[string]*shape
	items  *shape
	listed []string
}

// order is the schemas, read once.
type order struct{ files map[string]*jsontree.Value }

// schemaOrder is read when a file is first formatted.
var schemaOrder = sync.OnceValue(func() *order {
	o := &order{files: map[string]*jsontree.Value{}}
	for _, name := range []string{string(Definitions), string(Workspace), string(Policies)} {
		text, err := schemas.Files.ReadFile(name)
		if err == nil {
			o.files[name], err = jsontree.Parse(text, jsontree.Limits{})
		}
		if err != nil {
			panic("bug in buildsync: " + name + ": " + err.Error()) // it is embedded
		}
	}
	return o
})

func (o *order) root(kind Kind) *shape {
	return &shape{order: o, schema: o.files[string(kind)], file: string(kind)}
}

// at makes a shape of a schema that was found within s.
func (s *shape) at(schema *jsontree.Value) *shape {
	return &shape{order: s.order, schema: schema, file: s.file}
}

var unescape = strings.NewReplacer("~1", "/", "~0", "~")

// parts lists the schemas that a value at this place may have to fulfil. The
// friendly form, which is under else, comes before the raw one.
func (s *shape) parts() []*shape {
	if s == nil || s.schema.Kind() != jsontree.KindObject {
		return nil
	}
	all := []*shape{s}
	if ref, ok := s.schema.Get("$ref").AsString(); ok {
		all = append(all, s.resolve(ref).parts()...)
	}
	for _, keyword := range []string{"else", "then"} {
		all = append(all, s.at(s.schema.Get(keyword)).parts()...)
	}
	for _, part := range s.schema.Get("anyOf").Items() {
		all = append(all, s.at(part).parts()...)
	}
	return all
}

// resolve finds what a reference names.
func (s *shape) resolve(ref string) *shape {
	file, pointer, _ := strings.Cut(ref, "#")
	if file = path.Base(file); file == "." {
		file = s.file
	}
	found := &shape{order: s.order, schema: s.order.files[file], file: file}
	for key := range strings.SplitSeq(strings.TrimPrefix(pointer, "/"), "/") {
		found.schema = found.schema.Get(unescape.Replace(key))
	}
	return found
}

// keys returns the keys that the schema lists, in its order, except mappings whose
// keys are the user's own names.
func (s *shape) keys() []string {
	if s == nil {
		return nil
	}
	if s.listed != nil {
		return s.listed
	}
	s.listed = []string{}
	for _, part := range s.parts() {
		if part.schema.Get("additionalProperties").Kind() == jsontree.KindObject {
			continue // the user's own names
		}
		for _, property := range part.schema.Get("properties").Members() {
			if !slices.Contains(s.listed, property.Key) {
				s.listed = append(s.listed, property.Key)
			}
		}
	}
	return s.listed
}

// key returns the shape of a key's value.
func (s *shape) key(name string) *shape {
	if s == nil {
		return nil
	}
	found, known := s.values[name]
	if known {
		return found
	}
	if s.values == nil {
		s.values = map[string]*shape{}
	}
	s.values[name] = s.find(name)
	return s.values[name]
}

func (s *shape) find(name string) *shape {
	parts := s.parts()
	for _, part := range parts {
		if found := part.schema.Get("properties").Get(name); found != nil {
			return part.at(found)
		}
	}
	for _, part := range parts {
		if found := part.schema.Get("additionalProperties"); found.Kind() == jsontree.KindObject {
			return part.at(found)
		}
	}
	return nil
}

// item returns the shape of a list's items.
func (s *shape) item() *shape {
	if s == nil {
		return nil
	}
	if s.items != nil {
		return s.items
	}
	for _, part := range s.parts() {
		if found := part.schema.Get("items"); found != nil {
			s.items = part.at(found)
			break
		}
	}
	return s.items
}
