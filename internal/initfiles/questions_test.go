package initfiles_test

import (
	"strings"
	"testing"

	"github.com/buildsync/buildsync/internal/initfiles"
)

func TestAnswersAreChecked(t *testing.T) {
	t.Parallel()
	right := initfiles.Answers{Alias: "shop", ProjectID: strings.Repeat("0a", 16), Region: "cn-north-4", Ci: "github"}
	for _, tc := range []struct {
		flag   string
		change func(a *initfiles.Answers)
	}{
		{"", func(*initfiles.Answers) {}},
		{"", func(a *initfiles.Answers) { a.ProjectID = "" }}, // an id of the emulator's is accepted
		{"", func(a *initfiles.Answers) { a.Ci = "none" }},
		{"project-id", func(a *initfiles.Answers) { a.ProjectID = a.ProjectID[1:] }},
		{"project-id", func(a *initfiles.Answers) { a.ProjectID = strings.Repeat("0g", 16) }},
		{"alias", func(a *initfiles.Answers) { a.Alias = "" }},
		{"alias", func(a *initfiles.Answers) { a.Alias = "1shop" }},
		{"alias", func(a *initfiles.Answers) { a.Alias = "shop/x" }},
		{"region", func(a *initfiles.Answers) { a.Region = "nowhere" }},
		{"region", func(a *initfiles.Answers) { a.Region = "" }},
		{"ci", func(a *initfiles.Answers) { a.Ci = "" }},
		{"ci", func(a *initfiles.Answers) { a.Ci = "gitlub" }},
	} {
		a := right
		tc.change(&a)
		var wrong []string
		for _, q := range a.Questions() {
			if err := q.Check(); err != nil {
				wrong = append(wrong, q.Flag)
				if strings.Contains(err.Error(), "--"+q.Flag) {
					t.Errorf("%+v: %v names a flag, which nobody typed at the question", a, err)
				}
			}
		}
		if got := strings.Join(wrong, " "); got != tc.flag {
			t.Errorf("%+v: wrong are %q, want %q", a, got, tc.flag)
		}
	}
}
