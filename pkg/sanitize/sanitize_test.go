package sanitize_test

import (
	"encoding/json"
	"encoding/xml"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/buildsync/buildsync/pkg/sanitize"
)

// everyScalar calls check with every Unicode scalar value, in batches.
func everyScalar(check func(batch string)) { scalars(unicode.MaxRune, check) }

// scalars calls check with the scalar values up to last.
func scalars(last rune, check func(batch string)) {
	var batch strings.Builder
	for r := rune(0); r <= last; r++ {
		if r >= 0xd800 && r <= 0xdfff {
			continue
		}
		batch.WriteRune(r)
		if batch.Len() > 1<<12 {
			check(batch.String())
			batch.Reset()
		}
	}
	check(batch.String())
}

func hidden(r rune) bool { return r != ' ' && !unicode.IsPrint(r) }

// TestEveryScalar prints every Unicode scalar value and invalid bytes through
// every sink: nothing that acts instead of showing comes out.
func TestEveryScalar(t *testing.T) {
	t.Parallel()
	sinks := map[string]func(string) string{
		"Line":          func(s string) string { return sanitize.Line(s, 0) },
		"Lines":         sanitize.Lines,
		"LogLine":       func(s string) string { return sanitize.LogLine(s, 0) },
		"MarkdownText":  func(s string) string { return sanitize.MarkdownText(s, 0) },
		"MarkdownCode":  func(s string) string { return sanitize.MarkdownCode(s, 0) },
		"MarkdownFence": func(s string) string { return sanitize.MarkdownFence(s, "") },
	}
	for name, sink := range sinks {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			several := name == "Lines" || name == "MarkdownFence"
			last := unicode.MaxRune
			if name != "Line" && name != "Lines" {
				// The others are built on these two, which meet the rest.
				last = 0x323af // the last ideograph; beyond it are tags and private use alone
			}
			scalars(last, func(batch string) {
				for _, r := range sink(batch + "\xff\xc3\x28") {
					if (r < ' ' || r > '~') && hidden(r) && !(several && (r == '\n' || r == '\t')) {
						t.Fatalf("U+%04X comes through", r)
					}
				}
			})
		})
	}
	t.Run("JSON", func(t *testing.T) {
		t.Parallel()
		everyScalar(func(batch string) {
			doc, err := json.Marshal(batch)
			if err != nil {
				t.Fatal(err)
			}
			safe := sanitize.JSON(doc)
			for _, r := range string(safe) {
				if hidden(r) {
					t.Fatalf("U+%04X comes through", r)
				}
			}
			var back string
			if err := json.Unmarshal(safe, &back); err != nil || back != batch {
				t.Fatalf("the document means something else (%v)", err)
			}
		})
	})
}

// TestEachCharacterAlone checks that a text of only hidden characters is not plain.
func TestEachCharacterAlone(t *testing.T) {
	t.Parallel()
	for r := range rune(0x3000) {
		for _, out := range sanitize.Line(string(r), 0) {
			if hidden(out) {
				t.Fatalf("U+%04X comes through", r)
			}
		}
	}
	for b := range 0x80 {
		document := "\"" + string([]byte{byte(0x80 + b)}) + "\""
		if safe := sanitize.JSON([]byte(document)); !utf8.Valid(safe) || !json.Valid(safe) {
			t.Fatalf("byte %02x: JSON gives %q", 0x80+b, safe)
		}
	}
}

// TestLinesAreLegalXML checks that Lines removes everything that XML forbids, because JUnit reports
// hold such texts.
func TestLinesAreLegalXML(t *testing.T) {
	t.Parallel()
	scalars(0x323af, func(batch string) {
		var out strings.Builder
		if err := xml.EscapeText(&out, []byte(sanitize.Lines(batch))); err != nil {
			t.Fatal(err)
		}
		if strings.ContainsRune(out.String(), utf8.RuneError) && !strings.ContainsRune(batch, utf8.RuneError) {
			t.Fatal("the encoder had to replace something")
		}
	})
}

func TestLine(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		in    string
		limit int
		want  string
	}{
		"plain":             {"order-service", 0, "order-service"},
		"Chinese":           {"订单服务", 0, "订单服务"},
		"colour":            {"\x1b[31mred\x1b[0m", 0, `\u{001b}[31mred\u{001b}[0m`},
		"OSC 8 link":        {"\x1b]8;;http://x\x07y", 0, `\u{001b}]8;;http://x\u{0007}y`},
		"C1 CSI":            {"\u009b31m", 0, `\u{009b}31m`},
		"line break":        {"a\nb\r\n", 0, `a\nb\r\n`},
		"right-to-left":     {"a\u202eb", 0, `a\u{202e}b`},
		"no-break space":    {"a\u00a0b", 0, `a\u{00a0}b`},
		"tag character":     {"a\U000e0041", 0, `a\u{e0041}`},
		"invalid UTF-8":     {"a\xffb", 0, `a\xffb`},
		"cut":               {"abcdef", 3, "abc…"},
		"not cut":           {"abc", 3, "abc"},
		"cut between runes": {"订单服务", 2, "订单…"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := sanitize.Line(tc.in, tc.limit); got != tc.want {
				t.Errorf("Line(%q, %d) = %q, want %q", tc.in, tc.limit, got, tc.want)
			}
		})
	}
}

