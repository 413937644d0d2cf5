// Package spec reads a workspace file and its definition files from a folder or
// a Git commit. It refuses hostile and malformed files, checks the others
// against the JSON Schemas, and returns nodes that know their place to the
// character.
//
// Its promises: all errors of all files come in one run; nothing outside the
// workspace is read, whatever links say; time and memory are bounded by the
// limits in limits.go; a scalar keeps the text that was written. It is the only
// package that imports a YAML library.
package spec
