package sdk

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/sdkerr"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/services/codeartsbuild/v3/model"

	"github.com/buildsync/buildsync/pkg/emulator"
)

func runBody(id string) *model.RunJobRequestBody {
	return &model.RunJobRequestBody{
		JobId: id, Parameter: &[]model.ParameterItem{{Name: "target", Value: "dev"}},
		Scm: &model.Scm{BuildTag: ptr("v1.0"), BuildCommitId: ptr("0123456789abcdef0123456789abcdef01234567")},
	}
}

func builds(b *bench) {
	c := b.client
	id := *doAs(b, "-to-build", c.CreateBuildJob, &model.CreateBuildJobRequest{Body: body("cart")}).Result.JobId
	b.advance(1234 * time.Millisecond)
	if run := do(b, c.RunJob, &model.RunJobRequest{Body: runBody(id)}); *run.ActualBuildNumber != "1" {
		b.t.Errorf("the first build: %s", run)
	}
	b.advance(3 * time.Second)
	if state := do(b, c.ShowJobStatus, &model.ShowJobStatusRequest{JobId: id}); !*state.Result {
		b.t.Error("a running build is not shown as running")
	}
	b.advance(time.Minute)
	if state := doAs(b, "-ended", c.ShowJobStatus, &model.ShowJobStatusRequest{JobId: id}); *state.Result {
		b.t.Error("an ended build is shown as running")
	}
	record := do(b, c.ShowRecordDetail, &model.ShowRecordDetailRequest{JobId: id, BuildNo: 1})
	if *record.Result.Status != "SUCCESS" || *record.Result.CodeciJobId != id {
		b.t.Errorf("record: %s", record)
	}
	do(b, c.ShowRecordInfo, &model.ShowRecordInfoRequest{JobId: id, BuildNo: 1})
	do(b, c.ShowFlowGraph, &model.ShowFlowGraphRequest{BuildFlowRecordId: *record.Result.Id})
	do(b, c.ShowHistoryDetails, &model.ShowHistoryDetailsRequest{JobId: id, BuildNumber: 1})
	do(b, c.ShowOutputInfo, &model.ShowOutputInfoRequest{JobId: id, BuildNo: 1})
	do(b, c.ShowLastHistory, &model.ShowLastHistoryRequest{ProjectId: project, RepositoryName: "cart"})
	do(b, c.ShowListHistory, &model.ShowListHistoryRequest{JobId: id, Offset: 0, Limit: 100, Interval: 7})
	do(b, c.ShowListPeriodHistory, &model.ShowListPeriodHistoryRequest{JobId: id, Offset: 0, Limit: 100, StartTime: "2026-03-01", EndTime: "2026-03-02"})

	do(b, c.ListBuildInfoRecord, &model.ListBuildInfoRecordRequest{JobId: id, StartTime: "2026-03-02 00:00:00", EndTime: "2026-03-03 00:00:00"})

	// buildsOfV1 covers the builds of v1. A time in milliseconds does not fit the SDK's float32:
	// the golden file shows the error.
	doAs(b, "-after-a-build", c.ShowJobListByProjectId, &model.ShowJobListByProjectIdRequest{ProjectId: project, PageSize: 100})

	doAs(b, "-second", c.RunJob, &model.RunJobRequest{Body: runBody(id)})
	do(b, c.StopBuildJob, &model.StopBuildJobRequest{JobId: id, BuildNo: 2})
	doAs(b, "-third", c.RunJob, &model.RunJobRequest{Body: runBody(id)})
	do(b, c.StopJob, &model.StopJobRequest{Body: &model.StopJobRequestBody{JobId: id, BuildNo: "3"}})
	ratio := do(b, c.ShowJobSuccessRatio, &model.ShowJobSuccessRatioRequest{JobId: id, StartTime: "2026-03-01", EndTime: "2026-03-02"})
	if *ratio.TotalCount != 3 || *ratio.SuccessCount != 1 || *ratio.SuccessRatio != 0.33 {
		b.t.Errorf("ratio: %s", ratio)
	}
}

