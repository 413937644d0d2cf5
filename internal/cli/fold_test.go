package cli

import (
	"strings"
	"testing"
)

// TestFold checks that a message is broken at blanks, and that commands stay whole.
func TestFold(t *testing.T) {
	for name, c := range map[string]struct {
		width      int
		text, want string
	}{
		"fits":          {20, "note: short\n", "note: short\n"},
		"a pipe":        {0, "note: " + strings.Repeat("word ", 40) + "\n", "note: " + strings.Repeat("word ", 40) + "\n"},
		"at blanks":     {20, "warning: the service answers slowly\n", "warning: the\n  service answers\n  slowly\n"},
		"indented":      {20, "refused:\n  rule: no job has this name\n", "refused:\n  rule: no job has\n    this name\n"},
		"a question":    {20, "Apply this to demo on cn-north-4? [y/N] ", "Apply this to demo\n  on cn-north-4?\n  [y/N] "},
		"wide letters":  {12, "项目订单 构建任务 名称\n", "项目订单\n  构建任务\n  名称\n"},
		"a long word":   {10, "see https://example.com/a/long/path now\n", "see\n  https://example.com/a/long/path\n  now\n"},
		"a command":     {30, "note: later buildsync job stop --project demo build; it ends\n", "note: later\n  buildsync job stop --project demo build;\n  it ends\n"},
		"a remark":      {30, "Next: buildsync lint --update-baseline (writes them to a baseline)\n", "Next:\n  buildsync lint --update-baseline\n  (writes them to a baseline)\n"},
		"in backquotes": {30, "stopped; run `buildsync plan --only build` to see it\n", "stopped; run\n  `buildsync plan --only build`\n  to see it\n"},
		"the prefix":    {30, "buildsync: the plan is refused; nothing was written\n", "buildsync: the plan is\n  refused; nothing was written\n"},
	} {
		if got := Fold(c.text, c.width); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
