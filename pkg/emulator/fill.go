package emulator

import (
	"fmt"
	"hash/fnv"
	"strings"

	"github.com/buildsync/buildsync/pkg/jsontree"
)

// fill adds what the service itself adds to a stored body: the host type, members of each code
// source, properties of steps.
func (e *Emulator) fill(body *jsontree.Value) {
	if e.quirks.PredefinedReturns {
		addPredefined(body)
	}
	if e.quirks.Doubles {
		printDoubles(body)
	}
	if e.quirks.AsSent {
		return
	}
	setIfEmpty(body, "host_type", "devcloud")
	for _, scm := range body.Get("scms").Items() {
		fillSource(scm)
	}
	for _, step := range body.Get("steps").Items() {
		e.fillStep(step)
	}
}

func fillSource(scm *jsontree.Value) {
	url := scm.Str("url")
	h := fnv.New32a()
	_, _ = h.Write([]byte(url)) // a hash never fails
	id := fmt.Sprint(2_000_000_000 + int(h.Sum32()%147_000_000))
	setIfEmpty(scm, "build_type", "branch")
	setIfEmpty(scm, "depth", "1")
	setIfEmpty(scm, "repo_id", id)
	setIfEmpty(scm, "web_url", "https://devcloud."+DefaultRegion+".huaweicloud.com/codehub/"+id+"/home")
	setIfEmpty(scm, "repo_name", repoName(url))
	setIfEmpty(scm, "group_name", groupName(url))
}

// groupName returns the part of a repository's address before its name.
func groupName(url string) string {
	path := url[strings.Index(url, "://")+1:]
	path = strings.TrimLeft(path, "/:")
	at := strings.LastIndexAny(path, "/:")
	if at < 0 {
		return ""
	}
	path = path[:at]
	return path[strings.LastIndexAny(path, "/:")+1:]
}

func setIfEmpty(v *jsontree.Value, key, text string) {
	if v.Get(key).IsEmpty() {
		v.Set(key, str(text))
	}
}

func (e *Emulator) fillStep(step *jsontree.Value) {
	if step.Get("properties").IsAbsentOrNull() {
		step.Set("properties", jsontree.Object())
	}
	properties := step.Get("properties")
	if e.quirks.ServerProperties {
		for _, m := range serverProperties(step.Str("module_id")) {
			if properties.Get(m.Key) == nil {
				properties.Set(m.Key, m.Value)
			}
		}
	}
}

// serverProperties returns the properties that the service was seen to add to a step of a module:
// console-made steps have them, API-made ones do not.
func serverProperties(module string) []jsontree.Member {
	artifact := func() *jsontree.Value { return obj("displayName", str(""), "value", str("")) }
	switch module {
	case "devcloud2018.codeci_action_20043.action": // Maven
		return obj("settingMode", str("auto"), "pomMode", str("no"), "deal", str("notDeal"),
			"ignoreTest", jsontree.Bool(false), "junitCoverageSwitch", jsontree.Bool(false),
			"coverageReportPath", str("**/site/jacoco"), "cacheOption", str("cached"), "doCheck", str("disable"),
			"releaseArtifact", artifact(), "snapshotArtifact", artifact(),
			"userPublicRepositories", jsontree.Array(), "userPrivateRepositories", jsontree.Array()).Members()
	case "devcloud2018.codeci_action_20018.action": // upload to the release repository
		return obj("buildVersion", str(""), "groupId", str("")).Members()
	case "devcloud2018.codeci_action_20014.action", "devcloud2018.codeci_action_20017.action": // npm, shell
		return obj("preCondition", str("SUCCESS")).Members()
	}
	return nil
}

// definitionName is the only known definition of a parameter.
const definitionName = "hudson.model.StringParameterDefinition"
