package sdk

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// notePages are the pages about disagreeing sources.
var notePages = []string{"api-notes.md", "api/newer-routes.md", "api/sdk.md", "api/reference.md"}

// TestNotes checks that the notes name every difference between the answers and the SDK's model,
// and every operation that is not served. It also finds golden files and counts that no longer
// exist.
func TestNotes(t *testing.T) {
	t.Parallel()
	notes := ""
	for _, page := range notePages {
		text, err := os.ReadFile(filepath.Join("../../docs", filepath.FromSlash(page)))
		if err != nil {
			t.Fatal(err)
		}
		notes += string(text)
	}
	files, err := filepath.Glob("testdata/answers/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d answers, %v", len(files), err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var v verdict
		if err := json.Unmarshal(data, &v); err != nil {
			t.Fatal(err)
		}
		for _, path := range append(append(v.Unknown, v.Missing...), v.Altered...) {
			path, _, _ = strings.Cut(path, ":")
			if member := path[strings.LastIndex(path, ".")+1:]; !strings.Contains(notes, "`"+member+"`") {
				t.Errorf("the notes on the API do not name `%s`, in which %s and the SDK's model differ", member, filepath.Base(file))
			}
		}
	}
	for _, name := range notServed {
		if !strings.Contains(notes, "`"+name+"`") {
			t.Errorf("the notes on the API do not name `%s`, which is not served", name)
		}
	}
	if count := fmt.Sprintf("%d of its %d operations", len(operations())-len(notServed), len(operations())); !strings.Contains(notes, count) {
		t.Errorf("the notes on the API do not say %q", count)
	}
	checkUnreadable(t, notes)
	for _, word := range strings.Split(notes, "`") {
		if name, ok := strings.CutSuffix(word, ".json"); ok && !strings.ContainsAny(name, " */|") {
			if _, err := os.Stat(filepath.Join("testdata/answers", word)); err != nil {
				t.Errorf("the notes on the API name %s: %v", word, err)
			}
		}
	}
}
