package judges

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"
	"pgregory.net/rapid"

	"github.com/buildsync/buildsync/pkg/lint/format"
	"github.com/buildsync/buildsync/pkg/spec"
)

// judge reads a report with another project's SARIF 2.1.0 types and checks it against the OASIS
// schema.
func judge(text []byte) error {
	report, err := sarif.FromBytes(text)
	if err != nil {
		return err
	}
	for _, run := range report.Runs {
		setDefaults(run)
	}
	if err := report.Validate(); err != nil {
		return err
	}
	// Its types drop unknown members before they validate.
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	var known sarif.Report
	if err := decoder.Decode(&known); err != nil {
		return err
	}
	again, err := json.Marshal(report)
	if err != nil {
		return err
	}
	return lost(text, again)
}

// setDefaults sets omitted members to their defaults of SARIF 3.14. The judge's types would write
// them as empty, which the schema refuses.
func setDefaults(run *sarif.Run) {
	if run.Language == "" {
		run.Language = "en-US"
	}
	if len(run.NewlineSequences) == 0 {
		run.NewlineSequences = []string{"\r\n", "\n"}
	}
	if run.Tool != nil && run.Tool.Driver != nil && run.Tool.Driver.Language == "" {
		run.Tool.Driver.Language = "en-US"
	}
}

// lost returns the values of a report that the judge dropped.
func lost(have, again []byte) error {
	var before, after any
	if err := errors.Join(json.Unmarshal(have, &before), json.Unmarshal(again, &after)); err != nil {
		return err
	}
	if diff := cmp.Diff(before, keep(before, after)); diff != "" {
		return fmt.Errorf("(-written +read):\n%s", diff)
	}
	return nil
}

// keep removes from v what shape does not have: defaults that the judge adds.
func keep(shape, v any) any {
	switch shape := shape.(type) {
	case map[string]any:
		kept := map[string]any{}
		object, _ := v.(map[string]any)
		for key := range shape {
			if value, ok := object[key]; ok {
				kept[key] = keep(shape[key], value)
			}
		}
		return kept
	case []any:
		list, _ := v.([]any)
		kept := make([]any, 0, len(list))
		for i := range list {
			if i < len(shape) {
				kept = append(kept, keep(shape[i], list[i]))
			}
		}
		return kept
	}
	return v
}

// TestGoldenReports checks that another reader accepts the writer's golden files.
func TestGoldenReports(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../../pkg/lint/format/testdata/sarif*.out")
	if err != nil || len(files) < 2 {
		t.Fatalf("%d reports, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if err := judge(text); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestTheJudgeRefuses checks that the judge refuses wrong reports.
func TestTheJudgeRefuses(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"no tool":          `{"version":"2.1.0","runs":[{"results":[]}]}`,
		"unknown version":  `{"version":"3.0.0","runs":[]}`,
		"unknown member":   `{"version":"2.1.0","runs":[],"findings":[]}`,
		"unknown level":    `{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"x"}},"results":[{"level":"fatal","message":{"text":"x"}}]}]}`,
		"line before one":  `{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"x"}},"results":[{"message":{"text":"x"},"locations":[{"physicalLocation":{"artifactLocation":{"uri":"a"},"region":{"startLine":0}}}]}]}]}`,
		"URI with a blank": `{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"x"}},"results":[{"message":{"text":"x"},"locations":[{"physicalLocation":{"artifactLocation":{"uri":"a b"}}}]}]}]}`,
	} {
		if judge([]byte(text)) == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

// TestAnyFindings checks that findings with any texts and places make a valid report.
func TestAnyFindings(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		ds := rapid.SliceOfN(rapid.Custom(finding), 0, 4).Draw(t, "findings")
		source := rapid.SliceOf(rapid.Byte()).Draw(t, "source")
		var out bytes.Buffer
		err := format.ByName("sarif")(&out, ds, format.Options{
			Source: func(string) []byte { return source }, Version: rapid.String().Draw(t, "version"),
			Summary: func(rule string) string { return "about " + rule },
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := judge(out.Bytes()); err != nil {
			t.Fatalf("%v\n%s", err, out.Bytes())
		}
	})
}

func finding(t *rapid.T) spec.Diagnostic {
	d := spec.Diagnostic{
		Rule:     rapid.OneOf(rapid.SampledFrom([]string{"unknown-key", "secret"}), rapid.String()).Draw(t, "rule"),
		Severity: rapid.SampledFrom([]spec.Severity{spec.Error, spec.Warning, spec.Info}).Draw(t, "severity"),
		Range:    place(t), Message: rapid.String().Draw(t, "message"), Hint: rapid.String().Draw(t, "hint"),
		Pointer: rapid.String().Draw(t, "pointer"),
	}
	for range rapid.IntRange(0, 2).Draw(t, "related") {
		d.Related = append(d.Related, spec.Related{Range: place(t), Message: rapid.String().Draw(t, "why")})
	}
	for range rapid.IntRange(0, 2).Draw(t, "fixes") {
		start := rapid.IntRange(0, 20).Draw(t, "start")
		d.Fixes = append(d.Fixes, spec.Fix{Message: rapid.String().Draw(t, "fix"), Edits: []spec.Edit{{
			File: d.Range.Start.File, Start: start, End: start + rapid.IntRange(0, 9).Draw(t, "length"), New: rapid.String().Draw(t, "new"),
		}}})
	}
	return d
}

func place(t *rapid.T) spec.Range {
	name := rapid.OneOf(rapid.SampledFrom([]string{"jobs/a.yaml", "a b.yaml", "构建/x.yml", "c:\\d.yaml", "//host/x", "a?b#c%zz"}), rapid.String()).Draw(t, "file")
	line, column := rapid.IntRange(0, 9).Draw(t, "line"), rapid.IntRange(0, 9).Draw(t, "column")
	return spec.Range{
		Start: spec.Pos{File: name, Line: line, Column: column},
		End:   spec.Pos{File: name, Line: line + rapid.IntRange(0, 2).Draw(t, "lines"), Column: column + rapid.IntRange(0, 9).Draw(t, "columns")},
	}
}
