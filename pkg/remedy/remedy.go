// Package remedy lists what people can do about a refusal, a failure or a
// finding. It is the one place below pkg that knows the flags and commands of the
// command line: other packages choose a remedy and do not word it.
package remedy

import (
	"fmt"
	"strings"
)

// Remedy is advice: the end of a sentence, or the text after "next".
type Remedy string

// After a run that wrote or tried to write. They are meant for one object.
const (
	Replan         Remedy = "make a new plan, look at it, and apply that: buildsync plan"
	ReplanLater    Remedy = "when the service answers again: buildsync plan"
	ReplanListed   Remedy = "buildsync plan, when the list shows it"
	ReplanExisting Remedy = "buildsync plan shows what exists"
	ReplanStored   Remedy = "see what it stores: buildsync plan"
	WriteStored    Remedy = "write what the service stores, or leave the field to it with policy.ignore; buildsync plan shows both values"
	ReplanEndpoint Remedy = "find out what answers at this endpoint, then: buildsync plan"
	ReplanHistory  Remedy = "look at the job's change history, and at a new plan"
	ReplanRecycled Remedy = Replan + "; where the name stays taken, " + lookRecycled
	LookRecycled   Remedy = lookRecycled + ": a deleted job may keep its name"
	ReplanOrApply  Remedy = "buildsync plan shows it once it exists; if it does not after a minute, apply again"
	ApplyListed    Remedy = "apply again when the listing has caught up"
	ApplyBuilt     Remedy = "apply again when the build has ended"
	ApplyOverV1    Remedy = "apply with --api v1, whose routes show them; --allow-hidden updates the job all the same"
	UpdateOverV3   Remedy = "with --allow-hidden one job is updated all the same, and the others if it keeps them"
	SetAgain       Remedy = "set them again in the console, since no route here takes them"
	WriteOverV1    Remedy = "apply again with --api v1: the routes of v3 may not take these members"
	ApplyRescuing  Remedy = "apply again with --rescue FILE, which keeps the old template's body before it is deleted"
	SwitchState    Remedy = "buildsync job disable and buildsync job enable set it"
	RescueIfUnique Remedy = "if the service wants unique names: apply again with --rescue FILE, which keeps the old template's body and deletes it first"
	DeleteUnused   Remedy = "look at them and delete the one that is not used"

	lookRecycled = "check the recycle bin of the project"
)

// What a plan refuses, and how it is allowed.
const (
	AllowEmptyFlag     Remedy = "--allow-empty"
	AdoptFlag          Remedy = "--adopt"
	ForceConflictsFlag Remedy = "--force-conflicts"

	AllowEmpty    Remedy = "check the definitions: globs of buildsync.yaml, or pass " + AllowEmptyFlag + " if that is intended"
	Adopt         Remedy = "pass " + AdoptFlag + " to take it over"
	AdoptJob      Remedy = "set adopt: true on the job or " + Adopt
	AdoptToRemove Remedy = "If it is yours, pass " + AdoptFlag
	RemoveOrAdopt Remedy = "If it is yours, list it under removed:, or pass " + AdoptFlag
	ForceBoth     Remedy = "look at both, then pass " + ForceConflictsFlag + " to let the definitions win"
	LeaveChanged  Remedy = "leave out --changed"
	EmptyProject  Remedy = "check the credentials and the project id; if the project really is empty, pass --base none"
	NothingLive   Remedy = "if nothing was applied yet, run buildsync plan; else check the credentials and the project id"
	RunAgain      Remedy = "run the command again"
	RunLater      Remedy = RunAgain + " when the service answers"
	RevertDrift   Remedy = "take the edits into the definitions, or apply once with policy.drift: revert"
	RefusingDrift Remedy = "drift is refused (policy.drift: fail or --refuse-drift)"
	ShownByV1     Remedy = "--api v1 shows it"
	DeleteTwins   Remedy = "delete all but one with buildsync template delete"
	ListBreaches  Remedy = "buildsync policy check lists all"
	ListFindings  Remedy = "buildsync policy check lists them"
)

// AllowRemovals allows n jobs to be disabled or deleted.
func AllowRemovals(n int) Remedy { return "pass " + AllowRemovalsFlag(n) }

// AllowRemovalsFlag returns the flag for it.
func AllowRemovalsFlag(n int) Remedy { return Remedy(fmt.Sprintf("--allow-removals %d", n)) }

// ForceRemoval lets the definitions win over an edit of what they no longer hold.
// verb is what happens to it.
func ForceRemoval(verb string) Remedy {
	return "pass " + ForceConflictsFlag + Remedy(" to "+verb+" it anyway")
}

// Disable disables a job that had to be enabled for its update.
func Disable(job string) Remedy { return Remedy("disable it: buildsync job disable " + job) }

// ComeBackIn waits as long as the service asks for.
func ComeBackIn(wait fmt.Stringer) Remedy {
	return Remedy("the service asks to come back in " + wait.String())
}

// Rescued says where the body of a deleted template is.
func Rescued(file string) Remedy { return Remedy("the old template's body is in " + file) }

// SetLive finds the service's name of an input.
const SetLive Remedy = "set it in one live job, and `buildsync export` writes it as your service has it"

// FormatRest gives the form of fmt to the parts of a file that an export did not edit.
const FormatRest Remedy = "`buildsync fmt` brings them to it"

// DeleteTwinsAndExport makes the name of a template unique for an export.
const DeleteTwinsAndExport Remedy = "delete all but one with `buildsync template delete UUID` and export again"

