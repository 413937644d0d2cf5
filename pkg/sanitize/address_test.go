package sanitize_test

import (
	"strings"
	"testing"

	"github.com/buildsync/buildsync/pkg/sanitize"
)

// TestAddresses tries every place of an address that can hold a secret.
func TestAddresses(t *testing.T) {
	t.Parallel()
	const secret = "s3cr3tT0ken"
	for address, want := range map[string]string{
		"https://" + secret + "@host/p.git":                          "https://***@host/p.git",
		"https://" + secret + ":@host/p.git":                         "https://***@host/p.git",
		"https://user:" + secret + "@host:8443/p.git":                "https://***@host:8443/p.git",
		"https://user:p@" + secret + "@host/p.git":                   "https://***@host/p.git",
		"https://user%3A" + secret + "@host/p.git":                   "https://***@host/p.git",
		"ssh://user:" + secret + "@host/p.git":                       "ssh://***@host/p.git",
		"user:" + secret + "@host:group/p.git":                       "***@host:group/p.git",
		"https://host/p.git?private_token=" + secret:                 "https://host/p.git?***",
		"https://host/p.git#" + secret:                               "https://host/p.git#***",
		"https://u:" + secret + "@host/p?x=" + secret + "#" + secret: "https://***@host/p?***",
		"git@host:group/p.git":                                       "git@host:group/p.git",
		"https://host/p@v1.git":                                      "https://host/p@v1.git",
		"/srv/git/p.git":                                             "/srv/git/p.git",
		"origin":                                                     "origin",
	} {
		for _, around := range []string{"", "'", `"`} {
			text := "fatal: unable to access " + around + address + around + ": no"
			got := sanitize.Addresses(text)
			if strings.Contains(got, secret) || !strings.Contains(got, want) {
				t.Errorf("%s is shown as %s", text, got)
			}
		}
		if got := sanitize.Addresses(address); got != want {
			t.Errorf("%s alone is shown as %s, want %s", address, got, want)
		}
	}
}

// TestMayHoldCredentials holds which addresses are refused before Git sees them.
func TestMayHoldCredentials(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]bool{
		"https://token@host/p": true, "https://u:p@host/p": true, "https://u%3Ap@host/p": true, "https://@host/p": true, "http://token@host/p": true,
		"https://host/p?token=x": true, "https://host/p#x": true, "ssh://u:p@host/p": true, "ssh://u%3Ap@host/p": true, "ssh://git@host/p?t=x": true,
		"u:p@host:p": true, "https://u:p%zz@host/p": true, "git://token@host/p": true, "file://token@host/p": true,
		"ssh://git@host/p": false, "git+ssh://git@host/p": false, "ssh://host/p": false, "git@host:p": false, "https://host/p": false, "https://host:8443/p@v1": false,
		"origin": false, "up@stream": false, "/srv/p.git": false, "../p.git": false, "file:///srv/p.git": false, `C:\p.git`: false, "": false,
	} {
		if got := sanitize.MayHoldCredentials(address); got != want {
			t.Errorf("%q: %t", address, got)
		}
	}
}
