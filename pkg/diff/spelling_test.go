package diff_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/jsontree"
)

func TestSpellingOf(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		sent, got string
		want      diff.Spelling
	}{
		"equal":                   {`"a\n"`, `"a\n"`, ""},
		"line break":              {`"a\n"`, `"a"`, diff.SpellingLineBreak},
		"line break of Windows":   {`"a\r\n"`, `"a"`, diff.SpellingLineBreak},
		"line break added":        {`"a"`, `"a\n"`, diff.SpellingLineBreak},
		"HTML":                    {`"a <b> && c"`, `"a &lt;b&gt; &amp;&amp; c"`, diff.SpellingHTML},
		"HTML of an escape":       {`"a &lt;"`, `"a &amp;lt;"`, diff.SpellingHTML},
		"HTML the other way":      {`"a &lt;"`, `"a <"`, ""},
		"composed":                {`"cafe\u0301"`, `"caf\u00e9"`, diff.SpellingNFC},
		"taken apart":             {`"caf\u00e9"`, `"cafe\u0301"`, diff.SpellingNFD},
		"HTML and line break":     {`"a < b\n"`, `"a &lt; b"`, diff.SpellingSeveral},
		"composed and line break": {`"cafe\u0301\n"`, `"caf\u00e9"`, diff.SpellingSeveral},
		"number":                  {`12345678901234567890`, `12345678901234567000`, diff.SpellingNumber},
		"another number":          {`1.1`, `1.2`, ""},
		"a number's text":         {`"1.10"`, `"1.1"`, ""},
		"a blank at the end":      {`"a "`, `"a"`, diff.SpellingBlanks},
		"blanks at ends of lines": {`"a \n\tb\t\n"`, `"a\n\tb"`, diff.SpellingBlanks},
		"blanks around":           {`"  a\n  b"`, `"a\n  b"`, diff.SpellingBlanks},
		"blanks kept in part":     {`"a \nb "`, `"a \nb"`, diff.SpellingSeveral},
		"blanks and HTML":         {`"a < b \n"`, `"a &lt; b"`, diff.SpellingSeveral},
		"blanks within":           {`"a  b"`, `"a b"`, ""},
		"another indent":          {`"a\n  b"`, `"a\nb"`, ""},
		"an empty line within":    {`"a\n\nb"`, `"a\nb"`, ""},
		"something else":          {`"a"`, `"b"`, ""},
		"another type":            {`1`, `"1"`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			value := func(text string) *jsontree.Value { return body(t, `{"v":`+text+`}`).Get("v") }
			if got := diff.SpellingOf(value(tc.sent), value(tc.got)); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

// TestSpelledByTheService checks that a known spelling of the service is nobody's edit, if a write
// is known to have ended that way. Elsewhere the same difference may be a person's edit.
func TestSpelledByTheService(t *testing.T) {
	t.Parallel()
	long := "one && a\ntwo\n"
	base := steps(step("A", long), step("B", "b\n"))
	live := steps(step("A", "one &amp;&amp; a\ntwo"), step("B", "b"))
	command := func(name string) string { return `steps["` + name + `"].properties.command` }
	for name, tc := range map[string]struct {
		head, live, spelled, other string // head "": the job is removed
	}{
		"nothing edited": {head: base, live: live,
			spelled: "change shop/job/j update | change " + command("A") + " | change " + command("B"),
			other:   "drift shop/job/j update | drift " + command("A") + " | drift " + command("B")},
		"the field edited": {head: steps(step("A", long+"three\n"), step("B", "b")), live: live,
			spelled: "change shop/job/j update | change " + command("A"), other: "change shop/job/j update | change " + command("A")},
		"edited by both": {head: steps(step("A", long+"three\n"), step("B", "b")), live: steps(step("A", "console"), step("B", "b")),
			spelled: "conflict shop/job/j update | conflict " + command("A") + "\nrefused: conflict", other: "conflict shop/job/j update | conflict " + command("A") + "\nrefused: conflict"},
		"edited outside": {head: base, live: steps(step("A", long), step("B", "console")),
			spelled: "drift shop/job/j update | drift " + command("B"), other: "drift shop/job/j update | drift " + command("B")},
		"a step removed": {head: steps(step("B", "b")), live: live,
			spelled: `change shop/job/j update | change steps["A"]`, other: `change shop/job/j update | change steps["A"]`},
		"the job removed": {live: live,
			spelled: "remove shop/job/j disable", other: "remove-edited shop/job/j disable | remove-edited " + command("A") + " | remove-edited " + command("B") + "\nrefused: conflict"},
	} {
		for _, spelled := range []bool{true, false} {
			t.Run(name+map[bool]string{true: ", known", false: ", not known"}[spelled], func(t *testing.T) {
				t.Parallel()
				head := compiled()
				if tc.head != "" {
					head = compiled(defined(t, "j", tc.head))
				}
				want := tc.other
				in := input(head, compiled(defined(t, "j", base)), listed(existing(t, "j", tc.live)))
				in.Options.AllowEmpty, in.Policy.MaxRemovalShare = true, 1
				if spelled {
					in.Spelled, want = map[string]bool{"shop/job/j": true}, tc.spelled
				}
				if d := cmp.Diff(want, outline(diff.Compute(in))); d != "" {
					t.Errorf("-want +got\n%s", d)
				}
			})
		}
	}
}

// TestRewrittenByTheService checks that a field that the service stored with another meaning is
// never shown as a person's edit. The plan says so, and the job's other fields are compared as
// usual.
func TestRewrittenByTheService(t *testing.T) {
	t.Parallel()
	path := func(name string) string { return `steps["` + name + `"].properties.command` }
	base, live := steps(step("A", "ECHO"), step("B", "b")), steps(step("A", "echo"), step("B", "b"))
	for name, tc := range map[string]struct {
		head, live, want string // head "": the job is removed
		paths            []string
	}{
		"nothing edited":         {head: base, live: live, want: "change shop/job/j update | change " + path("A")},
		"the field declared":     {head: steps(step("A", "MORE"), step("B", "b")), live: live, want: "change shop/job/j update | change " + path("A")},
		"the field taken over":   {head: live, live: live},
		"the step renamed":       {head: steps(step("C", "ECHO"), step("B", "b")), live: live, want: `change shop/job/j update | change steps["C"] | change steps["A"]`},
		"all of a step, renamed": {head: steps(step("C", "ECHO"), step("B", "b")), live: live, paths: []string{`steps["A"]`}, want: `change shop/job/j update | change steps["C"] | change steps["A"]`},
		"another field declared": {head: steps(step("A", "ECHO"), step("B", "b2")), live: live,
			want: "change shop/job/j update | change " + path("A") + " | change " + path("B")},
		"another field edited": {head: base, live: steps(step("A", "echo"), step("B", "console")),
			want: "change shop/job/j update | change " + path("A") + " | drift " + path("B")},
		"both edited another field": {head: steps(step("A", "ECHO"), step("B", "b2")), live: steps(step("A", "echo"), step("B", "console")),
			want: "conflict shop/job/j update | change " + path("A") + " | conflict " + path("B") + "\nrefused: conflict"},
		"the step removed": {head: steps(step("B", "b")), live: live, want: `change shop/job/j update | change steps["A"]`},
		"the job removed":  {live: live, want: "remove shop/job/j disable"},
		"the job removed, another field edited": {live: steps(step("A", "echo"), step("B", "console")),
			want: "remove-edited shop/job/j disable | remove-edited " + path("B") + "\nrefused: conflict"},
		"not the step beside it": {head: base, live: live, paths: []string{path("AB"), path("B")}, want: "drift shop/job/j update | drift " + path("A")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			head := compiled()
			if tc.head != "" {
				head = compiled(defined(t, "j", tc.head))
			}
			in := input(head, compiled(defined(t, "j", base)), listed(existing(t, "j", tc.live)))
			in.Options.AllowEmpty, in.Policy.MaxRemovalShare = true, 1
			in.Rewritten = map[string][]string{"shop/job/j": {path("A")}}
			if tc.paths != nil {
				in.Rewritten["shop/job/j"] = tc.paths
			}
			plan := diff.Compute(in)
			if d := cmp.Diff(tc.want, outline(plan)); d != "" {
				t.Errorf("-want +got\n%s", d)
			}
			for _, c := range plan.Changes {
				shown := slices.ContainsFunc(c.Fields, func(f diff.Field) bool { return f.Verdict == diff.VerdictChange && !jsontree.Equal(f.Base, f.Before) })
				if strings.Contains(c.Note, "cannot be recognised") != (shown || tc.head == "") {
					t.Errorf("the note is %q", c.Note)
				}
			}
		})
	}
}

// TestNothingIsRewritten checks that a body without a difference is not one that the service rewrote.
func TestNothingIsRewritten(t *testing.T) {
	t.Parallel()
	if c := new(diff.Change); c.RewrittenBefore(nil) || c.RewrittenBefore([]diff.Field{{Path: "arch"}}) {
		t.Error("nothing was rewritten before")
	}
}

// TestSpelledByAnInterruptedRun checks that the write of an interrupted run is recognised, also in
// the service's spelling.
func TestSpelledByAnInterruptedRun(t *testing.T) {
	t.Parallel()
	before, written, next := defined(t, "j", steps(step("A", "one\n"))), defined(t, "j", steps(step("A", "two\n"))), defined(t, "j", steps(step("A", "three\n")))
	for name, base := range map[string]*compile.Result{"of an update": compiled(before), "of a create": compiled()} {
		in := input(compiled(next), base, listed(existing(t, "j", steps(step("A", "two")))))
		in.Tried = map[string][]*compile.Job{"shop/job/j": {written}}
		if got, want := outline(diff.Compute(in)), `change shop/job/j update | change steps["A"].properties.command`; got != want {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
	}
}
