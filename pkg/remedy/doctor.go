package remedy

// What to do about what doctor found: the workspace.
const (
	FindWorkspace      Remedy = "change to the folder of the workspace, or name it with -C; buildsync init writes a new one"
	ReadFolder         Remedy = "give this user the right to read the folder"
	DeclareEnvironment Remedy = "name an environment that buildsync.yaml declares, or declare this one"
	MendDefinitions    Remedy = "fix them; buildsync lint shows them again, and buildsync explain RULE says more"
)

// What to do about what doctor found: Git, the base and CI.
const (
	InstallGit       Remedy = "install Git, or add its folder to PATH"
	InitRepository   Remedy = "git init, and commit the definitions"
	AskGit           Remedy = "run git status in the folder of the workspace"
	FetchHistory     Remedy = "git fetch --unshallow; in CI, clone with the whole history (GitHub: fetch-depth: 0, GitLab: GIT_DEPTH: 0)"
	CommitFirst      Remedy = "git add and git commit the definitions: what is applied is recorded by its commit"
	CommitChanges    Remedy = "commit them before apply, or the base cannot be moved"
	NameCommit       Remedy = "name a commit of this clone, or fetch it first"
	FetchOthers      Remedy = "buildsync base fetch brings the record that others made"
	AwaitRecord      Remedy = "the first apply writes it; if another clone applies, run buildsync base fetch"
	GroupConcurrency Remedy = "add a concurrency group without cancel-in-progress"
	GroupResources   Remedy = "add a resource_group to the job that applies"
)

// What to do about what doctor found: the service.
const (
	NameService       Remedy = "give --region or --endpoint"
	SetClock          Remedy = "set it from the network (timedatectl set-ntp true, or the time settings of the system)"
	SetClockThenKey   Remedy = "set this machine's clock right first; then check the access key or token"
	MakeKeys          Remedy = "keys are made in the console under My Credentials, Access Keys; buildsync takes them from the environment or a profile, never from a flag or the repository. --endpoint emulator needs none"
	CheckKey          Remedy = "check the access key or token, and that it belongs to this account and region; nothing more is sent, since a key is locked after a few failures"
	CheckProject      Remedy = "check the project's id in buildsync.yaml (the CodeArts project's, not the IAM project's), and that this user has a role there that may view and edit build jobs"
	CheckAddress      Remedy = "something else answers at this address: a proxy, a portal, a wrong endpoint"
	ChooseOlderRoutes Remedy = "this region does not have these routes: try --api v1"
	NameAuthority     Remedy = "name the authority that signed the certificate with --ca-file"
	CheckNetwork      Remedy = "no answer came: check the address, the network, HTTPS_PROXY and NO_PROXY"
)

// ApplyCommand is what a CI file runs that applies.
const ApplyCommand = "buildsync apply"
