package export_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/export"
	"github.com/buildsync/buildsync/pkg/jsontree"
)

const (
	shellModule   = `"module_id": "devcloud2018.codeci_action_20017.action"`
	parameterName = `"name": "hudson.model.StringParameterDefinition"`
)

// promises are the sentences about an export, each with the smallest live job that shows it:
// members of its body, and texts that its definition has or must not have.
var promises = []struct {
	sentence string
	body     string // beside job_name and arch
	options  export.Options
	want     string // "!text" must not be there
}{
	{"friendly forms where they lose nothing: a step's action word and inputs", `"steps": [{` + shellModule + `, "name": "s", "properties": {"command": "make"}}]`, export.Options{}, "- sh:\n          name: s\n          inputs:\n            command: make\n"},
	{"friendly forms: an image", `"steps": [{` + shellModule + `, "name": "s", "properties": {"command": "make", "image": "i"}}]`, export.Options{}, "image: i\n          inputs:\n"},
	{"friendly forms: a parameter", `"parameters": [{` + parameterName + `, "params": [{"name": "name", "value": "P"}, {"name": "type", "value": "normalparam"}, {"name": "defaultValue", "value": "1.10"}, {"name": "description", "value": "d"}]}]`, export.Options{}, `- {name: P, default: "1.10", description: d}`},
	{"friendly forms: options", `"parameters": [{` + parameterName + `, "params": [{"name": "name", "value": "P"}, {"name": "type", "value": "customizeparam"}, {"name": "defaultValue", "value": "b", "limits": [{"disable": "0", "name": "a", "display_name": "a"}, {"disable": "0", "name": "b", "display_name": "b"}]}]}]`, export.Options{}, `- {name: P, options: [a, b], default: b}`},
	{"friendly forms: a trigger", `"triggers": [{"name": "hudson.triggers.TimerTrigger", "parameters": [{"name": "spec", "value": "0 2 * * *"}]}]`, export.Options{}, `triggers:`},
	{"friendly forms: a timeout", `"timeout": {"limit": "4", "unit": "hour"}`, export.Options{}, "timeout: 4h\n"},
	{"friendly forms: a boolean that is a text on the wire", `"auto_update_sub_module": "false"`, export.Options{}, "auto_update_sub_module: false\n"},
	{"raw forms where friendly ones would lose something: an unknown module", `"steps": [{"module_id": "m", "name": "s", "properties": {"k": 1}}]`, export.Options{}, "- module_id: m\n        name: s\n        properties:\n          k: 1\n"},
	{"raw forms: a parameter of another definition", `"parameters": [{"name": "other.Definition", "params": [{"name": "name", "value": "P"}, {"name": "odd", "value": "x"}]}]`, export.Options{}, "- definition: other.Definition\n        params:\n          - {name: name, value: P}\n          - {name: odd, value: x}\n"},
	{"raw forms: a trigger of another kind", `"triggers": [{"name": "other", "parameters": [{"name": "p", "value": "010"}]}]`, export.Options{}, `name: other`},
	{"raw forms: a property that is a text elsewhere", `"steps": [{` + shellModule + `, "name": "s", "properties": {"command": 0}}]`, export.Options{}, "extra:\n      steps:\n"},
	{"block scalars for scripts", `"steps": [{` + shellModule + `, "name": "s", "properties": {"command": "make\nmake check\n"}}]`, export.Options{}, "command: |\n              make\n              make check\n"},
	{"Windows line ends mean nothing", `"steps": [{` + shellModule + `, "name": "s", "properties": {"command": "make\r\nmake check\r\n"}}]`, export.Options{}, "command: |\n              make\n              make check\n"},
	{"stable order: that of the schema, whatever the service answers", `"triggers": [], "timeout": {"limit": "4", "unit": "hour"}, "steps": [], "flavor": "2u8g"`, export.Options{}, "arch: arm\n    flavor: 2u8g\n    steps: []\n    timeout: 4h\n"},
	{"stable order: the script first in a step", `"steps": [{` + shellModule + `, "name": "s", "properties": {"shellType": "bash", "command": "make"}}]`, export.Options{}, "command: make\n"},
	{"secrets as stubs", `"parameters": [{` + parameterName + `, "params": [{"name": "name", "value": "TOKEN"}, {"name": "type", "value": "normalparam"}, {"name": "defaultValue", "value": "canary"}, {"name": "sensitiveVar", "value": "true"}]}]`, export.Options{}, "- {name: TOKEN, secret: ONE_TOKEN}"},
	{"secrets: never the value", `"parameters": [{` + parameterName + `, "params": [{"name": "name", "value": "TOKEN"}, {"name": "defaultValue", "value": "canary"}, {"name": "odd", "value": "x"}, {"name": "sensitiveVar", "value": "TRUE"}]}]`, export.Options{}, "!canary"},
	{"secrets: shared where that is asked for", `"parameters": [{` + parameterName + `, "params": [{"name": "name", "value": "TOKEN"}, {"name": "type", "value": "normalparam"}, {"name": "defaultValue", "value": "canary"}, {"name": "sensitiveVar", "value": "true"}]}]`, export.Options{ShareSecrets: true}, "secret: TOKEN}"},
	{"secrets: with the project where a workspace has several", `"parameters": [{` + parameterName + `, "params": [{"name": "name", "value": "TOKEN"}, {"name": "type", "value": "normalparam"}, {"name": "defaultValue", "value": "canary"}, {"name": "sensitiveVar", "value": "true"}]}]`, export.Options{QualifySecrets: true}, "- {name: TOKEN, secret: SHOP_ONE_TOKEN}"},
	{"unknown body fields under extra", `"new_field": {"a": [1.10, null]}`, export.Options{}, "extra:\n      new_field:\n        a: [1.10, null]\n"},
	{"ids nowhere", `"job_id": "c0ffee", "project_id": "6ecbc5bac7c8442fb3d2563d53c13582"`, export.Options{}, "!aaaaaaaa"},
	{"ids with --with-ids", `"job_id": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"`, export.Options{WithIDs: true}, "id: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n"},
	{"what the service writes by itself is not the user's", `"domain_id": "d", "actions": [], "build_environment_type": null, "cluster_selected": false, "limit_time": "4"`, export.Options{}, "!domain_id"},
	{"a description may hold what looks like a reference", `"description": "${{ vars.x }}"`, export.Options{}, `description: $${{ vars.x }}`},
	{"nulls, empty lists and empty texts of a body mean that nothing is there", `"scms": [], "flavor": null, "group_id": ""`, export.Options{}, "!scms"},
	{"an empty property is not a missing one", `"steps": [{` + shellModule + `, "name": "s", "properties": {"command": "", "file": null}}]`, export.Options{}, `command: ""`},
	{"the enabled state", `"enabled": true`, export.Options{}, "enabled: false\n"},
	{"notifications, with events in the order in which people read them", `"arch": "arm"`, export.Options{}, "notifications:\n      DING_TALK: [buildJobFail, deleteJob]\n      MAIL: []\n"},
	{"notifications: a channel's address may be secret", `"arch": "arm"`, export.Options{}, "!canary"},
}

