package render_test

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/diff/render"
	"github.com/buildsync/buildsync/pkg/jsontree"
)

// payloads are texts that want to be more than text.
var payloads = []string{
	"\x1b[31mred", "\x1b]8;;http://evil\x07click\x1b]8;;\x07", "\u009b31m", "a\u202eb", "a\u200bb", "\r\noverwritten",
	"::set-output name=x::y", "##[error]x", "@everyone #1 GH-1", "```\n</details>\n<script>alert(1)</script>", "~~~", "`x`",
	"<!-- buildsync:plan -->", "<img src=x onerror=alert(1)>", "[a](javascript:alert(1))", "![i](http://evil/i.png)", "</code></summary>",
	"</style><script>", `"><svg onload=alert(1)>`, "{{.PlanID}}", "| a | b |", "\xff\xfe", "javascript:alert(1)", "http://evil.example/x",
}

// hostile returns a plan with every payload in every text.
func hostile(t testing.TB) *diff.Plan {
	t.Helper()
	s := func(text string) *jsontree.Value { return jsontree.String(strings.ToValidUTF8(text, "\ufffd")) }
	p := &diff.Plan{
		FormatVersion: diff.FormatVersion, PlanID: "sha256:" + strings.Repeat("0", 64), Changes: []diff.Change{}, Refusals: []diff.Refusal{},
		Base: &diff.Revision{Commit: "<b>"}, Head: diff.Revision{Commit: "@head"}, Environment: "@env", Endpoint: "https://x/<y>",
	}
	for i, text := range payloads {
		text = strings.ToValidUTF8(text, "\ufffd")
		id := text
		p.Parts = append(p.Parts, diff.Part{Only: []string{text}, Projects: []string{text}, Shard: text})
		p.Refusals = append(p.Refusals, diff.Refusal{Rule: "conflict", Message: text, Address: text})
		p.Changes = append(p.Changes, diff.Change{
			Address: "shop/job/" + text, Kind: diff.KindJob, Name: text, ID: &id, Actions: []diff.Action{diff.ActionUpdate},
			Verdict: diff.VerdictChange, Note: text, Definition: &diff.Definition{File: text, Line: i + 1},
			Fields: []diff.Field{
				{Path: "a." + text, Before: s(text), After: s("x" + text), Verdict: diff.VerdictChange, File: text, Line: 1},
				{Path: "b", Before: s("a\n" + text + "\n"), After: s(text + "\nb\n"), Verdict: diff.VerdictDrift},
				{Path: "c", After: jsontree.Object(jsontree.Member{Key: text, Value: s(text)}), Verdict: diff.VerdictChange},
				{Path: "d", Before: s(text), After: s("y"), Base: s("z" + text), Verdict: diff.VerdictConflict},
			},
			Undeclared: []diff.Undeclared{{Path: text, Value: s(text)}}, Equalities: []diff.Equality{{Path: text, Rule: text}},
		})
	}
	return p
}

func TestNothingActsOnATerminal(t *testing.T) {
	t.Parallel()
	p := hostile(t)
	colour := regexp.MustCompile("\x1b\\[[0-9]*m")
	for name, out := range map[string]string{
		"text": text(t, p, render.Options{}), "colour": colour.ReplaceAllString(text(t, p, render.Options{Color: true}), ""),
		"json": document(t, p), "markdown": markdown(t, p, 0), "html": page(t, p),
	} {
		for _, r := range out {
			if r != '\n' && r != '\t' && r != ' ' && !unicode.IsPrint(r) {
				t.Errorf("%s: U+%04X comes through", name, r)
			}
		}
	}
}

