// Package editor checks what people see in an editor: its test drives the YAML
// language server, as editors do, against the published schema. It needs node
// and npm, so it has a build tag of its own; `make test-editor` runs it.
package editor
