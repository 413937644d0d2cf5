package initfiles

import (
	"fmt"
	"regexp"
	"sync"

	kit "github.com/buildsync/buildsync/internal/cli"
	"github.com/buildsync/buildsync/pkg/client"
)

var (
	aliasForm     = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]{0,63}$`) })
	projectIDForm = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[0-9a-fA-F]{32}$`) })
)

// Question asks for one of the answers.
type Question struct {
	Flag   string // the flag that answers it
	Text   string
	Answer *string
	Check  func() error // returns what is wrong with the answer, without the flag
}

// Questions returns the questions for a, in the order in which they are asked.
func (a *Answers) Questions() []Question {
	return []Question{
		{"project-id", "Project id: 32 characters in the address of its pages; empty: the emulator's", &a.ProjectID, func() error {
			if a.ProjectID != "" && !projectIDForm().MatchString(a.ProjectID) {
				return fmt.Errorf("%q is not a project's id of 32 hexadecimal characters", a.ProjectID)
			}
			return nil
		}},
		{"alias", "Its name in definitions", &a.Alias, func() error {
			if !aliasForm().MatchString(a.Alias) {
				return fmt.Errorf("%q is not a letter followed by letters, digits, _ and -", a.Alias)
			}
			return nil
		}},
		{"region", "Region", &a.Region, func() error {
			_, err := client.Endpoint(a.Region)
			return err
		}},
		{"ci", "CI pipeline: github, gitlab, codearts or none", &a.Ci, func() error {
			if !isSystem(a.Ci) && a.Ci != "none" {
				return kit.UnknownWord("pipeline", a.Ci, []string{"github", "gitlab", "codearts", "none"})
			}
			return nil
		}},
	}
}