func TestNoHTMLInjection(t *testing.T) {
	t.Parallel()
	out := page(t, hostile(t))
	allowed := regexp.MustCompile(`^(!DOCTYPE|/?(html|head|meta|title|style|body|h1|h2|p|strong|code|input|label|main|details|summary|span|div|table|colgroup|col|thead|th|tr|td|pre|del|ins|dl|dt|dd))$`)
	for _, tag := range regexp.MustCompile(`<([!/a-zA-Z][a-zA-Z0-9]*)`).FindAllStringSubmatch(out, -1) {
		if !allowed.MatchString(tag[1]) {
			t.Errorf("element %q", tag[1])
		}
	}
	for _, bad := range []string{"<script", "onerror=alert(1)>", "href=", "src=x onerror=alert(1)>", "http-equiv=\"refresh"} {
		if strings.Contains(out, bad) {
			t.Errorf("the page holds %q", bad)
		}
	}
}

// TestMarkdownMarker checks that the marker has the bot's text and cannot end its comment.
func TestMarkdownMarker(t *testing.T) {
	t.Parallel()
	for tag, want := range map[string]string{
		"": "<!-- buildsync:plan -->", "shop-dev": "<!-- buildsync:plan:shop-dev -->", "eu/prod_2.x:a": "<!-- buildsync:plan:eu/prod_2.x:a -->",
		"a--b": "<!-- buildsync:plan:a-b -->", "-->": "<!-- buildsync:plan -->", "a-->\n@all": "<!-- buildsync:plan:a-all -->", "a-": "<!-- buildsync:plan:a -->",
	} {
		var out strings.Builder
		if err := render.Markdown(&out, hostile(t), render.MarkdownOptions{Tag: tag}); err != nil {
			t.Fatal(err)
		}
		if first, _, _ := strings.Cut(out.String(), "\n"); first != want {
			t.Errorf("%q: %s, want %s", tag, first, want)
		}
	}
}

func TestNoMarkdownInjection(t *testing.T) {
	t.Parallel()
	out := markdown(t, hostile(t), 0)
	if n := strings.Count(out, "<!-- buildsync:plan"); n < 1 || !strings.HasPrefix(out, "<!-- buildsync:plan -->\n") {
		t.Errorf("the marker is not the first line")
	}
	outside := outsideFences(t, out)
	tags := regexp.MustCompile(`<[^>]*>`).FindAllString(strings.TrimPrefix(outside, "<!-- buildsync:plan -->"), -1)
	for _, tag := range tags {
		switch tag {
		case "<details>", "</details>", "<summary>", "</summary>", "<code>", "</code>":
		default:
			t.Errorf("element %q outside a fence", tag)
		}
	}
	for _, line := range strings.Split(regexp.MustCompile("`+[^`].*?`+").ReplaceAllString(outside, ""), "\n") {
		if regexp.MustCompile(`@\w|(^|\s)#\d|https?://`).MatchString(line) {
			t.Errorf("mention, reference or address in %q", line)
		}
	}
}

// outsideFences returns the text outside of fenced blocks, and fails if a fence is not closed.
func outsideFences(t *testing.T, doc string) string {
	t.Helper()
	var out []string
	fence := ""
	for _, line := range strings.Split(doc, "\n") {
		run := line[:len(line)-len(strings.TrimLeft(line, "`"))]
		switch {
		case fence == "" && len(run) >= 3 && strings.TrimLeft(line, "`") == "diff":
			fence = run
		case fence != "" && len(run) >= len(fence) && strings.Trim(line, "`") == "":
			fence = ""
		case fence == "":
			out = append(out, line)
		}
	}
	if fence != "" {
		t.Error("a fence is not closed")
	}
	return strings.Join(out, "\n")
}

// TestMarkdownFits shortens a plan to many sizes: removals, refusals and the
// plan id stay, and the comment fits where they alone do.
func TestMarkdownFits(t *testing.T) {
	t.Parallel()
	p := review(t)
	p.Refusals = append(p.Refusals, diff.Refusal{Rule: "max-removals", Message: "too many"})
	full := len(markdown(t, p, 0))
	least := len(markdown(t, p, 1))
	if least >= full {
		t.Fatalf("nothing can be left out: %d of %d", least, full)
	}
	for limit := 1; limit <= full+50; limit += 37 {
		out := markdown(t, p, limit)
		if len(out) > max(limit, least) {
			t.Errorf("%d bytes where %d are allowed and %d possible", len(out), limit, least)
		}
		for _, must := range []string{"old-cron", "too many", p.PlanID, "<!-- buildsync:plan -->"} {
			if !strings.Contains(out, must) {
				t.Errorf("at %d bytes %q is missing", limit, must)
			}
		}
		if full <= limit && strings.Contains(out, "shortened") {
			t.Error("shortened without need")
		}
	}
}

