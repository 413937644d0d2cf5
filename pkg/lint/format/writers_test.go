package format

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/buildsync/buildsync/pkg/spec"
)

func machineSamples() spec.Diagnostics {
	ds := samples()
	ds[1].Pointer = `jobs[订单服务-build].arch`
	ds[1].Fixes = []spec.Fix{
		{Message: "write x86-64", Edits: []spec.Edit{{File: "jobs/订单.yaml", Start: 51, End: 57, New: "x86-64"}}},
		{Message: "remove it", Unsafe: true, Edits: []spec.Edit{{File: "jobs/订单.yaml", Start: 45, End: 58}, {File: "other.yaml", Start: 0, End: 1}}},
	}
	return append(ds, spec.Diagnostic{Rule: "secret-literal", Severity: spec.Error, Range: at("a.yaml", 1, 3, 9), Message: "a password: PASSWORD=hunter2000 ##[error]x <b>&"},
		spec.Diagnostic{Rule: "policy/zone", Severity: spec.Error, Range: at("a.yaml", 2, 3, 9), Message: "no triggers", Hint: "add one", Owners: []string{"team-a", "team-订单"}},
		spec.Diagnostic{Rule: "policy/owned", Severity: spec.Info, Range: at("a.yaml", 3, 3, 9), Message: "of many", Owners: []string{"a", "b", "c", "d", "e", "f", "PASSWORD=hunter2000 ##[error]"}})
}

// TestWriters checks each output format byte for byte.
func TestWriters(t *testing.T) {
	t.Parallel()
	checks := map[string]func(*testing.T, []byte){
		"json": checkJSON, "sarif": checkSARIF, "github": checkGitHub, "gitlab": checkGitLab, "junit": checkJUnit, "checkstyle": checkCheckstyle,
	}
	for _, name := range Names() {
		if name == "text" {
			continue // TestText
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, ds := range []spec.Diagnostics{machineSamples(), nil} {
				var out bytes.Buffer
				if err := ByName(name)(&out, ds, Options{Source: source, Version: "1.2.3", Summary: func(rule string) string { return "what " + rule + " is about" }}); err != nil {
					t.Fatal(err)
				}
				file := name
				if ds == nil {
					file += "-empty"
				}
				golden(t, file+".out", out.Bytes())
				if check := checks[name]; check != nil {
					check(t, out.Bytes())
				}
			}
		})
	}
	if ByName("yaml") != nil {
		t.Error("there is a writer of an unknown name")
	}
}

// need walks a decoded JSON value and fails unless the member is there.
func need(t *testing.T, v any, path ...string) any {
	t.Helper()
	for i, key := range path {
		object, ok := v.(map[string]any)
		if !ok || object[key] == nil {
			t.Fatalf("no %s", strings.Join(path[:i+1], "."))
		}
		v = object[key]
	}
	return v
}

