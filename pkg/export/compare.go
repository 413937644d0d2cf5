package export

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/buildsync/buildsync/internal/yamltext"
	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/pkg/spec"
)

// probeFile is the definitions file of a probe: a small workspace for a trial compilation.
const probeFile = "definitions/probe.yaml"

// probe compiles a definitions file that is alone with its scripts.
func (e *Exporter) probe(workspace *yamltext.Node, definitions []byte, scripts []File) (*compile.Result, error) {
	e.world.addTo(workspace)
	files := spec.MapTree{spec.WorkspaceFile: string(source("", workspace)), probeFile: string(definitions)}
	for _, script := range scripts {
		files[script.Name] = string(script.Text)
	}
	return compileOverlay(probeTree{files, e.world.tree}, "", compile.Options{Catalogue: e.catalogue, Vars: e.world.given})
}

func firstError(diagnostics spec.Diagnostics) error {
	for _, d := range diagnostics {
		if d.Severity == spec.Error {
			return fmt.Errorf("%s (%s)", d.Message, d.Rule)
		}
	}
	return nil
}

// compileJob compiles one job in a workspace of its own.
func (e *Exporter) compileJob(project Project, tree *yamltext.Node) (*compile.Job, error) {
	workspace := yamltext.Mapping(yamltext.Entry("version", yamltext.Literal("1")),
		yamltext.Entry("projects", yamltext.Mapping(yamltext.Entry(project.Alias, yamltext.Text(project.ID)))), yamltext.Entry("secrets", secretNames(tree, e.world.secrets())))
	parts := spill(tree)
	result, err := e.probe(workspace, source("", yamltext.Mapping(yamltext.Entry("version", yamltext.Literal("1")), yamltext.Entry("jobs", yamltext.Sequence(parts.tree)))), parts.place(""))
	if err != nil {
		return nil, err
	}
	if len(result.Jobs) != 1 {
		return nil, errors.New("it does not compile to one job")
	}
	return result.Jobs[0], nil
}

// secretNames lists the secrets that a definition names.
func secretNames(tree *yamltext.Node, more []string) *yamltext.Node {
	names := yamltext.Sequence()
	for _, name := range more {
		names.Items = append(names.Items, yamltext.Text(name))
	}
	for _, p := range itemsOf(tree.Get("parameters")) {
		if name := p.Get("secret"); name != nil && !slices.ContainsFunc(names.Items, func(n *yamltext.Node) bool { return n.Text == name.Text }) {
			names.Items = append(names.Items, yamltext.Text(name.Text))
		}
	}
	return names
}

func itemsOf(n *yamltext.Node) []*yamltext.Node {
	if n == nil {
		return nil
	}
	return n.Items
}

// fingerprint identifies the meaning of a body, without what an export leaves out.
func (e *Exporter) fingerprint(body *jsontree.Value) string {
	return diff.Fingerprint(reduced(body, e.catalogue), e.modules)
}

// Differences lists the paths at which a compiled job differs from the live one: its body by the
// rules of diff, with nothing undeclared but what the service adds, its notifications and its enabled
// state. It skips unknown values: secrets, a channel's param_config, and what the service does not show.
func (e *Exporter) Differences(job *compile.Job, live *diff.LiveJob) []string {
	var paths []string
	if wantEnabled := job.Enabled == nil || *job.Enabled; wantEnabled == live.Item.Disabled && !live.Item.StateUnseen {
		paths = append(paths, "enabled")
	}
	if job.Name != live.Name {
		paths = append(paths, wire.KeyJobName)
	}
	want, have := job.Body(), live.Body.Clone()
	have.Delete(wire.KeyJobName)
	differ := e.fingerprint(want) != e.fingerprint(have)
	if differ {
		have = e.withoutAdded(have, want)
		differ = e.fingerprint(want) != e.fingerprint(have)
	}
	if differ {
		paths = append(paths, e.bodyDifferences(want, have)...)
	} else {
		// A change in a plan is also a difference, even if both sides mean the same.
		paths = append(paths, diff.Differences(have, want, nil, e.modules)...)
	}
	if live.NoticesUnseen {
		return paths
	}
	for _, row := range live.Notices {
		var declared []string
		for _, notice := range job.Notices {
			if strings.EqualFold(notice.Type, row.NoticeType) {
				declared = notice.Events
			}
		}
		events := row.EnabledEvents()
		if !slices.Equal(events, declared) && len(events)+len(declared) > 0 {
			paths = append(paths, "notifications."+row.NoticeType)
		}
	}
	for _, notice := range job.Notices {
		if wire.Channel(live.Notices, notice.Type).NoticeType == "" && len(notice.Events) > 0 {
			paths = append(paths, "notifications."+notice.Type)
		}
	}
	return paths
}

// bodyDifferences names the members that differ, by the comparison of a plan if that finds them.
func (e *Exporter) bodyDifferences(want, have *jsontree.Value) []string {
	if paths := diff.Differences(reduced(have, e.catalogue), reduced(want, e.catalogue), nil, e.modules); len(paths) > 0 {
		return paths
	}
	a, b := diff.Normalize(reduced(want, e.catalogue), e.modules), diff.Normalize(reduced(have, e.catalogue), e.modules)
	var paths []string
	for _, side := range []*jsontree.Value{a, b} {
		for _, m := range side.Members() {
			if !jsontree.Equal(a.Get(m.Key), b.Get(m.Key)) && !slices.Contains(paths, m.Key) {
				paths = append(paths, m.Key)
			}
		}
	}
	return paths
}

// only returns a body with one member.
func only(key string, value *jsontree.Value) *jsontree.Value {
	body := jsontree.Object()
	body.Set(key, value)
	return body
}

func memberNames(members []jsontree.Member) []string {
	names := make([]string, 0, len(members))
	for _, m := range members {
		names = append(names, m.Key)
	}
	return names
}
