package lint

import (
	"path"
	"slices"

	"github.com/buildsync/buildsync/pkg/spec"
)

// tables are the sets of values that the service leaves open. A workspace
// extends them under lint.tables.
type tables struct {
	flavors   []string
	hostTypes []string
	scmTypes  []string
	modules   []string
	variables []string
	retired   []retiredImage
}

// retiredImage is an image, or a pattern of images, that should be left.
type retiredImage struct{ pattern, advice string }

func shippedTables() tables {
	return tables{
		flavors:   []string{"DEFAULT", "2u8g", "4u8g", "4u16g", "8u16g", "8u32g", "16u32g", "16u64g"},
		hostTypes: []string{"devcloud", "custom_host"},
		scmTypes:  []string{"codehub", "repo", "github", "gitlab", "gitee", "git", "svn", "gitcode", "bitbucket"},
		retired: []retiredImage{
			{"*jdk7*", "Java 7 has had no public updates since 2015; use a jdk8, jdk11 or jdk17 image"},
			{"*python2*", "Python 2 reached its end of life in 2020; use a python3 image"},
			{"*nodejs4*", "Node.js 4 reached its end of life in 2018"}, {"*nodejs6*", "Node.js 6 reached its end of life in 2019"},
			{"*nodejs8*", "Node.js 8 reached its end of life in 2019"}, {"*nodejs10*", "Node.js 10 reached its end of life in 2021"},
			{"*nodejs12*", "Node.js 12 reached its end of life in 2022"}, {"*nodejs14*", "Node.js 14 reached its end of life in 2023"},
			{"*nodejs16*", "Node.js 16 reached its end of life in 2023"},
			{"*centos6*", "CentOS 6 reached its end of life in 2020"}, {"*centos:6*", "CentOS 6 reached its end of life in 2020"},
			{"*centos7*", "CentOS 7 reached its end of life in 2024"}, {"*centos:7*", "CentOS 7 reached its end of life in 2024"},
		},
	}
}

// extend adds what the workspace says.
func (t *tables) extend(p *pass, n *spec.Node) {
	if !p.mapping(n, "lint.tables", "images", "flavors", "host_types", "scm_types", "modules", "variables") {
		return
	}
	for key, table := range map[string]*[]string{
		"flavors": &t.flavors, "host_types": &t.hostTypes, "scm_types": &t.scmTypes, "modules": &t.modules, "variables": &t.variables,
	} {
		if list := n.Get(key); list != nil && !list.IsNull() {
			for _, item := range p.list(list, "lint.tables."+key) {
				*table = append(*table, item.Text)
			}
		}
	}
	images := n.Get("images")
	if images == nil || images.IsNull() {
		return
	}
	if images.Kind != spec.MappingNode {
		p.report("wrong-type", images.Range, "lint.tables.images", "lint.tables.images must be a mapping of retired images to what to use instead", "")
		return
	}
	for _, f := range images.Fields {
		if _, err := path.Match(f.Key.Text, ""); err != nil {
			p.report("wrong-type", f.Key.Range, "lint.tables.images", quoted(f.Key.Text)+" is no image pattern", "mind the brackets")
			continue
		}
		t.retired = slices.Insert(t.retired, 0, retiredImage{f.Key.Text, f.Value.Text}) // the workspace's advice comes first
	}
}

// runtimeVariables are set by the service in every build and may be referred to
// without being declared.
var runtimeVariables = []string{
	"BUILDNUMBER", "TIMESTAMP", "INCREASENUM", "PROJECT_ID", "WORKSPACE", "GIT_TAG", "COMMIT_ID", "COMMIT_ID_SHORTER", "JOB_NAME", "EXECUTOR",
}

// forbiddenParameters are names that the service refuses because they would
// change how every command of a build runs.
var forbiddenParameters = []string{"LD_PRELOAD", "LD_LIBRARY_PATH", "PATH", "path", "BASH_ENV", "GIT_SSH_COMMAND"}

// shellVariables are those that a shell or an image usually sets.
var shellVariables = []string{
	"HOME", "USER", "LOGNAME", "SHELL", "PWD", "OLDPWD", "PATH", "TERM", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "HOSTNAME", "EDITOR", "DISPLAY", "MAIL",
	"IFS", "PS1", "PS4", "RANDOM", "SECONDS", "LINENO", "UID", "EUID", "PPID", "SHLVL", "OPTARG", "OPTIND", "REPLY", "FUNCNAME", "PIPESTATUS", "DIRSTACK", "OSTYPE", "HOSTTYPE", "MACHTYPE",
	"BASH", "BASHPID", "BASH_SOURCE", "BASH_VERSION", "BASH_VERSINFO", "BASH_REMATCH", "BASH_LINENO", "BASH_SUBSHELL", "BASH_COMMAND", "EPOCHSECONDS", "SRANDOM", "COLUMNS", "LINES", "DEBIAN_FRONTEND",
	"JAVA_HOME", "JRE_HOME", "JAVA_OPTS", "JAVA_TOOL_OPTIONS", "CLASSPATH", "MAVEN_HOME", "M2_HOME", "MAVEN_OPTS", "GRADLE_HOME", "GRADLE_OPTS", "ANT_HOME", "NODE_HOME", "NODE_PATH", "NODE_ENV", "NODE_OPTIONS",
	"NPM_CONFIG_PREFIX", "GOPATH", "GOROOT", "GOPROXY", "GOFLAGS", "GOBIN", "CGO_ENABLED", "GOOS", "GOARCH", "PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "ANDROID_HOME", "ANDROID_SDK_ROOT", "NDK_HOME",
	"CC", "CXX", "CFLAGS", "CXXFLAGS", "CPPFLAGS", "LDFLAGS", "MAKEFLAGS", "PKG_CONFIG_PATH", "LD_LIBRARY_PATH", "LD_PRELOAD", "DOTNET_ROOT", "RUSTUP_HOME", "CARGO_HOME",
	"http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "DOCKER_HOST", "DOCKER_CONFIG", "KUBECONFIG", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR",
}
