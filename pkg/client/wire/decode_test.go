package wire_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/jsontree"
)

func parse(t testing.TB, text string) *jsontree.Value {
	t.Helper()
	v, err := jsontree.Parse([]byte(text), jsontree.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// TestBuilding uses shortened examples of the API reference, and the forms of real answers. Either
// member of a row shows that a build is under way, in any form. A job that was never built has
// neither.
func TestBuilding(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		`{"last_build_status":"building","is_finished":false}`: true,
		`{"last_build_status":"building"}`:                     true,
		`{"last_build_status":"blue","is_finished":false}`:     true,
		`{"last_build_status":"red","is_finished":"false"}`:    true,
		`{"last_build_status":"blue","is_finished":"true"}`:    false,
		`{"last_build_status":"blue","is_finished":null}`:      false,
		`{"last_build_status":"blue"}`:                         false,
		`{"last_build_status":"none","is_finished":false}`:     false,
		`{"is_finished":false}`:                                false,
	} {
		v, err := jsontree.Parse([]byte(text), jsontree.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		if have := wire.DecodeJobItem(v).Building; have != want {
			t.Errorf("%s: building %v, want %v", text, have, want)
		}
	}
}

func TestDecode(t *testing.T) {
	t.Parallel()
	text := "secret"
	for _, test := range []struct {
		name string
		have any
		want any
	}{
		{
			"job item",
			wire.DecodeJobItem(parse(t, `{"id":"a","job_name":"demo","last_build_time":1608004535000,"health_score":75,"disabled":true,"is_view":"true","is_copy":null}`)),
			wire.JobItem{ID: "a", JobName: "demo", LastBuildTime: "1608004535000", HealthScore: "75", Disabled: true, IsView: true},
		},
		{
			"job item with numbers as text and nothing else",
			wire.DecodeJobItem(parse(t, `{"id":"a","health_score":" 75 ","last_build_time":"never"}`)),
			wire.JobItem{ID: "a", HealthScore: "75", StateUnseen: true},
		},
		{
			"notice",
			wire.DecodeNotice(parse(t, `{"notice_type":"mail","enable_map":{"buildJobFail":true,"deleteJob":"false","forbiddenJob":"true"},"param_config":"secret"}`)),
			wire.Notice{NoticeType: "MAIL", EnableMap: map[string]bool{"buildJobFail": true, "deleteJob": false, "forbiddenJob": true}, ParamConfig: &text},
		},
		{
			"notice without events",
			wire.DecodeNotice(parse(t, `{"notice_type":"MAIL","enable_map":null,"param_config":null}`)),
			wire.Notice{NoticeType: "MAIL", EnableMap: map[string]bool{}},
		},
		{
			"history record",
			wire.DecodeHistoryRecord(parse(t, `{"record_id":"20201230.1","build_number":55,"result":"FAILURE","commit_id":null}`)),
			wire.HistoryRecord{RecordID: "20201230.1", BuildNumber: "55", Result: "FAILURE"},
		},
		{
			"details with a list of parameters",
			wire.DecodeHistoryDetails(parse(t, `{"job_name":"a","build_number":5,"parameters":[{"p":"v","s":"****"}],"build_steps":[{"name":"x","status":"success","build_time":8366}]}`)),
			wire.HistoryDetails{
				JobName: "a", BuildNumber: "5", Parameters: map[string]string{"p": "v", "s": "****"},
				BuildSteps: []wire.BuildStep{{Name: "x", Status: "success", BuildTime: "8366"}},
			},
		},
		{
			"details with a map of parameters and one step",
			wire.DecodeHistoryDetails(parse(t, `{"parameters":{"p":"v"},"build_steps":{"name":"x"}}`)),
			wire.HistoryDetails{Parameters: map[string]string{"p": "v"}, BuildSteps: []wire.BuildStep{{Name: "x"}}},
		},
		{
			"record by the example's name of the daily number",
			wire.DecodeRecord(parse(t, `{"id":"r","daily_build_num":"20221011.29","tag":null,"duration":100068}`)),
			wire.Record{ID: "r", DailyBuildNumber: "20221011.29", Duration: "100068"},
		},
		{
			"record by the table's name",
			wire.DecodeRecord(parse(t, `{"id":"r","daily_build_number":"20221011.29","daily_build_num":null}`)),
			wire.Record{ID: "r", DailyBuildNumber: "20221011.29"},
		},
		{
			"output",
			wire.DecodeOutputInfo(parse(t, `{"package_info":null,"package_infos":{"p":{"name":"n","uri":"u"}},"image_infos":null}`)),
			wire.OutputInfo{PackageInfos: map[string]wire.Output{"p": {Name: "n", URI: "u"}}, ImageInfos: map[string]wire.Output{}},
		},
		{
			"output with one package",
			wire.DecodeOutputInfo(parse(t, `{"package_info":{"name":"n"}}`)),
			wire.OutputInfo{PackageInfo: &wire.Output{Name: "n"}, PackageInfos: map[string]wire.Output{}, ImageInfos: map[string]wire.Output{}},
		},
		{
			"ratio",
			wire.DecodeSuccessRatio(parse(t, `{"success_count":2,"total_count":3,"success_ratio":0.67}`)),
			wire.SuccessRatio{SuccessCount: "2", TotalCount: "3", SuccessRatio: "0.67"},
		},
		{
			"flow graph",
			wire.DecodeFlowGraph(parse(t, `{"edges":[{"from":"a","to":"b"}],"vertices":[{"id":"a","build_duration":38156,"build_no":"535"}]}`)),
			wire.FlowGraph{
				Edges:    []wire.FlowEdge{{From: "a", To: "b"}},
				Vertices: []wire.FlowVertex{{ID: "a", BuildDuration: "38156", BuildNo: "535"}},
			},
		},
		{
			"flow graph of one edge and one vertex",
			wire.DecodeFlowGraph(parse(t, `{"edges":{"from":"a","to":"b"},"vertices":{"id":"a"}}`)),
			wire.FlowGraph{Edges: []wire.FlowEdge{{From: "a", To: "b"}}, Vertices: []wire.FlowVertex{{ID: "a"}}},
		},
		{
			"run result with a number as a number",
			wire.DecodeRunResult(parse(t, `{"octopus_job_name":"j","actual_build_number":20,"daily_build_number":"20200612.20"}`)),
			wire.RunResult{OctopusJobName: "j", ActualBuildNumber: "20", DailyBuildNumber: "20200612.20"},
		},
		{
			"job change",
			wire.DecodeJobChange(parse(t, `{"update_number":2,"update_type":"UPDATE","update_at":1726393693000,"user_name":"u"}`)),
			wire.JobChange{Number: "2", Type: "UPDATE", Time: "1726393693000", UserName: "u"},
		},
		{
			"project",
			wire.DecodeProject(parse(t, `{"id":"p","name":"eu-west-101","domain_id":"d","enabled":true}`)),
			wire.Project{ID: "p", Name: "eu-west-101", DomainID: "d", Enabled: true},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(test.want, test.have); diff != "" {
				t.Errorf("decoded (-want +got):\n%s", diff)
			}
		})
	}
}

// TestSpellLists: a bare object in the place of a list is a list of one, at each
// depth and in the capitals of templates; what is in properties stays.
func TestSpellLists(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		`{"steps":{"name":"s","properties":{"params":{"a":1}}},"scms":{},"triggers":{"parameters":{"name":"spec"}}}`: `{"steps":[{"name":"s","properties":{"params":{"a":1}}}],"scms":[],"triggers":[{"parameters":[{"name":"spec"}]}]}`,
		`{"parameters":{"params":{"name":"defaultValue","limits":{"name":"a"}}}}`:                                    `{"parameters":[{"params":[{"name":"defaultValue","limits":[{"name":"a"}]}]}]}`,
		`{"template":{"Steps":{"Properties":{"a":{"b":1}}}},"parameters":null}`:                                      `{"template":{"Steps":[{"Properties":{"a":{"b":1}}}]},"parameters":null}`,
		`{"steps":[{"name":"s"}],"timeout":{"limit":"4"}}`:                                                           `{"steps":[{"name":"s"}],"timeout":{"limit":"4"}}`,
	} {
		body := parse(t, in)
		wire.SpellLists(body)
		if got := string(body.AppendJSON(nil)); got != want {
			t.Errorf("%s\nhave %s\nwant %s", in, got, want)
		}
	}
}