func decode(t *testing.T, data []byte) any {
	t.Helper()
	var v any
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func checkJSON(t *testing.T, data []byte) {
	v := decode(t, data)
	if need(t, v, "version") != float64(1) {
		t.Error("version is not 1")
	}
	for _, f := range need(t, v, "findings").([]any) {
		need(t, f, "severity")
		need(t, f, "message")
	}
}

// checkSARIF checks the properties that SARIF 2.1.0 requires and the limits of important readers;
// the module test/judges checks the official schema.
func checkSARIF(t *testing.T, data []byte) {
	v := decode(t, data)
	if need(t, v, "version") != "2.1.0" {
		t.Error("version is not 2.1.0")
	}
	need(t, v, "$schema")
	run := need(t, v, "runs").([]any)[0]
	need(t, run, "tool", "driver", "name")
	rules := need(t, run, "tool", "driver", "rules").([]any)
	for _, r := range need(t, run, "results").([]any) {
		need(t, r, "message", "text")
		index := int(need(t, r, "ruleIndex").(float64))
		if need(t, rules[index], "id") != need(t, r, "ruleId") {
			t.Errorf("ruleIndex %d is not %v", index, need(t, r, "ruleId"))
		}
		if level := need(t, r, "level").(string); level != "error" && level != "warning" && level != "note" {
			t.Errorf("level %q", level)
		}
		locations, _ := r.(map[string]any)["locations"].([]any)
		for _, l := range locations {
			text := need(t, l, "physicalLocation", "artifactLocation", "uri").(string)
			if parsed, err := url.Parse(text); err != nil || parsed.Scheme != "" || parsed.Host != "" || parsed.RawQuery != "" {
				t.Errorf("%q is not a relative URI: %v", text, err)
			}
			if need(t, l, "physicalLocation", "region", "startLine").(float64) < 1 {
				t.Error("a line below 1")
			}
		}
		fixes, _ := r.(map[string]any)["fixes"].([]any)
		for _, f := range fixes {
			for _, change := range need(t, f, "artifactChanges").([]any) {
				need(t, change, "artifactLocation", "uri")
				for _, replacement := range need(t, change, "replacements").([]any) {
					need(t, replacement, "deletedRegion")
				}
			}
		}
	}
}

var workflowCommand = regexp.MustCompile(`^::(error|warning|notice) ((file|line|col|endLine|endColumn|title)=[^,:\r\n]*,?)+::[^\r\n]*$`)

func checkGitHub(t *testing.T, data []byte) {
	for line := range strings.Lines(string(data)) {
		if !workflowCommand.MatchString(strings.TrimSuffix(line, "\n")) {
			t.Errorf("not a workflow command: %q", line)
		}
	}
}

func checkGitLab(t *testing.T, data []byte) {
	seen := map[any]bool{}
	for _, issue := range decode(t, data).([]any) {
		for _, key := range []string{"description", "check_name"} {
			need(t, issue, key)
		}
		print := need(t, issue, "fingerprint")
		if seen[print] {
			t.Errorf("fingerprint %v twice", print)
		}
		seen[print] = true
		if s := need(t, issue, "severity"); s != "info" && s != "minor" && s != "major" && s != "critical" && s != "blocker" {
			t.Errorf("severity %v", s)
		}
		if path := need(t, issue, "location", "path").(string); path == "" {
			t.Error("no path")
		}
		if need(t, issue, "location", "positions", "begin", "line").(float64) < 1 {
			t.Error("a line below 1")
		}
	}
}

func checkJUnit(t *testing.T, data []byte) {
	var report struct {
		XMLName  xml.Name `xml:"testsuites"`
		Tests    int      `xml:"tests,attr"`
		Failures int      `xml:"failures,attr"`
		Suites   []struct {
			Name  string `xml:"name,attr"`
			Cases []struct {
				Name    string `xml:"name,attr"`
				Class   string `xml:"classname,attr"`
				Failure *struct {
					Message string `xml:"message,attr"`
				} `xml:"failure"`
			} `xml:"testcase"`
		} `xml:"testsuite"`
	}
	if err := xml.Unmarshal(data, &report); err != nil {
		t.Fatal(err)
	}
	tests, failures := 0, 0
	for _, suite := range report.Suites {
		for _, c := range suite.Cases {
			tests++
			if c.Failure != nil {
				failures++
			}
			if c.Name == "" || c.Class == "" {
				t.Errorf("a case without a name or class: %+v", c)
			}
		}
	}
	if tests != report.Tests || failures != report.Failures || tests == 0 {
		t.Errorf("counted %d tests, %d failures; the report says %d, %d", tests, failures, report.Tests, report.Failures)
	}
}

func checkCheckstyle(t *testing.T, data []byte) {
	var report struct {
		XMLName xml.Name `xml:"checkstyle"`
		Version string   `xml:"version,attr"`
		Files   []struct {
			Name   string `xml:"name,attr"`
			Errors []struct {
				Line     int    `xml:"line,attr"`
				Severity string `xml:"severity,attr"`
				Message  string `xml:"message,attr"`
				Source   string `xml:"source,attr"`
			} `xml:"error"`
		} `xml:"file"`
	}
	if err := xml.Unmarshal(data, &report); err != nil {
		t.Fatal(err)
	}
	for _, file := range report.Files {
		for _, e := range file.Errors {
			if file.Name == "" || e.Line < 1 || e.Message == "" || e.Source == "" || !strings.Contains("info warning error", e.Severity) {
				t.Errorf("incomplete: %+v", e)
			}
		}
	}
}

// TestNoSinkActsOnHostileText writes characters of every kind (the basic plane
// without most ideographs, samples of the rest, the tag characters) and invalid
// bytes as a file's name and as a message: no format may contain a character
// that does not print, or start a CI command that is not its own.
func TestNoSinkActsOnHostileText(t *testing.T) {
	t.Parallel()
	var ds spec.Diagnostics
	for from := rune(0); from <= unicode.MaxRune; from += 128 {
		if sampled := from >= 0x3400 && from < 0xa000 || from >= 0xac00 && from < 0xd700 || from >= 0x10000 && from>>8 != 0xe00; sampled && from%0x2000 != 0 {
			continue
		}
		text := make([]rune, 0, 128)
		for r := from; r < from+128; r++ {
			text = append(text, r)
		}
		ds = append(ds, hostile(string(text)))
	}
	for _, name := range []string{"\xff\xfe", "a\nb", "-rf", "::error::x", "##[error]x", "##vso[task.setvariable]", "##teamcity[x", "\x1b]8;;x\x07", "a:1:2", `"x"`, "a,b",
		"\x1b[0Ksection_start:1:x\r", "%0A::error::x", " ", "<b>&]]>", "..//x", "C:\\x", "http://host/x", "$(id)", "x#y?z"} {
		ds = append(ds, hostile(name))
	}
	for _, name := range Names() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			if err := ByName(name)(&out, ds, Options{Source: func(f string) []byte { return []byte(f) }}); err != nil {
				t.Fatal(err)
			}
			if !utf8.Valid(out.Bytes()) {
				t.Error("not UTF-8")
			}
			checkLog(t, name, out.String())
		})
	}
}

