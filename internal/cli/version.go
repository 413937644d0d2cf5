package cli

import (
	"fmt"
	"os"
	"runtime/debug"
	"strings"
	"time"
)

// Version comes from the build information: the module's version for what
// `go install …@version` built, the commit for a build in a clone.
func Version() string {
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

// CommitText returns the built commit and its date, "" if the build has none.
func CommitText() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	of := map[string]string{}
	for _, setting := range info.Settings {
		of[setting.Key] = setting.Value
	}
	commit, date := of["vcs.revision"], of["vcs.time"]
	if len(commit) < 12 || len(date) < len(time.DateOnly) {
		return ""
	}
	changed := ""
	if of["vcs.modified"] == "true" {
		changed = " with changes"
	}
	return fmt.Sprintf(" (commit %s of %s%s)", commit[:12], date[:len(time.DateOnly)], changed)
}

// BuildOf identifies builds that have the same version: those of a changed work tree have the
// version of the commit below.
func BuildOf(version string) string {
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