func TestLogLine(t *testing.T) {
	t.Parallel()
	for _, in := range []string{
		"::set-output name=a::b", "  ::add-mask::x", "##[error]boo", "text ##vso[task.complete]", "##teamcity[buildStop]",
		"section_start:123:name", "a section_end:1:b", "####[x]", "##[##[##[", "##vso[##vso[",
	} {
		got := sanitize.LogLine(in, 0)
		if strings.HasPrefix(strings.TrimSpace(got), "::") {
			t.Errorf("LogLine(%q) = %q begins a command", in, got)
		}
		for _, command := range []string{"##[", "##vso[", "##teamcity[", "section_start:", "section_end:"} {
			if strings.Contains(got, command) {
				t.Errorf("LogLine(%q) = %q holds %s", in, got, command)
			}
		}
	}
	if got := sanitize.LogLine("plain: a::b # c", 0); got != "plain: a::b # c" {
		t.Errorf("plain text became %q", got)
	}
}

func TestMarkdown(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ got, want string }{
		"mention":             {sanitize.MarkdownText("@all", 0), "&#64;&#8288;all"},
		"reference":           {sanitize.MarkdownText("see #12", 0), "see &#35;&#8288;12"},
		"element":             {sanitize.MarkdownText("</details>", 0), "&#60;/details&#62;"},
		"link":                {sanitize.MarkdownText("[a](http://b)", 0), "&#91;a&#93;(http&#58;&#8288;//b)"},
		"GitLab's references": {sanitize.MarkdownText("!1 $2 &3 %4 ~5", 0), "&#33;&#8288;1 &#36;&#8288;2 &#38;&#8288;3 &#37;&#8288;4 &#126;&#8288;5"},
		"GH-1":                {sanitize.MarkdownText("GH-1 x-1", 0), "GH&#45;&#8288;1 x-1"},
		"list":                {sanitize.MarkdownText("- a", 0), "&#45; a"},
		"numbered list":       {sanitize.MarkdownText("12. a. b", 0), "12&#46; a. b"},
		"every digit counts":  {sanitize.MarkdownText("1234567890) a", 0), "1234567890&#41; a"},
		"plain":               {sanitize.MarkdownText("Plan for shop (prod): 订单服务-构建.", 0), "Plan for shop (prod): 订单服务-构建."},
		"bare address":        {sanitize.MarkdownText("www.example.org", 0), "www&#46;&#8288;example.org"},
		"code":                {sanitize.MarkdownCode("a`b``c", 0), "```a`b``c```"},
		"code at an end":      {sanitize.MarkdownCode("`a", 0), "`` `a ``"},
		"code of blanks":      {sanitize.MarkdownCode("", 0), "` `"},
		"fence":               {sanitize.MarkdownFence("a\n````\n</details>", "diff"), "`````diff\na\n````\n</details>\n`````\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if tc.got != tc.want {
				t.Errorf("got %q, want %q", tc.got, tc.want)
			}
		})
	}
}

// FuzzMarkdown looks for text that leaves its code span or its fence.
func FuzzMarkdown(f *testing.F) {
	for _, seed := range []string{"```", "~~~", "`a`", "\n```\n", "<!-- -->", "\u2028```"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		block := sanitize.MarkdownFence(s, "")
		fence, rest, _ := strings.Cut(block, "\n")
		body := strings.TrimSuffix(rest, fence+"\n")
		for _, line := range strings.Split(body, "\n") {
			if strings.HasPrefix(strings.TrimLeft(line, " \t"), fence) {
				t.Fatalf("%q closes the fence %q", line, fence)
			}
		}
		if strings.ContainsAny(sanitize.MarkdownText(s, 0), "<>@`*_[]") {
			t.Fatalf("MarkdownText(%q) = %q", s, sanitize.MarkdownText(s, 0))
		}
	})
}

func TestCounts(t *testing.T) {
	t.Parallel()
	for got, want := range map[string]string{
		sanitize.Counted(0, "job"): "0 jobs", sanitize.Counted(1, "job"): "1 job", sanitize.Counted(2, "job"): "2 jobs",
		sanitize.Counted(1, "policy"): "1 policy", sanitize.Counted(2, "policy"): "2 policies",
		sanitize.Some(nil, 2):                          "",
		sanitize.Some([]string{"a", "b"}, 2):           "a, b",
		sanitize.Some([]string{"a", "b", "c", "d"}, 2): "a, b and 2 more",
		sanitize.Counts(sanitize.Count{N: 3, What: "written"}, sanitize.Count{What: "left"}, sanitize.Count{N: 1, What: "failed"}): "3 written, 1 failed",
		sanitize.ShortCommit("0123456789"): "0123456", sanitize.ShortCommit("012"): "012",
		sanitize.Lasted(59900 * time.Millisecond): "59.9 s", sanitize.Lasted(time.Minute): "1m0s",
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
