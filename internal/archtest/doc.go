// Package archtest checks the rules of docs/architecture.md against the sources. It uses go/parser,
// because the results of a test that runs the go command are cached although imports change.
package archtest
