package apply

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/jsontree"
	"github.com/buildsync/buildsync/pkg/spec"
)

func TestEnvSecrets(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("FILE", "from file\n")
	write("CRLF", "from file\r\n")
	write("LINES", "one\n\ntwo\n\n")
	write("BOTH", "from file")
	write("EMPTY_BOTH", "from file")
	write("BLANK", " \n")
	write("LATIN", "caf\xe9x")
	write("MASK", "******\n")
	write("MARK", "\ufefffrom file\n")
	write("MARK_ONLY", "\ufeff\n")
	write("UTF16", "r\x00e\x00a\x00l\x00")
	write("BULLETS", "••••••")
	write("PLACEHOLDER", "<secret PLACEHOLDER>\n")
	write("OTHER_PLACEHOLDER", "<secret X>\n")
	write("LONG", strings.Repeat("x", secretLimit+1))
	write("FULL", strings.Repeat("x", secretLimit)+"\n")
	if err := os.Mkdir(filepath.Join(dir, "FOLDER"), 0o700); err != nil {
		t.Fatal(err)
	}
	outside := filepath.Join(t.TempDir(), "outside")
	if err := os.WriteFile(outside, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, filepath.Join(dir, "LINK")); err != nil {
		t.Fatal(err)
	}
	env := map[string]string{"BUILDSYNC_SECRET_ENV": "from env", "BUILDSYNC_SECRET_BOTH": "from env", "BUILDSYNC_SECRET_EMPTY": "", "BUILDSYNC_SECRET_EMPTY_BOTH": "\n", "BUILDSYNC_SECRET_SPACES": " \t\u200b\n",
		"BUILDSYNC_SECRET_BREAK": "good-value-1\n", "BUILDSYNC_SECRET_STARS": "***", "BUILDSYNC_SECRET_BYTES": "a\xffb", "HOME": "x"}
	resolver := EnvSecrets{LookupEnv: func(k string) (string, bool) { v, ok := env[k]; return v, ok }, Dir: dir}
	tests := map[string]struct {
		name, want string
		none, fail bool
	}{
		"environment":                       {name: "ENV", want: "from env"},
		"environment before file":           {name: "BOTH", want: "from env"},
		"set but empty":                     {name: "EMPTY", none: true},
		"empty, and a good file":            {name: "EMPTY_BOTH", want: "from file"},
		"blank":                             {name: "SPACES", none: true},
		"a blank file":                      {name: "BLANK", none: true},
		"a line break at the end":           {name: "BREAK", want: "good-value-1"},
		"the mask of a CI system":           {name: "STARS", fail: true},
		"the mask in a file":                {name: "MASK", fail: true},
		"not UTF-8":                         {name: "BYTES", fail: true},
		"a file that is not UTF-8":          {name: "LATIN", fail: true},
		"a byte order mark":                 {name: "MARK", want: "from file"},
		"only a byte order mark":            {name: "MARK_ONLY", none: true},
		"a file in UTF-16":                  {name: "UTF16", fail: true},
		"a mask of bullets":                 {name: "BULLETS", fail: true},
		"what compile prints for it":        {name: "PLACEHOLDER", fail: true},
		"another text in angle brackets":    {name: "OTHER_PLACEHOLDER", want: "<secret X>"},
		"file":                              {name: "FILE", want: "from file"},
		"file with CRLF":                    {name: "CRLF", want: "from file"},
		"only the last break goes":          {name: "LINES", want: "one\n\ntwo\n"},
		"longest":                           {name: "FULL", want: strings.Repeat("x", secretLimit)},
		"too long":                          {name: "LONG", fail: true},
		"missing":                           {name: "NONE", none: true},
		"a folder":                          {name: "FOLDER", fail: true},
		"a link out of the folder":          {name: "LINK", fail: true},
		"a path":                            {name: "../outside", none: true},
		"two dots":                          {name: "..", none: true},
		"another environment cannot use it": {name: "HOME", none: true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := resolver.Resolve(test.name)
			switch {
			case test.none:
				if !errors.Is(err, ErrNoSecret) {
					t.Errorf("got error %v, want ErrNoSecret", err)
				}
			case test.fail:
				if err == nil || errors.Is(err, ErrNoSecret) {
					t.Errorf("got error %v, want one that says what is wrong with the file", err)
				}
			case err != nil || got != test.want:
				t.Errorf("got %d bytes and error %v, want %d bytes", len(got), err, len(test.want))
			}
		})
	}
}

