package secret_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/buildsync/buildsync/pkg/lint/secret"
)

// TestWithinFindsAllOfItsDocument checks that a document's finder finds the same in it as the
// general finder.
func TestWithinFindsAllOfItsDocument(t *testing.T) {
	t.Parallel()
	piece := rapid.SampledFrom([]string{
		"ghp_0123456789abcdefghijABCDEFGHIJ0123456789", "Bearer ", "bearer\n", "QUJDREVGR0hJSktMTU5P", "https://", "user:hunter2secret@host/", "curl -u ", "me:hunter2x",
		" docker login -p ", "PASSWORD=", "nexus_Token: ", "--api-key ", "\"s3cretvalue\"", "-----BEGIN RSA PRIVATE KEY-----", "-----END RSA PRIVATE KEY-----", "AKIAIOSFODNN7EXAMPLE",
		" ", "\n", "mvn package", "钥匙", "K", "eyJhbGciOi.eyJzdWIiOi.c2lnbmF0dXJl",
	})
	rapid.Check(t, func(t *rapid.T) {
		document := ""
		for _, part := range rapid.SliceOfN(piece, 0, 12).Draw(t, "pieces") {
			document += part
		}
		want, got := secret.Find(document), secret.Within(document).Find(document)
		if !slices.Equal(want, got) {
			t.Fatalf("%q: found %v, not %v", document, got, want)
		}
	})
}
