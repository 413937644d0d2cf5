package remedy

import (
	"fmt"
	"strings"
)

// What to type after a command. The arguments are the commands as this run was called: with its
// folder, environment and service.

// Review comes after a plan with changes that was only shown.
func Review(apply, plan string) Remedy {
	return Remedy(apply + ", or " + plan + " --out plan.json for review")
}

// AllowRefused comes after a plan that flags allow.
func AllowRefused(plan string) Remedy {
	return Remedy(plan + ", if that is intended; otherwise change the definitions")
}

// KeepOrForce comes after conflicts.
func KeepOrForce(export, plan string) Remedy {
	return Remedy(export + " takes the edits into the definitions; " + plan + " shows what the definitions overwrite")
}

// TakeEdits comes after a plan that refuses what was edited outside.
func TakeEdits(export string) Remedy { return Remedy(export + " takes the edits into the definitions") }

// ApplyOthers comes after a plan that refuses some of its objects.
func ApplyOthers(apply string) Remedy { return Remedy(apply + " writes the others") }

// ChangeRefused comes after a plan that no flag allows.
func ChangeRefused(plan string) Remedy { return Remedy("change what is refused, then " + plan) }

// ApplyRest comes after an apply that ended early.
func ApplyRest(apply string) Remedy { return Remedy(apply + " does the rest") }

// SetBack comes after drift.
func SetBack(apply, export string) Remedy {
	return Remedy(apply + " sets it back; " + export + " --force takes it into the definitions")
}

// NameRemote comes after a Git remote that a clone does not have. known are those that it has.
func NameRemote(remote string, known []string) Remedy {
	add := Remedy("git remote add " + remote + " ADDRESS")
	if len(known) == 0 {
		return "a clone without one needs no exchange; to share records with other clones: " + add
	}
	return Remedy("name one with --remote: "+strings.Join(known, ", ")+"; or add it: ") + add
}

// CommitExported comes after an export.
func CommitExported(plan string) Remedy {
	return Remedy(plan + " shows that no job changes; then commit the definitions")
}

// ExportOrWrite comes after init without an example.
func ExportOrWrite(export string) Remedy {
	return Remedy(export + " writes the existing jobs; or write your own below jobs/")
}

// Format comes after a check of the format.
func Format(fmt string) Remedy { return Remedy(fmt + " formats them") }

// Fix comes after findings of which some can be fixed. counted is how many.
func Fix(lint, counted string) Remedy { return Remedy(lint + " --fix fixes " + counted) }

// Baseline comes after many findings. counted is how many.
func Baseline(lint, counted string) Remedy {
	return Remedy(fmt.Sprintf("%s --baseline lint-baseline.json --update-baseline (writes these %s to a baseline, so that only new ones are reported); --statistics counts them by rule", lint, counted))
}

// ExceptPolicies comes after breaches of policies. counted is how many.
func ExceptPolicies(check, counted string) Remedy {
	return Remedy(check + " lists the " + counted + " of policies: fix the jobs, or add an exception to the policy's file")
}

// OnEmulator returns a command, on the built-in emulator.
func OnEmulator(command string) Remedy { return Remedy(command + " --endpoint emulator") }
