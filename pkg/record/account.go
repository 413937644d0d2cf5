package record

import (
	"cmp"
	"os"
)

// accountName is who runs this, where Git knows no name: the person that a CI
// system names, else the account.
func accountName() string {
	return cmp.Or(os.Getenv("GIT_AUTHOR_NAME"), os.Getenv("GITHUB_ACTOR"), os.Getenv("GITLAB_USER_NAME"), os.Getenv("USER"), os.Getenv("USERNAME"))
}