func hostile(text string) spec.Diagnostic {
	return spec.Diagnostic{Rule: "x", Severity: spec.Error, Range: at(text, 1, 1, 2), Message: text, Hint: text, Pointer: text, Owners: []string{text},
		Related: []spec.Related{{Range: at(text, 1, 1, 2), Message: text}},
		Fixes:   []spec.Fix{{Message: text, Edits: []spec.Edit{{File: text, New: text}}}}}
}

// checkLog models how a terminal and the logs of CI systems interpret the output.
func checkLog(t *testing.T, format, log string) {
	t.Helper()
	failures := 0
	for number, line := range strings.Split(log, "\n") {
		for _, r := range line {
			if !unicode.IsPrint(r) && r != ' ' && failures < 10 {
				failures++
				t.Errorf("line %d holds %U", number+1, r)
			}
		}
		own := format == "github" && workflowCommand.MatchString(line)
		if !own && (strings.HasPrefix(strings.TrimSpace(line), "::") || strings.Contains(line, "##[") || strings.Contains(line, "##vso[") || strings.Contains(line, "##teamcity[")) {
			t.Errorf("line %d is a command: %.160s", number+1, line)
		}
	}
}

// TestSecretsAreNotShown checks that no finding on a secret's line shows the secret.
func TestSecretsAreNotShown(t *testing.T) {
	t.Parallel()
	const secretText = "hunter2000x"
	text := []byte("password: whatever-it-is\nexport TOKEN=" + secretText + "\n")
	ds := spec.Diagnostics{
		{Rule: "arch", Severity: spec.Error, Range: at("a", 1, 1, 9), Message: "about the key"},
		{Rule: "secret-default", Severity: spec.Error, Range: at("a", 1, 11, 25), Message: "a secret"},
		{Rule: "shell-safety", Severity: spec.Error, Range: at("a", 2, 1, 7), Message: "export TOKEN=" + secretText},
	}
	for _, name := range Names() {
		var out bytes.Buffer
		if err := ByName(name)(&out, ds, Options{Source: func(string) []byte { return text }}); err != nil {
			t.Fatal(err)
		}
		for _, hidden := range []string{secretText, "whatever-it-is"} {
			if strings.Contains(out.String(), hidden) {
				t.Errorf("%s shows %q:\n%s", name, hidden, out.String())
			}
		}
	}
}

func BenchmarkText(b *testing.B) {
	lines := strings.Repeat("    command: mvn -B package # 订单\n", 1000)
	ds := make(spec.Diagnostics, 10_000)
	for i := range ds {
		ds[i] = spec.Diagnostic{Rule: "x", Severity: spec.Warning, Range: at(fmt.Sprint(i/1000), i%1000+1, 5, 12), Message: "message"}
	}
	for b.Loop() {
		if err := Text(io.Discard, ds, Options{Source: func(string) []byte { return []byte(lines) }}); err != nil {
			b.Fatal(err)
		}
	}
}

// TestJUnitFailsAsTheRun checks that a report has failures exactly if the run fails.
func TestJUnitFailsAsTheRun(t *testing.T) {
	t.Parallel()
	at := spec.Range{Start: spec.Pos{File: "a.yaml", Line: 1, Column: 1}}
	ds := spec.Diagnostics{
		{Rule: "cron", Severity: spec.Error, Message: "an error", Range: at},
		{Rule: "cron", Severity: spec.Warning, Message: "a warning", Range: at},
		{Rule: "cron", Severity: spec.Info, Message: "an info", Range: at},
	}
	for failOn, want := range map[spec.Severity]int{0: 1, spec.Info: 3, spec.Warning: 2, spec.Error: 1, spec.Error + 1: 0} {
		var out bytes.Buffer
		if err := jUnit(&out, ds, Options{FailOn: failOn}); err != nil {
			t.Fatal(err)
		}
		if have := strings.Count(out.String(), "<failure "); have != want {
			t.Errorf("fail-on %d: %d failures, want %d\n%s", failOn, have, want, out.String())
		}
		if failOn == spec.Error && !strings.Contains(out.String(), "<system-out>warning: a warning</system-out>") {
			t.Errorf("the warning is lost:\n%s", out.String())
		}
	}
}
