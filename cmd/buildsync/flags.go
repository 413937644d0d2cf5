package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	kit "github.com/buildsync/buildsync/internal/cli"
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/spec"
)

// globalFlags are accepted before and after the command's name.
func globalFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "dir", Aliases: []string{"C"}, Usage: "look for the workspace from `DIR` upwards instead of the current folder"},
		&cli.StringFlag{Name: "env", Usage: "use the environment `NAME` of buildsync.yaml"},
		&cli.StringFlag{Name: "project", Usage: "only the project `P`, an alias or an id"},
		&cli.StringFlag{Name: "region", Usage: "the Huawei Cloud `REGION`; wins over buildsync.yaml"},
		&cli.StringFlag{Name: "endpoint", Usage: "the service's `URL`, or emulator for the built-in one"},
		&cli.StringFlag{Name: "emulator-data", Usage: "the built-in emulator keeps its state in `FILE`, not in .buildsync/emulator.db"},
		&cli.StringFlag{Name: "api", Usage: "`VERSION`: the routes to speak, v3 or v1", Value: "v3"},
		&cli.StringFlag{Name: "profile", Usage: "the profile `NAME` of the credentials file"},
		&cli.StringFlag{Name: "token-cache", Usage: "keep the IAM token in `DIR`, readable by its owner only"},
		&cli.StringFlag{Name: "ca-file", Usage: "trust the certificates in `FILE` as well"},
		&cli.StringSliceFlag{Name: "var", Usage: "set a variable of vars: `NAME=VALUE`"},
		&cli.IntFlag{Name: "parallelism", Usage: "at most `N` requests side by side", DefaultText: "as the service allows, up to 32"},
		&cli.StringFlag{Name: "rate", Usage: "at most `N/min` requests", DefaultText: "as many as the service takes"},
		&cli.DurationFlag{Name: "timeout", Usage: "give up after `D` in all", Value: 30 * time.Minute},
		&cli.BoolFlag{Name: "no-color", Usage: "no colours; NO_COLOR does the same", DisableDefaultText: true},
		&cli.BoolFlag{Name: "quiet", Aliases: []string{"q"}, Usage: "only results and errors", DisableDefaultText: true},
		&cli.BoolFlag{Name: "verbose", Aliases: []string{"v"}, Usage: "log each request: method, path, status, duration, id", DisableDefaultText: true},
		&cli.StringFlag{Name: "log-format", Usage: "`FORMAT`: the log's form, text or json", Value: "text"},
	}
}

// globals are the values of globalFlags. They may be on both sides of the command's name.
type globals struct {
	dir, env, project           string
	region, endpoint            string
	emulatorData                string
	api, rate                   string
	profile, tokenCache, caFile string
	vars                        []string
	parallelism                 int
	noColor, quiet, verbose     bool
}

// newInvocation reads the global flags.
func newInvocation(in *kit.Invocation) *invocation {
	return &invocation{Invocation: in, global: globals{
		dir: in.Text("dir"), env: in.Text("env"), project: in.Text("project"),
		region: in.Text("region"), endpoint: in.Text("endpoint"), emulatorData: in.Text("emulator-data"),
		api: in.Text("api"), rate: in.Text("rate"),
		profile: in.Text("profile"), tokenCache: in.Text("token-cache"), caFile: in.Text("ca-file"),
		vars: in.Texts("var"), parallelism: in.Number("parallelism"),
		noColor: in.On("no-color"), quiet: in.On("quiet"), verbose: in.On("verbose"),
	}}
}

// variables turns --var NAME=VALUE into a map.
func (in *invocation) variables() (map[string]string, error) {
	vars := map[string]string{}
	for _, pair := range in.global.vars {
		name, value, ok := strings.Cut(pair, "=")
		if !ok || name == "" {
			return nil, kit.UsageError{Text: fmt.Sprintf("--var %q: write it as NAME=VALUE", pair)}
		}
		vars[name] = value
	}
	return vars, nil
}

// selectionOptions choose jobs and templates.
type selectionOptions struct{ only, label cli.StringSlice }

// onlyFlag is --only for what a command works on, such as jobs.
func (o *selectionOptions) onlyFlag(what string) cli.Flag {
	return &cli.StringSliceFlag{Name: "only", Destination: &o.only, Usage: "only " + what + " whose name matches `GLOB`"}
}

func (o *selectionOptions) labelFlag() cli.Flag {
	return &cli.StringSliceFlag{Name: "label", Destination: &o.label, Usage: "only jobs whose labels fulfil `KEY=GLOB`, KEY!=GLOB or KEY; owner is one; repeat it for and"}
}

// selection returns what --only, --label and --project choose.
func (in *invocation) selection(o *selectionOptions) (s compile.Selection, err error) {
	s.Only = o.only.Value()
	if err := s.Only.Validate(); err != nil {
		return s, kit.UsageError{Text: "--only " + err.Error()}
	}
	if s.Labels, err = compile.ParseLabelTerms(o.label.Value()); err != nil {
		return s, kit.UsageError{Text: "--label: " + err.Error()}
	}
	if in.global.project != "" {
		s.Projects = []string{in.global.project}
	}
	return s, nil
}

// formatFlag is --format, with the default first. Invocation.Outputs reads it.
func formatFlag(formats ...string) cli.Flag {
	last := len(formats) - 1
	return &cli.StringFlag{Name: "format", Usage: "`FORMAT`: " + strings.Join(formats[:last], ", ") + " or " + formats[last], Value: formats[0]}
}

// outFlag is --out for further outputs. Invocation.Outputs reads it.
func outFlag() cli.Flag {
	return &cli.StringSliceFlag{Name: "out", Usage: "write to `FORMAT=FILE` as well"}
}

// unknownEnvironment returns the error about --env, whose mistake is on the
// command line and not in buildsync.yaml.
func (in *invocation) unknownEnvironment(diagnostics spec.Diagnostics) error {
	at := slices.IndexFunc(diagnostics, func(d spec.Diagnostic) bool { return d.Rule == "unknown-environment" })
	if at < 0 || !in.Set("env") {
		return nil
	}
	text := fmt.Sprintf("--env %q: buildsync.yaml does not declare this environment", in.global.env)
	if hint := diagnostics[at].Hint; hint != "" {
		text += "; " + hint
	}
	return kit.UsageError{Text: text}
}
