package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/urfave/cli/v2"

	kit "github.com/buildsync/buildsync/internal/cli"
	"github.com/buildsync/buildsync/internal/outfile"
	"github.com/buildsync/buildsync/internal/screen"
	"github.com/buildsync/buildsync/pkg/client"
)

func (p *program) keystoreCommand() *cli.Command {
	return p.command(&cli.Command{
		Name:  "keystore",
		Usage: "fetch files of the account's keystore",
		Description: about(`The keystore holds files that builds sign with. They are secrets.`,
			"buildsync keystore download android.keystore"),
		Subcommands: []*cli.Command{p.keystoreDownloadCommand()},
	}, nil)
}

type keystoreOptions struct {
	out, domainID string
	force         bool
}

func (p *program) keystoreDownloadCommand() *cli.Command {
	var o keystoreOptions
	return p.command(&cli.Command{
		Name:      "download",
		Usage:     "download a keystore file",
		ArgsUsage: "NAME",
		Description: about(`Downloads a file of the account's keystore (API reference 4.3) into a file that only its owner can
read. It never prints the file. The account is --domain-id, else HUAWEICLOUD_SDK_DOMAIN_ID or
HW_DOMAIN_ID, else the account of the credentials, for which buildsync asks IAM.

Exit codes: 0 done; 1 nothing was downloaded; 3 invalid input.`,
			"buildsync keystore download android.keystore",
			"buildsync keystore download --out release.keystore --force android.keystore"),
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "out", Destination: &o.out, Usage: "write to `FILE`", DefaultText: "NAME in the current folder"},
			&cli.BoolFlag{Name: "force", Destination: &o.force, Usage: "replace a FILE that exists", DisableDefaultText: true},
			&cli.StringFlag{Name: "domain-id", Destination: &o.domainID, Usage: "the account's `ID`"},
		},
	}, func(in *invocation) error { return in.keystoreDownload(&o) })
}

func (in *invocation) keystoreDownload(o *keystoreOptions) error {
	return in.withService(1, 1, func(l *live) error {
		name := l.args[0]
		file := cmp.Or(o.out, name)
		if o.out == "" && (strings.ContainsAny(name, `/\:`) || !fs.ValidPath(name) || name == ".") {
			return kit.UsageError{Text: fmt.Sprintf("%q is not a valid file name here; give another with --out FILE", name)}
		}
		if _, err := os.Lstat(file); err == nil && !o.force {
			return kit.UsageError{Text: fmt.Sprintf("%s exists; --force replaces it", file)}
		}
		domain, err := l.domainOr(o.domainID)
		if err != nil {
			return err
		}
		var size int64
		var refused error
		err = outfile.Replace(file, 0o600, func(w io.Writer) error {
			size, refused = l.Keystore(l.ctx, name, domain, w)
			return refused
		})
		if err = cmp.Or(refused, err); err != nil {
			return err
		}
		if !in.global.quiet {
			in.Printf("%s: %s, readable by its owner only\n", file, screen.BytesShown(size))
		}
		return nil
	})
}

// domainOr returns the account that was given, or that of the environment or the credentials.
func (l *live) domainOr(given string) (string, error) {
	in := l.in
	if id := cmp.Or(given, in.Env.Get("HUAWEICLOUD_SDK_DOMAIN_ID"), in.Env.Get("HW_DOMAIN_ID")); id != "" {
		return id, nil
	}
	const advice = "give the account's id with --domain-id"
	projects, err := l.IAMProjects(l.ctx)
	if err != nil {
		if client.OutcomeOf(err) == client.NotSent {
			return "", kit.UsageError{Text: "no account selected: " + advice}
		}
		return "", fmt.Errorf("asking IAM for the account: %w; %s", err, advice)
	}
	for _, project := range projects {
		if project.DomainID != "" {
			return project.DomainID, nil
		}
	}
	return "", errors.New("IAM does not say which account the credentials belong to: " + advice)
}
