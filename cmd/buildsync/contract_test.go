package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/buildsync/buildsync/pkg/emulator"
	"github.com/buildsync/buildsync/pkg/emulator/emulatortest"
)

// promise is a sentence of the contract of plan, apply and the command line,
// and where it is held: tests as package.Name, or scripts of this package as
// script/name. Each of them fails if the sentence is not true.
type promise struct {
	sentence string
	held     string
}

var planPromises = []promise{
	{"three inputs: each field gets the verdict of the table, and apply its default", "pkg/diff.TestVerdicts script/base"},
	{"drift is written back, counted and shown apart; policy.drift: fail or --refuse-drift refuses", "script/drift script/base pkg/diff.TestVerdicts"},
	{"a conflict is refused; --force-conflicts lets the definitions win", "script/base pkg/diff.TestVerdicts"},
	{"a job that is there and the same is adopted, one that differs collides; adopt: true or --adopt takes it over", "pkg/diff.TestVerdicts pkg/diff.TestCollisionShowsNothing script/contract_unmanaged"},
	{"what goes follows policy.on_remove, and is refused where it was edited outside", "pkg/diff.TestVerdicts script/base"},
	{"an unmanaged job is never touched by any flag", "script/contract_unmanaged pkg/diff.TestUnmanaged"},
	{"two-way, nothing is removed", "pkg/diff.TestVerdicts script/base"},
	{"removed: removes without a base", "pkg/diff.TestExplicitRemovals"},
	{"--base auto takes $BUILDSYNC_BASE, else refs/buildsync/<environment>", "script/contract_base script/base"},
	{"apply moves that ref after a complete, verified success, and only then", "script/contract_base script/base"},
	{"the base is compiled from Git's objects; the work tree stays as it is", "pkg/gitbase.TestTreeIsTheCommitAndNotTheWorkTree"},
	{"a shallow clone, or a base that does not compile, is said aloud", "pkg/gitbase.TestShallowCloneSaysSo script/base"},
	{"a job is found by its exact name, a pinned id, or a name that it had", "pkg/diff.TestIdentity"},
	{"two live jobs of one name are an error that lists both ids; a pinned id that is missing is never a create", "pkg/diff.TestRails pkg/diff.TestIdentity"},
	{"an update is never a delete and a create", "pkg/apply.TestUpdateKeepsTheID"},

	{"the comparison's rules are data with tests, and --explain names them", "pkg/diff.TestRules pkg/diff.TestRulesAreTested script/contract_unmanaged"},
	{"an inserted step is one +", "pkg/diff.TestSteps"},
	{"apply, then plan, is empty for everything the language can express", "pkg/diff.TestLawApplyThenPlanIsEmpty pkg/diff.TestLawCreateThenPlanIsEmpty pkg/apply.TestApplyThenPlanIsEmptyForAnything"},
	{"what the server stored otherwise is said by apply at once", "pkg/apply.TestRewrittenByTheServer"},
	{"a declared list is complete, but for predefined parameters", "pkg/diff.TestSteps pkg/diff.TestCodeSources pkg/diff.TestPredefinedParameterIsCarried"},
	{"what is not declared survives an update, and --show-undeclared lists it", "script/contract_unmanaged pkg/apply.TestUnknownMembersSurviveAnUpdate pkg/diff.TestLawUnknownMembersSurvive pkg/diff.TestUndeclared"},
	{"what the base declared and the head does not, or declares as null, is removed", "pkg/diff.TestSteps"},
	{"a masked secret is unknown, never different", "pkg/diff.TestSecrets"},

	{"the text is what a reviewer is shown, with colour on a terminal, without it by NO_COLOR, as wide as the terminal", "pkg/diff/render.TestText pkg/diff/render.TestTextFolded cmd/buildsync.TestOnATerminal script/contract_bounds"},
	{"show prints what plan printed, in every format", "script/approve pkg/diff/render.TestRoundTrip"},
	{"a comment has a hidden marker and fits --max-bytes; removals, refusals and the plan id are never dropped", "pkg/diff/render.TestMarkdownMarker pkg/diff/render.TestMarkdownFits"},
	{"the page is one file that needs nothing else", "pkg/diff/render.TestPageStructure pkg/diff/render.TestHTML"},
	{"no value acts on a terminal, as markup or as a mention", "pkg/diff/render.TestNothingActsOnATerminal pkg/diff/render.TestNoMarkdownInjection pkg/diff/render.TestNoHTMLInjection"},
	{"a change with no visible difference is a bug", "pkg/diff/render.TestVisible"},
	{"the JSON follows its schema, which has the members of the contract", "pkg/diff/render.TestJSON pkg/diff/render.TestPlanHasItsMembers"},
	{"a plan of a part says so", "pkg/diff/render.TestParts pkg/diff.TestJoinParts"},

	{"a stored plan holds no secret and no request body", "test/faults.TestNoCanaryInAnyCommand script/outputs pkg/diff/render.TestPlanHasItsMembers"},
	{"apply goes on only with the plan that was approved, else it says what changed and ends with 4", "script/approve pkg/apply.TestApprove"},
	{"nothing that a tampered plan says is sent", "script/approve"},
	{"the same plan applied twice does nothing the second time", "script/approve script/again pkg/apply.TestOnePlanTwice"},
	{"apply asks on a terminal, and needs --yes without one", "cmd/buildsync.TestOnATerminal cmd/buildsync.TestConfirm script/approve"},
	{"every rail is checked in plan and ends with 5", "pkg/diff.TestRails script/exit_codes script/base script/contract_formats"},
	{"a job is protected by what the base says too", "pkg/diff.TestRails"},
	{"--allow-removals raises the limit for one run", "pkg/diff.TestRails script/base"},

	{"templates, then jobs, then removals", "pkg/diff.TestOrderOfChanges pkg/apply.TestOrderOfWrites"},
	{"one job's failure stops no other, and --fail-fast does", "pkg/apply.TestFailuresAndTheOthers script/partial"},
	{"each write is read again: converged, rewritten (6), or gone", "pkg/apply.TestRewrittenByTheServer pkg/apply.TestEditedRightAfterTheWrite pkg/apply.TestRemovals"},
	{"secrets are resolved before the first write, and all missing ones are listed together", "pkg/apply.TestMissingSecretsEndTheRun script/outputs"},
	{"a job whose update needs a secret that is missing is not written", "pkg/apply.TestSkipMissingSecrets"},
	{"a secret that did not change is not a change; --write-secret writes it", "pkg/apply.TestWriteSecret script/outputs"},
	{"a create whose answer is lost is never simply sent again, and never makes two", "pkg/apply.TestFaults pkg/apply.TestCreateAnswerCutAnywhere pkg/apply.TestCreateMeetsAnotherJob pkg/apply.TestRandomFaults"},
	{"only what is safe is repeated, and the call says whether it is", "pkg/client.TestRepeating pkg/apply.TestFaults"},
	{"redirects are never followed", "pkg/client.TestRedirectsAreNeverFollowed"},
	{"Retry-After in both forms, jitter, and one bucket that slows down and recovers", "pkg/client.TestRetryAfter pkg/client.TestFullJitter pkg/client.TestPace"},
	{"--timeout bounds all of it, and the wait is shown", "script/contract_bounds pkg/apply.TestTimeoutIsAFailure"},
	{"an error inside a 200 is one; what is no JSON is quoted, made safe", "pkg/client.TestClassify pkg/client.TestErrorText pkg/client.TestAnswersAreBounded"},
	{"Ctrl-C finishes what is under way and ends with 130; a second one ends at once", "script/interrupt pkg/apply.TestInterruptedDuringSilence test/faults.TestSignalDuringAWrite test/faults.TestSecondSignal"},
	{"after SIGKILL the next apply completes the work, nothing doubled, nothing lost", "pkg/apply.TestKilledAtEveryPoint test/faults.TestKilledThenApplied"},
	{"where reading takes long, a terminal shows how far it is", "cmd/buildsync.TestReadingOnATerminal"},
	{"a live line a job and a total on a terminal, one plain line elsewhere", "cmd/buildsync.TestOnATerminal cmd/buildsync.TestNotOnATerminal"},
	{"the report records each action, its outcome, duration, request ids and retries", "pkg/apply.TestReportFollowsItsSchema"},
	{"--smoke runs each changed job and fails if its build does", "pkg/apply.TestSmokeRuns script/smoke"},
	{"a disabled job is updated as it is, else recovered, updated and disabled again", "pkg/apply.TestDisabledJobIsUpdated pkg/diff.TestDisabledState"},
	{"no job is deleted while a build of it runs", "pkg/apply.TestNothingIsDeletedDuringABuild"},

	{"drift ends with 0 or 2 in every format, and says who edited last, and when", "script/drift script/contract_formats pkg/diff/render.TestLastEdit"},

	{"a plan costs a listing a hundred jobs, a query a job and one more for notifications; --stats counts them", "test/faults.TestRequestsOfAPlan pkg/apply.TestPlanCosts"},
	{"--changed reads the listing and what differs", "test/faults.TestRequestsOfAPlan pkg/apply.TestPlanCosts script/base"},
	{"--only and --project narrow it", "pkg/apply.TestNarrowingRemovesNothing pkg/apply.TestPlanCosts"},
	{"shards are stable, disjoint and together the whole, and show joins their plans", "pkg/apply.TestShardsDivideThePlan pkg/diff.TestJoin test/faults.TestRequestsOfAPlan"},
	{"each shard stays within its part of the rate", "pkg/client.TestRateIsACeiling cmd/buildsync.TestAShardKeepsToItsPartOfTheRate"},
}

