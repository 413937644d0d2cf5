package main

import (
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/buildsync/buildsync/internal/screen"
	"github.com/buildsync/buildsync/pkg/catalog"
	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/jsontree"
)

func (p *program) jobShowCommand() *cli.Command {
	return p.command(&cli.Command{
		Name:      "show",
		Usage:     "print what a live job is",
		ArgsUsage: "JOB",
		Description: about(`Prints a job as the service holds it (API reference 4.26): where its code comes from, its
parameters and its steps; as JSON the whole body. Sensitive values are hidden, and so is
what looks like a secret.

Exit codes: 0 done; 1 the job could not be read; 3 invalid input.`,
			"buildsync job show maven-package",
			"buildsync job show --format json 48c66c6002964721be537cdc6ce0297b"),
		Flags: objectFlags(),
	}, (*invocation).jobShow)
}

func (in *invocation) jobShow() error {
	outputs, err := in.resultOutputs()
	if err != nil {
		return err
	}
	return in.withService(1, 1, func(l *live) error {
		job, err := l.job(l.args[0])
		if err != nil {
			return err
		}
		body, err := l.body(job)
		if err != nil {
			return err
		}
		modules := catalog.Default()
		body = in.redacted(body, modules)
		return in.print(outputs, modules, reply{doc: body, text: func(out *screen.Paper) {
			writeJobBody(out, job, body, modules)
		}})
	})
}

// writeJobBody writes a body that holds no secret.
func writeJobBody(out *screen.Paper, job jobRef, body *jsontree.Value, modules *catalog.Catalogue) {
	var s screen.Sheet
	s.Add("Job", body.Str(wire.KeyJobName))
	s.Add("Id", job.ID)
	s.Add("Project", body.Str(wire.KeyProjectID))
	if job.Item != nil && job.Item.Disabled {
		s.Add("State", "disabled")
	}
	for _, row := range []struct{ name, key string }{
		{"Architecture", wire.KeyArch}, {"Flavor", wire.KeyFlavor}, {"Host type", wire.KeyHostType},
		{"Built from", wire.KeyBuildConfigType}, {"Submodules", wire.KeyAutoUpdateSubModule}, {"Description", wire.KeyDescription},
	} {
		s.Add(row.name, body.Str(row.key))
	}
	for _, scm := range body.Get(wire.KeySCMs).Items() {
		s.Add("Code", fmt.Sprintf("%s, branch %s (%s)", scm.Str(wire.KeyURL), scm.Str(wire.KeyBranch), scm.Str(wire.KeySCMType)))
	}
	s.WriteTo(out)
	writeParameters(out, body.Get(wire.KeyParameters).Items())
	writeSteps(out, body.Get(wire.KeySteps).Items(), modules)
}

func writeParameters(out *screen.Paper, parameters []*jsontree.Value) {
	if len(parameters) == 0 {
		return
	}
	out.WriteString("\nParameters:\n")
	t := screen.NewTable("NAME", "TYPE", "DEFAULT", "DESCRIPTION")
	for _, parameter := range parameters {
		t.Add(parameterField(parameter, wire.ParamName), parameterField(parameter, wire.ParamType),
			parameterField(parameter, wire.ParamDefaultValue), parameterField(parameter, wire.ParamDescription))
	}
	t.WriteTo(out)
}

// parameterField is one field of a parameter definition, as text.
func parameterField(parameter *jsontree.Value, name string) string {
	return wire.Parameter{Definition: parameter}.Value(name).Text()
}

func writeSteps(out *screen.Paper, steps []*jsontree.Value, modules *catalog.Catalogue) {
	if len(steps) == 0 {
		return
	}
	out.WriteString("\nSteps:\n")
	t := screen.NewTable("NO", "NAME", "MODULE", "STATE")
	for i, step := range steps {
		id := wire.Member(step, wire.KeyModuleID, "moduleId").Text()
		what := id
		if word := modules.Module(id).Word(); word != "" {
			what = word + " (" + id + ")"
		}
		state := ""
		if enabled, given := wire.Member(step, wire.KeyEnable).AsBool(); given && !enabled {
			state = "disabled"
		}
		t.Add(fmt.Sprint(i+1), wire.Member(step, wire.KeyName).Text(), what, state)
	}
	t.WriteTo(out)
}
