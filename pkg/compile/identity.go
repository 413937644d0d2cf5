package compile

import (
	"fmt"
	"strconv"

	"github.com/buildsync/buildsync/pkg/spec"
)

// Claim is what decides which live job a compiled job is.
type Claim struct {
	Address, ProjectID, Name, ID string

	At     spec.Range   // of the name
	Former []FormerName // renamed_from
}

// FormerName is one entry of renamed_from, and where it is.
type FormerName struct {
	Name   string
	At     spec.Range
	Others []spec.Related // the other end of the reference that put it there
}

// RemovalClaim is an entry of removed, and where its name is.
type RemovalClaim struct {
	Removal
	At spec.Range
}

// CheckIdentities reports definitions that mean the same live job: two with one id, two renamed
// from one name, a job renamed from a name that is also defined, and removals that contradict each
// other or a definition. Lint, plan and apply all refuse these, because updating one would
// overwrite the other.
func CheckIdentities(claims []Claim, removals []RemovalClaim) spec.Diagnostics {
	k := identityChecker{byName: map[string]*Claim{}, byID: map[string]*Claim{}, byFormer: map[string]*Claim{}}
	for i := range claims {
		claim := &claims[i]
		if key := claim.ProjectID + "/" + claim.Name; k.byName[key] == nil {
			k.byName[key] = claim
		}
	}
	for i := range claims {
		k.id(&claims[i])
		k.former(&claims[i])
	}
	k.removals(removals)
	return k.found
}

type identityChecker struct {
	byName, byID, byFormer map[string]*Claim
	found                  spec.Diagnostics
}

func (k *identityChecker) report(rule string, at spec.Range, pointer, hint string, related spec.Range, where, message string) {
	k.found = append(k.found, spec.Diagnostic{
		Rule: rule, Severity: spec.Error, Range: at, Pointer: pointer, Message: message, Hint: hint,
		Related: []spec.Related{{Range: related, Message: where}},
	})
}

// addPlaces adds the other end of a reference to the last finding.
func (k *identityChecker) addPlaces(others []spec.Related) {
	d := &k.found[len(k.found)-1]
	d.Related = append(d.Related, others...)
}

// id reports a second job that is pinned to an id.
func (k *identityChecker) id(claim *Claim) {
	if claim.ID == "" {
		return
	}
	other := k.byID[claim.ID] // an id is one job, whatever its project
	if other == nil {
		k.byID[claim.ID] = claim
		return
	}
	k.report("duplicate-job", claim.At, "jobs["+claim.Name+"].id", "only one job can have an id: remove it from the other", other.At, "the other one",
		fmt.Sprintf("the jobs %s and %s are pinned to one id, %s", strconv.Quote(other.Name), strconv.Quote(claim.Name), strconv.Quote(claim.ID)))
}

// former reports former names that another definition claims.
func (k *identityChecker) former(claim *Claim) {
	pointer := "jobs[" + claim.Name + "].renamed_from"
	for _, former := range claim.Former {
		key := claim.ProjectID + "/" + former.Name
		other, name := k.byFormer[key], strconv.Quote(former.Name)
		switch {
		case former.Name == claim.Name:
			k.found = append(k.found, spec.Diagnostic{
				Rule: "renamed-from", Severity: spec.Error, Range: former.At, Pointer: pointer,
				Message: "the job " + name + " is renamed from its own name", Hint: "remove the entry",
			})
		case k.byName[key] != nil:
			k.report("renamed-from", former.At, pointer, "remove the entry, or the other definition", k.byName[key].At, "it is defined here",
				"the job "+strconv.Quote(claim.Name)+" is renamed from "+name+", which is also defined")
		case other != nil && other.Address != claim.Address:
			k.report("renamed-from", former.At, pointer, "only one of them can be", other.At, "the other job", "two jobs are renamed from "+name)
		default:
			k.byFormer[key] = claim
			continue
		}
		k.addPlaces(former.Others)
	}
}

// removals reports jobs that are removed and defined, removed and renamed, or
// removed in two ways.
func (k *identityChecker) removals(removals []RemovalClaim) {
	first := map[string]*RemovalClaim{}
	for i := range removals {
		r := &removals[i]
		key, name := r.ProjectID+"/"+r.Job, strconv.Quote(r.Job)
		pointer := "removed[" + r.Job + "].job"
		if job := k.byName[key]; job != nil {
			k.report("removed-still-defined", r.At, pointer, "remove one of the two", job.At, "it is defined here", "the job "+name+" is listed under removed and is still defined")
		}
		if job := k.byFormer[key]; job != nil {
			k.report("removed-still-defined", r.At, pointer, "remove one of the two", job.At, "it is renamed here",
				"the job "+name+" is listed under removed, and "+strconv.Quote(job.Name)+" is renamed from it")
		}
		if other := first[key]; other == nil {
			first[key] = r
		} else if other.Action != r.Action {
			k.report("removed-still-defined", r.At, pointer, "keep one entry", other.At, "the other entry",
				"the job "+name+" is listed under removed twice, to "+other.Action+" and to "+r.Action)
		}
	}
}

// claims returns the claims of the compiled jobs.
func (c *compiler) claims() []Claim {
	var claims []Claim
	for _, job := range c.result.Jobs {
		claim := Claim{Address: job.Address, ProjectID: job.ProjectID, Name: job.Name, ID: job.ID, At: job.nameAt, Former: job.former}
		claims = append(claims, claim)
	}
	return claims
}

// checkIdentities reports the findings of CheckIdentities.
func (c *compiler) checkIdentities() {
	var removals []RemovalClaim
	for _, r := range c.result.Removals {
		removals = append(removals, RemovalClaim{r, r.nameAt})
	}
	for _, d := range CheckIdentities(c.claims(), removals) {
		c.findings.add(d)
	}
}
