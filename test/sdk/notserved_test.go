package sdk

// notInSDK are the calls of the emulator that the SDK does not have: the vendor's pages alone
// describe them.
var notInSDK = []string{"AutoExecute"}

// notServed are the operations of the SDK that the emulator does not have. The
// API reference has none of them, the client sends none of them, and
// docs/api/sdk.md says so.
var notServed = []string{
	// accounts and their packages
	"ListRelatedProjectInfo", "ShowDomainStatus", "ShowDomainsStatuses", "ShowPackageSpecCountDown", "ShowProjectPermission",
	"ShowRelatedProject", "ShowSummaryBuildJobInfo", "ShowUserChargeType", "ShowUserOverPackageQuota",
	// what the console shows around jobs
	"AddFavouriteTask", "ApplyProjectPermission", "BatchDeleteBuildJobs", "BatchUpdateJobRolePermission", "CheckJobInternal", "CopyJob",
	"ListEndPoints", "ListJob", "RemoverFavouriteTask", "SetKeepTime", "ShowCopyName", "ShowDefaultProjectPermission", "ShowJobConfigDiff",
	"ShowJobInfo", "ShowJobPipelineInfo", "ShowJobRolePermission", "ShowJobStepStatus", "ShowProjectJobPermission",
	// images
	"ShowDockerfileTemplate", "ShowImageTemplateList",
	// keystores of v2
	"AddKeystorePermission", "DeleteKeystore", "DeleteKeystorePermission", "DownloadKeystoreByName", "ListKeystore", "ListKeystoreSearch",
	"ShowKeystorePermission", "UpdateKeystore", "UpdateKeystorePermission", "UploadKeystore",
	// records, logs and reports of builds
	"DownloadBuildRealTimeLog", "DownloadJunitCoverageZip", "ListBriefRecord", "ListBuildInfoRecordByJobId", "ListBuildParameter",
	"ListJunitCoverageSummary", "ListRecords", "ListRepoBranch", "ListRepository", "ShowActionIInfo", "ShowBuildDetails",
	"ShowBuildInfoRecord", "ShowBuildRecord", "ShowJobBuildSuccessRatio",
	"ShowJobBuildTime", "ShowJobTotal", "ShowReportSummary",
	// what the console shows around templates
	"AddFavouriteCustomTemplate", "AddFavouriteOfficialTemplate", "ListRecommendOfficialTemplate", "RemoverFavouriteCustomTemplate",
	"RemoverFavouriteOfficialTemplate", "SaveTemplateUsedInfo", "ShowTemplate", "ShowYamlTemplate",
}
