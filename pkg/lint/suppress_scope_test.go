package lint_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/buildsync/buildsync/pkg/lint"
	"github.com/buildsync/buildsync/pkg/spec"
)

// scopedJobs is a file of two jobs, a template and a fragment. Each of their steps
// removes a folder of its own in a way that shell-safety reports. @NAME are places
// for comments.
const scopedJobs = `version: 1
@top
jobs:
  @above-a
  - name: a # @behind-a
    arch: arm
    steps:
      @above-first
      - sh:
          @in-first
          name: first
          inputs:
            command: |
              @script-first
              rm -rf $FIRST
      - sh: {name: second, inputs: {command: "rm -rf $SECOND"}} # @behind-second
  - name: b
    @in-b
    arch: arm
    template: t
    steps:
      - sh: {name: third, inputs: {command: {$file: run.sh}}}
      - use: f
templates:
  @above-t
  - name: t
    steps:
      - sh: {name: fourth, inputs: {command: "rm -rf $FOURTH"}}
fragments:
  - name: f
    steps:
      @above-fifth
      - sh: {name: fifth, inputs: {command: "rm -rf $FIFTH"}}
`

// TestScopedSuppressions covers the forms of buildsync:ignore for a step, a job and a file, at any
// place in them.
func TestScopedSuppressions(t *testing.T) {
	t.Parallel()
	all := []string{"FIRST", "SECOND", "THIRD", "FOURTH", "FIFTH"}
	cases := []struct {
		place, comment string
		gone           string // not reported
		extra          string // rules that are
	}{
		{"above-first", "# buildsync:ignore-step shell-safety: known", "FIRST", ""},
		{"in-first", "# buildsync:ignore-step shell-safety: known", "FIRST", ""},
		{"script-first", "# buildsync:ignore-step shell-safety: known", "FIRST", ""},
		{"behind-second", "buildsync:ignore-step shell-safety: known", "SECOND", ""},
		{"behind-a", "buildsync:ignore-step shell-safety", "", "unknown-rule"},
		{"above-a", "# buildsync:ignore-job shell-safety: known", "FIRST SECOND", ""},
		{"behind-a", "buildsync:ignore-job shell-safety: known", "FIRST SECOND", ""},
		{"in-first", "# buildsync:ignore-job shell-safety, image-pin: known", "FIRST SECOND", "unused-suppression"},
		{"in-b", "# buildsync:ignore-job shell-safety: known", "THIRD", ""},
		{"above-t", "# buildsync:ignore-job shell-safety: known", "FOURTH", ""},
		{"above-fifth", "# buildsync:ignore-step shell-safety: known", "FIFTH", ""},
		{"above-fifth", "# buildsync:ignore-job shell-safety: known", "FIFTH", ""},
		{"top", "# buildsync:ignore-file shell-safety: known", "FIRST SECOND FOURTH FIFTH", ""},
		{"in-first", "# buildsync:ignore-file shell-safety: known", "FIRST SECOND FOURTH FIFTH", ""},
		{"script", "# buildsync:ignore-file shell-safety: known", "THIRD", ""},
		{"script", "# buildsync:ignore-step shell-safety: known", "", "unknown-rule"},
		{"script", "# buildsync:ignore-file cron: known", "", "unused-suppression"},
		{"top", "# buildsync:ignore-job shell-safety: known", "", "unknown-rule"},
		{"top", "# buildsync:ignore-file cron: known", "", "unused-suppression"},
		{"above-a", "# buildsync:ignore-job cron: known", "", "unused-suppression"},
		{"above-a", "# buildsync:ignore-job", "", "unknown-rule"},
		{"above-a", "# buildsync:ignore-job no-such-rule: x", "", "unknown-rule"},
		{"top", "# buildsync:ignore-file: known", "", "unknown-rule"},
		// forms that say nothing
		{"above-first", "# buildsync-ignore shell-safety: because", "", "unused-suppression"},
		{"above-first", "# buildsync:disable shell-safety", "", "unused-suppression"},
		{"script-first", "# buildsync:noqa", "", "unused-suppression"},
		{"above-first", "# buildsync:ignore-next-line shell-safety", "", "unused-suppression"},
		{"above-first", "# buildsync:ignore=shell-safety", "", "unused-suppression"},
		{"above-first", "# buildsync: ignore shell-safety", "", "unused-suppression"},
		{"top", "# buildsync:disable-file shell-safety", "", "unused-suppression"},
		{"script", "# BUILDSYNC:IGNORE shell-safety", "", "unused-suppression"},
		{"above-first", "# bulidsync:ignore shell-safety: because", "", "unused-suppression"},
		{"script-first", "# buildsnyc:ignore shell-safety", "", "unused-suppression"},
		{"top", "# Buildsync-Ignore-File shell-safety", "", "unused-suppression"},
		{"above-first", "# build-sync: ignore shell-safety", "", "unused-suppression"},
		{"above-first", "# buildsync:ingore shell-safety", "", "unused-suppression"},
		{"above-a", "# buildsync:ignorejob shell-safety", "", "unused-suppression"},
		{"above-a", "# buildsync:ignore-jobs shell-safety", "", "unused-suppression"},
		{"above-first", "# buildsync :ignore shell-safety", "", "unused-suppression"},
		{"above-first", "# shellcheck:ignore shell-safety", "", ""},
		{"above-first", "# builds: ignore failures of the old branch", "", ""},
		{"above-first", "# type:ignore", "", ""},
		{"above-first", "# buildsync no longer needs this", "", ""},
		{"above-first", "# buildsync ignores this on purpose, see the wiki", "", ""},
		{"above-first", "# the buildsync team", "", ""},
	}
	for _, c := range cases {
		t.Run(c.place+" "+c.comment, func(t *testing.T) {
			t.Parallel()
			text, script := scopedJobs, "@script\nrm -rf $THIRD\n"
			for _, place := range []string{"top", "above-a", "behind-a", "above-first", "in-first", "script-first", "behind-second", "in-b", "above-t", "above-fifth", "script"} {
				comment := "#"
				if strings.HasPrefix(place, "behind") {
					comment = ""
				}
				if place == c.place {
					comment = c.comment
				}
				text = strings.Replace(text, "@"+place+"\n", comment+"\n", 1)
				script = strings.Replace(script, "@"+place+"\n", comment+"\n", 1)
			}
			tree := spec.MapTree{"buildsync.yaml": workspace, "defs.yaml": text, "run.sh": script}
			var said, rules []string
			for _, d := range lint.Check(tree, "", lint.Options{}) {
				switch d.Rule {
				case "shell-safety":
					said = append(said, d.Message)
				case "unknown-rule", "unused-suppression":
					rules = append(rules, d.Rule)
				}
			}
			for _, name := range all {
				reported := strings.Contains(strings.Join(said, "\n"), "$"+name)
				if gone := strings.Contains(" "+c.gone+" ", " "+name+" "); reported == gone {
					t.Errorf("%s reported: %t", name, reported)
				}
			}
			if have := strings.Join(rules, " "); have != c.extra {
				t.Errorf("reported beside: %q, want %q", have, c.extra)
			}
		})
	}
}

// TestScopeOfDefaults suppresses a rule in the defaults of the workspace.
func TestScopeOfDefaults(t *testing.T) {
	t.Parallel()
	for kind, want := range map[string]int{"": 1, "-job": 0, "-step": 0, "-file": 0} {
		comment := "#"
		if kind != "" {
			comment = fmt.Sprintf("# buildsync:ignore%s shell-safety: known", kind)
		}
		tree := spec.MapTree{"buildsync.yaml": workspace + "defaults:\n  job:\n    steps:\n      " + comment + "\n      - sh: {name: B, inputs: {command: \"rm -rf $DIR\"}}\n",
			"defs.yaml": "version: 1\njobs: [{name: a, arch: arm}]\n"}
		have := 0
		for _, d := range lint.Check(tree, "", lint.Options{}) {
			if d.Rule == "shell-safety" || d.Rule == "unused-suppression" || d.Rule == "unknown-rule" {
				have++
			}
		}
		if have != want {
			t.Errorf("ignore%s: %d findings, want %d", kind, have, want)
		}
	}
}