// parameter returns a build parameter in the API's form.
func parameter(name, value string, sensitive bool) *jsontree.Value {
	text := func(name string, value *jsontree.Value) *jsontree.Value {
		return jsontree.Object(jsontree.Member{Key: "name", Value: jsontree.String(name)}, jsontree.Member{Key: "value", Value: value})
	}
	params := jsontree.Array(text("name", jsontree.String(name)), text("defaultValue", jsontree.String(value)))
	if sensitive {
		params.Append(text("sensitiveVar", jsontree.String("true")))
	}
	return jsontree.Object(
		jsontree.Member{Key: "name", Value: jsontree.String("hudson.model.StringParameterDefinition")},
		jsontree.Member{Key: "params", Value: params})
}

func withParameters(parameters ...*jsontree.Value) *jsontree.Value {
	return jsontree.Object(jsontree.Member{Key: "parameters", Value: jsontree.Array(parameters...)})
}

func TestFill(t *testing.T) {
	t.Parallel()
	placeholder := spec.SecretPlaceholder("TOKEN")
	uses := []compile.SecretUse{{Parameter: "token", Secret: "TOKEN"}}
	tests := map[string]struct {
		values   secretValues
		uses     []compile.SecretUse
		declared *jsontree.Value
		desired  *jsontree.Value
		want     *jsontree.Value
		refusal  string
	}{
		"the value replaces the placeholder": {
			values: secretValues{"TOKEN": "s3cret"}, uses: uses,
			declared: withParameters(parameter("token", placeholder, true)),
			desired:  withParameters(parameter("token", placeholder, true)),
			want:     withParameters(parameter("token", "s3cret", true)),
		},
		"the placeholder's text elsewhere stays": {
			values: secretValues{"TOKEN": "s3cret"}, uses: uses,
			declared: withParameters(parameter("token", placeholder, true), parameter("doc", placeholder, false)),
			desired:  withParameters(parameter("token", placeholder, true), parameter("doc", placeholder, false)),
			want:     withParameters(parameter("token", "s3cret", true), parameter("doc", placeholder, false)),
		},
		"nothing is written without the value": {
			uses: uses, declared: withParameters(parameter("token", placeholder, true)),
			desired: withParameters(parameter("token", placeholder, true)), refusal: "BUILDSYNC_SECRET_TOKEN",
		},
		"a mask is not sent back": {
			declared: jsontree.Object(), desired: withParameters(parameter("other", "******", true)), refusal: `"other"`,
		},
		"an emptied secret is not sent": {
			declared: jsontree.Object(), desired: withParameters(parameter("other", "", true)), refusal: `"other"`,
		},
		"a ciphertext in place of a placeholder is not sent": {
			values: secretValues{"TOKEN": "s3cret"}, uses: uses,
			declared: withParameters(parameter("token", placeholder, true)),
			desired:  withParameters(parameter("token", "c1phertext", true)), refusal: "bug",
		},
		"a sensitive value that the file declares is sent": {
			declared: withParameters(parameter("raw", "declared", true)),
			desired:  withParameters(parameter("raw", "declared", true)),
			want:     withParameters(parameter("raw", "declared", true)),
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			before := test.desired.Clone()
			change := &diff.Change{Want: (&compile.Job{Secrets: test.uses}).WithBody(test.declared), Desired: jsontree.Pack(test.desired)}
			got, err := test.values.fill(change)
			if !jsontree.Equal(before, test.desired) {
				t.Error("the body of the plan was changed, but the verification needs it")
			}
			if test.refusal != "" {
				if err == nil || !strings.Contains(err.Error(), test.refusal) {
					t.Errorf("got error %v, want one with %q", err, test.refusal)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(test.want.AppendJSON(nil)), string(got.AppendJSON(nil))); diff != "" {
				t.Errorf("body (-want +got):\n%s", diff)
			}
		})
	}
}

// TestEmptySecretIsAllowed checks that an empty value is a value if empty secrets are allowed.
func TestEmptySecretIsAllowed(t *testing.T) {
	t.Parallel()
	resolver := EnvSecrets{LookupEnv: func(string) (string, bool) { return "", true }, AllowEmpty: true}
	if got, err := resolver.Resolve("TOKEN"); got != "" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
}
