//go:build browser

package render_test

import (
	"context"
	"image"
	_ "image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/buildsync/buildsync/pkg/diff"
)

// chromium starts the browser without a display and without a network of its
// own.
func chromium(t *testing.T, args ...string) []byte {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	args = append([]string{
		"--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
		"--disable-component-update", "--disable-sync", "--hide-scrollbars", "--window-size=1000,1200", "--user-data-dir=" + t.TempDir(),
	}, args...)
	out, err := exec.CommandContext(ctx, "chromium", args...).Output()
	if err != nil {
		t.Fatalf("chromium: %v", err)
	}
	return out
}

// TestInBrowser loads the pages in Chromium (make test-browser): each object is
// in the document, nothing that a plan holds became an element, and the page is
// dark where the reader's system is.
func TestInBrowser(t *testing.T) {
	for name, plan := range map[string]*diff.Plan{"review": review(t), "hostile": hostile(t)} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			file := filepath.Join(dir, "plan.html")
			if err := os.WriteFile(file, []byte(page(t, plan)), 0o600); err != nil {
				t.Fatal(err)
			}
			dom := string(chromium(t, "--dump-dom", "file://"+file))
			objects := 0 // notifications are shown with their job
			for _, c := range plan.Changes {
				if c.Kind != diff.KindNotification {
					objects++
				}
			}
			if n := strings.Count(dom, "change v-"); n != objects || strings.Contains(dom, "<script") || strings.Contains(dom, "<img") {
				t.Errorf("%d objects, want %d", n, objects)
			}
			light := brightness(t, dir, file, "light", "--blink-settings=preferredColorScheme=1")
			dark := brightness(t, dir, file, "dark", "--blink-settings=preferredColorScheme=0", "--force-dark-mode")
			if light < 200 || dark > 80 {
				t.Errorf("brightness: light %d, dark %d of 255", light, dark)
			}
		})
	}
}

// brightness returns the mean of a screenshot, from 0 to 255.
func brightness(t *testing.T, dir, page, name string, args ...string) uint64 {
	t.Helper()
	shot := filepath.Join(dir, name+".png")
	chromium(t, append(args, "--screenshot="+shot, "file://"+page)...)
	file, err := os.Open(shot)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	picture, _, err := image.Decode(file)
	if err != nil {
		t.Fatal(err)
	}
	var sum, count uint64
	for y := picture.Bounds().Min.Y; y < picture.Bounds().Max.Y; y += 4 {
		for x := picture.Bounds().Min.X; x < picture.Bounds().Max.X; x += 4 {
			r, g, b, _ := picture.At(x, y).RGBA()
			sum += uint64(r>>8+g>>8+b>>8) / 3
			count++
		}
	}
	return sum / count
}
