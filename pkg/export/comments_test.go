package export_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/emulator/emulatortest"
	"github.com/buildsync/buildsync/pkg/export"
	"github.com/buildsync/buildsync/pkg/jsontree"
)

// commented is a step or parameter of a random file: its lines, and the comments
// about it.
type commented struct {
	name  string
	lines string
	value *jsontree.Value
}

// TestCommentsFollowTheirNodes lets the steps and parameters of a random
// commented file be inserted, moved, removed, renamed and changed live: every
// comment stays at its node. fmt may move the keys of the job, and has nothing to
// say about the steps and parameters: those that do not differ stay byte for byte.
func TestCommentsFollowTheirNodes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := emulatortest.Draw{T: t, Short: true}
		var steps, parameters []commented
		for i := range 1 + d.Count(4) {
			steps = append(steps, commentedStep(d, fmt.Sprintf("S%d", i)))
		}
		for i := range d.Count(4) {
			parameters = append(parameters, commentedParameter(d, fmt.Sprintf("P%d", i)))
		}
		var file strings.Builder
		file.WriteString("version: 1\njobs:\n  # about the job\n  - name: one # beside the job\n    project: shop\n    arch: arm\n")
		if len(parameters) > 0 {
			file.WriteString("    # about the parameters\n    parameters:\n" + linesOf(parameters))
		}
		file.WriteString("    # about the steps\n    steps: # beside the steps\n" + linesOf(steps) + "    # about the flavor\n    flavor: 2u8g\n# the end\n")
		source := file.String()

		live, kept := rearranged(d, steps, "N", true)
		liveParameters, keptParameters := rearranged(d, parameters, "Q", false)
		body := obj("job_name", "one", "arch", "arm", "flavor", "2u8g", "steps", jsontree.Array(live...))
		if len(liveParameters) > 0 {
			body.Set("parameters", jsontree.Array(liveParameters...))
		}
		set, result := workspaceOf(t, source)
		files, _, err := export.New(export.Options{}).Update(set, result.Jobs[0], liveJob(body), compile.Options{})
		if err != nil {
			t.Fatalf("%v\n%s\n%s", err, source, body.Indented())
		}
		after := source
		if len(files) > 0 {
			after = string(files[0].Text)
		}
		for _, comment := range []string{"# about the job\n  - name: one # beside the job", "# about the steps\n    steps: # beside the steps", "# about the flavor\n    flavor: 2u8g\n", "\n# the end\n"} {
			if len(live) > 0 && !strings.Contains(after, comment) {
				t.Fatalf("%q is lost in\n%s\nof\n%s", comment, after, source)
			}
		}
		for _, k := range append(kept, keptParameters...) {
			checkNode(t, k, after, source)
		}
	})
}

// kept is a node that is still there, under the name that it has now.
type kept struct {
	commented
	now  string
	same bool
}

func checkNode(t *rapid.T, k kept, after, source string) {
	t.Helper()
	if k.same {
		if !strings.Contains(after, k.lines) {
			t.Fatalf("%s did not change, and its lines did:\n%s\nof\n%s", k.name, after, source)
		}
		return
	}
	waiting, seen := false, false
	for line := range strings.Lines(after) {
		if strings.Contains(line, "# above "+k.name+"\n") {
			waiting = true
			continue
		}
		if waiting && strings.Contains(line, "name: "+k.now) {
			seen = true
			break
		}
		if waiting && strings.Contains(line, "name: ") {
			t.Fatalf("the comment above %s, now %s, stands on %sin\n%s\nof\n%s", k.name, k.now, line, after, source)
		}
	}
	if strings.Contains(k.lines, "# above") && !seen {
		t.Fatalf("the comment above %s, now %s, is lost in\n%s\nof\n%s", k.name, k.now, after, source)
	}
}

func linesOf(list []commented) string {
	var out strings.Builder
	for _, c := range list {
		out.WriteString(c.lines)
	}
	return out.String()
}

func commentedStep(d emulatortest.Draw, name string) commented {
	command := d.OneOf("make", "mvn package", "npm ci") + " " + name
	above, beside, below := "", "", ""
	if d.Chance(70) {
		above = "      # above " + name + "\n"
	}
	if d.Chance(50) {
		beside = " # beside " + name
	}
	if d.Chance(30) {
		below = "        # end of " + name + "\n"
	}
	var lines string
	switch d.Count(2) {
	case 0:
		lines = fmt.Sprintf("%s      - sh: {name: %s, image: i, inputs: {command: %s}}%s\n%s", above, name, command, beside, below)
	case 1:
		lines = fmt.Sprintf("%s      - sh:%s\n          name: %s\n          # image of %s\n          image: i\n          inputs:\n            command: %s\n%s", above, beside, name, name, command, below)
	default:
		lines = fmt.Sprintf("%s      - module_id: devcloud2018.codeci_action_20017.action\n        name: %s%s\n        properties:\n          command: %s\n          image: i\n%s", above, name, beside, command, below)
	}
	return commented{name, lines, stepValue(name, command)}
}

