package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/urfave/cli/v2"

	kit "github.com/buildsync/buildsync/internal/cli"
	"github.com/buildsync/buildsync/internal/outfile"
	"github.com/buildsync/buildsync/internal/yamltext"
	"github.com/buildsync/buildsync/pkg/apply"
	"github.com/buildsync/buildsync/pkg/bulk"
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/export"
	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/pkg/valuepath"
	"github.com/buildsync/buildsync/pkg/workspace"
)

func (p *program) compileCommand() *cli.Command {
	return p.command(&cli.Command{
		Name:      "compile",
		Usage:     "print the API bodies that the definitions mean",
		ArgsUsage: "[ADDRESS…]",
		Description: about(`Prints the create bodies of all jobs and published templates, and the bodies that set the
notifications, or those named by address (shop/job/order-service-build,
shop/notification/order-service-build) or by name. A path behind it, as plans and explain print it,
chooses a part: order-service-build.notifications.MAIL. It works offline. A secret stands as a
placeholder.

--to build.yml prints what one job builds as a CodeArts build.yml; what such a file cannot hold
is listed on stderr.

Exit codes: 0 done; 1 a file could not be written; 3 errors in the definitions.`,
			"buildsync compile",
			"buildsync compile --format yaml order-service-build",
			"buildsync compile order-service-build.notifications.MAIL",
			"buildsync compile --env prod --out bodies"),
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "format", Usage: "`FORMAT`: json or yaml", Value: "json"},
			&cli.StringFlag{Name: "to", Usage: "print another `KIND` of file: build.yml"},
			&cli.StringFlag{Name: "out", Usage: "write one file an object below `DIR` instead"},
			&cli.StringSliceFlag{Name: "only", Usage: "only jobs and templates whose name matches `GLOB`"},
			labelFlag(),
		},
	}, (*invocation).compile)
}

// compiled is one object as compile prints it.
type compiled struct {
	address string
	body    *jsontree.Value
}

func (in *invocation) compile() error {
	format, err := in.OneOf("format", "json", "yaml")
	if err != nil {
		return err
	}
	if to := in.Text("to"); in.Flags.IsSet("to") && to != "build.yml" {
		return kit.UnknownWord("--to", to, []string{"build.yml"})
	}
	w, err := in.open()
	if err != nil {
		return err
	}
	if err := in.narrow(w); err != nil {
		return err
	}
	objects, err := selectCompiled(w, in.Flags.Args().Slice())
	if err != nil {
		return err
	}
	if in.Flags.IsSet("to") {
		return in.compileToBuildYML(w)
	}
	if folder := in.Text("out"); folder != "" {
		return writeCompiled(folder, format, objects)
	}
	return printCompiled(in.Stdout, format, objects, in.Flags.NArg() == 1)
}

// narrow leaves in a workspace's result what --only and --label choose. A
// selection that matches nothing is a mistake.
func (in *invocation) narrow(w *workspace.Workspace) error {
	scope := apply.Scope{Only: in.Texts("only")}
	var err error
	if scope.Labels, err = in.labels(); err != nil {
		return err
	}
	if len(scope.Only)+len(scope.Labels) == 0 {
		return nil
	}
	if err := scope.Validate(); err != nil {
		return kit.UsageError{Text: err.Error()}
	}
	if err := (&apply.PlanInput{Scope: scope, Input: diff.Input{Head: w.Result}}).CheckNames(); err != nil {
		return kit.UsageError{Text: err.Error()}
	}
	w.Result, _ = scope.Narrow(w.Result, nil)
	return nil
}

// compileToBuildYML prints one job as a build.yml.
func (in *invocation) compileToBuildYML(w *workspace.Workspace) error {
	if in.Flags.NArg() != 1 {
		return kit.UsageError{Text: "compile --to build.yml needs one job"}
	}
	job, err := compiledJob(w, in.Flags.Args().First())
	if err != nil {
		return err
	}
	text, lost, err := export.New(export.Options{Catalogue: w.Catalogue}).ToBuildYML(job)
	if err != nil {
		return &failure{exitInvalid, fmt.Errorf("writing %s as a build.yml: %w", job.Address, err)}
	}
	in.tellLost(lost)
	_, err = in.Stdout.Write(text)
	return err
}

