package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	kit "github.com/buildsync/buildsync/internal/cli"
	"github.com/buildsync/buildsync/internal/screen"
	"github.com/buildsync/buildsync/pkg/catalog"
	"github.com/buildsync/buildsync/pkg/jsontree"
)

// print writes a reply to stdout and wherever --out says.
func (in *invocation) print(outputs []kit.Output, modules *catalog.Catalogue, r screen.Reply) error {
	return in.Write(outputs, func(w io.Writer, o kit.Output) error { return in.printTo(w, o, modules, r) })
}

// printOrList is print, with a format files that lists names for a pipe.
func (in *invocation) printOrList(outputs []kit.Output, modules *catalog.Catalogue, r screen.Reply, files func() []string) error {
	return in.Write(outputs, func(w io.Writer, o kit.Output) error {
		if o.Format != "files" {
			return in.printTo(w, o, modules, r)
		}
		for _, file := range files() {
			if _, err := io.WriteString(w, file+"\n"); err != nil {
				return err
			}
		}
		return nil
	})
}

// printTo writes a reply to one output, as JSON or as text.
func (in *invocation) printTo(w io.Writer, o kit.Output, modules *catalog.Catalogue, r screen.Reply) error {
	if o.Format == "json" {
		document, err := in.documentOf(r.Doc, modules)
		if err != nil {
			return err
		}
		_, err = w.Write(document)
		return err
	}
	out := screen.PaperFor(in.Stdout, o.File != "")
	r.Text(out)
	_, err := io.WriteString(w, in.knownSecrets().Replace(out.String()))
	return err
}

// documentOf returns a value as JSON, secrets hidden.
func (in *invocation) documentOf(doc any, modules *catalog.Catalogue) ([]byte, error) {
	raw, err := json.Marshal(doc)
	if err != nil {
		return nil, fmt.Errorf("writing JSON: %w", err)
	}
	tree, err := jsontree.Parse(raw, jsontree.Limits{Bytes: len(raw) + 1})
	if err != nil {
		return nil, fmt.Errorf("writing JSON: %w", err)
	}
	return in.redacted(tree, modules).Indented(), nil
}

// redacted is redacted for what the service answered: the secrets that this run
// knows are hidden too.
func (in *invocation) redacted(v *jsontree.Value, modules *catalog.Catalogue) *jsontree.Value {
	return screen.Redacted(v, modules, in.knownSecrets())
}

// knownSecrets hides the secrets that this run knows, wherever the service
// repeats them: the environment's, and values that were kept out of the command
// line.
func (in *invocation) knownSecrets() *strings.Replacer {
	return screen.Hiding(append(environmentSecrets(in.Env), in.hidden...))
}
