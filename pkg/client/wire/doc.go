// Package wire has the request and response bodies of the CodeArts Build API, field for field, and
// decodes them. Section numbers are those of the API Reference (2023-11-30).
//
// Job and template bodies are not structs: they are open, and an update must send back every
// unknown member, so they are jsontree values. The key names of those bodies are constants in this
// package.
package wire
