// Package spec reads a workspace file and its definition files from a folder or a Git commit. It
// refuses hostile and malformed files, checks the others against the JSON Schemas, and returns
// nodes with their exact position.
//
// It promises: one run reports all errors of all files; nothing outside the workspace is read, even
// through links; the limits in limits.go bound time and memory; a scalar keeps its text as written.
// No other package imports a YAML library.
package spec
