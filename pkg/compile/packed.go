package compile

import (
	"bytes"
	"encoding/binary"

	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/pkg/spec"
)

// packedJob has a job's body and the places of its values as one text each. That takes a tenth of
// the memory of trees and maps.
type packedJob struct {
	body   jsontree.Packed
	places string
	files  *fileTable
}

// fileTable numbers the files of the jobs of one compilation.
type fileTable struct {
	names  []string
	number map[string]uint64
}

func (t *fileTable) of(name string) uint64 {
	n, known := t.number[name]
	if !known {
		n = uint64(len(t.names))
		t.names, t.number[name] = append(t.names, name), n
	}
	return n
}

// packJob packs j's body and the places of its values.
func (c *compiler) packJob(j *Job, list []recorded) {
	places := c.packing[:0]
	before := ""
	for i := range list {
		path := list[i].whole()
		shared := 0
		for shared < min(len(path), len(before)) && path[shared] == before[shared] {
			shared++
		}
		places = binary.AppendUvarint(places, uint64(shared))
		places = binary.AppendUvarint(places, uint64(len(path)-shared))
		places = append(places, path[shared:]...)
		for _, n := range [...]uint64{c.files.of(list[i].Pos.File), uint64(list[i].Pos.Line), uint64(list[i].Pos.Column)} {
			places = binary.AppendUvarint(places, n)
		}
		before = path
	}
	c.packing = places
	j.packed = &packedJob{body: jsontree.Pack(j.body), places: string(places), files: c.files}
	j.body = nil
}

// Body returns the declared members of the API's create and update bodies, in the reference's order
// and with its wire types. A null or an empty array is declared as such. An absent member is not
// managed. The defaultValue of a secret is spec.SecretPlaceholder. The caller does not change it.
func (j *Job) Body() *jsontree.Value {
	if j.packed != nil {
		return j.packed.body.Unpack()
	}
	return j.body
}

// BodyCopy returns a copy of Body that the caller may change.
func (j *Job) BodyCopy() *jsontree.Value {
	if j.packed != nil {
		return j.packed.body.Unpack()
	}
	return j.body.Clone()
}

// WithBody gives j another body, as for a job that was not compiled, and returns j.
func (j *Job) WithBody(body *jsontree.Value) *Job {
	if j.packed == nil {
		j.body = body
		return j
	}
	packed := *j.packed
	packed.body = jsontree.Pack(body)
	j.packed = &packed
	return j
}

// PlaceOf returns where the value at path in the body was written, and whether
// the definitions declare one there.
func (j *Job) PlaceOf(path string) (spec.Pos, bool) {
	if j.packed == nil {
		from, ok := j.Provenance[path]
		return from.Pos, ok
	}
	return j.packed.placeOf(path)
}

func (p *packedJob) placeOf(path string) (at spec.Pos, ok bool) {
	rest := p.places
	number := func() uint64 {
		var n uint64
		for shift := uint(0); ; shift += 7 {
			b := rest[0]
			rest = rest[1:]
			n |= uint64(b&0x7f) << shift
			if b < 0x80 {
				return n
			}
		}
	}
	var current []byte
	for rest != "" {
		current = current[:number()]
		length := number()
		current = append(current, rest[:length]...)
		rest = rest[length:]
		file, line, column := number(), number(), number()
		if string(current) == path {
			at, ok = spec.Pos{File: p.files.names[file], Line: int(line), Column: int(column)}, true
		}
	}
	return at, ok
}

// SameBody reports whether the bodies of a and b are the same text. Both may be packed.
func SameBody(a, b *Job) bool {
	if a == b || a.packed != nil && b.packed != nil && a.packed.body == b.packed.body {
		return true
	}
	return bytes.Equal(a.Body().AppendJSON(nil), b.Body().AppendJSON(nil))
}

// PlaceOf returns where the value at path in the body was written, and whether
// the template declares one there.
func (t *Template) PlaceOf(path string) (spec.Pos, bool) {
	from, ok := t.Provenance[path]
	return from.Pos, ok
}
