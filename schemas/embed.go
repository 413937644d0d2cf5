// Package schemas holds the JSON Schemas of what people and programs read and
// write: definitions, the workspace file, plans and reports. Editors use the
// same files.
package schemas

import "embed"

// Base is what the $id of every schema starts with.
const Base = "https://raw.githubusercontent.com/buildsync/buildsync/main/schemas/"

// Files are the schemas, each called NAME.schema.json.
//
//go:embed *.schema.json
var Files embed.FS