// TestPromises holds an export to its sentences, and each definition to the law.
func TestPromises(t *testing.T) {
	t.Parallel()
	for _, p := range promises {
		t.Run(p.sentence, func(t *testing.T) {
			t.Parallel()
			body, err := jsontree.Parse([]byte(`{"job_name": "one", "arch": "arm", `+p.body+`}`), jsontree.Limits{})
			if err != nil && strings.Contains(p.body, `"arch"`) {
				body, err = jsontree.Parse([]byte(`{"job_name": "one", `+p.body+`}`), jsontree.Limits{})
			}
			if err != nil {
				t.Fatal(err)
			}
			live := liveJob(body)
			if strings.HasPrefix(p.sentence, "the enabled state") {
				body.Delete("enabled")
				live.Item.Disabled = true
			}
			if strings.HasPrefix(p.sentence, "notifications") {
				config := `{"webhook": "canary"}`
				live.Notices = []wire.Notice{
					{NoticeType: "MESSAGE", EnableMap: map[string]bool{"deleteJob": false}},
					{NoticeType: "MAIL", EnableMap: map[string]bool{"deleteJob": false}},
					{NoticeType: "DING_TALK", EnableMap: map[string]bool{"deleteJob": true, "buildJobFail": true}, ParamConfig: &config},
				}
			}
			d, err := export.New(p.options).Job(shop, live)
			if err != nil {
				t.Fatal(err)
			}
			source, _ := d.Source("", "")
			unwanted, not := strings.CutPrefix(p.want, "!")
			if not && strings.Contains(string(source), unwanted) || !not && !strings.Contains(string(source), p.want) {
				t.Errorf("have\n%s\nwant\n%s", source, p.want)
			}
			holds(t, []*diff.LiveJob{live})
		})
	}
}

