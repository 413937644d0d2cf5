package record

import (
	"cmp"
	"os"
)

// accountName returns the person who runs this if Git has no name: the one that a CI system
// provides, else the account.
func accountName() string {
	return cmp.Or(os.Getenv("GIT_AUTHOR_NAME"), os.Getenv("GITHUB_ACTOR"), os.Getenv("GITLAB_USER_NAME"), os.Getenv("USER"), os.Getenv("USERNAME"))
}
