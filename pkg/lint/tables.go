package lint

import (
	"path"
	"slices"
	"strings"

	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/spec"
)

// tables are the open sets of values of the service. A workspace extends them under lint.tables.
type tables struct {
	flavors   []string
	hostTypes []string
	scmTypes  []string
	modules   []string
	variables []string
	retired   []retiredImage
}

// retiredImage is an image, or a pattern of images, that should no longer be used.
type retiredImage struct{ pattern, advice, core string }

func newRetiredImage(pattern, advice string) retiredImage {
	return retiredImage{pattern, advice, coreOf(pattern)}
}

// coreOf returns a text that every image of a pattern contains: the part between its outer stars,
// "" if that is not plain lower-case text.
func coreOf(pattern string) string {
	core := strings.Trim(pattern, "*")
	for _, c := range []byte(core) {
		if c >= 0x80 || 'A' <= c && c <= 'Z' || strings.IndexByte(`*?[\`, c) >= 0 {
			return ""
		}
	}
	return core
}

func shippedTables() tables {
	return tables{
		flavors:   []string{"DEFAULT", "2u8g", "4u8g", "4u16g", "8u16g", "8u32g", "16u32g", "16u64g"},
		hostTypes: []string{"devcloud", "custom_host"},
		scmTypes:  []string{"codehub", "repo", "github", "gitlab", "gitee", "git", "svn", "gitcode", "bitbucket"},
		retired: []retiredImage{
			newRetiredImage("*jdk7*", "Java 7 has had no public updates since 2015; use a jdk8, jdk11 or jdk17 image"),
			newRetiredImage("*python2*", "Python 2 reached its end of life in 2020; use a python3 image"),
			newRetiredImage("*nodejs4*", "Node.js 4 reached its end of life in 2018"), newRetiredImage("*nodejs6*", "Node.js 6 reached its end of life in 2019"),
			newRetiredImage("*nodejs8*", "Node.js 8 reached its end of life in 2019"), newRetiredImage("*nodejs10*", "Node.js 10 reached its end of life in 2021"),
			newRetiredImage("*nodejs12*", "Node.js 12 reached its end of life in 2022"), newRetiredImage("*nodejs14*", "Node.js 14 reached its end of life in 2023"),
			newRetiredImage("*nodejs16*", "Node.js 16 reached its end of life in 2023"),
			newRetiredImage("*centos6*", "CentOS 6 reached its end of life in 2020"), newRetiredImage("*centos:6*", "CentOS 6 reached its end of life in 2020"),
			newRetiredImage("*centos7*", "CentOS 7 reached its end of life in 2024"), newRetiredImage("*centos:7*", "CentOS 7 reached its end of life in 2024"),
		},
	}
}

// extend adds the tables of the workspace.
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
			p.report("wrong-type", f.Key.Range, "lint.tables.images", quoted(f.Key.Text)+" is not an image pattern", "check the brackets")
			continue
		}
		t.retired = slices.Insert(t.retired, 0, newRetiredImage(f.Key.Text, f.Value.Text)) // the workspace's advice comes first
	}
}

// runtimeVariables are set by the service in every build and need no declaration.
var runtimeVariables = func() (names []string) {
	for _, variable := range wire.RuntimeVariables() {
		names = append(names, variable[0])
	}
	return names
}()

// shellVariables are usually set by a shell or an image: all of bash 5.3 (manual, "Bash
// Variables"), and those of common tools.
var shellVariables = []string{
	"HOME", "USER", "LOGNAME", "SHELL", "PWD", "OLDPWD", "PATH", "TERM", "LANG", "LANGUAGE", "LC_ALL", "LC_CTYPE", "LC_COLLATE", "LC_MESSAGES", "LC_NUMERIC", "LC_TIME", "TZ", "TMPDIR", "HOSTNAME", "EDITOR", "VISUAL", "DISPLAY", "PAGER",
	"IFS", "CDPATH", "MAIL", "MAILPATH", "MAILCHECK", "OPTARG", "OPTIND", "OPTERR", "PS0", "PS1", "PS2", "PS3", "PS4", "PROMPT_COMMAND", "PROMPT_DIRTRIM", "RANDOM", "SRANDOM", "SECONDS", "LINENO", "UID", "EUID", "PPID", "SHLVL", "REPLY",
	"FUNCNAME", "FUNCNEST", "PIPESTATUS", "DIRSTACK", "GROUPS", "OSTYPE", "HOSTTYPE", "MACHTYPE", "SHELLOPTS", "BASHOPTS", "POSIXLY_CORRECT", "TIMEFORMAT", "TMOUT", "GLOBIGNORE", "GLOBSORT", "FIGNORE", "FCEDIT", "IGNOREEOF", "INPUTRC", "INSIDE_EMACS",
	"BASH", "BASHPID", "BASH_ALIASES", "BASH_ARGC", "BASH_ARGV", "BASH_ARGV0", "BASH_CMDS", "BASH_COMMAND", "BASH_COMPAT", "BASH_ENV", "BASH_EXECUTION_STRING", "BASH_LINENO", "BASH_LOADABLES_PATH", "BASH_MONOSECONDS", "BASH_REMATCH", "BASH_SOURCE",
	"BASH_SUBSHELL", "BASH_TRAPSIG", "BASH_VERSINFO", "BASH_VERSION", "BASH_XTRACEFD", "CHILD_MAX", "COLUMNS", "LINES", "COMP_CWORD", "COMP_KEY", "COMP_LINE", "COMP_POINT", "COMP_TYPE", "COMP_WORDBREAKS", "COMP_WORDS", "COMPREPLY", "COPROC", "EMACS", "ENV",
	"EPOCHREALTIME", "EPOCHSECONDS", "EXECIGNORE", "HISTCMD", "HISTCONTROL", "HISTFILE", "HISTFILESIZE", "HISTIGNORE", "HISTSIZE", "HISTTIMEFORMAT", "HOSTFILE", "MAPFILE", "READLINE_ARGUMENT", "READLINE_LINE", "READLINE_MARK", "READLINE_POINT",
	"auto_resume", "histchars", "DEBIAN_FRONTEND", "CI", "SOURCE_DATE_EPOCH", "NO_COLOR",
	"JAVA_HOME", "JRE_HOME", "JDK_HOME", "JAVA_OPTS", "JAVA_TOOL_OPTIONS", "CLASSPATH", "MAVEN_HOME", "M2_HOME", "MAVEN_OPTS", "MAVEN_ARGS", "GRADLE_HOME", "GRADLE_OPTS", "GRADLE_USER_HOME", "ANT_HOME", "ANT_OPTS", "SBT_OPTS",
	"NODE_HOME", "NODE_PATH", "NODE_ENV", "NODE_OPTIONS", "NODE_VERSION", "NVM_DIR", "NVM_BIN", "NPM_CONFIG_PREFIX", "NPM_CONFIG_CACHE", "NPM_CONFIG_REGISTRY", "YARN_CACHE_FOLDER", "PNPM_HOME",
	"GOPATH", "GOROOT", "GOPROXY", "GOSUMDB", "GOPRIVATE", "GONOSUMDB", "GOFLAGS", "GOBIN", "GOCACHE", "GOMODCACHE", "GOTOOLCHAIN", "CGO_ENABLED", "GOOS", "GOARCH", "GOARM",
	"PYTHONPATH", "PYTHONHOME", "PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE", "VIRTUAL_ENV", "CONDA_PREFIX", "CONDA_DEFAULT_ENV", "PIP_INDEX_URL", "PIP_CACHE_DIR", "POETRY_HOME", "PYENV_ROOT",
	"ANDROID_HOME", "ANDROID_SDK_ROOT", "ANDROID_SDK_HOME", "ANDROID_NDK", "ANDROID_NDK_HOME", "ANDROID_NDK_ROOT", "NDK_HOME", "FLUTTER_HOME", "FLUTTER_ROOT",
	"CC", "CXX", "AR", "LD", "CFLAGS", "CXXFLAGS", "CPPFLAGS", "LDFLAGS", "LIBS", "MAKEFLAGS", "PKG_CONFIG_PATH", "CMAKE_PREFIX_PATH", "CMAKE_BUILD_PARALLEL_LEVEL", "CCACHE_DIR", "DESTDIR", "PREFIX", "LD_LIBRARY_PATH", "LD_PRELOAD", "DYLD_LIBRARY_PATH",
	"DOTNET_ROOT", "NUGET_PACKAGES", "RUSTUP_HOME", "CARGO_HOME", "RUSTFLAGS", "GEM_HOME", "BUNDLE_PATH", "COMPOSER_HOME",
	"http_proxy", "https_proxy", "ftp_proxy", "all_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "SSH_AUTH_SOCK", "SSH_AGENT_PID", "GNUPGHOME",
	"DOCKER_HOST", "DOCKER_CONFIG", "DOCKER_BUILDKIT", "DOCKER_CERT_PATH", "DOCKER_TLS_VERIFY", "BUILDKIT_PROGRESS", "KUBECONFIG", "HELM_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_RUNTIME_DIR",
}
