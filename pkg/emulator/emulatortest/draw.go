package emulatortest

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/jsontree"
)

// Draw draws parts of live states. Anything that JSON can hold and the service
// accepts may come, but often what real jobs hold.
type Draw struct {
	T     *rapid.T
	Short bool // no long scripts: what is tested reads them many times
}

// First returns the number of the first example that a run tries: -rapid.seed, which is 0
// where none is given.
func First(t *testing.T) int {
	t.Helper()
	seed, err := strconv.ParseUint(flag.Lookup("rapid.seed").Value.String(), 10, 63)
	if err != nil {
		t.Fatalf("-rapid.seed: %v", err)
	}
	return int(seed)
}

func (d Draw) OneOf(texts ...string) string { return rapid.SampledFrom(texts).Draw(d.T, "word") }
func (d Draw) Chance(percent int) bool      { return rapid.IntRange(1, 100).Draw(d.T, "chance") <= percent }
func (d Draw) Count(most int) int           { return rapid.IntRange(0, most).Draw(d.T, "count") }

// Text draws a text of pieces that are hard to quote, to print or to parse.
func (d Draw) Text() string {
	pieces := []string{
		"a", "make check", "\n", "\r\n", "\t", " ", "  \n", "\n\n", "${name}", "${{ vars.x }}", "$${{ y }}", "$$${{", "$file", "中文", "\u200b", "\u202e", "\x00",
		"\x1b", "\x7f", "\r", "\u0085", "\u00a0", "\u2028", "\u2029", "😀", "'", `"`, `\`, "{", "}", "#", ": ", "- ", "true", "null", "1.10", "0755", "on", "~", ".inf", "1_000", "0o17", "12:30", "2024-01-01", "<<", "=", "\ufeff", "---", "%", "@", "*", "&", "!", "|", ">",
	}
	return strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces), 0, 7).Draw(d.T, "pieces"), "")
}

// hostileNames are names that the service takes (4.18) and that some reader,
// file system or shell takes for something else.
var hostileNames = []string{
	"null", "true", "NO", "y", "1", "1e3", "0x1F", "0755", "-", "-" + "-help", "-n", "_", "__", "CON", "nul", "Build", "build", "BUILD", "jobs", "name",
	strings.Repeat("构", wire.MaxJobName), strings.Repeat("a", wire.MaxJobName), "构建-订单", "2024-01-01", "file",
}

// Name draws a job's name that the service takes.
func (d Draw) Name() string {
	if d.Chance(50) {
		return rapid.SampledFrom(hostileNames).Draw(d.T, "name")
	}
	return rapid.StringMatching(`[A-Za-z0-9_\-\x{4e00}-\x{9fa5}]{1,40}`).Draw(d.T, "name")
}

// Script draws a script of up to 5,000 lines with every kind of white space at
// the ends of its lines.
func (d Draw) Script() string {
	random := rand.New(rand.NewPCG(uint64(d.Count(1<<20)), 5))
	ends := rapid.SampledFrom([][]string{{"\n"}, {"\n", " \n", "\t\n"}, {"\r\n"}, {"\n", "\r\n", "\r", "\n\n"}, {"\n", "\u2028", "\u0085", "\v", "\f"}}).Draw(d.T, "line ends")
	lines := []string{"make", "  indented", "\ttab", "echo ${x} ${{ y }}", "# comment", "", "中文 \\", "'quoted' \"twice\"", "---", "- x: y"}
	var script strings.Builder
	count := d.Count(80)
	if !d.Short && d.Chance(5) {
		count = 5000
	}
	for range count {
		script.WriteString(lines[random.IntN(len(lines))] + ends[random.IntN(len(ends))])
	}
	return script.String()
}

func (d Draw) Key() string {
	if d.Chance(70) {
		return d.OneOf("command", "image", "file", "artifactId", "buildVersion", "ignoreTest", "settingMode", "cacheOption", "preCondition", "other", "k")
	}
	return d.OneOf("", "<<", "$file", "$$file", "a b", "a: b", "#", "null", "1", "true", "ключ", "k\n", "${{ vars.x }}", "$${{ x", "~", "0x10", "2024-01-01", "\u200b", `"`, strings.Repeat("k", 1500)) + d.OneOf("", "x")
}

// Value draws any JSON, a few levels deep.
func (d Draw) Value(depth int) *jsontree.Value {
	switch n := rapid.IntRange(0, 9).Draw(d.T, "kind"); {
	case n == 0:
		return jsontree.Null()
	case n == 1:
		return jsontree.Bool(d.Chance(50))
	case n == 2:
		return jsontree.Number(d.OneOf("0", "1", "-0", "1.10", "1e3", "1E-5", "-12.50", "9007199254740993"))
	case n == 3 && depth > 0:
		list := jsontree.Array()
		for range d.Count(3) {
			list.Append(d.Value(depth - 1))
		}
		return list
	case n <= 5 && depth > 0:
		o := jsontree.Object()
		for range d.Count(3) {
			o.Set(d.Key(), d.Value(depth-1))
		}
		return o
	}
	return str(d.Text())
}

func (d Draw) step() *jsontree.Value {
	module := d.OneOf("20043", "20018", "20014", "20017", "20028", "20057", "20035", "20004", "20999")
	step := obj("module_id", "devcloud2018.codeci_action_"+module+".action", "name", d.OneOf("Build", "Test it", "构建", "Build")+d.Text())
	if d.Chance(80) {
		properties := jsontree.Object()
		for range d.Count(5) {
			properties.Set(d.Key(), d.Value(3))
		}
		switch {
		case d.Chance(10):
			properties.Set("command", str(d.Script()))
		case d.Chance(5):
			deep := d.Value(1)
			for range d.Count(18) {
				if deep = obj("deep", deep); d.Chance(30) {
					deep = jsontree.Array(deep)
				}
			}
			properties.Set("deep", deep)
		}
		step.Set("properties", properties)
	}
	if d.Chance(40) {
		step.Set("enable", jsontree.Bool(d.Chance(50)))
	}
	if d.Chance(30) {
		step.Set("version", []*jsontree.Value{jsontree.Null(), str("20231001.6"), str(d.Text())}[d.Count(2)])
	}
	if d.Chance(10) {
		step.Set(d.OneOf("condition", "versions", "id"), d.Value(2))
	}
	return step
}

func (d Draw) Parameter(name string) *jsontree.Value {
	params := jsontree.Array()
	sensitive := d.Chance(20)
	for _, p := range [][]string{
		{"name", name}, {"type", "normalparam", "customizeparam", "other"}, {"defaultValue", "", "dev", "1.10", d.Text()}, {"description", "", "d", d.Text()},
		{"deletion", "false", "true"}, {"defaults", "false", "false", "true"}, {"staticVar", "false", "true"}, {"sensitiveVar", fmt.Sprint(sensitive)},
		{"odd", d.Text()},
	} {
		if p[0] != "name" && d.Chance(10) || p[0] == "odd" && d.Chance(90) {
			continue
		}
		entry := obj("name", p[0], "value", d.OneOf(p[1:]...))
		if p[0] == "defaultValue" && d.Chance(40) {
			limits := jsontree.Array()
			for range d.Count(3) {
				option := d.OneOf("dev", "test", "1.0", d.Text())
				limits.Append(obj("disable", d.OneOf("0", "1"), "name", option, "display_name", d.OneOf(option, option, "shown")))
			}
			entry.Set("limits", limits)
		}
		params.Append(entry)
	}
	definition := obj("name", d.OneOf("hudson.model.StringParameterDefinition", "HUDSON.MODEL.STRINGPARAMETERDEFINITION", "other.Definition"), "params", params)
	if d.Chance(5) {
		definition.Set("odd", d.Value(1))
	}
	return definition
}

func (d Draw) scm() *jsontree.Value {
	scm := obj("url", d.OneOf("git@codehub.example.com:shop/order.git", "https://github.com/a/b", d.Text()+"x"), "scm_type", d.OneOf("codehub", "repo", "github", d.Text()+"y"))
	for _, key := range []string{"branch", "repo_id", "web_url", "build_type", "depth", "end_point_id", "source", "group_name", "repo_name"} {
		if d.Chance(30) {
			scm.Set(key, str(d.OneOf("", "1", "1.10", "master", "b", "order", "shop", d.Text())))
		}
	}
	if d.Chance(30) {
		scm.Set("is_auto_build", jsontree.Bool(d.Chance(50)))
	}
	if d.Chance(5) {
		scm.Set("odd", d.Value(1))
	}
	return scm
}

func (d Draw) trigger() *jsontree.Value {
	parameters := jsontree.Array()
	for _, p := range [][]string{{"spec", "53 15 * * 1-5", d.Text() + "1"}, {"timeZoneId", "Asia/Shanghai", "Europe/Dublin"}, {"timeZone", "China_Standard_Time"}, {"isDST", "false", "true"}} {
		if d.Chance(80) {
			parameters.Append(obj("name", p[0], "value", d.OneOf(p[1:]...)))
		}
	}
	return obj("name", d.OneOf("hudson.triggers.TimerTrigger", "hudson.triggers.TimerTrigger", "other"), "parameters", parameters)
}

// Body draws a job's body.
func (d Draw) Body(name string) *jsontree.Value {
	body := obj("job_name", name, "arch", d.OneOf("x86-64", "arm"))
	list := func(key string, most int, item func() *jsontree.Value) {
		items := jsontree.Array()
		for range d.Count(most) {
			items.Append(item())
		}
		body.Set(key, items)
	}
	list("steps", 3, d.step)
	if d.Chance(60) {
		list("scms", 2, d.scm)
	}
	if d.Chance(60) {
		n := 0
		list("parameters", 4, func() *jsontree.Value {
			n++
			return d.Parameter(fmt.Sprintf("%s_%d", d.OneOf("P", "codeBranch", "n"), n))
		})
	}
	if d.Chance(30) {
		list("triggers", 2, d.trigger)
	}
	for _, member := range [][]string{ // in one order, so that a seed gives one body
		{"flavor", "2u8g", "2U8G", "DEFAULT", d.Text()}, {"host_type", "devcloud", "custom_host"}, {"build_config_type", "ACTION", "YAML"},
		{"auto_update_sub_module", "true", "false"}, {"group_id", "", d.Text()}, {"description", "", d.Text()}, {"agency_urn", d.Text()},
	} {
		if d.Chance(30) {
			body.Set(member[0], str(d.OneOf(member[1:]...)))
		}
	}
	if d.Chance(20) {
		body.Set("build_if_code_updated", jsontree.Bool(d.Chance(50)))
	}
	if d.Chance(20) {
		body.Set("timeout", obj("limit", d.OneOf("4", "04", "x"), "unit", d.OneOf("hour", "minute")))
	}
	if d.Chance(10) {
		body.Set(d.OneOf("flavor", "scms", "parameters", "triggers", "timeout", "build_if_code_updated", "description", "group_id", "odd"), jsontree.Null())
	}
	if d.Chance(30) {
		body.Set(d.OneOf("resource_limit", "code_checkout_config", "new member", "$file", "stepss"), d.Value(3))
	}
	return body
}

func (d Draw) Notices() []wire.NoticeUpdate {
	var updates []wire.NoticeUpdate
	for _, channel := range []string{"MAIL", "MESSAGE", "DING_TALK"} {
		if d.Chance(60) {
			continue
		}
		events := []string{}
		for _, event := range []string{"buildJobFail", "buildJobSuccess", "updateConfigJob", "deleteJob", "forbiddenJob"} {
			if d.Chance(40) {
				events = append(events, event)
			}
		}
		update := wire.NoticeUpdate{NoticeType: channel, EnabledEventTypeNames: events}
		if d.Chance(20) {
			config := `{"webhook": "https://example.com/secret"}`
			update.ParamConfig = &config
		}
		updates = append(updates, update)
	}
	return updates
}

func str(s string) *jsontree.Value { return jsontree.String(s) }

// obj makes an object of keys and values.
func obj(pairs ...any) *jsontree.Value {
	o := jsontree.Object()
	for i := 0; i < len(pairs); i += 2 {
		v, ok := pairs[i+1].(*jsontree.Value)
		if !ok {
			v = str(pairs[i+1].(string))
		}
		o.Set(pairs[i].(string), v)
	}
	return o
}
