package gitbase

import (
	"context"
	"errors"
	"strings"
	"testing"
)

// TestReasonIsTheCause uses the messages of Git and ssh about an unreachable remote. The end of the
// connection alone is not a cause.
func TestReasonIsTheCause(t *testing.T) {
	t.Parallel()
	const ended = "fatal: Could not read from remote repository.\n\nPlease make sure you have the correct access rights\nand the repository exists.\n"
	for said, want := range map[string]string{
		"git@host: Permission denied (publickey).\r\n" + ended:                              "git@host: Permission denied (publickey).",
		"ssh: Could not resolve hostname host: Name or service not known\n" + ended:         "ssh: Could not resolve hostname host: Name or service not known",
		"@@@@@@@@@\nWARNING\n@@@@@@@@@\nHost key verification failed.\n" + ended:            "Host key verification failed.",
		"remote:\nremote: ========\nremote: The project was not found.\nremote: \n" + ended: "The project was not found.",
		"remote: Repository not found.\nfatal: repository 'https://host/p/' not found\n":    "fatal: repository 'https://host/p/' not found",
		"fatal: the remote end hung up unexpectedly\n":                                      "fatal: the remote end hung up unexpectedly",
		" ! [rejected]        a -> a (fetch first)\nerror: failed to push some refs\n":      "! [rejected]        a -> a (fetch first)",
	} {
		if got := reason(said); got != want {
			t.Errorf("of %q the reason is %q, want %q", said, got, want)
		}
	}
}

// TestErrorsOfGitHoldNoCredentials checks that credentials are removed from Git's errors. Git may
// quote its address, or one from the user's settings.
func TestErrorsOfGitHoldNoCredentials(t *testing.T) {
	t.Parallel()
	const secret = "s3cr3tT0ken"
	for _, address := range []string{"https://" + secret + "@host/p", "https://u:" + secret + "@host/p", "https://host/p?t=" + secret, "u:" + secret + "@host:p"} {
		err := gitError(context.Background(), "fetch", reason("fatal: unable to access '"+address+"/': The requested URL returned error: 403\n"), errors.New("exit status 128"))
		if strings.Contains(err.Error(), secret) || !strings.Contains(err.Error(), "403") {
			t.Errorf("the error is %q", err)
		}
		if !strings.Contains(address, "://") {
			continue // ssh would ask the network
		}
		r := &Repo{dir: t.TempDir()}
		for _, err := range []error{
			r.FetchRefs(context.Background(), "nosuch-"+address, "refs/x/", "refs/y/"),
			r.PushRefs(context.Background(), "nosuch-"+address, []string{"refs/x/a"}),
		} {
			if err == nil || strings.Contains(err.Error(), secret) {
				t.Errorf("the error is %v", err)
			}
		}
	}
}