// heldElsewhere are the sentences that need more than one job: the test that
// would fail if a sentence were false.
var heldElsewhere = []struct{ sentence, file, test string }{
	{"export, then compile, then compare with the live bodies: no difference, for any live state", "law_test.go", "TestLawOverBodies"},
	{"the law under all quirk profiles", "law_test.go", "TestLawOverTheService"},
	{"the law for build templates", "law_test.go", "TestLawOverTemplates"},
	{"the law for scripts of 5,000 lines with every white space", "law_test.go", "TestLongScript"},
	{"the law at every size that can be read", "spill_test.go", "TestLargeJobsCanBeRead"},
	{"texts survive in every place of a file", "../../internal/yamltext/write_test.go", "TestManyTextsSurvive"},
	{"one file a job, on every file system", "files_test.go", "TestLayout"},
	{"--force changes only the nodes that differ, so that comments survive", "update_test.go", "TestUpdateKeepsComments"},
	{"--force edits a script where it stands", "update_test.go", "TestUpdateEditsScripts"},
	{"--force brings any definition to any live state", "update_test.go", "TestUpdateLaw"},
	{"--force leaves the other jobs alone that share defaults and a template", "update_test.go", "TestUpdateLawOfSharing"},
	{"--factor changes no compiled body", "law_test.go", "TestLawOfFactoring"},
	{"--factor offers defaults and fragments, and leaves comments alone", "files_test.go", "TestFactorKeepsMeaning"},
	{"--factor makes inputs of what differs, with the usual value as default", "files_test.go", "TestFactorShares"},
	{"a bug that one job meets costs that job alone", "export_test.go", "TestACrashCostsOneJob"},
	{"it never overwrites a file without --force", "../../cmd/buildsync/export_test.go", "TestExportNeverOverwrites"},
	{"--verify says 300 of 300 exact, and plan and factored plan are empty", "../../cmd/buildsync/export_test.go", "TestExportEstate"},
	{"resumable after an error", "../../cmd/buildsync/export_test.go", "TestExportReadsOnlyNewJobs"},
	{"resumable after a kill", "../../cmd/buildsync/export_kill_test.go", "TestExportGoesOnAfterAKill"},
	{"a list of secrets to supply, and no value in any file", "../../cmd/buildsync/export_test.go", "TestExportSecrets"},
	{"live jobs of one name are never missed in silence", "../../cmd/buildsync/export_report_test.go", "TestExportTwins"},
	{"a team that wants both jobs of one name gets both", "../../cmd/buildsync/export_report_test.go", "TestExportRenamesTwins"},
	{"templates of one's own, not those of others", "../../cmd/buildsync/export_test.go", "TestExportTemplates"},
	{"a report for programs", "../../cmd/buildsync/export_report_test.go", "TestExportReport"},
	{"modules harvest writes source and confidence, no value of a user", "modules_test.go", "TestHarvestMerges"},
	{"modules harvest keeps what a person wrote", "../../cmd/buildsync/modules_test.go", "TestModulesHarvest"},
}

// TestSentencesAreHeld checks that no sentence outlives its test.
func TestSentencesAreHeld(t *testing.T) {
	t.Parallel()
	for _, s := range heldElsewhere {
		source, err := os.ReadFile(filepath.FromSlash(s.file))
		if err != nil {
			t.Errorf("%s: %v", s.sentence, err)
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), s.file, source, 0)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.ContainsFunc(file.Decls, func(d ast.Decl) bool {
			f, is := d.(*ast.FuncDecl)
			return is && f.Name.Name == s.test
		}) {
			t.Errorf("%s: no %s in %s", s.sentence, s.test, s.file)
		}
	}
}