var linePromises = []promise{
	{"flags stand before or after the command and its arguments", "cmd/buildsync.TestFlagsStandAnywhere cmd/buildsync.TestFlagsAndArgumentsMix cmd/buildsync.TestUsage"},
	{"stdout has only what was asked for, in the format asked for", "script/contract_formats script/outputs pkg/client.TestObserver"},
	{"every flag has a variable", "cmd/buildsync.TestEveryFlagNamesAVariable cmd/buildsync.TestUsage"},
	{"the commands and their flags are those of the contract", "cmd/buildsync.TestCommandsOfTheContract"},
	{"init writes a workspace, a job, the editor's line, a pre-commit entry and CI", "script/init cmd/buildsync.TestWrittenPipelines cmd/buildsync.TestPreCommit"},
	{"lint: schema, references, compile, rules; --changed-since, stdin, formats", "script/lint script/lint_repository pkg/lint/format.TestWriters"},
	{"fmt keeps comments, --check and --diff", "script/fmt"},
	{"compile prints bodies, secrets as placeholders, offline", "script/outputs test/faults.TestOfflineReadsNoCredentials"},
	{"export: --verify, --force, templates", "cmd/buildsync.TestExportEstate cmd/buildsync.TestExportNeverOverwrites cmd/buildsync.TestExportTemplates"},
	{"every build API by name or id, as tables or JSON", "cmd/buildsync.TestEveryCallHasACommand cmd/buildsync.TestJobsAreFound script/job"},
	{"modules harvest learns from the live templates and jobs", "cmd/buildsync.TestModulesHarvest"},
	{"explain: a rule's page, or where a value came from", "script/explain"},
	{"the emulator runs alone or inside the command, on one file", "script/embedded pkg/emulator.TestTwoProcessesOnOneFile"},
	{"doctor checks what can go wrong and prints what to do", "script/doctor"},
	{"no file of the repository says where the service is", "script/contract_formats"},
	{"credentials: the first found, in the contract's order; flags carry no secret", "pkg/client/credentials.TestFind cmd/buildsync.TestCommandsOfTheContract"},
	{"a token is kept only where --token-cache says, for its owner, for less than its life", "pkg/client/credentials.TestCache pkg/client/credentials.TestOpenCacheRefusesSharedDirectories pkg/client.TestTokenCache"},
	{"the exit codes", "script/exit_codes script/partial script/interrupt test/faults.TestSignalDuringAWrite"},
	{"the same outcome has the same code in every format", "script/contract_formats"},
	{"a typing mistake gets the nearest valid word", "cmd/buildsync.TestUsage script/explain script/outputs"},
}

