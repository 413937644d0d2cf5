package completion

import (
	"strings"

	"github.com/buildsync/buildsync/schemas"
)

const SchemaSuffix = ".schema.json"

// SchemaNames lists the schemas that are shipped.
func SchemaNames() []string {
	entries, err := schemas.Files.ReadDir(".")
	if err != nil {
		return nil // an embedded folder can be read
	}
	var names []string
	for _, entry := range entries {
		if name, ok := strings.CutSuffix(entry.Name(), SchemaSuffix); ok {
			names = append(names, name)
		}
	}
	return names
}
