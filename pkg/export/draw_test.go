package export_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/export"
	"github.com/buildsync/buildsync/pkg/jsontree"
)

const projectID = "6ecbc5bac7c8442fb3d2563d53c13582"

var shop = export.Project{Alias: "shop", ID: projectID}

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

// check holds a property; a quarter of the tries is enough under the race
// detector, which has little to find where one goroutine does all.
func check(t *testing.T, property func(*rapid.T)) {
	t.Helper()
	tries, failing := 0, false
	rapid.Check(t, func(t *rapid.T) {
		if tries++; export.UnderRace && tries%4 != 0 && !failing {
			return
		}
		defer func() { failing = failing || t.Failed() }()
		property(t)
	})
}

// draw draws parts of live states. Anything that JSON can hold and the service
// accepts may come, but often what real jobs hold.
type draw struct {
	t     *rapid.T
	short bool // no long scripts: what is tested reads them many times
}

func (d draw) oneOf(texts ...string) string { return rapid.SampledFrom(texts).Draw(d.t, "word") }
func (d draw) chance(percent int) bool      { return rapid.IntRange(1, 100).Draw(d.t, "chance") <= percent }
func (d draw) count(most int) int           { return rapid.IntRange(0, most).Draw(d.t, "count") }

// text draws a text with all that hurts.
func (d draw) text() string {
	pieces := []string{
		"a", "make check", "\n", "\r\n", "\t", " ", "  \n", "\n\n", "${name}", "${{ vars.x }}", "$${{ y }}", "$$${{", "$file", "中文", "\u200b", "\u202e", "\x00",
		"\x1b", "\u2028", "😀", "'", `"`, `\`, "{", "}", "#", ": ", "- ", "true", "null", "1.10", "0755", "on", "=", "\ufeff", "---", "%", "@", "*", "&", "!", "|", ">",
	}
	return strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces), 0, 7).Draw(d.t, "pieces"), "")
}

// hostileNames are names that the service takes (4.18) and that some reader,
// file system or shell takes for something else.
var hostileNames = []string{
	"null", "true", "NO", "y", "1", "1e3", "0x1F", "0755", "-", "--help", "-n", "_", "__", "CON", "nul", "Build", "build", "BUILD", "jobs", "name",
	strings.Repeat("构", 115), strings.Repeat("a", 115), "构建-订单", "2024-01-01", "file",
}

// name draws a job's name that the service takes.
func (d draw) name() string {
	if d.chance(50) {
		return rapid.SampledFrom(hostileNames).Draw(d.t, "name")
	}
	return rapid.StringMatching(`[A-Za-z0-9_\-\x{4e00}-\x{9fa5}]{1,40}`).Draw(d.t, "name")
}

// script draws a script of up to 5,000 lines with every kind of white space at
// the ends of its lines.
func (d draw) script() string {
	random := rand.New(rand.NewPCG(uint64(d.count(1<<20)), 5))
	ends := rapid.SampledFrom([][]string{{"\n"}, {"\n", " \n", "\t\n"}, {"\r\n"}, {"\n", "\r\n", "\r", "\n\n"}, {"\n", "\u2028", "\u0085", "\v", "\f"}}).Draw(d.t, "line ends")
	lines := []string{"make", "  indented", "\ttab", "echo ${x} ${{ y }}", "# comment", "", "中文 \\", "'quoted' \"twice\"", "---", "- x: y"}
	var script strings.Builder
	count := d.count(80)
	if !d.short && d.chance(5) {
		count = 5000
	}
	for range count {
		script.WriteString(lines[random.IntN(len(lines))] + ends[random.IntN(len(ends))])
	}
	return script.String()
}

func (d draw) key() string {
	if d.chance(70) {
		return d.oneOf("command", "image", "file", "artifactId", "buildVersion", "ignoreTest", "settingMode", "cacheOption", "preCondition", "other", "k")
	}
	return d.oneOf("", "<<", "$file", "$$file", "a b", "a: b", "#", "null", "1", "true", "ключ", "k\n", "\u200b", `"`, strings.Repeat("k", 1500)) + d.oneOf("", "x")
}

// value draws any JSON, a few levels deep.
func (d draw) value(depth int) *jsontree.Value {
	switch n := rapid.IntRange(0, 9).Draw(d.t, "kind"); {
	case n == 0:
		return jsontree.Null()
	case n == 1:
		return jsontree.Bool(d.chance(50))
	case n == 2:
		return jsontree.Number(d.oneOf("0", "1", "-0", "1.10", "1e3", "1E-5", "-12.50", "9007199254740993"))
	case n == 3 && depth > 0:
		list := jsontree.Array()
		for range d.count(3) {
			list.Append(d.value(depth - 1))
		}
		return list
	case n <= 5 && depth > 0:
		o := jsontree.Object()
		for range d.count(3) {
			o.Set(d.key(), d.value(depth-1))
		}
		return o
	}
	return str(d.text())
}

func (d draw) step() *jsontree.Value {
	module := d.oneOf("20043", "20018", "20014", "20017", "20028", "20057", "20035", "20004", "20999")
	step := obj("module_id", "devcloud2018.codeci_action_"+module+".action", "name", d.oneOf("Build", "Test it", "构建", "Build")+d.text())
	if d.chance(80) {
		properties := jsontree.Object()
		for range d.count(5) {
			properties.Set(d.key(), d.value(3))
		}
		switch {
		case d.chance(10):
			properties.Set("command", str(d.script()))
		case d.chance(5):
			deep := d.value(1)
			for range d.count(18) {
				if deep = obj("deep", deep); d.chance(30) {
					deep = jsontree.Array(deep)
				}
			}
			properties.Set("deep", deep)
		}
		step.Set("properties", properties)
	}
	if d.chance(40) {
		step.Set("enable", jsontree.Bool(d.chance(50)))
	}
	if d.chance(30) {
		step.Set("version", []*jsontree.Value{jsontree.Null(), str("20231001.6"), str(d.text())}[d.count(2)])
	}
	if d.chance(10) {
		step.Set(d.oneOf("condition", "versions", "id"), d.value(2))
	}
	return step
}

func (d draw) parameter(name string) *jsontree.Value {
	params := jsontree.Array()
	sensitive := d.chance(20)
	for _, p := range [][]string{
		{"name", name}, {"type", "normalparam", "customizeparam", "other"}, {"defaultValue", "", "dev", "1.10", d.text()}, {"description", "", "d", d.text()},
		{"deletion", "false", "true"}, {"defaults", "false", "false", "true"}, {"staticVar", "false", "true"}, {"sensitiveVar", fmt.Sprint(sensitive)},
		{"odd", d.text()},
	} {
		if p[0] != "name" && d.chance(10) || p[0] == "odd" && d.chance(90) {
			continue
		}
		entry := obj("name", p[0], "value", d.oneOf(p[1:]...))
		if p[0] == "defaultValue" && d.chance(40) {
			limits := jsontree.Array()
			for range d.count(3) {
				option := d.oneOf("dev", "test", "1.0", d.text())
				limits.Append(obj("disable", d.oneOf("0", "1"), "name", option, "display_name", d.oneOf(option, option, "shown")))
			}
			entry.Set("limits", limits)
		}
		params.Append(entry)
	}
	definition := obj("name", d.oneOf("hudson.model.StringParameterDefinition", "HUDSON.MODEL.STRINGPARAMETERDEFINITION", "other.Definition"), "params", params)
	if d.chance(5) {
		definition.Set("odd", d.value(1))
	}
	return definition
}

func (d draw) scm() *jsontree.Value {
	scm := obj("url", d.oneOf("git@codehub.example.com:shop/order.git", "https://github.com/a/b", d.text()+"x"), "scm_type", d.oneOf("codehub", "repo", "github", d.text()+"y"))
	for _, key := range []string{"branch", "repo_id", "web_url", "build_type", "depth", "end_point_id", "source", "group_name", "repo_name"} {
		if d.chance(30) {
			scm.Set(key, str(d.oneOf("", "1", "1.10", "master", "b", "order", "shop", d.text())))
		}
	}
	if d.chance(30) {
		scm.Set("is_auto_build", jsontree.Bool(d.chance(50)))
	}
	if d.chance(5) {
		scm.Set("odd", d.value(1))
	}
	return scm
}

func (d draw) trigger() *jsontree.Value {
	parameters := jsontree.Array()
	for _, p := range [][]string{{"spec", "53 15 * * 1-5", d.text() + "1"}, {"timeZoneId", "Asia/Shanghai", "Europe/Dublin"}, {"timeZone", "China_Standard_Time"}, {"isDST", "false", "true"}} {
		if d.chance(80) {
			parameters.Append(obj("name", p[0], "value", d.oneOf(p[1:]...)))
		}
	}
	return obj("name", d.oneOf("hudson.triggers.TimerTrigger", "hudson.triggers.TimerTrigger", "other"), "parameters", parameters)
}

// body draws a job's body.
func (d draw) body(name string) *jsontree.Value {
	body := obj("job_name", name, "arch", d.oneOf("x86-64", "arm"))
	list := func(key string, most int, item func() *jsontree.Value) {
		items := jsontree.Array()
		for range d.count(most) {
			items.Append(item())
		}
		body.Set(key, items)
	}
	list("steps", 3, d.step)
	if d.chance(60) {
		list("scms", 2, d.scm)
	}
	if d.chance(60) {
		n := 0
		list("parameters", 4, func() *jsontree.Value {
			n++
			return d.parameter(fmt.Sprintf("%s_%d", d.oneOf("P", "codeBranch", "n"), n))
		})
	}
	if d.chance(30) {
		list("triggers", 2, d.trigger)
	}
	for key, values := range map[string][]string{
		"flavor": {"2u8g", "2U8G", "DEFAULT", d.text()}, "host_type": {"devcloud", "custom_host"}, "build_config_type": {"ACTION", "YAML"},
		"auto_update_sub_module": {"true", "false"}, "group_id": {"", d.text()}, "description": {"", d.text()}, "agency_urn": {d.text()},
	} {
		if d.chance(30) {
			body.Set(key, str(d.oneOf(values...)))
		}
	}
	if d.chance(20) {
		body.Set("build_if_code_updated", jsontree.Bool(d.chance(50)))
	}
	if d.chance(20) {
		body.Set("timeout", obj("limit", d.oneOf("4", "04", "x"), "unit", d.oneOf("hour", "minute")))
	}
	if d.chance(10) {
		body.Set(d.oneOf("flavor", "scms", "parameters", "triggers", "timeout", "build_if_code_updated", "description", "group_id", "odd"), jsontree.Null())
	}
	if d.chance(30) {
		body.Set(d.oneOf("resource_limit", "code_checkout_config", "new member", "$file", "stepss"), d.value(3))
	}
	return body
}

func (d draw) notices() []wire.NoticeUpdate {
	var updates []wire.NoticeUpdate
	for _, channel := range []string{"MAIL", "MESSAGE", "DING_TALK"} {
		if d.chance(60) {
			continue
		}
		events := []string{}
		for _, event := range []string{"buildJobFail", "buildJobSuccess", "updateConfigJob", "deleteJob", "forbiddenJob"} {
			if d.chance(40) {
				events = append(events, event)
			}
		}
		update := wire.NoticeUpdate{NoticeType: channel, EnabledEventTypeNames: events}
		if d.chance(20) {
			config := `{"webhook": "https://example.com/secret"}`
			update.ParamConfig = &config
		}
		updates = append(updates, update)
	}
	return updates
}

// object makes an object of keys and values; texts become JSON strings.
func object(pairs ...any) *jsontree.Value {
	o := jsontree.Object()
	for i := 0; i < len(pairs); i += 2 {
		key := pairs[i].(string)
		if text, is := pairs[i+1].(string); is {
			o.Set(key, jsontree.String(text))
		} else {
			o.Set(key, pairs[i+1].(*jsontree.Value))
		}
	}
	return o
}
