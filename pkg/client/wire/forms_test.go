package wire

import (
	"reflect"
	"slices"
	"testing"

	"github.com/buildsync/buildsync/pkg/jsontree"
)

func tree(t *testing.T, text string) *jsontree.Value {
	t.Helper()
	v, err := jsontree.Parse([]byte(text), jsontree.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// TestOtherForms checks forms that the reference does not have: JSON in texts, the state of a job in
// other words, and events as a list.
func TestOtherForms(t *testing.T) {
	t.Parallel()
	const want = `{"steps":[{"name":"s","properties":{"command":"{x}"}}]}`
	for _, text := range []string{
		want, `{"steps":"[{\"name\":\"s\",\"properties\":{\"command\":\"{x}\"}}]"}`, `{"steps":[{"name":"s","properties":"{\"command\":\"{x}\"}"}]}`,
	} {
		body := tree(t, text)
		if SpellLists(body); string(body.AppendJSON(nil)) != want {
			t.Errorf("%s is read as %s", text, body.AppendJSON(nil))
		}
	}
	for text, state := range map[string][2]bool{ // disabled, not known
		`true`: {true, false}, `"True"`: {true, false}, `1`: {true, false}, `false`: {false, false}, `0`: {false, false},
		`null`: {false, true}, `""`: {false, true}, `"Y"`: {false, true},
	} {
		item := DecodeJobItem(tree(t, `{"id":"a","disabled":`+text+`}`))
		if item.Disabled != state[0] || item.StateUnseen != state[1] {
			t.Errorf("disabled %s is read as %t, not known: %t", text, item.Disabled, item.StateUnseen)
		}
	}
	for _, text := range []string{`{"id":"a","job_name":"n"}`, `{"job_id":"a","jobName":"n"}`, `{"id":null,"jobId":"a","job_name":null,"name":"n"}`} {
		if item := DecodeJobItem(tree(t, text)); item.ID != "a" || item.JobName != "n" || JobItemID(tree(t, text)) != "a" || JobItemName(tree(t, text)) != "n" {
			t.Errorf("%s is read as %+v", text, item)
		}
	}
	row := DecodeNotice(tree(t, `{"notice_type":"MAIL","enabled_event_type_names":["deleteJob","buildJobFail"]}`))
	if got := row.EnabledEvents(); !slices.Equal(got, []string{"buildJobFail", "deleteJob"}) {
		t.Errorf("the events are read as %q", got)
	}
}

// TestDecodeNotices checks the forms of a job's notifications: events in another letter case, a row
// for each event, and the channels as members of one object.
func TestDecodeNotices(t *testing.T) {
	want := map[string][]string{"MAIL": {"buildJobFail", "deleteJob"}, "MESSAGE": {}}
	for _, text := range []string{
		`[{"notice_type":"mail","enable_map":{"BUILDJOBFAIL":true,"deletejob":1}},{"notice_type":"MESSAGE","enable_map":{}}]`,
		`[{"notice_type":"MAIL","enable_map":{"buildJobFail":true,"deleteJob":false}},{"notice_type":"MESSAGE"},{"notice_type":"Mail","enabled_event_type_names":["deleteJob"]}]`,
		`{"MAIL":{"enable_map":{"buildJobFail":"true","deleteJob":"true"}},"MESSAGE":{"enable_map":null}}`,
	} {
		got := map[string][]string{}
		for _, n := range DecodeNotices(tree(t, text)) {
			got[n.NoticeType] = n.EnabledEvents()
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s\nread as %q", text, got)
		}
	}
	for _, text := range []string{`[{"enable_map":{}}]`, `{"notices":[]}`} {
		if got := DecodeNotices(tree(t, text)); got != nil {
			t.Errorf("%s is read as %v", text, got)
		}
	}
	if got := DecodeNotices(tree(t, `[]`)); got == nil {
		t.Error("no rows are unknown")
	}
}
