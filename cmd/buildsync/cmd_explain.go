package main

import (
	"strings"

	"github.com/urfave/cli/v2"

	kit "github.com/buildsync/buildsync/internal/cli"
	"github.com/buildsync/buildsync/internal/pages"
	"github.com/buildsync/buildsync/pkg/lint"
	"github.com/buildsync/buildsync/pkg/policy"
	"github.com/buildsync/buildsync/pkg/spec"
)

func (p *program) explainCommand() *cli.Command {
	return p.command(&cli.Command{
		Name:      "explain",
		Usage:     "explain a lint rule, or where a compiled value comes from",
		ArgsUsage: "[RULE | ADDRESS[.PATH]]",
		Description: about(`Prints the page of a lint rule: what it reports and why, a wrong and a right example. For a compiled
value it prints where the value comes from: the place where it is written, and the default,
template, input, matrix, variable, environment, file or catalogue entry that put it there. An
address alone lists all values of a job or template; without an argument, explain lists the rules.
It works offline. Put a path into single quotes, since it can have brackets and quotes.

Exit codes: 0 done; 3 no such rule, object or path, or errors in the definitions.`,
			"buildsync explain image-pin",
			"buildsync explain order-service.arch",
			`buildsync explain --env prod 'order.steps["Build"].properties.command'`,
			"buildsync explain shop/job/order-service"),
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "format", Usage: "`FORMAT`: text or json", Value: "text"},
			&cli.StringSliceFlag{Name: "out", Usage: "write to `FORMAT=FILE` as well"},
		},
	}, (*invocation).explain)
}

func (in *invocation) explain() error {
	outputs, err := in.Outputs("text", "json")
	if err != nil {
		return err
	}
	args, err := in.Args(1)
	if err != nil {
		return err
	}
	if len(args) == 0 {
		return in.print(outputs, nil, pages.RuleList())
	}
	if name, ok := strings.CutPrefix(args[0], policy.RulePrefix); ok {
		return in.explainPolicy(outputs, name)
	}
	if rule, known := lint.RuleByName(args[0]); known {
		return in.print(outputs, nil, pages.RulePage(rule))
	}
	return in.explainValue(outputs, args[0])
}

func (in *invocation) explainValue(outputs []kit.Output, word string) error {
	w, err := in.open()
	if err != nil {
		if !strings.ContainsAny(word, "./") { // it may as well be meant for a rule
			if near := spec.Nearest(word, lint.RuleNames()); near != "" {
				in.Printf("buildsync: there is no rule %q; did you mean %q?\n", word, near)
			}
		}
		return err
	}
	reply, err := pages.Explain(w, word)
	if err != nil {
		return &failure{exitInvalid, err}
	}
	return in.print(outputs, w.Catalogue, reply)
}