// TestPromisesAreHeld fails where a sentence names no test, or one that is not
// there.
func TestPromisesAreHeld(t *testing.T) {
	t.Parallel()
	tests := map[string]map[string]bool{} // by package
	for _, p := range slices.Concat(planPromises, linePromises) {
		held := strings.Fields(p.held)
		if len(held) == 0 {
			t.Errorf("nothing holds: %s", p.sentence)
		}
		for _, name := range held {
			if script, ok := strings.CutPrefix(name, "script/"); ok {
				if _, err := os.Stat(filepath.Join("testdata", "script", script+".txtar")); err != nil {
					t.Errorf("%s: %v", p.sentence, err)
				}
				continue
			}
			dir, test, _ := strings.Cut(name, ".")
			if tests[dir] == nil {
				tests[dir] = testsOf(t, dir)
			}
			if !tests[dir][test] {
				t.Errorf("%s: there is no test %s", p.sentence, name)
			}
		}
	}
}

// testsOf lists the tests of a package of this module.
func testsOf(t *testing.T, dir string) map[string]bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", "..", filepath.FromSlash(dir), "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, file := range files {
		source, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range source.Decls {
			if f, ok := decl.(*ast.FuncDecl); ok && f.Recv == nil {
				names[f.Name.Name] = true
			}
		}
	}
	return names
}

