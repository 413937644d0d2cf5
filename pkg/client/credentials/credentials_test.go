package credentials_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/buildsync/buildsync/pkg/client"
	"github.com/buildsync/buildsync/pkg/client/credentials"
	"github.com/buildsync/buildsync/pkg/client/signer"
)

type env map[string]string

func (e env) get(name string) string { return e[name] }

const profile = `
[basic]
ak = AK-profile
sk = SK-#;%(x)s-profile
security_token = ST-profile
project_id = p1
domain_id = d1
iam_endpoint = https://iam.example.com

[work]
ak = AK-work
sk = SK-work

[half]
ak = AK-half

[idp]
idp_id = x
`

func TestFind(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	path := filepath.Join(home, ".huaweicloud", "credentials")
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(profile), 0o600); err != nil {
		t.Fatal(err)
	}
	sdk := env{"HUAWEICLOUD_SDK_AK": "AK-sdk", "HUAWEICLOUD_SDK_SK": "SK-sdk", "HUAWEICLOUD_SDK_SECURITY_TOKEN": "ST", "HUAWEICLOUD_SDK_PROJECT_ID": "p9"}
	terraform := env{"HW_ACCESS_KEY": "AK-tf", "HW_SECRET_KEY": "SK-tf", "HW_AUTH_URL": "https://iam.example.com/v3"}
	user := env{"HW_USER_NAME": "u", "HW_USER_PASSWORD": "PW", "HW_DOMAIN_NAME": "d", "HW_REGION_NAME": "cn-north-4"}
	key := func(access, secret, token, project string) client.Credentials {
		return client.Credentials{Key: signer.Key{Access: access, Secret: secret, SecurityToken: token}, ProjectID: project}
	}
	for _, test := range []struct {
		name    string
		env     []env
		home    string
		profile string
		region  string
		want    client.Credentials
		source  string
		iam     string
		err     string
	}{
		{name: "SDK variables before all others", env: []env{sdk, terraform, {"BUILDSYNC_TOKEN": "T"}}, home: home, want: key("AK-sdk", "SK-sdk", "ST", "p9"), source: "HUAWEICLOUD_SDK_AK, HUAWEICLOUD_SDK_SK and HUAWEICLOUD_SDK_SECURITY_TOKEN", iam: "https://iam.example.com"},
		{name: "the profile's IAM before HW_AUTH_URL", env: []env{{"HW_AUTH_URL": "https://iam.example.org/v3"}}, home: home, want: key("AK-profile", "SK-#;%(x)s-profile", "ST-profile", "p1"), source: "profile [basic]", iam: "https://iam.example.com"},
		{name: "OpenStack's variables are not a source", env: []env{terraform, {"OS_ACCESS_KEY": "AK-os", "OS_SECRET_KEY": "SK-os", "OS_AUTH_URL": "https://iam.example.org/v3", "OS_AUTH_TOKEN": "T"}}, want: key("AK-tf", "SK-tf", "", ""), source: "HW_ACCESS_KEY and HW_SECRET_KEY", iam: "https://iam.example.com"},
		{name: "Terraform's variables before the file", env: []env{terraform, {"BUILDSYNC_TOKEN": "T"}}, home: home, want: key("AK-tf", "SK-tf", "", ""), source: "HW_ACCESS_KEY and HW_SECRET_KEY", iam: "https://iam.example.com"},
		{name: "file before a token", env: []env{{"BUILDSYNC_TOKEN": "T"}}, home: home, want: key("AK-profile", "SK-#;%(x)s-profile", "ST-profile", "p1"), source: "profile [basic] of " + path, iam: "https://iam.example.com"},
		{name: "named profile before the variables", env: []env{sdk}, home: home, profile: "work", want: key("AK-work", "SK-work", "", ""), source: "profile [work]"},
		{name: "file named by the environment", env: []env{{"HUAWEICLOUD_SDK_CREDENTIALS_FILE": path}}, want: key("AK-profile", "SK-#;%(x)s-profile", "ST-profile", "p1"), source: "profile [basic]", iam: "https://iam.example.com"},
		{name: "token", env: []env{{"BUILDSYNC_TOKEN": "T\n"}, user}, home: t.TempDir(), want: client.Credentials{Token: "T"}, source: "BUILDSYNC_TOKEN"},
		{name: "user, scope from the environment", env: []env{user}, want: client.Credentials{Password: client.Password{User: "u", Password: "PW", Domain: "d", Project: "cn-north-4"}}, source: "HW_USER_NAME"},
		{name: "user, scope from the region", env: []env{user}, region: "eu-west-101", want: client.Credentials{Password: client.Password{User: "u", Password: "PW", Domain: "d", Project: "eu-west-101"}}, source: "HW_USER_NAME"},
		{name: "nothing", err: "no credentials were found"},
		{name: "half a key", env: []env{{"HUAWEICLOUD_SDK_AK": "x"}, terraform}, err: "HUAWEICLOUD_SDK_AK is set and HUAWEICLOUD_SDK_SK is not"},
		{name: "the other half", env: []env{{"HW_SECRET_KEY": "SK-canary"}}, err: "HW_SECRET_KEY is set and HW_ACCESS_KEY is not"},
		{name: "half a user", env: []env{{"HW_USER_NAME": "u"}}, err: "HW_DOMAIN_NAME, HW_PROJECT_NAME and HW_USER_PASSWORD are missing"},
		{name: "no such profile", home: home, profile: "nix", err: "has no section [nix]; it has [basic], [work], [half], [idp]"},
		{name: "half a profile", home: home, profile: "half", err: "section [half] of " + path + " needs both ak and sk"},
		{name: "identity provider", home: home, profile: "idp", err: "identity provider"},
		{name: "named file that is missing", env: []env{{"HUAWEICLOUD_SDK_CREDENTIALS_FILE": filepath.Join(home, "nix")}}, err: "no such file"},
		{name: "named file that is a directory", env: []env{{"HUAWEICLOUD_SDK_CREDENTIALS_FILE": home}}, err: "it is not a regular file"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			merged := env{}
			for _, e := range test.env {
				for name, value := range e {
					merged[name] = value
				}
			}
			found, err := credentials.Find(credentials.Options{Getenv: merged.get, Home: test.home, Profile: test.profile, Region: test.region})
			if test.err != "" {
				if err == nil || !strings.Contains(err.Error(), test.err) {
					t.Fatalf("error = %v, want one with %q", err, test.err)
				}
				if strings.Contains(err.Error(), "canary") {
					t.Errorf("the error shows a secret: %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, found.Credentials); diff != "" {
				t.Errorf("credentials (-want +got):\n%s", diff)
			}
			if !strings.Contains(found.Source, test.source) || found.IAMEndpoint != test.iam {
				t.Errorf("source %q, IAM %q; want %q, %q", found.Source, found.IAMEndpoint, test.source, test.iam)
			}
			for _, secret := range []string{"SK-", "ST-", "PW"} {
				if strings.Contains(fmt.Sprintf("%v %+v %#v", found, found, found), secret) {
					t.Error("what was found prints a secret")
				}
			}
		})
	}
}

