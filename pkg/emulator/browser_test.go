//go:build browser

package emulator_test

import (
	"context"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/buildsync/buildsync/pkg/emulator"
)

// TestInBrowser loads the page for people in Chromium (make test-browser): it
// shows projects, jobs, builds and the last requests, and a name that is HTML
// stays text.
func TestInBrowser(t *testing.T) {
	c := start(t, emulator.Options{})
	hostile := `<img src=x onerror=document.title=1>`
	c.create(jobBody("订单-构建"))
	c.good("POST", "/v3/templates/create", `{"name":"`+hostile+`","template":{"steps":[{"module_id":"m"}]}}`)
	c.run(c.buildable("shop-web", "true"))

	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	out, err := exec.CommandContext(ctx, "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-proxy-server",
		"--user-data-dir="+t.TempDir(), "--dump-dom", c.srv.URL+"/").Output()
	if err != nil {
		t.Fatalf("chromium: %v", err)
	}
	dom := string(out)
	for _, want := range []string{
		emulator.DefaultProject, `<bdi>订单-构建</bdi></a>`, "<bdi>shop-web</bdi>", "not built yet", "Last requests",
		"<td>CreateJob</td>", "<td>RunJob</td>", "&lt;img src=x onerror=document.title=1&gt;", "<title>buildsync emulator</title>",
	} {
		if !strings.Contains(dom, want) {
			t.Errorf("the document lacks %s", want)
		}
	}
	if strings.Contains(dom, "<img") || strings.Contains(dom, "<script") {
		t.Errorf("what the emulator stores became an element: %s", dom)
	}
}
