package main

import (
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// project is the CodeArts project that the definitions are in.
const project = "6ecbc5bac7c8442fb3d2563d53c13582"

// noticesEvery is 4: every fourth job declares notifications.
const noticesEvery = 4

// definitions creates a workspace of n definitions of 60 lines, with one job each.
func definitions(dir string, n int) error {
	workspace := fmt.Sprintf(`version: 1
definitions: ["jobs/**/*.yaml"]
projects: {shop: %s}
default_project: shop
vars: {maven_image: cloudbuild@maven3.9.5-jdk17}
`, project)
	if err := write(filepath.Join(dir, "buildsync.yaml"), workspace); err != nil {
		return err
	}
	for i := range n {
		if err := write(definitionFile(dir, i), definition(i)); err != nil {
			return err
		}
	}
	return nil
}

// definitionFile returns the path of the i-th definition.
func definitionFile(dir string, i int) string {
	return filepath.Join(dir, "jobs", fmt.Sprintf("%02d", i%100), fmt.Sprintf("service-%05d.yaml", i))
}

// definition returns a file of 60 lines, with or without notifications.
func definition(i int) string {
	last := "on_commit: false\n    # Nobody is told: the nightly report names what failed.\n    timeout: 1h"
	if i%noticesEvery == 0 {
		last = "notifications:\n      MAIL: [buildJobFail]\n    timeout: 1h"
	}
	return fmt.Sprintf(definitionText, i, i, i, last)
}

// definitionText is a definition of 60 lines without its last ones. The benchmark of pkg/lint uses it too.
//
//go:embed definition.txt
var definitionText string

// workflows writes n typical workflow files of 60 lines for actionlint, with a matrix, steps,
// scripts and expressions.
func workflows(dir string, n int) error {
	for i := range n {
		name := filepath.Join(dir, ".github", "workflows", fmt.Sprintf("service-%05d.yaml", i))
		if err := write(name, workflow(i)); err != nil {
			return err
		}
	}
	return nil
}

func workflow(i int) string {
	return strings.ReplaceAll(workflowText, "NUMBER", fmt.Sprintf("%05d", i))
}

const workflowText = `# yaml-language-server: $schema=https://json.schemastore.org/github-workflow.json
name: service-NUMBER-build
on:
  push:
    branches: [master]
  pull_request:
  workflow_dispatch:
    inputs:
      target:
        description: Where to
        type: choice
        options: [dev, staging, prod]
        default: dev
  schedule:
    - cron: "53 15 * * 1-5"
permissions:
  contents: read
env:
  SERVICE: service-NUMBER
jobs:
  build:
    name: Build with Maven
    runs-on: ubuntu-latest
    timeout-minutes: 60
    strategy:
      matrix:
        java: [17, 21]
    steps:
      - uses: actions/checkout@v4
        with:
          fetch-depth: 1
      - uses: actions/setup-java@v4
        with:
          distribution: temurin
          java-version: ${{ matrix.java }}
      - name: Build
        run: |
          set -e
          # the usual goals
          mvn -B -U package -Dmaven.test.failure.ignore=true
          if [ "${{ github.event.inputs.target }}" = prod ]; then
            mvn -B site
          fi
      - name: Smoke test NUMBER
        env:
          TARGET: ${{ github.event.inputs.target }}
        run: |
          set -e
          for port in 8080 8443; do
            ./smoke.sh --target "$TARGET" --port "$port"
          done
          sha256sum target/*.jar >target/checksums.txt
          cat target/checksums.txt
      - name: Upload to release repo
        if: ${{ github.ref == 'refs/heads/master' }}
        uses: actions/upload-artifact@v4
        with:
          name: jars-${{ matrix.java }}
          path: "target/*.jar"
          retention-days: 7
`

// write writes a file and creates the folders above it.
func write(name, content string) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	return os.WriteFile(name, []byte(content), 0o600)
}
