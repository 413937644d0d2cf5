// Package jsontree holds a JSON value without losing anything of it.
//
// The bodies of the build service are open: a job carries members that no
// document lists, a step's properties are any JSON, and an update that forgets
// a member clears it. So bodies travel through buildsync as a tree that keeps
// the order of members, the text of numbers, and the difference between a
// member that is absent (a nil *Value), null, and empty.
//
// Parse is strict where encoding/json is not: it refuses duplicate and
// case-variant keys, trailing data, invalid UTF-8, unpaired surrogates and
// documents beyond its limits, because an answer that two readers understand
// differently must never count as a success.
package jsontree