func TestUnknownMembersAreKept(t *testing.T) {
	t.Parallel()
	item := wire.DecodeJobItem(parse(t, `{"id":"a","new_thing":{"x":[1,null]},"disabled":true,"other":"y"}`))
	if have := string(item.Extra.AppendJSON(nil)); have != `{"new_thing":{"x":[1,null]},"other":"y"}` {
		t.Errorf("Extra = %s", have)
	}
	template := wire.DecodeTemplate(parse(t, `{"uuid":"u","name":"n","scope":"custom","i18n":{}}`))
	if template.Scope != wire.ScopeCustom || template.Item.Get("i18n") == nil {
		t.Errorf("template = %+v", template)
	}
}

// TestDecodeAnything checks that no answer makes decoding panic.
func TestDecodeAnything(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		v := value(rt, 3)
		wire.DecodeJobItem(v)
		wire.DecodeNotice(v)
		wire.DecodeTemplate(v)
		wire.DecodeHistoryRecord(v)
		wire.DecodeHistoryDetails(v)
		wire.DecodeRecord(v)
		wire.DecodeOutputInfo(v)
		wire.DecodeSuccessRatio(v)
		wire.DecodeFlowGraph(v)
		wire.DecodeRunResult(v)
		wire.DecodeJobChange(v)
		wire.DecodeProject(v)
		wire.List(v)
	})
}

func value(t *rapid.T, depth int) *jsontree.Value {
	keys := []string{"id", "enable_map", "param_config", "parameters", "build_steps", "package_info", "package_infos", "edges", "vertices", "daily_build_num", "x"}
	switch kind := rapid.IntRange(0, 6).Draw(t, "kind"); {
	case kind == 0:
		return nil
	case kind == 1:
		return jsontree.Null()
	case kind == 2:
		return jsontree.Bool(true)
	case kind == 3:
		return jsontree.Int(7)
	case kind == 4 || depth == 0:
		return jsontree.String(rapid.String().Draw(t, "text"))
	case kind == 5:
		v := jsontree.Array()
		for range rapid.IntRange(0, 3).Draw(t, "items") {
			v.Append(value(t, depth-1))
		}
		return v
	default:
		v := jsontree.Object()
		for range rapid.IntRange(0, 5).Draw(t, "members") {
			v.Set(rapid.SampledFrom(keys).Draw(t, "key"), value(t, depth-1))
		}
		return v
	}
}