// TestVisible checks that two texts that differ never look the same.
func TestVisible(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ before, after string }{
		"blank at the end":        {"make test\n", "make test \n"},
		"tab for blanks":          {"\tmake\n", "    make\n"},
		"tab for a blank inside":  {"a\tb\n", "a b\n"},
		"line break at the end":   {"make\ntest\n", "make\ntest"},
		"zero-width":              {"make\nx\n", "ma\u200bke\nx\n"},
		"combining":               {"caf\u00e9\nx\n", "cafe\u0301\nx\n"},
		"homoglyph":               {"deploy\nx\n", "d\u0435ploy\nx\n"},
		"no-break space":          {"a b\nx\n", "a\u00a0b\nx\n"},
		"carriage return":         {"a\rb\nx\n", "ab\nx\n"},
		"one-line blank":          {"a", "a "},
		"one-line homoglyph":      {"deploy", "d\u0435ploy"},
		"one-line combining":      {"caf\u00e9", "cafe\u0301"},
		"far inside a long value": {strings.Repeat("x", 5000) + "a" + strings.Repeat("y", 5000), strings.Repeat("x", 5000) + "b" + strings.Repeat("y", 5000)},
		"longer than the other":   {strings.Repeat("x", 5000), strings.Repeat("x", 5001)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := &diff.Plan{FormatVersion: diff.FormatVersion, Changes: []diff.Change{{
				Address: "shop/job/j", Kind: diff.KindJob, Name: "j", Actions: []diff.Action{diff.ActionUpdate}, Verdict: diff.VerdictChange,
				Fields: []diff.Field{{Path: "p", Before: jsontree.String(tc.before), After: jsontree.String(tc.after), Verdict: diff.VerdictChange}},
			}}}
			for format, out := range map[string]string{"text": text(t, p, render.Options{}), "markdown": markdown(t, p, 0)} {
				if looksUnchanged(out) {
					t.Errorf("%s shows no difference:\n%s", format, out)
				}
			}
		})
	}
}

// looksUnchanged reports whether a removed and an added text look the same to an eye.
func looksUnchanged(out string) bool {
	var removed, added string
	for _, line := range strings.Split(out, "\n") {
		line = strings.TrimSpace(line)
		switch {
		case strings.Contains(line, "no line break at the end"):
			return false
		case strings.HasPrefix(line, "- "):
			removed += eye(line[2:])
		case strings.HasPrefix(line, "+ "):
			added += eye(line[2:])
		case strings.Contains(line, " → ") && strings.HasPrefix(line, "p "):
			before, after, _ := strings.Cut(strings.TrimPrefix(line, "p "), " → ")
			// Quotes show the blanks of a text on one line.
			removed, added = eye(strings.ReplaceAll(before, " ", "·")), eye(strings.ReplaceAll(after, " ", "·"))
		}
	}
	return removed == added
}

// eye reduces a text to what an eye can see.
func eye(s string) string {
	return strings.NewReplacer(" ", "", "\t", "", "\u0435", "e", "\u0301", "", "\u00e9", "e").Replace(s)
}

