package main

import (
	"fmt"
	"os"
	"runtime/debug"
	"strings"
)

// version comes from the build information: the module's version for what
// `go install …@version` built, the commit for a build in a clone.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return strings.TrimPrefix(v, "v")
	}
	for _, setting := range info.Settings {
		if setting.Key == "vcs.revision" && len(setting.Value) >= 12 {
			return "devel-" + setting.Value[:12]
		}
	}
	return "devel"
}

// buildOf tells builds apart for which version is not enough: those of a work
// tree with changes, which carry the version of the commit below.
func buildOf(version string) string {
	if !strings.Contains(version, "devel") && !strings.Contains(version, "dirty") {
		return version
	}
	path, err := os.Executable()
	if err != nil {
		return version
	}
	info, err := os.Stat(path)
	if err != nil {
		return version
	}
	return fmt.Sprintf("%s %d %d", version, info.Size(), info.ModTime().UnixNano())
}
