package spec

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
)

// allocated returns the number of bytes that f allocates. The tests that use it are not parallel.
// It measures work: nothing here loops without allocating, and unlike time it does not depend on
// the machine.
func allocated(f func()) int {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return int(after.TotalAlloc - before.TotalAlloc)
}

func laughs(levels, width int) string {
	var out strings.Builder
	out.WriteString("l0: &l0 lol\n")
	for i := 1; i <= levels; i++ {
		fmt.Fprintf(&out, "l%d: &l%d [%s]\n", i, i, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*l%d, ", i-1), width), ", "))
	}
	return out.String()
}

func nestedBlocks(depth int) string {
	var out strings.Builder
	for i := range depth {
		out.WriteString(strings.Repeat(" ", i) + "a:\n")
	}
	return out.String()
}

func TestHostileInputIsRefused(t *testing.T) {
	const mib = 1 << 20
	for _, test := range []struct {
		name, text string
		want       string // the first message
		most       int    // bytes that may be allocated
	}{
		{"9 by 9 laughs", laughs(9, 9), "alias-limit", 4 * mib},
		{"laughs within the number of aliases", laughs(20, 5), "alias-limit", 64 * mib},
		{"long text with many aliases", "a: &x " + strings.Repeat("y", 50_000) + "\nb: [" + strings.Repeat("*x, ", 2001) + "]\n", "alias-limit", 16 * mib},
		{"long text with few aliases", "a: &x " + strings.Repeat("y", 60_000) + "\nb: [" + strings.Repeat("*x, ", 99) + "]\n", "alias-limit", 16 * mib},
		{"alias of itself", "a: &x [*x]\n", `alias "*x" is inside the value that it refers to`, mib},
		{"merge of itself", "a: &x\n  <<: *x\n", `alias "*x" is inside the value that it refers to`, mib},
		{"aliases that nest", deepAliases(90), "values are nested more than 50 deep", 4 * mib},
		{"many merged keys", manyMerges(), "with its merge keys one mapping has more than", 64 * mib},
		{"200,000 keys", keys(90_000), "one mapping has 90000 keys; at most 10000 are read", 128 * mib},
		{"300,000 values", "[" + strings.Repeat("a,", 300_000) + "]", "the file has more than 200000 values", 192 * mib},
		{"3,000 equal keys", strings.Repeat("a: 1\n", 3000), `key "a" is repeated`, 8 * mib},
		{"a file too large", strings.Repeat("#", MaxFileBytes+1), "at most 1048576 are read", mib},
		{"a million brackets", strings.Repeat("[", 1_000_000), "values are nested more than 50 deep", 32 * mib},
		{"20,000 dashes", strings.Repeat("- ", 20_000), "values are nested more than 50 deep", 32 * mib},
		{"20,000 question marks", strings.Repeat("? ", 20_000), "values are nested more than 50 deep", 32 * mib},
		{"9,000 dashes", strings.Repeat("- ", 9000) + "a", "values are nested more than 50 deep", 32 * mib},
		{"9,000 brackets", strings.Repeat("[", 9000) + strings.Repeat("]", 9000), "values are nested more than 50 deep", 32 * mib},
		{"700 nested blocks", nestedBlocks(700), "values are nested more than 50 deep", 32 * mib},
		{"NUL", "a: b\x00\n", "there is a NUL character here", mib},
		{"invalid UTF-8", "a: \xff\xfe\n", "this is not valid UTF-8", mib},
		{"overlong UTF-8", "a: \xc0\xaf\n", "this is not valid UTF-8", mib},
		{"a surrogate", "a: \xed\xa0\x80\n", "this is not valid UTF-8", mib},
		{"UTF-16 little-endian", "\xff\xfea\x00:\x00", "encoded as UTF-16", mib},
		{"UTF-16 big-endian", "\xfe\xff\x00a\x00:", "encoded as UTF-16", mib},
		{"UTF-16 without mark", "a\x00:\x00 \x00b\x00", "encoded as UTF-16", mib},
		{"inner byte-order mark", "a: \ufeffb\n", "a byte-order mark within the file", mib},
		{"second byte-order mark", "\ufeff\ufeffa: b\n", "a byte-order mark within the file", mib},
		{"escape character", "a: \x1b[31m\n", "a control character here, U+001B", mib},
		{"C1 control", "a: \u009b31m\n", "a control character here, U+009B", mib},
		{"delete", "a: \x7f\n", "a control character here, U+007F", mib},
		{"next line", "a: b\u0085c\n", "next-line control (U+0085)", mib},
		{"line separator", "a: b\u2028c\n", "line separator (U+2028)", mib},
		{"paragraph separator", "a: b\u2029c\n", "paragraph separator (U+2029)", mib},
		{"lone carriage return", "a: b\rc: d\n", "a carriage return without a line feed", mib},
		{"non-character", "a: \uffff\n", "U+FFFF is not a character", mib},
		{"a megabyte of bad bytes", strings.Repeat("\xff", 1_000_000), "not valid UTF-8", 4 * mib},
		// the second document
		{"second document", "version: 1\n---\nversion: 2\n", "a second YAML document starts here", mib},
		{"second document that is broken", "version: 1\n---\n[\n", "the bracket", mib},
	} {
		var found Diagnostics
		text := []byte(test.text)
		used := allocated(func() { _, found = ParseFile("a.yaml", text) })
		switch {
		case !found.HasErrors():
			t.Errorf("%s: not refused", test.name)
		case !strings.Contains(listing(found[:1]), test.want):
			t.Errorf("%s: have\n%swant %s", test.name, listing(found[:1]), test.want)
		case used > test.most:
			t.Errorf("%s: refusing it takes %d KiB, at most %d KiB are right", test.name, used>>10, test.most>>10)
		}
		if len(found) > 3*(maxMessagesPerRule+1) {
			t.Errorf("%s: %d messages", test.name, len(found))
		}
	}
}

// deepAliases nests values through aliases that are flat in the file.
func deepAliases(levels int) string {
	var out strings.Builder
	out.WriteString("l0: &l0 [x]\n")
	for i := 1; i <= levels; i++ {
		fmt.Fprintf(&out, "l%d: &l%d [*l%d]\n", i, i, i-1)
	}
	return out.String()
}

// manyMerges merges distinct keys until a mapping has too many.
func manyMerges() string {
	var out strings.Builder
	for i := range 4 {
		fmt.Fprintf(&out, "m%d: &m%d {", i, i)
		for j := range 4000 {
			fmt.Fprintf(&out, "k%d_%d: 1, ", i, j)
		}
		out.WriteString("}\n")
	}
	out.WriteString("all: {<<: [*m0, *m1, *m2, *m3]}\n")
	return out.String()
}

// TestParsingIsLinear checks that twice the input takes at most 2.5 times the work, for shapes that
// are hard for parsers.
func TestParsingIsLinear(t *testing.T) {
	for _, family := range []struct {
		name  string
		write func(n int) string
		n     int
	}{
		{"keys", keys, 1500},
		{"flow items on one line", func(n int) string { return "[" + strings.Repeat("a, ", n) + "]" }, 8000},
		{"Chinese flow items on one line", func(n int) string { return "[" + strings.Repeat("中文, ", n) + "]" }, 8000},
		{"list items", func(n int) string { return strings.Repeat("- a: 'b'\n", n) }, 4000},
		{"a literal text", func(n int) string { return "a: |\n" + strings.Repeat("  echo 中\n", n) }, 10_000},
		{"a folded text", func(n int) string { return "a: >\n" + strings.Repeat("  echo x\n", n) }, 10_000},
		{"a double-quoted text", func(n int) string { return `a: "` + strings.Repeat(`\n\u4e2d`, n) + `"` }, 10_000},
		{"comments", func(n int) string { return strings.Repeat("# comment\n", n) + "a: 1\n" }, 10_000},
		{"wrong types", func(n int) string { return "version: 1\njobs:\n" + strings.Repeat("  - a\n", n) }, 3000},
		{"unknown keys", func(n int) string { return "version: 1\n" + keys(n) }, 1000},
		{"equal keys", func(n int) string { return strings.Repeat("a: 1\n", n) }, 2000},
		{"invisible characters", func(n int) string { return strings.Repeat("# \u200b\n", n) + "a: 1\n" }, 5000},
		{"a syntax error at the end", func(n int) string { return strings.Repeat("- a: b\n", n) + " c: d\n" }, 2000},
	} {
		work := func(n int) int {
			text := []byte(family.write(n))
			return allocated(func() { ParseDefinitions("a.yaml", text) })
		}
		work(family.n) // done once
		once, twice := work(family.n), work(2*family.n)
		if float64(twice) > 2.5*float64(once) {
			t.Errorf("%s: %d KiB for %d, %d KiB for twice as many", family.name, once>>10, family.n, twice>>10)
		}
	}
}

func TestInvisibleCharacters(t *testing.T) {
	t.Parallel()
	suspects := []rune{0x61c, 0xad, 0xa0, 0x200b, 0x200c, 0x200d, 0x200e, 0x200f, 0x2060, 0xe0001, 0xe0041, 0xe007f, 0xe000, 0x10fffd, 0x378}
	for c := rune(0x202a); c <= 0x202e; c++ {
		suspects = append(suspects, c)
	}
	for c := rune(0x2066); c <= 0x2069; c++ {
		suspects = append(suspects, c)
	}
	for _, c := range suspects {
		for _, test := range []struct {
			name, text string
			severity   Severity
			at         string
		}{
			{"in a key", "a" + string(c) + "b: 1\n", Error, "1:2"},
			{"in a job's name", "jobs: [{name: a" + string(c) + "}]\n", Error, "1:16"},
			{"in a module ID", "module_id: a" + string(c) + "\n", Error, "1:13"},
			{"in a key in quotes", "\"a" + string(c) + "b\": 1\n", Error, "1:3"},
			{"in a job's name in quotes", "jobs: [{name: \"a" + string(c) + "\"}]\n", Error, "1:17"},
			{"escaped in a name", fmt.Sprintf("name: \"a\\U%08x\"\n", c), Warning, "1:9"},
			{"in a comment", "a: 1 # x" + string(c) + "\n", Warning, "1:9"},
			{"in a command", "command: |\n  rm " + string(c) + "-r\n", Warning, "2:6"},
			{"in a description", "description: 订单" + string(c) + "\n", Warning, "1:16"},
		} {
			root, found := ParseFile("a.yaml", []byte(test.text))
			if len(found) != 1 || found[0].Rule != "invisible-char" || found[0].Severity != test.severity ||
				found[0].Range.Start.String() != "a.yaml:"+test.at || root == nil {
				t.Errorf("U+%04X %s: have\n%s", c, test.name, listing(found))
				continue
			}
			for _, fix := range found[0].Fixes {
				edit := fix.Edits[0]
				mended := test.text[:edit.Start] + edit.New + test.text[edit.End:]
				if _, left := ParseFile("a.yaml", []byte(mended)); len(left) > 0 {
					t.Errorf("U+%04X %s: the fix leaves\n%s", c, test.name, listing(left))
				}
			}
		}
	}
}

func TestOrdinaryTextIsNotRemarkedOn(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"\ufeffversion: 1\r\nname: 订单服务\r\n", "a: é ö ñ 日本語 한국어 العربية\n", "a: 标题\u3000正文\n", "a: 😀 ⚠️ →\n", "a: \"\\t\\n\\0\\x1b\"\n",
	} {
		if _, found := ParseFile("a.yaml", []byte(text)); len(found) > 0 {
			t.Errorf("%q: %s", text, listing(found))
		}
	}
}

// TestSyntaxCausesAreLinear asks for the cause of errors in lines as long as a
// file may be: each looks at them a few times; were one to do so for each byte, the test would not end.
func TestSyntaxCausesAreLinear(t *testing.T) {
	t.Parallel()
	for _, unit := range []string{"[", "{", "[]", "]", "a: b ", `"a" `, "' ", "- ", "${A} ", "{{ ", "| ", "\t", "&a ", "*", ": ", ",", "?"} {
		text := "version: 1\na: [x] " + strings.Repeat(unit, 300_000/len(unit)) + "\nb: {\n"
		if root, found := ParseFile("a.yaml", []byte(text)); root == nil && len(found) == 0 {
			t.Errorf("%q: no file and no reason", unit)
		}
	}
}
