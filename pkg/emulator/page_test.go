package emulator_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/buildsync/buildsync/pkg/emulator"
)

// TestPageStructure checks that the page is well-formed, loads nothing from elsewhere, and is
// readable in the dark.
func TestPageStructure(t *testing.T) {
	t.Parallel()
	c := start(t, emulator.Options{})
	c.create(jobBody("支付-构建"))
	c.run(c.buildable("built", "true"))
	got := c.call("GET", "/", "")
	if policy := got.header.Get("Content-Security-Policy"); !strings.HasPrefix(policy, "default-src 'none'") || got.header.Get("X-Frame-Options") != "DENY" {
		t.Errorf("headers: %v", got.header)
	}
	for _, want := range []string{
		"<bdi>支付-构建</bdi>", "not built yet", `class="written">yes</td>`,
		"prefers-color-scheme: dark", `name="viewport"`, `<html lang="en">`, `scope="col"`,
	} {
		if !strings.Contains(got.text, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	for _, at := range regexp.MustCompile(`[0-9]{2}:[0-9]{2}:[0-9]{2}[^<]*`).FindAllString(got.text, -1) {
		if !strings.Contains(at, " UTC") {
			t.Errorf("a time without a zone: %s", at)
		}
	}
	for _, tag := range []string{"table", "tr", "th", "td", "div", "span", "bdi", "code", "h2", "p"} {
		open, closed := strings.Count(got.text, "<"+tag+">")+strings.Count(got.text, "<"+tag+" "), strings.Count(got.text, "</"+tag+">")
		if open != closed || open == 0 {
			t.Errorf("%d <%s>, %d closed", open, tag, closed)
		}
	}
}