func stepValue(name, command string) *jsontree.Value {
	return obj("module_id", "devcloud2018.codeci_action_20017.action", "name", name, "properties", obj("image", "i", "command", command))
}

func commentedParameter(d emulatortest.Draw, name string) commented {
	above, beside := "", ""
	if d.Chance(70) {
		above = "      # above " + name + "\n"
	}
	if d.Chance(50) {
		beside = " # beside " + name
	}
	lines := fmt.Sprintf("%s      - {name: %s, default: d%s, description: about it}%s\n", above, name, name, beside)
	if d.Chance(50) {
		lines = fmt.Sprintf("%s      - name: %s%s\n        default: d%s\n        description: about it\n", above, name, beside, name)
	}
	return commented{name, lines, parameterValue(name, "d"+name)}
}

func parameterValue(name, value string) *jsontree.Value {
	list := jsontree.Array()
	for _, f := range [][2]string{{"name", name}, {"type", "normalparam"}, {"defaultValue", value}, {"description", "about it"}, {"deletion", "false"},
		{"defaults", "false"}, {"staticVar", "false"}, {"sensitiveVar", "false"}} {
		list.Append(obj("name", f[0], "value", f[1]))
	}
	return obj("name", "hudson.model.StringParameterDefinition", "params", list)
}

// rearranged draws what became of nodes live, and which are still there.
func rearranged(d emulatortest.Draw, list []commented, fresh string, isStep bool) (live []*jsontree.Value, still []kept) {
	value := func(name, text string) *jsontree.Value {
		if isStep {
			return stepValue(name, text)
		}
		return parameterValue(name, text)
	}
	order := make([]int, len(list))
	for i := range order {
		order[i] = i
	}
	if d.Chance(50) && len(order) > 1 {
		i, j := d.Count(len(order)-1), d.Count(len(order)-1)
		order[i], order[j] = order[j], order[i]
	}
	if d.Chance(30) && len(order) > 1 {
		order = slices.Delete(order, 0, 1)
	}
	made := 0
	for _, i := range order {
		if d.Chance(20) {
			live = append(live, value(fmt.Sprintf("%s%d", fresh, made), "something else"))
			made++
		}
		c := list[i]
		switch {
		case d.Chance(20):
			live = append(live, value(c.name, d.OneOf("one", "two\nlines\n", "")+c.name))
			still = append(still, kept{c, c.name, false})
		case d.Chance(15):
			renamed := c.value.Clone()
			var text string
			if isStep {
				text = renamed.Get("properties").Str("command")
			} else {
				text = "d" + c.name
			}
			live = append(live, value("R"+c.name, text))
			still = append(still, kept{c, "R" + c.name, false})
		default:
			live = append(live, c.value)
			still = append(still, kept{c, c.name, true})
		}
	}
	return live, still
}

// TestMovedStepsBesideANewKey swaps the steps live where the job also gets a key
// that the file has not: the comments go with their steps all the same.
func TestMovedStepsBesideANewKey(t *testing.T) {
	t.Parallel()
	step := func(name string) *jsontree.Value {
		return obj("module_id", "devcloud2018.codeci_action_20017.action", "name", name, "properties", obj("command", "echo "+name))
	}
	const head = "version: 1\njobs:\n  - name: one\n    arch: arm\n    steps:\n"
	const a = "      # about A\n      - sh: {name: A, inputs: {command: echo A}} # beside A\n"
	const b = "      # about B\n      - sh: {name: B, inputs: {command: echo B}}\n"
	for _, key := range []string{"host_type", "group_id", "flavor"} {
		body := obj("job_name", "one", "arch", "arm", key, "x", "steps", jsontree.Array(step("B"), step("A")))
		set, result := workspaceOf(t, head+a+b)
		files, _, err := export.New(export.Options{}).Update(set, result.Jobs[0], liveJob(body), compile.Options{})
		if err != nil || len(files) != 1 {
			t.Fatalf("%s: %d files, %v", key, len(files), err)
		}
		if text := string(files[0].Text); !strings.Contains(text, b+a) || !strings.Contains(text, "    "+key+": x\n") {
			t.Errorf("%s:\n%s", key, text)
		}
	}
}