func buildsOfV1(b *bench) {
	c := b.client
	id := *doAs(b, "-to-execute", c.CreateBuildJob, &model.CreateBuildJobRequest{Body: body("cart")}).Result.JobId

	// As with the listing: flat in the SDK, wrapped in real traffic.
	do(b, c.ExecuteJob, &model.ExecuteJobRequest{Body: runBody(id)})
	if !b.sent(`"actual_build_number":"1"`) {
		b.t.Errorf("execute: %s", b.raw)
	}
	if state := do(b, c.ShowRunningStatus, &model.ShowRunningStatusRequest{JobId: id}); !*state.Result.IsRunning {
		b.t.Errorf("running status: %s", state)
	}
	do(b, c.StopTheJob, &model.StopTheJobRequest{JobId: id, BuildNo: ptr(int32(1))})
	record := do(b, c.ShowJobBuildRecordDetail, &model.ShowJobBuildRecordDetailRequest{JobId: id, BuildNo: 1})
	if *record.Result.Status != "ABORTED" {
		b.t.Errorf("a build that was stopped: %s", record)
	}
	if script := do(b, c.ShowBuildRecordBuildScript, &model.ShowBuildRecordBuildScriptRequest{RecordId: *record.Result.Id}); !strings.Contains(*script.Result, "unit: \"minute\"") {
		b.t.Errorf("the script of a build: %s", script)
	}
	if stages := do(b, c.ShowBuildRecordFullStages, &model.ShowBuildRecordFullStagesRequest{RecordId: *record.Result.Id}); len(stages.Result.BuildStages) == 0 {
		b.t.Errorf("the stages of a build: %s", stages)
	}
	do(b, c.ShowBuildRecordFlowGraph, &model.ShowBuildRecordFlowGraphRequest{BuildFlowRecordId: *record.Result.Id})
}

func files(b *bench) {
	c := b.client
	id := *doAs(b, "-logs", c.CreateBuildJob, &model.CreateBuildJobRequest{Body: body("cart")}).Result.JobId
	doAs(b, "-logs", c.RunJob, &model.RunJobRequest{Body: runBody(id)})
	followLog(b, id)
	record := *doAs(b, "-logs", c.ShowRecordDetail, &model.ShowRecordDetailRequest{JobId: id, BuildNo: 1}).Result.Id
	do(b, c.DownloadBuildLog, &model.DownloadBuildLogRequest{RecordId: record, LogLevel: ptr("DEBUG")})
	do(b, c.DownloadTaskLog, &model.DownloadTaskLogRequest{RecordId: record, TaskName: "Shell", LogLevel: ptr("INFO")})
	do(b, c.DownloadLogByRecordId, &model.DownloadLogByRecordIdRequest{RecordId: record})
	do(b, c.DownloadBuildFullLog, &model.DownloadBuildFullLogRequest{RecordId: record, LogLevel: ptr("INFO")})
	if err := b.emulator.PutKeystoreFile("android 1.keystore", []byte("the keys of an app")); err != nil {
		b.t.Fatal(err)
	}
	do(b, c.DownloadKeystore, &model.DownloadKeystoreRequest{FileName: "android 1.keystore", DomainId: emulator.DefaultDomainID})
}

// followLog reads the log of the first build in parts while it grows, and returns when it is
// complete.
func followLog(b *bench, job string) {
	b.t.Helper()
	var text strings.Builder
	for offset, n := int32(0), 0; ; n++ {
		piece, err := b.client.DownloadRealTimeLog(&model.DownloadRealTimeLogRequest{JobId: job, BuildNo: 1, Offset: offset, Length: ptr(int32(100))})
		if err != nil || n > 100 || *piece.Result.CurrentOffset != offset {
			b.t.Fatalf("piece %d of the log: %s, %v", n, piece, err)
		}
		text.WriteString(*piece.Result.Content)
		offset = *piece.Result.Offset
		if !*piece.Result.HasMoreData {
			break
		}
		b.advance(time.Second)
	}
	whole := *do(b, b.client.DownloadRealTimeLog, &model.DownloadRealTimeLogRequest{JobId: job, BuildNo: 1}).Result.Content
	if text.String() != whole {
		b.t.Errorf("in pieces:\n%s\nat once:\n%s", text.String(), whole)
	}
}

// refusals checks that the SDK reads the status, code, message and request id of a refusal.
func refusals(b *bench) {
	c := b.client
	gone := "0123456789abcdef0123456789abcdef"
	for name, call := range map[string]func() error{
		"CB.00031006": func() error {
			_, err := c.ListJobConfig(&model.ListJobConfigRequest{JobId: gone})
			return err
		},
		"DEVCB.00031006": func() error {
			_, err := c.ShowJobConfig(&model.ShowJobConfigRequest{JobId: gone})
			return err
		},
		"DEV.CB.0520002": func() error {
			_, err := c.DeleteTemplates(&model.DeleteTemplatesRequest{Uuid: gone})
			return err
		},
	} {
		var refused *sdkerr.ServiceResponseError
		if err := call(); !errors.As(err, &refused) || refused.StatusCode != http.StatusUnprocessableEntity ||
			refused.ErrorCode != name || refused.ErrorMessage == "" || refused.RequestId == "" {
			b.t.Errorf("%s: %v", name, err)
		}
	}
}
