package diff

import (
	"crypto/sha256"
	"encoding/hex"

	"github.com/buildsync/buildsync/pkg/jsontree"
)

// Fingerprint identifies what a body means: the SHA-256 over its canonical
// JSON, without what the service alone writes and without sensitive values. Two
// bodies of one fingerprint make the same builds. "" for an absent body.
func Fingerprint(body *jsontree.Value, modules Modules) string {
	if body == nil {
		return ""
	}
	canonical := Normalize(body, modules)
	canonical.SortKeys()
	return digest(canonical.AppendJSON(nil))
}

func digest(data []byte) string {
	sum := sha256.Sum256(data)
	return "sha256:" + hex.EncodeToString(sum[:])
}
