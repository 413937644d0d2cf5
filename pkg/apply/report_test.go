package apply_test

import (
	"bytes"
	"encoding/json"
	"slices"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v5"

	"github.com/buildsync/buildsync/pkg/apply"
	"github.com/buildsync/buildsync/pkg/emulator"
	"github.com/buildsync/buildsync/schemas"
)

func reportSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	text, err := schemas.Files.ReadFile("report.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat = true
	if err := compiler.AddResource(schemas.Base+"report.schema.json", bytes.NewReader(text)); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile(schemas.Base + "report.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// TestReportFollowsItsSchema checks reports of good, bad and empty runs.
func TestReportFollowsItsSchema(t *testing.T) {
	t.Parallel()
	schema := reportSchema(t)
	w := newWorld(t, emulator.Strict())
	f := status(400, "CB.00060200", emulator.CommitNever)
	f.Op, f.Nth = "CreateJob", 2
	w.MustFail(t, f)
	mixed := w.apply(w.plan(estate(), nil, nil), apply.Options{Secrets: secrets, Parallelism: 1})
	if mixed.Outcomes[apply.Failed] != 1 {
		t.Fatalf("not the run that was meant:\n%s", describe(mixed))
	}
	w.converge(estate())
	empty := w.apply(w.plan(estate(), nil, nil), apply.Options{Secrets: secrets})
	withBuild := *mixed
	withBuild.Results = append(slices.Clone(mixed.Results), apply.Result{
		Kind: "job", Action: "update", Outcome: apply.Applied, Paths: []string{}, Causes: []string{}, RequestIDs: []string{},
		Build: &apply.Build{Number: "3", Result: "FAILURE", Message: "no"},
	})
	for name, report := range map[string]*apply.Report{"mixed": mixed, "empty": empty, "with a build": &withBuild} {
		text, err := json.Marshal(report)
		if err != nil {
			t.Fatal(err)
		}
		var value any
		decoder := json.NewDecoder(bytes.NewReader(text))
		decoder.UseNumber()
		if err := decoder.Decode(&value); err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(value); err != nil {
			t.Errorf("%s: %#v\n%s", name, err, text)
		}
	}
	for _, r := range mixed.Results {
		if r.Attempts > 0 && len(r.RequestIDs) == 0 {
			t.Errorf("%s %s has no request id", r.Action, r.Address)
		}
	}
}

func TestExitCodes(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		outcomes []apply.Outcome
		change   func(*apply.Report)
		want     apply.Ending
	}{
		"nothing to do":             {nil, nil, apply.EndDone},
		"all done":                  {[]apply.Outcome{apply.Applied, apply.AppliedConfirmed, apply.AppliedAfterAbsence, apply.Unchanged, apply.AlreadyAbsent}, nil, apply.EndDone},
		"failed before any write":   {[]apply.Outcome{apply.Failed, apply.Skipped, apply.Unchanged}, nil, apply.EndFailed},
		"failed beside a write":     {[]apply.Outcome{apply.Failed, apply.Applied}, nil, apply.EndPartial},
		"skipped beside a write":    {[]apply.Outcome{apply.Skipped, apply.Applied}, nil, apply.EndPartial},
		"unknown":                   {[]apply.Outcome{apply.Unknown}, nil, apply.EndPartial},
		"not converged":             {[]apply.Outcome{apply.NotConverged}, nil, apply.EndPartial},
		"stale":                     {[]apply.Outcome{apply.Conflict, apply.Unchanged}, nil, apply.EndStale},
		"stale beside a write":      {[]apply.Outcome{apply.Conflict, apply.Applied}, nil, apply.EndPartial},
		"stale and unknown":         {[]apply.Outcome{apply.Conflict, apply.Unknown}, nil, apply.EndPartial},
		"stale, failed, no writes":  {[]apply.Outcome{apply.Conflict, apply.Failed}, nil, apply.EndStale},
		"interrupted":               {[]apply.Outcome{apply.Applied, apply.Skipped}, func(r *apply.Report) { r.Interrupted = true }, apply.EndInterrupted},
		"halted with nothing to do": {nil, func(r *apply.Report) { r.Halted = "why" }, apply.EndFailed},
		"a smoke run that fails": {[]apply.Outcome{apply.Applied}, func(r *apply.Report) {
			r.Results[0].Build = &apply.Build{Result: "FAILURE"}
		}, apply.EndPartial},
		"a smoke run that succeeds": {[]apply.Outcome{apply.Applied}, func(r *apply.Report) {
			r.Results[0].Build = &apply.Build{Result: "SUCCESS"}
		}, apply.EndDone},
	}
	for name, test := range tests {
		report := &apply.Report{}
		for _, outcome := range test.outcomes {
			report.Results = append(report.Results, apply.Result{Outcome: outcome})
		}
		if test.change != nil {
			test.change(report)
		}
		if got := report.Ending(); got != test.want {
			t.Errorf("%s: ending %s, want %s", name, got, test.want)
		}
	}
}
