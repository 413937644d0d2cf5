package jsontree

import "encoding/binary"

// Packed is a value as one text, for whoever keeps many: it takes a fraction of
// the tree's memory, and a collector of garbage need not look into it. The zero
// Packed is an absent value.
//
// It is not a format to store: it holds for one run of one program.
type Packed string

// Pack packs v. What Unpack makes of it is Equal to v, to the order of members.
func Pack(v *Value) Packed {
	if v == nil {
		return ""
	}
	var size packedSize
	size.add(v)
	buf := make([]byte, 0, size.bytes+3*binary.MaxVarintLen64)
	for _, n := range [...]int{size.values, size.lists, size.members, size.items} {
		buf = binary.AppendUvarint(buf, uint64(n))
	}
	return Packed(appendPacked(buf, v))
}

// packedSize counts what a tree consists of, so that each kind of piece can be
// allocated at once.
type packedSize struct{ values, lists, members, items, bytes int }

func (s *packedSize) add(v *Value) {
	const perValue = 3 // the kind and most lengths
	if v == nil {
		s.bytes++
		return
	}
	s.values++
	s.bytes += perValue + len(v.text)
	if !v.kind.isList() {
		return
	}
	s.lists++
	for _, m := range v.Members() {
		s.members++
		s.bytes += perValue + len(m.Key)
		s.add(m.Value)
	}
	for _, item := range v.Items() {
		s.items++
		s.add(item)
	}
}

func (k Kind) isList() bool { return k == KindArray || k == KindObject }

func appendPacked(buf []byte, v *Value) []byte {
	buf = append(buf, byte(v.Kind()))
	switch v.Kind() {
	case KindAbsent, KindNull:
	case KindArray:
		items := v.Items()
		buf = binary.AppendUvarint(buf, uint64(len(items)))
		for _, item := range items {
			buf = appendPacked(buf, item)
		}
	case KindObject:
		members := v.Members()
		buf = binary.AppendUvarint(buf, uint64(len(members)))
		for _, m := range members {
			buf = appendText(buf, m.Key)
			buf = appendPacked(buf, m.Value)
		}
	default:
		buf = appendText(buf, v.text)
	}
	return buf
}

func appendText(buf []byte, text string) []byte {
	buf = binary.AppendUvarint(buf, uint64(len(text)))
	return append(buf, text...)
}

// Unpack returns the value, a tree of its own each time; nil for an absent one.
// Its texts are parts of p.
func (p Packed) Unpack() *Value {
	if p == "" {
		return nil
	}
	u := unpacker{rest: string(p)}
	values, lists, members, items := u.number(), u.number(), u.number(), u.number()
	u.values, u.lists = make([]Value, values), make([]list, lists)
	u.members, u.items = make([]Member, members), make([]*Value, items)
	return u.value()
}

// unpacker reads a Packed, and takes the pieces of the tree from slabs of the
// size that Pack counted.
type unpacker struct {
	rest    string
	values  []Value
	lists   []list
	members []Member
	items   []*Value
}

func (u *unpacker) number() int {
	var n uint64
	for shift := uint(0); ; shift += 7 {
		b := u.rest[0]
		u.rest = u.rest[1:]
		n |= uint64(b&0x7f) << shift
		if b < 0x80 {
			return int(n)
		}
	}
}

func (u *unpacker) text() string {
	n := u.number()
	text := u.rest[:n]
	u.rest = u.rest[n:]
	return text
}

func (u *unpacker) value() *Value {
	kind := Kind(u.rest[0])
	u.rest = u.rest[1:]
	if kind == KindAbsent {
		return nil
	}
	v := &u.values[0]
	u.values, v.kind = u.values[1:], kind
	switch kind {
	case KindNull:
	case KindArray:
		v.list, u.lists = &u.lists[0], u.lists[1:]
		n := u.number()
		v.items, u.items = u.items[:n:n], u.items[n:]
		for i := range v.items {
			v.items[i] = u.value()
		}
	case KindObject:
		v.list, u.lists = &u.lists[0], u.lists[1:]
		n := u.number()
		v.members, u.members = u.members[:n:n], u.members[n:]
		for i := range v.members {
			v.members[i].Key = u.text()
			v.members[i].Value = u.value()
		}
	default:
		v.text = u.text()
	}
	return v
}
