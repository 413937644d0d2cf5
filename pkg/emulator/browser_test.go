//go:build browser

package emulator_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
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

	dom := inChromium(t, c.srv.URL+"/")
	for _, want := range []string{
		emulator.DefaultProject, `<bdi>订单-构建</bdi></a>`, "<bdi>shop-web</bdi>", "not built yet", "Last requests",
		">CreateJob</td>", ">RunJob</td>", "&lt;img src=x onerror=document.title=1&gt;", "<title>buildsync emulator</title>",
	} {
		if !strings.Contains(dom, want) {
			t.Errorf("the document lacks %s", want)
		}
	}
	if strings.Contains(dom, "<img") || strings.Contains(dom, "<script") {
		t.Errorf("what the emulator stores became an element: %s", dom)
	}
}

// TestInBrowserOnAPhone checks that at the width of a phone every cell is visible below the name of
// its column.
func TestInBrowserOnAPhone(t *testing.T) {
	c := start(t, emulator.Options{})
	c.create(jobBody(strings.Repeat("订单构建", 28)))
	c.good("POST", "/v3/templates/create", `{"name":"java","template":{"steps":[{"module_id":"m"}]}}`)
	c.run(c.buildable("shop-web-with-a-long-name-"+strings.Repeat("x", 80), "true"))
	dom := inChromium(t, framed(t, c.srv.URL+"/"))
	if !strings.Contains(dom, `<pre id="found">cells and labels: State, Last builds, Changed, By`) {
		_, found, _ := strings.Cut(dom, `<pre id="found">`)
		t.Errorf("not readable on a phone: %s", found)
	}
}

// framed serves the page in a frame of 390 pixels, because a browser window cannot be that narrow,
// and writes its findings into the document.
func framed(t *testing.T, page string) string {
	t.Helper()
	const frame = `<!DOCTYPE html><meta charset="utf-8"><iframe src="/page" style="width:390px;height:800px;border:0" onload="look(this)"></iframe><pre id="found"></pre><script>
function look(frame) {
	const inside = frame.contentDocument, seen = [...inside.querySelectorAll("td")].filter(td => td.getClientRects().length)
	const outside = seen.filter(td => td.getBoundingClientRect().right > 390 || td.scrollWidth > td.clientWidth + 1)
	const labels = seen.map(td => frame.contentWindow.getComputedStyle(td, "::before").content.replaceAll('"', "")).filter(l => l !== "none")
	found.textContent = outside.length || inside.documentElement.scrollWidth > 390 || !seen.length
		? "out of view: " + outside.map(td => td.textContent.trim()).join(" | ") + "; page of " + inside.documentElement.scrollWidth
		: "cells and labels: " + labels.join(", ")
}</script>`
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		if r.URL.Path != "/page" {
			_, _ = io.WriteString(w, frame)
			return
		}
		answer, err := http.Get(page)
		if err != nil {
			t.Error(err)
			return
		}
		defer answer.Body.Close()
		_, _ = io.Copy(w, answer.Body)
	}))
	t.Cleanup(srv.Close)
	return srv.URL + "/"
}

// inChromium returns the document of an address as the browser has built it.
func inChromium(t *testing.T, address string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	out, err := exec.CommandContext(ctx, "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-proxy-server",
		"--user-data-dir="+t.TempDir(), "--dump-dom", address).Output()
	if err != nil {
		t.Fatalf("chromium: %v", err)
	}
	return string(out)
}
