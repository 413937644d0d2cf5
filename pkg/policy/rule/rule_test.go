package rule_test

import (
	"strings"
	"testing"
	"time"

	"github.com/buildsync/buildsync/pkg/policy/rule"
)

func order() *rule.Job {
	return &rule.Job{
		Name: "order", Arch: "arm", Timeout: 2 * time.Hour, Labels: map[string]string{"team": "shop"},
		Steps:    []rule.Step{{Name: "Build", Action: "maven", Image: "maven3.9", Enable: true, Inputs: map[string]string{"command": "mvn -B package"}}, {Name: "Scan", Action: "sh", Enable: true}},
		Triggers: []rule.Trigger{{Cron: "0 2 * * *", Timezone: "Asia/Shanghai"}},
		Bytes:    200,
	}
}

func TestRulesHoldOrNot(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]bool{
		`job.arch == "arm"`: true,
		`job.triggers.all(t, t.timezone == "Asia/Shanghai")`:                             true,
		`all(job.triggers, .timezone == "Asia/Shanghai")`:                                true,
		`job.triggers | all(.timezone == "UTC")`:                                         false,
		`job.steps.exists(s, s.action == "sh" && s.enable)`:                              true,
		`job.steps.all(s, job.steps.count(o, o.name == s.name) == 1)`:                    true,
		`"team" in job.labels && job.labels["team"] == "shop"`:                           true,
		`job.labels.team != "shop"`:                                                      false,
		`job.name in ["order", "pay"]`:                                                   true,
		`job.timeout <= duration("4h")`:                                                  true,
		`job.timeout > duration("90m") + duration("1h")`:                                 false,
		`len(filter(job.steps, .image != "")) == 1`:                                      true,
		`job.name matches "^[a-z]+$"`:                                                    true,
		`job.steps.all(s, !(s.inputs["command"] contains "sudo"))`:                       true,
		`first(job.steps).name == "Build" && last(job.steps).name == "Scan"`:             true,
		`let n = len(job.steps); n >= 2 && n < 10`:                                       true,
		`findIndex(job.steps, .name == "Build") < findIndex(job.steps, .name == "Scan")`: true,
		`job.notifications.any(n, n.events.any(e, e == "FAILED")) || job.owner == ""`:    true,
		`job.enabled ? job.owner != "" : true`:                                           true,
		`"maven3.9" in map(job.steps, .image)`:                                           true,
	} {
		r, err := rule.Compile(source)
		if err != nil {
			t.Errorf("%s: %v", source, err)
			continue
		}
		budget := rule.NewBudget()
		held, fault := r.Holds(order(), budget)
		if fault != nil || held != want {
			t.Errorf("%s: %t, %v; want %t", source, held, fault, want)
		}
	}
}

func TestMistakesHaveAPlaceAndAProposal(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ source, at, message, hint string }{
		{`job.triggers.all(t, t.timezon == "x")`, "timezon ", "a trigger has no field", `"timezone"`},
		{`all(job.steps, .imag == "x")`, "imag ", "a step has no field", `"image"`},
		{`job.arhc == "arm"`, "arhc", "job has no field", `"arch"`},
		{`jobs.arch == "arm"`, "jobs", "unknown name", `"job"`},
		{`job.arch`, "", "true or false", ""},
		{`job.arch == "arm" &&`, "", "", ""},
		{`job.steps.al(s, true)`, "al(", "a list has no field", "all"},
		{`job.steps.all(s)`, "all", "", "write all(x"},
		{`job.arch == 3`, "", "", ""},
		{`startsWith(job.name, "x")`, "startsWith", "", ""},
	} {
		_, err := rule.Compile(c.source)
		if err == nil {
			t.Errorf("%s is taken", c.source)
			continue
		}
		if !strings.Contains(err.Message, c.message) || !strings.Contains(err.Hint, c.hint) || strings.Contains(err.Message, "\n") {
			t.Errorf("%s: %q, hint %q", c.source, err.Message, err.Hint)
		}
		if c.at != "" && (err.Offset > len(c.source) || !strings.HasPrefix(strings.TrimLeft(c.source[err.Offset:], "."), strings.TrimSpace(c.at))) {
			t.Errorf("%s: the mistake is at %q", c.source, c.source[min(err.Offset, len(c.source)):])
		}
	}
}

