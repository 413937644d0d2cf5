// Package spec is the front door of buildsync: it reads a workspace file and
// its definition files from a folder or a Git commit, refuses what is hostile
// or malformed, checks the rest against the JSON Schemas, and hands on nodes
// that know their place to the character.
//
// Its promises: all errors of all files come in one run; nothing outside the
// workspace is read, whatever links say; time and memory are bounded by the
// limits in limits.go; a scalar keeps the text that was written. It is the only
// package that imports a YAML library.
package spec