// selectCompiled returns the objects that the arguments name, all of them
// where there are none.
func selectCompiled(w *workspace.Workspace, words []string) ([]compiled, error) {
	var all []compiled
	named := map[string][]compiled{} // by address, and by name
	add := func(object compiled, names ...string) {
		all = append(all, object)
		for _, name := range append(names, object.address) {
			named[name] = append(named[name], object)
		}
	}
	for _, job := range w.Result.Jobs {
		add(compiled{job.Address, job.CreateBody()}, job.Name)
		if len(job.Notices) > 0 {
			add(compiled{job.NoticeAddress(), job.NoticeBodies()})
		}
	}
	for _, template := range w.Result.Templates {
		if len(named[template.Name]) > 0 { // the name is a job's first
			add(compiled{template.Address, template.Body})
		} else {
			add(compiled{template.Address, template.Body}, template.Name)
		}
	}
	if len(words) == 0 {
		return all, nil
	}
	var chosen []compiled
	for _, word := range words {
		if found := named[word]; len(found) == 1 {
			chosen = append(chosen, found[0])
			continue
		}
		job, err := compiledJob(w, word)
		if err == nil {
			chosen = append(chosen, compiled{job.Address, job.CreateBody()})
			continue
		}
		part, isPart, wrong := compiledPart(w, word)
		if wrong != nil {
			return nil, &failure{exitInvalid, wrong}
		}
		if !isPart {
			return nil, err
		}
		chosen = append(chosen, part)
	}
	return chosen, nil
}

// compiledPart finds what ADDRESS.PATH names of an object: a channel's body, or
// a value of the body. isPart is false where word is no such thing.
func compiledPart(w *workspace.Workspace, word string) (part compiled, isPart bool, err error) {
	o, path, err := findExplainable(w, word)
	if err != nil || path == "" {
		return part, false, nil //nolint:nilerr // then it is an unknown job, which is said elsewhere
	}
	asked, err := valuepath.Parse(path)
	if err != nil {
		return part, false, err
	}
	for _, value := range o.bodies() {
		if asked.Matches(valuepath.Own(value.address)) {
			return compiled{o.address + "." + value.address, value.body}, true, nil
		}
	}
	return part, false, o.unknownPath(asked, o.values(w))
}

// bodies lists an object's parts with their paths: each channel's body of its
// notifications, and each value of its body.
func (o explainable) bodies() []compiled {
	var parts []compiled
	if len(o.notices) > 0 {
		bodies := (&compile.Job{Notices: o.notices}).NoticeBodies()
		parts = append(parts, compiled{"notifications", bodies})
		for _, body := range bodies.Items() {
			parts = append(parts, compiled{compile.NoticePath(body.Str("notice_type")), body})
		}
	}
	bulk.Walk(o.body, func(path string, v *jsontree.Value) { parts = append(parts, compiled{path, v}) })
	return parts
}

// printCompiled writes one document: the body itself where one was asked for,
// else an object of bodies by address.
func printCompiled(w io.Writer, format string, objects []compiled, alone bool) error {
	var members []jsontree.Member
	for _, object := range objects {
		members = append(members, jsontree.Member{Key: object.address, Value: object.body})
	}
	document := jsontree.Object(members...)
	if alone {
		document = objects[0].body
	}
	_, err := w.Write(encodeBody(format, document))
	return err
}

func encodeBody(format string, body *jsontree.Value) []byte {
	if format == "yaml" {
		var out bytes.Buffer
		yamltext.AppendJSON(&out, body, 0)
		return out.Bytes()
	}
	return body.Indented()
}

// writeCompiled writes shop/job/name.json and so on below folder.
func writeCompiled(folder, format string, objects []compiled) error {
	for _, object := range objects {
		name, err := filepath.Localize(object.address + "." + format)
		if err != nil {
			return fmt.Errorf("%s has no name as a file: %w", object.address, err)
		}
		file := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return err
		}
		if err := outfile.Write(file, encodeBody(format, object.body)); err != nil {
			return err
		}
	}
	return nil
}
