// Package policy has the organisation's own rules about jobs: it loads policy files, and judges
// compiled and live jobs.
//
// It promises: a mistake in a policy file is reported with its place; the result depends only on
// the arguments, including the date; no message contains the value of a secret; the work for one
// job is bounded by its size and that of the policies, for any expression or pattern.
package policy

import (
	"github.com/buildsync/buildsync/pkg/catalog"
	"github.com/buildsync/buildsync/pkg/policy/rule"
	"github.com/buildsync/buildsync/pkg/spec"
)

// RulePrefix begins the rule name of every finding of a policy.
const RulePrefix = "policy/"

// Set is the policies of a workspace.
type Set struct {
	Policies []*Policy
	Files    []string // that they were read from

	files     []file
	terms     []*term // names that only jobs can confirm
	catalogue *catalog.Catalogue
}

// file is a policy file that was read.
type file struct {
	name   string
	source []byte
	root   *spec.Node
}

// EachFile visits the files that could be read.
func (s *Set) EachFile(visit func(name string, source []byte, root *spec.Node)) {
	for _, f := range s.files {
		visit(f.name, f.source, f.root)
	}
}

// Policy is one rule of the organisation.
type Policy struct {
	Name     string
	Help     string
	Severity spec.Severity
	At       spec.Range // of the name

	where      where
	forms      []form
	rule       *rule.Rule
	ruleAt     spec.Range
	exceptions []*exception
	written    string // what its file says, whatever the form
}

// ruleName returns the rule name of p's findings.
func (p *Policy) ruleName() string { return RulePrefix + p.Name }

// Since lists the policies that an older state of the workspace has and s lacks, and those that
// differ.
func (s *Set) Since(base *Set) (gone, changed []string) {
	for _, before := range base.Policies {
		switch now, _ := s.ByName(before.Name); {
		case now == nil:
			gone = append(gone, before.Name)
		case now.written != before.written:
			changed = append(changed, before.Name)
		}
	}
	return gone, changed
}

// form is one of the fixed forms, such as require and allow.
type form interface {
	// check reports where a job breaks it.
	check(c *checking)
}

// Breach is a place where a job breaks a policy.
type Breach struct {
	Policy  *Policy
	Job     *Subject
	Path    string // of the value in question, "" if it is the job as a whole
	Message string // with no value of a secret
	Hint    string // what would be right
}

// checking is the check of one job against one policy.
type checking struct {
	*Run
	policy *Policy
	job    *Subject
	found  []Breach
}

// maxBreaches bounds the breaches of one policy in one job; a hostile job has many.
const maxBreaches = 50

func (c *checking) report(path, message, hint string) {
	if len(c.found) < maxBreaches {
		c.found = append(c.found, Breach{c.policy, c.job, path, message, hint})
	}
}

// Run judges the jobs of one workspace, and records which exceptions apply.
type Run struct {
	set    *Set
	today  string
	budget *rule.Budget
	exempt bool // exceptions count
	only   *Policy
	judged int
	seen   sightings

	checking checking // the one under way
}

// NewRun starts a run. today is the date, such as 2027-01-31; with "" no exception expires.
func (s *Set) NewRun(today string) *Run {
	for _, p := range s.Policies {
		for _, e := range p.exceptions {
			e.served, e.named = false, false
		}
	}
	for _, t := range s.terms {
		t.isMet = false
	}
	seen := sightings{labels: map[string]bool{}, values: map[string]bool{}, owners: map[string]bool{}, jobs: map[string]bool{}}
	return &Run{set: s, today: today, exempt: true, budget: rule.NewBudget(), seen: seen}
}

// Judge returns where a job breaks the policies, except for jobs that an exception excuses.
func (r *Run) Judge(job *Subject) []Breach {
	var found []Breach
	r.see(job)
	for _, p := range r.set.Policies {
		if r.only != nil && p != r.only || !p.where.holds(job) {
			continue
		}
		c := &r.checking
		c.Run, c.policy, c.job, c.found = r, p, job, c.found[:0]
		for _, f := range p.forms {
			f.check(c)
		}
		if p.rule != nil {
			c.judgeRule()
		}
		if r.exempt && len(p.exceptions) > 0 && p.excuses(job, len(c.found) > 0, r.today) {
			continue
		}
		found = append(found, c.found...)
	}
	return found
}

// judgeRule applies the expression of the policy.
func (c *checking) judgeRule() {
	holds, err := c.policy.rule.Holds(c.job.ruleJob(), c.budget)
	switch {
	case err != nil:
		c.report("", "the rule of the policy "+quoted(c.policy.Name)+" cannot be applied to the job "+quoted(c.job.Name)+": "+err.Error(), "make the rule simpler")
	case !holds:
		c.report("", "the job "+quoted(c.job.Name)+" breaks the rule of the policy "+quoted(c.policy.Name), "")
	}
}

// exception excuses jobs from a policy.
type exception struct {
	jobs     spec.Names
	projects []string
	until    string
	at       spec.Range // of the job
	untilAt  spec.Range
	served   bool // a breach was let pass
	named    bool // a job that the policy is about has such a name
}

// expired reports whether today is after the last day of e.
func (e *exception) expired(today string) bool { return e.until != "" && today > e.until }

// excuses reports whether an exception excuses a job, and records its use.
func (p *Policy) excuses(job *Subject, broken bool, today string) (excused bool) {
	for _, e := range p.exceptions {
		if !e.jobs.Match(job.Name) || len(e.projects) > 0 && !has(e.projects, job.Project) {
			continue
		}
		e.named = true
		e.served = e.served || broken
		excused = excused || !e.expired(today)
	}
	return excused
}

// Exceptions reports exceptions that have expired or excuse nothing. all means that every job of
// the workspace was judged.
func (r *Run) Exceptions(all bool) spec.Diagnostics {
	var found spec.Diagnostics
	report := func(at spec.Range, p *Policy, message, hint string) {
		found = append(found, spec.Diagnostic{
			Rule: exceptionRule, Severity: spec.Warning, Range: at, Message: message, Hint: hint, Pointer: "policies[" + p.Name + "].except",
		})
	}
	for _, p := range r.set.Policies {
		for _, e := range p.exceptions {
			switch {
			case e.expired(r.today):
				report(e.untilAt, p, "the exception from the policy "+quoted(p.Name)+" has expired: its last day was "+e.until, "remove it, or set a later date")
			case !all:
			case !e.named:
				report(e.at, p, "the exception from the policy "+quoted(p.Name)+" matches no job that the policy applies to", "correct the pattern, or remove the exception")
			case !e.served:
				report(e.at, p, "the exception from the policy "+quoted(p.Name)+" is not needed: the jobs that it names comply with the policy", "remove it")
			}
		}
	}
	return found
}

// LastDay returns the earliest last day of the unexpired exceptions: until then, time changes no
// result. It is "" if there is none.
func (s *Set) LastDay(today string) string {
	first := ""
	for _, p := range s.Policies {
		for _, e := range p.exceptions {
			if e.until != "" && !e.expired(today) && (first == "" || e.until < first) {
				first = e.until
			}
		}
	}
	return first
}

// The rules of findings about the policy files themselves.
const (
	fileRule      = "policy-file"
	exceptionRule = "policy-exception"
)
