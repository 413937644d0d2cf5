package format_test

import (
	"bytes"
	"testing"

	"github.com/buildsync/buildsync/pkg/format"
)

// BenchmarkSource formats one job, and as many as a file may hold.
func BenchmarkSource(b *testing.B) {
	job := []byte(`  - name: order-service
    steps:
    - maven:
        image: maven3.9.5-jdk17
        name: "Build"   # and test
        inputs:
          command: |
            set -e
            mvn -B package
    scms: [{url: u, scm_type: git}]
`)
	for _, c := range []struct {
		name string
		jobs int
	}{{"one job", 1}, {"4,000 jobs", 4000}} {
		b.Run(c.name, func(b *testing.B) {
			text := append([]byte("version: 1\njobs:\n"), bytes.Repeat(job, c.jobs)...)
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				if _, err := format.Source("a.yaml", text, format.Definitions); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