// contractCommands are the commands of the contract with the flags that it
// names for them.
const contractCommands = `
init
lint: changed-since stdin-filename format fail-on
fmt: check diff
compile: out format
plan: base format out max-bytes explain show-undeclared detailed-exitcode changed only project shard stats refuse-drift force-conflicts adopt allow-empty allow-removals
apply: base yes approve report parallelism fail-fast smoke write-secret timeout create-retry force-conflicts adopt allow-removals
drift: base format
show: format max-bytes
export: project only out verify force kind
job list: format
job show: format
job run: param commit tag wait follow
job status
job stop
job history
job record
job logs
job artifacts
job ratio
job enable
job disable
job delete
template list
template show
template delete
notice show
keystore download
modules list
modules show
modules harvest
explain
emulator: listen data quirks seed latency rate fault
doctor
schema
completion
version
: dir C env project region endpoint profile var parallelism rate timeout no-color q v log-format token-cache
`

// TestCommandsOfTheContract checks that the commands exist with their flags, and that no flag can
// carry a secret.
func TestCommandsOfTheContract(t *testing.T) {
	t.Parallel()
	have := map[string][]cli.Flag{"": (&program{}).app().Flags}
	eachCommand(allCommands(), nil, func(words []string, c *cli.Command) { have[strings.Join(words, " ")] = c.Flags })
	for line := range strings.Lines(strings.TrimSpace(contractCommands)) {
		command, names, _ := strings.Cut(strings.TrimSpace(line), ":")
		flags, ok := have[command]
		if !ok {
			t.Errorf("there is no command %s", command)
		}
		for _, name := range strings.Fields(names) {
			if !slices.ContainsFunc(flags, func(f cli.Flag) bool { return slices.Contains(f.Names(), name) }) {
				t.Errorf("%s has no flag %s", command, name)
			}
		}
	}
	for command, flags := range have {
		for _, flag := range flags {
			for _, name := range flag.Names() {
				for _, secret := range []string{"password", "token", "secret-key", "access-key", "ak", "sk", "credential"} {
					if name == secret {
						t.Errorf("%s --%s would put a secret into the list of processes", command, name)
					}
				}
			}
		}
	}
	for _, schema := range []string{"definitions", "workspace", "plan", "report"} {
		if got := runWith(t, "", nil, "schema", schema); got.code != exitDone || !strings.HasPrefix(got.stdout, "{") {
			t.Errorf("schema %s: %+v", schema, got)
		}
	}
}

// TestAShardKeepsToItsPartOfTheRate checks that each of eight shards sends an eighth of the rate:
// of 960 requests a minute, two a second, one at a time. Four requests are sent: two listings and,
// as both are empty, a check of one name in each project.
func TestAShardKeepsToItsPartOfTheRate(t *testing.T) {
	t.Parallel()
	service := emulatortest.Start(t, emulator.Options{})
	dir := t.TempDir()
	workspace := "version: 1\ndefinitions: [\"jobs.yaml\"]\nprojects: {a: " + strings.Repeat("a1", 16) + ", b: " + strings.Repeat("b2", 16) + "}\ndefault_project: a\n"
	jobs := "version: 1\njobs:\n"
	for _, project := range []string{"a", "b"} {
		jobs += "  - {name: \"j-" + project + "-${{ matrix.n }}\", project: " + project + ", matrix: {n: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20]}, arch: x86-64, steps: []}\n"
	}
	for name, text := range map[string]string{"buildsync.yaml": workspace, "jobs.yaml": jobs} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	env := []string{
		"HOME=" + dir, "BUILDSYNC_ENDPOINT=" + service.URL,
		"HUAWEICLOUD_SDK_AK=" + emulator.DefaultAccessKey, "HUAWEICLOUD_SDK_SK=" + emulator.DefaultSecretKey,
	}
	begun := time.Now()
	got := runWith(t, "", env, "plan", "-C", dir, "--shard", "1/8", "--rate", "960/min", "--stats")
	if got.code != exitDone || !strings.Contains(got.stderr, "requests: 4,") {
		t.Fatalf("%+v", got)
	}
	if took := time.Since(begun); took < 1400*time.Millisecond {
		t.Errorf("the last of four requests came %v after the first, want half a second between each two", took)
	}
}
