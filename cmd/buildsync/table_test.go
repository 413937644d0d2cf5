package main

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/buildsync/buildsync/internal/screen"
	"github.com/buildsync/buildsync/pkg/catalog"
	"github.com/buildsync/buildsync/pkg/jsontree"
)

func TestTable(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name string
		rows [][]string
		want string
	}{
		{"no rows", nil, ""},
		{"Chinese names are two columns wide", [][]string{{"订单服务", "", "1"}, {"order", "", "22"}},
			"NAME      ID\n订单服务  1\norder     22\n"},
		{"a heading is wider than its column", [][]string{{"a", "b", "c"}}, "NAME  EMPTY  ID\na     b      c\n"},
		{"what acts on a terminal is shown", [][]string{{"a\x1b[2J\u202eb\n", "", "c"}}, "NAME                     ID\na\\u{001b}[2J\\u{202e}b\\n  c\n"},
		{"a long value is cut", [][]string{{"c", "", strings.Repeat("x", 200)}}, "NAME  ID\nc     " + strings.Repeat("x", 160) + "…\n"},
		{"a long name is whole", [][]string{{strings.Repeat("x", 200), "", "c"}},
			"NAME" + strings.Repeat(" ", 198) + "ID\n" + strings.Repeat("x", 200) + "  c\n"},
		{"a secret is masked", [][]string{{"https://u:hunter22pass@host/x", "", "c"}}, "NAME                           ID\nhttps://u:************@host/x  c\n"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			table := screen.NewTable("NAME", "EMPTY", "ID")
			for _, row := range tc.rows {
				table.Add(row...)
			}
			var out screen.Paper
			table.WriteTo(&out)
			if out.String() != tc.want {
				t.Errorf("got\n%swant\n%s", out.String(), tc.want)
			}
		})
	}
}

func TestRedacted(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, have, want string }{
		{"a sensitive parameter", `{"params":[{"name":"name","value":"p"},{"name":"defaultValue","value":"x"},{"name":"sensitiveVar","value":"true"}]}`,
			`{"params":[{"name":"name","value":"p"},{"name":"defaultValue","value":"(sensitive)"},{"name":"sensitiveVar","value":"true"}]}`},
		{"keys in another case", `{"Params":[{"Name":"defaultValue","Value":"x"},{"Name":"sensitiveVar","Value":"TRUE"}]}`,
			`{"Params":[{"Name":"defaultValue","Value":"(sensitive)"},{"Name":"sensitiveVar","Value":"TRUE"}]}`},
		{"a parameter with a secret's name", `{"params":[{"name":"name","value":"NEXUS_PASSWORD"},{"name":"defaultValue","value":"Tr0ub4dor-3x"}]}`,
			`{"params":[{"name":"name","value":"NEXUS_PASSWORD"},{"name":"defaultValue","value":"(sensitive)"}]}`},
		{"an ordinary parameter", `{"params":[{"name":"name","value":"version"},{"name":"defaultValue","value":"1.0"},{"name":"sensitiveVar","value":"false"}]}`, ""},
		{"a channel's settings", `{"param_config":"x","other":"x"}`, `{"param_config":"(sensitive)","other":"x"}`},
		{"settings as an object", `{"param_config":{"a":"x"}}`, `{"param_config":"(sensitive)"}`},
		{"no settings", `{"param_config":null}`, ""},
		{"a value with a name", `{"name":"DEPLOY_TOKEN","value":"Tr0ub4dor-3x"}`, `{"name":"DEPLOY_TOKEN","value":"(sensitive)"}`},
		{"a member with a secret's name", `{"password":"Tr0ub4dor-3x"}`, `{"password":"(sensitive)"}`},
		{"a password in an address", `{"url":"https://u:hunter22pass@host/x"}`, `{"url":"https://u:************@host/x"}`},
		{"ids and numbers", `{"job_id":"48c66c6002964721be537cdc6ce0297b","build_no":3,"ok":true,"none":null,"list":[1,"a"]}`, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			have, err := jsontree.Parse([]byte(tc.have), jsontree.Limits{})
			if err != nil {
				t.Fatal(err)
			}
			want := tc.want
			if want == "" {
				want = tc.have
			}
			if got := string(screen.Redacted(have, catalog.Default(), nil).AppendJSON(nil)); got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
			if left := string(have.AppendJSON(nil)); left != tc.have {
				t.Errorf("the argument was changed: %s", left)
			}
		})
	}
}

// TestNoSensitiveValueIsLeft checks that a sensitive parameter's value is hidden in any tree, and
// that no tree panics.
func TestNoSensitiveValueIsLeft(t *testing.T) {
	t.Parallel()
	const canary = "c4n4ry-value"
	parameter, err := jsontree.Parse([]byte(`{"params":[{"name":"sensitiveVar","value":"true"},{"value":"`+canary+`","name":"defaultValue"}]}`), jsontree.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(rt *rapid.T) {
		tree := parameter.Clone()
		for range rapid.IntRange(0, 5).Draw(rt, "depth") {
			key := rapid.SampledFrom([]string{"parameters", "params", "value", "properties", "template", "name", "module_id", "x"}).Draw(rt, "key")
			other := jsontree.String(rapid.String().Draw(rt, "text"))
			if rapid.Bool().Draw(rt, "array") {
				tree = jsontree.Array(other, tree)
			} else {
				tree = jsontree.Object(jsontree.Member{Key: key, Value: tree}, jsontree.Member{Key: "name2", Value: other})
			}
		}
		if got := string(screen.Redacted(tree, catalog.Default(), nil).AppendJSON(nil)); strings.Contains(got, canary) {
			rt.Fatalf("the value is left: %s", got)
		}
	})
}

func TestLogLines(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, have, want string }{
		{"lines", "a\nb\n", "a\nb\n"},
		{"a last line without an end", "a\nb", "a\nb\n"},
		{"Windows line ends", "a\r\nb\r\n", "a\nb\n"},
		{"colours are dropped", "\x1b[1;32mgood\x1b[0m\n", "good\n"},
		{"other controls are shown", "\x1b]0;title\x07\n", "\\u{001b}]0;title\\u{0007}\n"},
		{"a password in an address", "git clone https://u:hunter22pass@host/x\n", "git clone https://u:************@host/x\n"},
		{"a secret that is known", "token is kn0wn-t0 the run\n", "token is (sensitive) the run\n"},
	} {
		for _, size := range []int{1, 3, 1000} { // however it comes
			var out screen.Paper
			w := &screen.Log{To: &out, Known: strings.NewReplacer("kn0wn-t0", screen.Sensitive)}
			for rest := []byte(tc.have); len(rest) > 0; rest = rest[min(size, len(rest)):] {
				if _, err := w.Write(rest[:min(size, len(rest))]); err != nil {
					t.Fatal(err)
				}
			}
			w.Flush()
			if out.String() != tc.want {
				t.Errorf("%s, %d bytes at a time: %q, want %q", tc.name, size, out.String(), tc.want)
			}
		}
	}
	var out screen.Paper
	w := &screen.Log{To: &out, Known: strings.NewReplacer()}
	for range 3 {
		_, _ = w.Write([]byte(strings.Repeat("x", screen.MaxLogLine)))
	}
	if out.Len() < 3*screen.MaxLogLine {
		t.Errorf("a line without an end is held back: %d bytes", out.Len())
	}
}
