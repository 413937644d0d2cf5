package wire

import "github.com/buildsync/buildsync/pkg/jsontree"

// DecodeHistoryRecord reads one build of a history.
func DecodeHistoryRecord(v *jsontree.Value) HistoryRecord {
	r := read(v)
	record := HistoryRecord{
		RecordID:      r.text("record_id"),
		JobID:         r.text("job_id"),
		JobName:       r.text("job_name"),
		BuildNumber:   r.number("build_number"),
		StartTime:     r.text("start_time"),
		EndTime:       r.text("end_time"),
		Result:        r.text("result"),
		Branch:        r.text("branch"),
		CommitID:      r.text("commit_id"),
		CommitMessage: r.text("commit_message"),
		Executor:      r.text("executor"),
		TriggerType:   r.text("trigger_type"),
	}
	record.Extra = r.extra()
	return record
}

// DecodeHistoryDetails reads a build's details. The parameters are a map in the
// table of the reference and a list of one map in its example; both are read.
func DecodeHistoryDetails(v *jsontree.Value) HistoryDetails {
	r := read(v)
	details := HistoryDetails{
		JobName:     r.text("job_name"),
		BuildNumber: r.number("build_number"),
		ProjectID:   r.text("project_id"),
		ProjectName: r.text("project_name"),
		Parameters:  map[string]string{},
	}
	for _, group := range List(r.get("parameters")) {
		for _, m := range group.Members() {
			details.Parameters[m.Key] = m.Value.Text()
		}
	}
	for _, step := range List(r.get("build_steps")) {
		s := read(step)
		details.BuildSteps = append(details.BuildSteps, BuildStep{
			Name: s.text("name"), Status: s.text("status"), BuildTime: s.number("build_time"),
		})
	}
	return details
}

// DecodeRecord reads a build record. The daily number has one name in the
// table of the reference and another in its example; both are read.
func DecodeRecord(v *jsontree.Value) Record {
	r := read(v)
	record := Record{
		ID:                r.text("id"),
		BuildProjectID:    r.text("build_project_id"),
		BuildRecordID:     r.text("build_record_id"),
		ParentRecordID:    r.text("parent_record_id"),
		DevcloudProjectID: r.text("devcloud_project_id"),
		CodeciJobID:       r.text("codeci_job_id"),
		UserID:            r.text("user_id"),
		BuildNo:           r.number("build_no"),
		DailyBuildNumber:  r.text("daily_build_number", "daily_build_num"),
		ExecutionID:       r.text("execution_id"),
		RepoName:          r.text("repo_name"),
		RepoID:            r.text("repo_id"),
		Branch:            r.text("branch"),
		Tag:               r.text("tag"),
		Commit:            r.text("commit"),
		CommitMessage:     r.text("commit_message"),
		CommitCreateTime:  r.text("commit_create_time"),
		TriggerType:       r.text("trigger_type"),
		BuildType:         r.text("build_type"),
		Status:            r.text("status"),
		DomainID:          r.text("domain_id"),
		CreateTime:        r.text("create_time"),
		ScheduleTime:      r.text("schedule_time"),
		QueuedTime:        r.text("queued_time"),
		StartTime:         r.text("start_time"),
		RunnableTime:      r.text("runnable_time"),
		FinishTime:        r.text("finish_time"),
		Duration:          r.number("duration"),
		RecordStatus:      r.text("record_status"),
		UsePrivateSlave:   r.number("use_private_slave"),
		Region:            r.text("region"),
		ErrMsg:            r.text("err_msg"),
		BuildConfigType:   r.text("build_config_type"),
	}
	record.Extra = r.extra()
	return record
}

// DecodeOutputInfo reads what a build produced.
func DecodeOutputInfo(v *jsontree.Value) OutputInfo {
	r := read(v)
	info := OutputInfo{
		PackageInfos: outputs(r.get("package_infos")),
		ImageInfos:   outputs(r.get("image_infos")),
	}
	if single := r.get("package_info"); !single.IsEmpty() {
		output := decodeOutput(single)
		info.PackageInfo = &output
	}
	return info
}

func outputs(v *jsontree.Value) map[string]Output {
	all := map[string]Output{}
	for _, m := range v.Members() {
		all[m.Key] = decodeOutput(m.Value)
	}
	return all
}

func decodeOutput(v *jsontree.Value) Output {
	r := read(v)
	return Output{
		ProjectID:        r.text("project_id"),
		Name:             r.text("name"),
		Version:          r.text("version"),
		PackageType:      r.text("package_type"),
		URI:              r.text("uri"),
		Type:             r.text("type"),
		DailyBuildNumber: r.text("daily_build_number"),
	}
}

// DecodeSuccessRatio reads a success ratio.
func DecodeSuccessRatio(v *jsontree.Value) SuccessRatio {
	r := read(v)
	return SuccessRatio{
		SuccessCount: r.number("success_count"),
		TotalCount:   r.number("total_count"),
		SuccessRatio: r.number("success_ratio"),
	}
}

// DecodeFlowGraph reads a flow graph.
func DecodeFlowGraph(v *jsontree.Value) FlowGraph {
	r := read(v)
	var graph FlowGraph
	for _, edge := range List(r.get("edges")) {
		e := read(edge)
		graph.Edges = append(graph.Edges, FlowEdge{From: e.text("from"), To: e.text("to")})
	}
	for _, vertex := range List(r.get("vertices")) {
		x := read(vertex)
		graph.Vertices = append(graph.Vertices, FlowVertex{
			ID: x.text("id"), Status: x.text("status"), DisplayName: x.text("display_name"),
			BuildDuration: x.number("build_duration"), StartTime: x.text("start_time"),
			FinishTime: x.text("finish_time"), BuildNo: x.text("build_no"),
		})
	}
	return graph
}
