package sdk

// notInSDK are the emulator's calls that the SDK does not have. Only the vendor's pages describe
// them.
var notInSDK = []string{"AutoExecute"}

// notServed are the SDK's operations that the emulator does not have. The API reference has none of
// them, the client sends none of them, and docs/api/sdk.md lists them.
var notServed = []string{
	// accounts and their packages
	"ListRelatedProjectInfo", "ShowDomainStatus", "ShowDomainsStatuses", "ShowPackageSpecCountDown", "ShowProjectPermission",
	"ShowRelatedProject", "ShowSummaryBuildJobInfo", "ShowUserChargeType", "ShowUserOverPackageQuota",
	// the console's data about jobs
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
	// the console's data about templates
	"AddFavouriteCustomTemplate", "AddFavouriteOfficialTemplate", "ListRecommendOfficialTemplate", "RemoverFavouriteCustomTemplate",
	"RemoverFavouriteOfficialTemplate", "SaveTemplateUsedInfo", "ShowTemplate", "ShowYamlTemplate",
}
