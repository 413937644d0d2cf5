package sdk

import (
	"strings"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/services/codeartsbuild/v3/model"
)

func noticeUpdate(kind string, events ...string) *model.UpdateNoticeRequestBody {
	return &model.UpdateNoticeRequestBody{NoticeType: kind, EnabledEventTypeNames: append([]string{}, events...), ParamConfig: ptr("config")}
}

// notices runs with texts as results, as the tables of 4.24 and 4.25 have them. The SDK can read no
// other form.
func notices(b *bench) {
	c := b.client
	id := *doAs(b, "-notices", c.CreateBuildJob, &model.CreateBuildJobRequest{Body: body("cart")}).Result.JobId
	do(b, c.ListNotice, &model.ListNoticeRequest{JobId: id})
	do(b, c.UpdateNotice, &model.UpdateNoticeRequest{JobId: id, Body: noticeUpdate("MESSAGE", "buildJobSuccess", "deleteJob")})
	if rows := doAs(b, "-updated", c.ListNotice, &model.ListNoticeRequest{JobId: id}); !enabled(*rows.Result, "MESSAGE", "deleteJob") {
		b.t.Errorf("after an update: %s", rows)
	}
	do(b, c.DisableNotice, &model.DisableNoticeRequest{JobId: id, NoticeType: "message"})
	if rows := doAs(b, "-disabled", c.ListNotice, &model.ListNoticeRequest{JobId: id}); enabled(*rows.Result, "MESSAGE", "deleteJob") {
		b.t.Errorf("after disabling: %s", rows)
	}
	do(b, c.UpdateNewNoticeNew, &model.UpdateNewNoticeNewRequest{JobId: id, Body: noticeUpdate("FEISHU", "forbiddenJob")})
	rows := do(b, c.ShowJobNoticeConfigInfo, &model.ShowJobNoticeConfigInfoRequest{JobId: id})
	if !enabled(*rows.Result, "FEISHU", "forbiddenJob") {
		b.t.Errorf("of v1: %s", rows)
	}
}

func enabled(rows []model.QueryJobNoticeItems, kind, event string) bool {
	for _, row := range rows {
		if *row.NoticeType == kind {
			return row.EnableMap[event]
		}
	}
	return false
}

// noticesOfExamples runs with objects as results, as the examples of 4.24 and 4.25 print them. The
// SDK cannot read the answer, but the write is done.
func noticesOfExamples(b *bench) {
	c := b.client
	id := *doAs(b, "-examples", c.CreateBuildJob, &model.CreateBuildJobRequest{Body: body("cart")}).Result.JobId
	_, err := c.UpdateNotice(&model.UpdateNoticeRequest{JobId: id, Body: noticeUpdate("MAIL", "deleteJob")})
	if err == nil || !strings.Contains(err.Error(), "Result") {
		b.t.Errorf("the SDK reads an object into a text: %v", err)
	}
	if !b.sent(`"result":{"job_id":"` + id + `"}`) {
		b.t.Errorf("update: %s", b.raw)
	}
	if rows := doAs(b, "-examples", c.ListNotice, &model.ListNoticeRequest{JobId: id}); !enabled(*rows.Result, "MAIL", "deleteJob") {
		b.t.Errorf("after an update: %s", rows)
	}
	if _, err = c.DisableNotice(&model.DisableNoticeRequest{JobId: id, NoticeType: "mail"}); err == nil {
		b.t.Error("the SDK reads an object into a text")
	}
	if rows := doAs(b, "-examples-disabled", c.ListNotice, &model.ListNoticeRequest{JobId: id}); enabled(*rows.Result, "MAIL", "deleteJob") {
		b.t.Errorf("after disabling: %s", rows)
	}
}
