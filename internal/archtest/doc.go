// Package archtest holds the table of packages in docs/architecture.md to what
// the import blocks say. It reads the sources with go/parser: a test that asked
// the go command would be cached although the imports had changed.
package archtest