func TestReadIsStrict(t *testing.T) {
	t.Parallel()
	good := document(t, review(t))
	for name, doc := range map[string]string{
		"empty":           ``,
		"not JSON":        `plan`,
		"another version": strings.Replace(good, `"format_version": "1.2"`, `"format_version": "2.0"`, 1),
		"unknown member":  strings.Replace(good, `"tool_version"`, `"tool": 1, "tool_version"`, 1),
		"duplicate key":   strings.Replace(good, `"tool_version"`, `"environment": "x", "tool_version"`, 1),
		"case variant":    strings.Replace(good, `"tool_version"`, `"Environment": "x", "tool_version"`, 1),
		"trailing data":   good + "{}",
		"unknown action":  strings.Replace(good, `"create"`+"\n", `"obliterate"`+"\n", 1),
		"unknown kind":    strings.Replace(good, `"kind": "job"`, `"kind": "pipeline"`, 1),
		"no digest":       strings.Replace(good, `"plan_id": "sha256:`, `"plan_id": "md5:`, 1),
		"wrong type":      strings.Replace(good, `"unmanaged": 1`, `"unmanaged": "1"`, 1),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if doc == good {
				t.Fatal("the case changes nothing")
			}
			if _, err := render.Read(strings.NewReader(stamped(doc))); err == nil || errors.Is(err, render.ErrAltered) {
				t.Error("was accepted")
			}
		})
	}
}

// stamped gives a document the checksum of its content, where it can be read.
func stamped(doc string) string {
	tree, err := jsontree.Parse([]byte(doc), jsontree.Limits{})
	if err != nil {
		return doc
	}
	tree.Delete("checksum")
	sum := sha256.Sum256(tree.AppendJSON(nil))
	tree.Set("checksum", jsontree.String("sha256:"+hex.EncodeToString(sum[:])))
	return string(tree.AppendJSON(nil))
}

// TestReadSeesEdits changes one part of a stored plan at a time. Read refuses each, also the
// summary and the parts that no id covers.
func TestReadSeesEdits(t *testing.T) {
	t.Parallel()
	good := document(t, review(t))
	for what, edit := range map[string][2]string{
		"a count": {`"unmanaged": 1`, `"unmanaged": 0`}, "a place": {`"line": 4`, `"line": 5`}, "a name": {`"tool_version": "`, `"tool_version": "x`},
		"the checksum": {`"checksum": "sha256:`, `"checksum": "sha256:0`}, "no checksum": {`"checksum"`, `"was"`},
	} {
		doc := strings.Replace(good, edit[0], edit[1], 1)
		if doc == good {
			t.Errorf("%s: the case changes nothing", what)
		}
		if _, err := render.Read(strings.NewReader(doc)); !errors.Is(err, render.ErrAltered) {
			t.Errorf("%s: got %v, want ErrAltered", what, err)
		}
	}
}

// TestReadNewerMinorVersion checks that a document of a newer minor version, which may have more
// members, is read.
func TestReadNewerMinorVersion(t *testing.T) {
	t.Parallel()
	good := document(t, review(t))
	newer := strings.Replace(good, `"format_version": "1.2"`, `"more": {"a": 1}, "format_version": "1.9"`, 1)
	if _, err := render.Read(strings.NewReader(stamped(newer))); err != nil {
		t.Error(err)
	}
}

func FuzzRead(f *testing.F) {
	var seed strings.Builder
	if err := render.JSON(&seed, hostile(f)); err != nil {
		f.Fatal(err)
	}
	f.Add(seed.String())
	f.Add(`{"format_version":"1.0","plan_id":"sha256:","changes":[{"kind":"job","verdict":"change","fields":[{"verdict":"drift"}]}]}`)
	f.Fuzz(func(t *testing.T, doc string) {
		p, err := render.Read(strings.NewReader(doc))
		if err != nil {
			return
		}
		for name, show := range map[string]func() error{
			"text":     func() error { return render.Text(&strings.Builder{}, p, render.Options{}) },
			"json":     func() error { return render.JSON(&strings.Builder{}, p) },
			"markdown": func() error { return render.Markdown(&strings.Builder{}, p, render.MarkdownOptions{MaxBytes: 500}) },
			"html":     func() error { return render.HTML(&strings.Builder{}, p, render.HTMLOptions{}) },
		} {
			if err := show(); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}
