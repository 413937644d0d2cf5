package sdk

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/services/codeartsbuild/v3/model"

	"github.com/buildsync/buildsync/pkg/client"
	"github.com/buildsync/buildsync/pkg/client/signer"
	"github.com/buildsync/buildsync/pkg/emulator"
)

// unreadable are forms of answers that the SDK's types cannot read, with the operations that fail.
// Real traffic and the printed examples have these forms; docs/api/sdk.md lists them.
func unreadable() map[string][]string {
	return map[string][]string{
		"body-required":      {"DeleteBuildJob", "DisableBuildJob", "EnableBuildJob", "StopBuildJob"},
		"one-as-object":      {"ShowListHistory", "ShowListPeriodHistory"},
		"parameters-as-list": {"ShowHistoryDetails"},
		"text-in-text":       {"ListJobConfig"},
		"object-result":      {"UpdateNotice"},
		"bare-templates":     {"ListTemplates"},
		"bare-objects":       {"CreateTemplates", "ListJobConfig", "ListTemplates"},
		"null-errors":        {"CreateBuildJob"}, // and so all that have an envelope
	}
}

// TestQuirks checks that the SDK works with each quirk alone, except those listed.
func TestQuirks(t *testing.T) {
	t.Parallel()
	for _, quirk := range emulator.Switches() {
		t.Run(quirk.Name, func(t *testing.T) {
			t.Parallel()
			b := start(t, "none,"+quirk.Name, newCoverage())
			if diff := cmp.Diff(unreadable()[quirk.Name], b.failures()); diff != "" {
				t.Errorf("operations that fail (-want +got):\n%s", diff)
			}
		})
	}
}

// failures runs the SDK through a short scenario and returns the operations that fail.
func (b *bench) failures() []string {
	c := b.client
	var failed []string
	note := func(name string, err error) {
		if err != nil {
			failed = append(failed, name)
		}
	}
	made, err := c.CreateBuildJob(&model.CreateBuildJobRequest{Body: body("cart")})
	if err != nil {
		return []string{"CreateBuildJob"} // nothing can follow
	}
	id := *made.Result.JobId
	b.advance(time.Minute) // past the lag of lists
	_, err = c.ListJobConfig(&model.ListJobConfigRequest{JobId: id, GetAllParams: ptr("true")})
	note("ListJobConfig", err)
	_, err = c.UpdateBuildJob(&model.UpdateBuildJobRequest{Body: changed(id, "cart-2")})
	note("UpdateBuildJob", err)
	_, err = c.ShowJobListByProjectId(&model.ShowJobListByProjectIdRequest{ProjectId: project, PageSize: 100})
	note("ShowJobListByProjectId", err)
	_, err = c.UpdateNotice(&model.UpdateNoticeRequest{JobId: id, Body: noticeUpdate("MAIL", "deleteJob")})
	note("UpdateNotice", err)
	_, err = c.ListNotice(&model.ListNoticeRequest{JobId: id})
	note("ListNotice", err)
	_, err = c.CreateTemplates(&model.CreateTemplatesRequest{Body: templateBody("maven")})
	note("CreateTemplates", err)
	_, err = c.ListTemplates(&model.ListTemplatesRequest{PageSize: ptr("100")})
	note("ListTemplates", err)
	_, err = c.DisableBuildJob(&model.DisableBuildJobRequest{JobId: id})
	note("DisableBuildJob", err)
	_, err = c.EnableBuildJob(&model.EnableBuildJobRequest{JobId: id})
	note("EnableBuildJob", err)
	b.buildFailures(id, note)
	_, err = c.DeleteBuildJob(&model.DeleteBuildJobRequest{JobId: id})
	note("DeleteBuildJob", err)
	slices.Sort(failed)
	return failed
}

func (b *bench) buildFailures(id string, note func(string, error)) {
	b.advance(time.Second) // the SDK does not repeat throttled calls
	c := b.client
	_, err := c.RunJob(&model.RunJobRequest{Body: &model.RunJobRequestBody{JobId: id}})
	note("RunJob", err)
	_, err = c.ShowListHistory(&model.ShowListHistoryRequest{JobId: id, Limit: 100, Interval: 7})
	note("ShowListHistory", err)
	_, err = c.ShowListPeriodHistory(&model.ShowListPeriodHistoryRequest{JobId: id, Limit: 100, StartTime: "2026-03-01", EndTime: "2026-03-03"})
	note("ShowListPeriodHistory", err)
	_, err = c.ShowHistoryDetails(&model.ShowHistoryDetailsRequest{JobId: id, BuildNumber: 1})
	note("ShowHistoryDetails", err)
	_, err = c.StopBuildJob(&model.StopBuildJobRequest{JobId: id, BuildNo: 1})
	note("StopBuildJob", err)
	b.advance(time.Minute)
	_, err = c.ShowRecordDetail(&model.ShowRecordDetailRequest{JobId: id, BuildNo: 1})
	note("ShowRecordDetail", err)
}

// TestRefusalInside200 checks a refusal inside a 200. Where the SDK's model has no error it reports
// success; the client reads the refusal.
func TestRefusalInside200(t *testing.T) {
	t.Parallel()
	gone := "0123456789abcdef0123456789abcdef"
	b := start(t, "none,not-found-200", newCoverage())
	answer, err := b.client.DisableBuildJob(&model.DisableBuildJobRequest{JobId: gone})
	if err != nil || *answer.Status != "error" {
		t.Errorf("the SDK: %s, %v", answer, err)
	}
	c, err := client.New(client.Config{
		Endpoint: b.url, Credentials: client.Credentials{Key: signer.Key{Access: emulator.DefaultAccessKey, Secret: emulator.DefaultSecretKey}},
		Transport: b.config.RoundTripper, Now: b.emulator.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.DisableJob(t.Context(), gone); !errors.Is(err, client.ErrNotFound) {
		t.Errorf("the client: %v", err)
	}
}

// checkUnreadable checks that the notes list unreadable.
func checkUnreadable(t *testing.T, notes string) {
	t.Helper()
	for quirk, operations := range unreadable() {
		row := "| `" + quirk + "` | `" + strings.Join(operations, "`, `") + "` |"
		if !strings.Contains(notes, row) {
			t.Errorf("the notes on the API lack the row %s", row)
		}
	}
}
