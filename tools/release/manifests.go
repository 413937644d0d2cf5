package main

import (
	"bytes"
	"cmp"
	"debug/buildinfo"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"time"
)

// component is an entry of a CycloneDX list.
type component struct {
	Type    string `json:"type"`
	Name    string `json:"name"`
	Version string `json:"version"`
	PURL    string `json:"purl,omitempty"`
}

// billOfMaterials lists the modules of a program as Go recorded them, and the Go version, in
// CycloneDX 1.5.
func billOfMaterials(program, version string, at time.Time) ([]byte, error) {
	info, err := buildinfo.ReadFile(program)
	if err != nil {
		return nil, err
	}
	components := []component{{Type: "library", Name: "std", Version: strings.TrimPrefix(info.GoVersion, "go"), PURL: "pkg:golang/std@" + strings.TrimPrefix(info.GoVersion, "go")}}
	for _, dep := range info.Deps {
		dep = cmp.Or(dep.Replace, dep)
		components = append(components, component{"library", dep.Path, dep.Version, "pkg:golang/" + dep.Path + "@" + dep.Version})
	}
	slices.SortFunc(components, func(a, b component) int { return cmp.Compare(a.Name, b.Name) })
	commit := ""
	if i := slices.IndexFunc(info.Settings, func(s debug.BuildSetting) bool { return s.Key == "vcs.revision" }); i >= 0 {
		commit = info.Settings[i].Value
	}
	return indented(map[string]any{
		"bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1,
		"metadata": map[string]any{
			"timestamp":  at.Format(time.RFC3339),
			"component":  component{"application", "buildsync", version, "pkg:golang/" + info.Main.Path + "@" + info.Main.Version},
			"properties": []map[string]string{{"name": "vcs.revision", "value": commit}},
		},
		"components": components,
	})
}

func indented(value any) ([]byte, error) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	err := encoder.Encode(value)
	return out.Bytes(), err
}

// writeManifests writes the checksums, a formula for Homebrew and a manifest for Scoop.
func (r *release) writeManifests() error {
	var sums strings.Builder
	for _, m := range r.made {
		fmt.Fprintf(&sums, "%x  %s\n", m.sum, m.name)
	}
	texts := map[string][]byte{"checksums.txt": []byte(sums.String()), "buildsync.rb": []byte(r.formula())}
	scoop, err := r.scoop()
	if err != nil {
		return err
	}
	texts["buildsync.json"] = scoop // Scoop names the app after the file
	for name, text := range texts {
		if err := os.WriteFile(filepath.Join(r.out, name), text, 0o644); err != nil {
			return err
		}
	}
	return nil
}

const about = "Git as the source of truth for Huawei Cloud CodeArts Build"

// formula returns the formula for Homebrew, on macOS and Linux.
func (r *release) formula() string {
	var out strings.Builder
	fmt.Fprintf(&out, "class Buildsync < Formula\n  desc %q\n  homepage \"https://github.com/buildsync/buildsync\"\n  version %q\n  # license: chosen by the owner\n", about, r.version)
	for _, system := range [][2]string{{"darwin", "macos"}, {"linux", "linux"}} {
		fmt.Fprintf(&out, "\n  on_%s do\n", system[1])
		for _, cpu := range [][2]string{{"amd64", "intel"}, {"arm64", "arm"}} {
			for _, m := range r.made {
				if m.goos == system[0] && m.goarch == cpu[0] {
					fmt.Fprintf(&out, "    on_%s do\n      url \"%s/%s\"\n      sha256 \"%x\"\n    end\n", cpu[1], r.address, m.name, m.sum)
				}
			}
		}
		out.WriteString("  end\n")
	}
	out.WriteString(`
  def install
    bin.install "buildsync"
    man1.install Dir["man/man1/*.1"]
    bash_completion.install "completions/buildsync.bash" => "buildsync"
    zsh_completion.install "completions/_buildsync"
    fish_completion.install "completions/buildsync.fish"
  end

  test do
    assert_match version.to_s, shell_output("#{bin}/buildsync version")
  end
end
`)
	return out.String()
}

// scoop returns the manifest for Windows.
func (r *release) scoop() ([]byte, error) {
	architectures := map[string]any{}
	for _, m := range r.made {
		if m.goos == "windows" {
			architectures[map[string]string{"amd64": "64bit", "arm64": "arm64"}[m.goarch]] = map[string]string{"url": r.address + "/" + m.name, "hash": fmt.Sprintf("%x", m.sum)}
		}
	}
	return indented(map[string]any{
		"version": r.version, "description": about, "homepage": "https://github.com/buildsync/buildsync",
		"license": "Unknown", "bin": "buildsync.exe", "architecture": architectures,
	})
}
