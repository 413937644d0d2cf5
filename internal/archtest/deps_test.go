package archtest

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestJudgesStayOutOfTheProduct checks that the product does not import the official SDK or the
// format validators. They check buildsync from modules of their own.
func TestJudgesStayOutOfTheProduct(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	for _, judge := range []string{"huaweicloud-sdk-go-v3", "go-sarif", "kin-openapi", "staticcheck", "honnef.co"} {
		if strings.Contains(string(text), judge) {
			t.Errorf("go.mod names %s", judge)
		}
	}
	if regexp.MustCompile(`(?m)^replace `).Match(text) {
		t.Error("go.mod has a replace: go install module@version refuses it")
	}
}