func TestNothingTouchesTheMachineOrGrows(t *testing.T) {
	t.Parallel()
	for _, source := range []string{
		`now().Year() > 2000`, `date("2027-01-01") > now()`, `timezone("Asia/Shanghai") != nil`, `$env["job"] != nil`, `__tick()`, `__match("a", 0)`,
		`reduce(job.steps, #acc + #acc, "xx") == ""`, `repeat("x", 100000000) == ""`, `join(["a"], "b") == ""`, `job.name + job.name == ""`,
		`let a = ["x", "x"]; let b = [a, a]; b == b`, `len(1..1000000) > 0`, `{"a": 1} == {}`, `toJSON(job) == ""`, `string(job) == ""`,
		`let p = job.name; "x" matches p`, `job.name matches "((a{10}){10}){10}"`, `job.name matches "("`, `map(job.steps, job.steps) == map(job.steps, job.steps)`,
		`sort(job.steps) == nil`, `fromBase64(job.name) == ""`, `concat(job.steps, job.steps) == nil`, `replace(job.name, "", job.name) == ""`, `job.String() == ""`,
		strings.Repeat("(", 3000) + "true" + strings.Repeat(")", 3000), strings.Repeat("!", 3900) + "true", `job.steps[0:1] == nil`,
		"true" + strings.Repeat(" && true", 499), strings.Repeat("let a = true; ", 250) + "a",
	} {
		if _, err := rule.Compile(source); err == nil {
			t.Errorf("%.80s is taken", source)
		}
	}
}

func TestLoopsEnd(t *testing.T) {
	t.Parallel()
	huge := order()
	for range 2000 {
		huge.Steps = append(huge.Steps, rule.Step{Name: strings.Repeat("a", 1000), Inputs: map[string]string{"command": strings.Repeat("b", 10_000)}})
		huge.Bytes += 11_000
	}
	for _, source := range []string{
		`job.steps.all(a, job.steps.all(b, job.steps.all(c, job.steps.all(d, a.name + b.name != ""))))`,
		`job.steps.all(a, job.steps.all(b, job.steps.all(c, job.steps.all(d, a.name != "x" || d.name != ""))))`,
		`all(job.steps, all(job.steps, all(job.steps, all(job.steps, true))))`,
		`all(job.steps, .inputs["command"] matches "(b|c)*d$" == false)`,
		`len(map(job.steps, map(job.steps, map(job.steps, .name)))) > 0`,
		`count(job.steps, count(job.steps, count(job.steps, true) == 7) == 7) == 7`,
	} {
		r, fault := rule.Compile(source)
		if fault != nil {
			continue // refused at once
		}
		budget := rule.NewBudget()
		started := time.Now()
		for range 50 {
			if _, err := r.Holds(huge, budget); err == nil {
				t.Errorf("%s comes to an end", source)
			}
		}
		if took := time.Since(started); took > 20*time.Second {
			t.Errorf("%s takes %s", source, took)
		}
	}
}

func FuzzCompile(f *testing.F) {
	for _, source := range []string{`job.triggers.all(t, t.timezone == "x")`, `all(job.steps, .name matches "a+")`, `let x = 1; x in [1, 2]`, `job.labels?.team ?? "" != ""`} {
		f.Add(source)
	}
	f.Fuzz(func(t *testing.T, source string) {
		r, err := rule.Compile(source)
		if err != nil {
			if err.Offset < 0 || err.Offset > len(source) {
				t.Fatalf("offset %d of %d", err.Offset, len(source))
			}
			return
		}
		budget := rule.NewBudget()
		_, _ = r.Holds(order(), budget)
	})
}
