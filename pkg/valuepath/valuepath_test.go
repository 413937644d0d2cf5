package valuepath_test

import (
	"strings"
	"testing"

	"github.com/buildsync/buildsync/pkg/valuepath"
)

func parse(t testing.TB, text string) valuepath.Path {
	t.Helper()
	p, err := valuepath.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestSpellingsNameOneValue(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		want      string
		spellings []string
	}{
		{"arch", []string{"arch", ".arch", `["arch"]`, "[arch]", "jobs[a].arch", "shop/job/a.arch"}},
		{`steps["A"].properties.command`, []string{
			`steps["A"].properties.command`, "steps[A].properties.command", "steps.A.properties.command", "steps[A].inputs.command", "steps[A].command",
			`jobs[a].steps[A].inputs.command`, `shop/job/a.steps["A"].properties["command"]`, `steps["A"#1].properties.command`,
		}},
		{`steps["a.b [c] d"].enable`, []string{`steps["a.b [c] d"].enable`, "steps[a.b [c] d].enable"}},
		{`steps["0"].name`, []string{`steps["0"].name`}},
		{`steps[*].properties.image`, []string{"steps[*].image", "steps.*.properties.image", "steps[*].properties.image"}},
		{`notifications["MAIL"].events`, []string{`notifications["MAIL"].events`, "notifications.MAIL.events", "notifications[MAIL].events"}},
		{`parameters["x"].defaultValue`, []string{"parameters[x].default", "parameters.x.defaultValue"}},
		{`triggers[0].parameters["spec"]`, []string{"triggers[0].cron", "triggers[0].parameters.spec"}},
		{"build_if_code_updated", []string{"on_commit", "build_if_code_updated"}},
		{"scms[0].branch", []string{"scms[0].branch"}},
		{"some.thing", []string{"extra.some.thing", "some.thing"}},
		{`["odd name"].x`, []string{`["odd name"].x`, "[odd name].x"}},
	} {
		want := valuepath.Own(c.want)
		for _, text := range c.spellings {
			p := parse(t, text)
			if p.String() != c.want {
				t.Errorf("%s is spelt %s, want %s", text, p, c.want)
			}
			if !strings.Contains(c.want, "*") && !p.Matches(want) {
				t.Errorf("%s does not match %s", text, c.want)
			}
		}
	}
}

func TestMatching(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		pattern, path   string
		matches, covers bool
	}{
		{"steps", `steps["A"].enable`, false, true},
		{"steps[*].enable", `steps["A"#2].enable`, true, true},
		{"steps[A].enable", `steps["A"#2].enable`, false, false},
		{`steps["A"#2].enable`, `steps["A"#2].enable`, true, true},
		{"steps[A*].enable", `steps["AB"#2].enable`, true, true},
		{`steps["*"].enable`, `steps["A"].enable`, true, true},
		{"scms[*].branch", "scms[1].branch", true, true},
		{"scms[0].branch", "scms[1].branch", false, false},
		{"**.command", `steps["A"].properties.command`, true, true},
		{"**", "arch", true, true},
		{"steps[*].image", `steps["A"].image`, true, true}, // a raw step's own member
		{"triggers[hudson.triggers.TimerTrigger].parameters[spec]", `triggers[0].parameters["spec"]`, true, true},
		{"arch", "archive", false, false},
		{"notifications.MAIL", `notifications["MAIL"].events`, false, true},
		{"*_type", "host_type", true, true},
	} {
		p, path := parse(t, c.pattern), valuepath.Own(c.path)
		if p.Matches(path) != c.matches || p.Covers(path) != c.covers {
			t.Errorf("%s against %s: matches %t, covers %t", c.pattern, c.path, p.Matches(path), p.Covers(path))
		}
		if c.matches && !p.MayMatch(c.path) {
			t.Errorf("%s may not match %s, and does", c.pattern, c.path)
		}
	}
}

func TestWhatIsNoPathIsRefused(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", " ", "steps[", "steps[A", `steps["A]`, `steps["A"`, "a..b", "a.", "steps[]", `steps["A"#0]`, `steps["A"#x]`, `steps["A"]b`, "a]", `a"b`} {
		if p, err := valuepath.Parse(text); err == nil {
			t.Errorf("%q is read as %s", text, p)
		}
	}
}

func TestUnknownNames(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"stepz[*].x": "stepz", "arch": "", "steps[*].x": "", "scms[0].brnch": "brnch", "timeout.limt": "limt", "notifications.MAIL.evnts": "evnts",
		"timeout.limit": "", "notifications.MAIL.events": "", "parameters[x].default": "", "triggers[0].cron": "", "**.x": "", "a*": "",
	} {
		if name, _, _ := parse(t, text).Unknown(); name != want {
			t.Errorf("%s: unknown %q, want %q", text, name, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, text := range []string{
		"arch", `steps["A"#2].properties.command`, "steps[*].image", "notifications.MAIL.events", "jobs[a].steps[B c].inputs.command",
		"shop/job/a.triggers[0].parameters[spec]", "**.x", "steps[a]b].x", `["\x1b"]`, "extra.a.b",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := valuepath.Parse(text)
		if err != nil || p.IsZero() {
			return
		}
		again, err := valuepath.Parse(p.String())
		if err != nil {
			t.Fatalf("%q is printed as %q, which is refused: %v", text, p, err)
		}
		if again.Job+again.Template == "" && again.String() != p.String() {
			t.Fatalf("%q is printed as %q, which is printed as %q", text, p, again)
		}
	})
}

// TestAMistakeIsNamedWhereItIs checks that the message names the character to look at.
func TestAMistakeIsNamedWhereItIs(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`steps[*]image`:    `after the bracket at character 8 comes a dot, [ or the end`,
		`steps["a"]image`:  `after the bracket at character 10 comes a dot, [ or the end`,
		`steps["a"#2]x`:    `after the bracket at character 12 comes a dot, [ or the end`,
		`steps[Build`:      `the bracket at character 6 is not closed`,
		`steps["Build`:     `the quote at character 7 is not closed`,
		`steps["Build"`:    `the bracket at character 6 is not closed`,
		`steps[]`:          `the bracket at character 6 is empty`,
		`steps..image`:     `a name is missing at character 7`,
		`steps.image]`:     `"image]" holds a bracket or quote that nothing opens (character 7)`,
		`steps["a"#0].img`: `after # comes a number from 1 (character 10)`,
	} {
		if _, err := valuepath.Parse(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}
