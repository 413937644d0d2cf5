package export

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"github.com/buildsync/buildsync/internal/yamledit"
	"github.com/buildsync/buildsync/internal/yamltext"
	"github.com/buildsync/buildsync/pkg/spec"
)

const (
	leastFragmentJobs  = 5   // how many jobs must have the same steps for a fragment to pay
	leastFragmentSteps = 2   // how many steps it must be
	mostFragmentSteps  = 50  // longer ones are not looked for
	mostFragments      = 100 // of one run
)

// madeTemplate is a template made from the steps of several jobs that is not written yet.
type madeTemplate struct {
	file string
	node *yamltext.Node
	jobs int
}

// host is a list of steps to search for sequences: of a job, or of a new template that several jobs
// use.
type host struct {
	job   *sharing
	made  *madeTemplate
	jobs  int // that it stands for
	steps []hostStep
}

// hostStep is one step of a host. Equal steps have equal ids; a step with id 0 cannot be in a
// fragment.
type hostStep struct {
	id   int
	node *yamltext.Node
	have int // its index in the job's definition; -1 for what was put in
}

// sequence is a list of steps that several hosts have.
type sequence struct {
	first        *host
	start, steps int
	jobs, hosts  int
	last         *host // that was counted
}

// saved returns how many steps need not be written with a fragment.
func (s *sequence) saved() int { return (s.steps - 1) * s.jobs }

// fragments moves sequences of equal steps into fragments if enough jobs have them, in templates or
// in the jobs themselves. A sequence in only one template stays.
func (f *factorer) fragments() error {
	hosts, names := f.hosts(), map[string]bool{templateKey: true}
	for _, file := range f.set.Files {
		for _, fragment := range file.Fragments {
			names[fragment.Str("name")] = true
		}
	}
	if !f.onlyNew {
		f.reuseFragments(hosts)
	}
	for range mostFragments {
		best := bestSequence(hosts)
		if best == nil {
			break
		}
		if err := f.toFragment(best, hosts, names); err != nil {
			return err
		}
	}
	for _, h := range hosts {
		f.rewrite(h)
	}
	for _, made := range f.made {
		f.out.Files[made.file] = formatted(made.file, source("", yamltext.Mapping(yamltext.Entry("version", yamltext.Literal("1")), yamltext.Entry("templates", yamltext.Sequence(made.node)))))
	}
	return nil
}

// templateKey is the value of `use` for a template's steps, and so not allowed as a name.
const templateKey = "template"

// hosts lists the lists of steps that may contain sequences.
func (f *factorer) hosts() (hosts []*host) {
	ids := map[string]int{}
	step := func(n *yamltext.Node, have int) hostStep {
		var text bytes.Buffer
		yamltext.AppendBlock(&text, yamltext.Mapping(yamltext.Entry("step", n)), "")
		key := text.String()
		s := hostStep{node: n, have: have}
		if strings.Contains(key, "${{ inputs.") || n.Get("use") != nil && n.Get("module_id") == nil {
			return s
		}
		if ids[key] == 0 {
			ids[key] = len(ids) + 1
		}
		s.id = ids[key]
		return s
	}
	for _, made := range f.made {
		h := &host{made: made, jobs: made.jobs}
		for _, n := range made.node.Get("steps").Items {
			h.steps = append(h.steps, step(n, -1))
		}
		hosts = append(hosts, h)
	}
	for _, job := range f.jobs {
		list := job.node.Get("steps")
		ed := f.editors[job.file.Name]
		if !job.plain || job.templated || list == nil || list.Kind != spec.SequenceNode || ed.IsFlow(list) || ed.hasComments(job.node, "steps") {
			continue
		}
		h := &host{job: job, jobs: 1}
		for i, n := range list.Items {
			h.steps = append(h.steps, step(fromSpec(n), i))
		}
		hosts = append(hosts, h)
	}
	return hosts
}

// bestSequence returns the sequence that saves most, the first of those that save as
// much; nil if none pays.
func bestSequence(hosts []*host) (best *sequence) {
	found := map[string]*sequence{}
	var order []*sequence
	for _, h := range hosts {
		for start := range h.steps {
			var key []byte
			for end := start; end < len(h.steps) && end-start < mostFragmentSteps && h.steps[end].id != 0; end++ {
				key = binary.AppendUvarint(key, uint64(h.steps[end].id))
				if end-start+1 < leastFragmentSteps {
					continue
				}
				s := found[string(key)]
				if s == nil {
					s = &sequence{first: h, start: start, steps: end - start + 1}
					found[string(key)] = s
					order = append(order, s)
				}
				if s.last != h {
					s.last = h
					s.jobs += h.jobs
					s.hosts++
				}
			}
		}
	}
	for _, s := range order {
		if s.jobs >= leastFragmentJobs && s.hosts > 1 && (best == nil || s.saved() > best.saved()) {
			best = s
		}
	}
	return best
}

// toFragment writes a fragment for a sequence, and uses it in the hosts.
func (f *factorer) toFragment(s *sequence, hosts []*host, names map[string]bool) error {
	steps := slices.Clone(s.first.steps[s.start : s.start+s.steps])
	list := yamltext.Sequence()
	for _, step := range steps {
		list.Items = append(list.Items, step.node)
	}
	name := freeNumbered(templateName(list), "-", func(s string) bool { return names[s] })
	names[name] = true
	file, err := f.layout.File("fragments", name, "fragment/"+name)
	if err != nil {
		return err
	}
	if _, err := f.set.Tree.ReadFile(file, spec.MaxFileBytes); err == nil {
		return fmt.Errorf("%s exists; move it away", file)
	}
	fragment := yamltext.Mapping(yamltext.Entry("name", yamltext.Text(name)), yamltext.Entry("steps", list))
	f.out.Files[file] = formatted(file, source("", yamltext.Mapping(yamltext.Entry("version", yamltext.Literal("1")), yamltext.Entry("fragments", yamltext.Sequence(fragment)))))
	f.out.Fragments = append(f.out.Fragments, SharedTemplate{Name: name, Jobs: s.jobs})
	use := func() hostStep {
		return hostStep{node: yamltext.Mapping(yamltext.Entry("use", yamltext.Text(name))), have: -1}
	}
	same := func(a, b hostStep) bool { return a.id == b.id }
	for _, h := range hosts {
		var kept []hostStep
		for i := 0; i < len(h.steps); {
			if i+len(steps) <= len(h.steps) && slices.EqualFunc(h.steps[i:i+len(steps)], steps, same) {
				kept = append(kept, use())
				i += len(steps)
				continue
			}
			kept = append(kept, h.steps[i])
			i++
		}
		h.steps = kept
	}
	return nil
}

// rewrite sets the new steps of a host.
func (f *factorer) rewrite(h *host) {
	if h.made != nil {
		list := h.made.node.Get("steps")
		list.Items = nil
		for _, step := range h.steps {
			list.Items = append(list.Items, step.node)
		}
		return
	}
	if !slices.ContainsFunc(h.steps, func(s hostStep) bool { return s.have < 0 }) {
		return
	}
	var items []yamledit.Item
	for _, step := range h.steps {
		if step.have < 0 {
			items = append(items, yamledit.Item{Have: -1, New: step.node})
		} else {
			items = append(items, yamledit.Item{Have: step.have})
		}
	}
	f.editors[h.job.file.Name].Arrange(h.job.node.Get("steps"), items)
	h.job.given = true
}