// TestAuthURL checks the forms in which people write the identity address.
func TestAuthURL(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"": "", " \n": "", "https://iam.h": "https://iam.h", "https://iam.h/": "https://iam.h", "https://iam.h/v3": "https://iam.h", "https://iam.h//v3//": "https://iam.h",
		"https://iam.h/V3/": "https://iam.h", "https://iam.cn-north-4.myhuaweicloud.com:443/v3\n": "https://iam.cn-north-4.myhuaweicloud.com:443",
		"https://iam.h/v3/auth/tokens": "https://iam.h", "iam.h/v3": "https://iam.h", "iam.h": "https://iam.h", "http://127.0.0.1:80/v3": "http://127.0.0.1:80",
		"https://iam.h/v2.0": "https://iam.h/v2.0", "https://iam.h/a/v3": "https://iam.h/a", // refused where it is used
	} {
		found, err := credentials.Find(credentials.Options{Getenv: env{"BUILDSYNC_TOKEN": "T", "HW_AUTH_URL": text}.get})
		if err != nil || found.IAMEndpoint != want || (found.IAMSource == "HW_AUTH_URL") != (want != "") {
			t.Errorf("%q is %q of %q, want %q (%v)", text, found.IAMEndpoint, found.IAMSource, want, err)
		}
	}
}

func TestProfileFileIsDamaged(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "credentials")
	if err := os.WriteFile(path, []byte("[basic]\nSK-canary-without-a-key\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := credentials.Find(credentials.Options{Getenv: env{"HUAWEICLOUD_SDK_CREDENTIALS_FILE": path}.get})
	if err == nil || strings.Contains(err.Error(), "canary") || !strings.Contains(err.Error(), "INI") {
		t.Errorf("error = %v", err)
	}
}

func TestFindReadsNothingElse(t *testing.T) {
	t.Parallel()
	_, err := credentials.Find(credentials.Options{Getenv: env{}.get})
	if !errors.Is(err, credentials.ErrNone) {
		t.Errorf("error = %v, want ErrNone", err)
	}
}
