// Package wire holds the request and response bodies of the CodeArts Build API,
// field for field, and how they are read. Section numbers are those of the API
// Reference (2023-11-30).
//
// Job and template bodies are not structs here: they are open by nature, and an
// update must send back every member that it does not know, so they travel as
// jsontree values. The key names of those bodies are constants in this package.
package wire