// About the service and the way to it.
const (
	CheckCredentials Remedy = "check the credentials: `buildsync doctor` says which ones are used"
	CheckConnection  Remedy = "check the address and the network: `buildsync doctor` says which address and proxy are used"
	CheckRoutes      Remedy = "check --endpoint and --region, or try the other generation of routes with --api"
	TrustAuthority   Remedy = "check the endpoint, or name the authority that signed the certificate with --ca-file"
	NameEndpoint     Remedy = "name one with --endpoint"
	StopEmulator     Remedy = "probably a running \"buildsync emulator\" or a command with --endpoint emulator; stop it, or point --endpoint at its address"
)

// About the workspace and its files.
const (
	Init            Remedy = "run \"buildsync init\", or name a workspace with -C"
	WriteWorkspace  Remedy = "\"buildsync init\" writes one"
	VendorCommand   Remedy = "buildsync vendor"
	Vendor          Remedy = "run " + VendorCommand
	VendorAndCommit Remedy = Vendor + ", and commit vendor/"
	VendorBack      Remedy = Vendor + " to get the copy back; change the file in its own repository"
	VendorLineEnds  Remedy = "write vendor/** -text into .gitattributes, so that Git leaves them alone, then " + Vendor
	VendorFolder    Remedy = "it has to be a folder of the workspace, not a link: remove the link, then " + Vendor
	VendorLock      Remedy = Vendor + " to write it again"
	VendorUpdate    Remedy = "change it in its own repository, then run buildsync vendor update"
	ReachSource     Remedy = "check its address in buildsync.yaml and that Git may read it; the copy stays as it is"
	WholeCommit     Remedy = "a commit needs all 40 digits of its id"
	ShowInputs      Remedy = "buildsync modules show lists the inputs"
	SetAll          Remedy = "give the template an input for it, or take the other jobs along with --all"
	SetShared       Remedy = "include those with --all, write the value into the chosen jobs with --override, or give the template, fragment or family an input"
	SupplySecrets   Remedy = "BUILDSYNC_SECRET_<NAME> or a file in --secrets-dir"
	ShareSecrets    Remedy = "export with --share-secrets"
	RenameTwins     Remedy = "--twins rename exports all of them, pinned to their ids, all but one under a new name; or rename or delete all but one on the service and export again"
	Factor          Remedy = "--factor"
	OwnTemplates    Remedy = "--custom lists only your own templates"
	ReadNewerRoutes Remedy = "run with --api v1 to see why"
	ChooseOut       Remedy = "add one that does, or choose another --out"
)

// About the base that a workspace is compared with.
const (
	CompareWithoutGit Remedy = "--base none compares without Git"
	ChooseLaterBase   Remedy = "if the folder was renamed since, choose a later --base, or --base none to compare without one"
	ChooseOtherBase   Remedy = "choose another --base, or --base none to compare without one"
	FetchCommit       Remedy = "fetch it: buildsync base fetch (git fetch --unshallow in a shallow clone)"
)

// Harvest learns step modules from the service.
const (
	HarvestFile   Remedy = "`buildsync modules harvest` writes one from your service"
	HarvestWord   Remedy = "let `buildsync modules harvest` learn the module from a job of your service that has such a step, and put the word under its actions; or use the raw form (module_id, name, properties)"
	HarvestOrRaw  Remedy = "use the raw form (module_id, name, properties), or let `buildsync modules harvest` learn the module from your service"
	HarvestImport Remedy = "run buildsync modules harvest and import the file again, or write the step in the raw form"
	HarvestOrList Remedy = "let `buildsync modules harvest` learn it from your service, or add it to lint.tables.modules"
	HarvestWhy    Remedy = "`buildsync modules harvest` learns it from your service."
	OldFormWhy    Remedy = "`buildsync lint --fix` writes the new forms and keeps the comments. What is shared by an anchor only `--fix=unsafe` changes."
	VendorWhy     Remedy = "`buildsync vendor` gets the copy back."
)

// Import makes a definition of a file of another form.
func Import(file string) Remedy {
	return Remedy("buildsync import " + file + " makes a definition of it; or move it out of the folders that definitions: names")
}

// GiveVariable gives a variable a value for one run.
func GiveVariable(name string) Remedy {
	return Remedy("declare it under vars: in buildsync.yaml, or give " + string(VariableFlag) + name + "=…")
}

// VariableFlag is how the command line gives a variable, before its name.
const VariableFlag Remedy = "--var "

// GivenBy returns the name that a variable has on the command line; ok is false for
// what does not come from there.
func GivenBy(origin string) (name string, ok bool) {
	return strings.CutPrefix(origin, string(VariableFlag))
}

// FetchRecord drops a damaged record and fetches it again.
func FetchRecord(ref string) Remedy {
	return Remedy("fetch it again: git update-ref -d " + ref + " && buildsync base fetch")
}

// The flags that a failure quotes, since they name what it is about.
const (
	CAFile   Remedy = "--ca-file"
	Out      Remedy = "--out"
	FirstDay Remedy = "--from"
	LastDay  Remedy = "--to"
)

// What a refused approval quotes of the command line.
const (
	AsApproved Remedy = "as --approve requires"
	PlanAge    Remedy = "--max-plan-age"
)

// FailFast is why an action was not tried.
const FailFast Remedy = "another action failed before (--fail-fast)"

// WriteBaseline is the command that writes a baseline.
const WriteBaseline Remedy = "lint --baseline"

// VendorNewest takes the commit that the ref of a source names now.
func VendorNewest(source string) Remedy {
	return Remedy("run buildsync vendor update " + source + " to take what its ref names now")
}

// SelectProject names the project that a command is about.
const SelectProject Remedy = "add --project ID, or run this in a workspace"

// SelectOneOf names one of the projects of a workspace.
func SelectOneOf(aliases []string) Remedy {
	return Remedy("add --project with one of: " + strings.Join(aliases, ", "))
}
