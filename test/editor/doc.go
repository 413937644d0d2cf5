// Package editor tests what users see in an editor. It drives the YAML language server with the
// published schema, as editors do. It needs node and npm, so it has its own build tag; `make
// test-editor` runs it.
package editor
