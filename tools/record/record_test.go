//go:build unix

package main

import (
	"encoding/xml"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// texts returns the lines that a picture shows, without what differs in every run.
func texts(t *testing.T, svg string) string {
	t.Helper()
	var out strings.Builder
	decoder := xml.NewDecoder(strings.NewReader(svg))
	inText := false
	for {
		token, err := decoder.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		switch token := token.(type) {
		case xml.StartElement:
			inText = inText || token.Name.Local == "text"
		case xml.EndElement:
			if token.Name.Local == "text" {
				inText = false
				out.WriteString("\n")
			}
		case xml.CharData:
			if inText {
				out.Write(token)
			}
		}
	}
	varies := regexp.MustCompile(`[0-9a-f]{7,64}|\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\dZ?`)
	return varies.ReplaceAllString(out.String(), "…")
}

// TestDemoIsCurrent checks that the picture in the README shows today's output of make demo; make
// record updates it.
func TestDemoIsCurrent(t *testing.T) {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	binary := filepath.Join(t.TempDir(), "buildsync")
	build := exec.Command("go", "build", "-trimpath", "-o", binary, "./cmd/buildsync")
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Setenv("BUILDSYNC", binary)
	printed, err := played(t.Context(), []string{"sh", filepath.Join(root, "tools", "demo.sh")})
	if err != nil {
		t.Fatal(err)
	}
	committed, err := os.ReadFile(filepath.Join(root, "docs", "demo.svg"))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := texts(t, picture(printed)), texts(t, string(committed)); got != want {
		t.Errorf("docs/demo.svg shows other lines than make demo prints (make record):\n%s\nwant\n%s", got, want)
	}
	if readme, err := os.ReadFile(filepath.Join(root, "README.md")); err != nil || !strings.Contains(string(readme), "](docs/demo.svg)") {
		t.Errorf("the README does not show the picture: %v", err)
	}
	if strings.Count(printed, "\n") > 80 {
		t.Errorf("the demo has %d lines, more than a person reads", strings.Count(printed, "\n"))
	}
}

// TestScreen checks that colours become runs, that long lines wrap, and that text stays inside the
// picture.
func TestScreen(t *testing.T) {
	lines := screen("\n\x1b[1;31mbad\x1b[0m <b>&\x1b[K\r\n" + strings.Repeat("x", columns+1))
	want := `[{{#ff7b72 true false} bad} {{ false false}  <b>&}]`
	if got := fmt.Sprint(lines[0]); got != want || len(lines) != 3 || len(lines[1][0].text) != columns || lines[2][0].text != "x" {
		t.Errorf("lines are %v", lines)
	}
	if svg := picture("\x1b[2m</text><script>\n"); strings.Contains(svg, "<script>") || !strings.Contains(svg, `class="d">&lt;/text&gt;`) {
		t.Errorf("the picture is\n%s", svg)
	}
}

// TestMoments checks that a new part waits longer than a line, and that lines appear in their
// order.
func TestMoments(t *testing.T) {
	at, total := moments(screen("one\ntwo\n# part\n"))
	if len(at) != 3 || at[1]-at[0] > perPart || at[2]-at[1] < perPart || total != at[2]+atTheEnd {
		t.Errorf("moments %v, in all %v", at, total)
	}
}
