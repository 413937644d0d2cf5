// Package credentials finds the credentials for a run. The first source that is set wins: the
// official SDK's variables, the Terraform provider's, the SDK's profile file, a ready token, an IAM
// user. It never asks the metadata service of a machine. Results and errors name the source of a
// value, never the value.
package credentials

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/buildsync/buildsync/pkg/client"
	"github.com/buildsync/buildsync/pkg/client/signer"
)

// Options say where to look. Only Getenv is mandatory.
type Options struct {
	Getenv  func(string) string
	Home    string // the directory that holds .huaweicloud/credentials; "" for none
	Profile string // section of the profile file; "" for basic
	Region  string // the IAM project of a token if none is set
}

// Found is the result of Find.
type Found struct {
	client.Credentials
	Source      string // for people: "environment variables HUAWEICLOUD_SDK_AK and HUAWEICLOUD_SDK_SK"
	IAMEndpoint string // where the source or HW_AUTH_URL names one
	IAMSource   string // for people: what names IAMEndpoint
	DomainID    string // of the account, where the source names one
}

// ErrNone says that nothing was set.
var ErrNone = errors.New("no credentials were found: set HUAWEICLOUD_SDK_AK and HUAWEICLOUD_SDK_SK, or BUILDSYNC_TOKEN, or write a profile to ~/.huaweicloud/credentials")

// Find returns the first credentials of the chain. A partly set source is an error and is not
// skipped: half a key is a mistake, and the next source would authenticate as somebody else. A
// profile that is requested by name goes first.
func Find(opts Options) (Found, error) {
	chain := []func(Options) (Found, error){sdkVariables, terraformVariables, profileFile, readyToken, iamUser}
	if opts.Profile != "" {
		// A profile that was asked for by name goes before everything else.
		chain = append([]func(Options) (Found, error){profileFile}, chain...)
	}
	for _, source := range chain {
		found, err := source(opts)
		if err != nil {
			return Found{}, err
		}
		if found.Source != "" {
			found.nameIAM(opts)
			return found, nil
		}
	}
	return Found{}, ErrNone
}

func sdkVariables(opts Options) (Found, error) {
	return keyFrom(opts, "HUAWEICLOUD_SDK_AK", "HUAWEICLOUD_SDK_SK", "HUAWEICLOUD_SDK_SECURITY_TOKEN",
		"HUAWEICLOUD_SDK_PROJECT_ID", "HUAWEICLOUD_SDK_DOMAIN_ID")
}

func terraformVariables(opts Options) (Found, error) {
	return keyFrom(opts, "HW_ACCESS_KEY", "HW_SECRET_KEY", "HW_SECURITY_TOKEN", "HW_PROJECT_ID", "HW_DOMAIN_ID")
}

func keyFrom(opts Options, access, secret, token, project, domain string) (Found, error) {
	get := opts.Getenv
	key := signer.Key{Access: get(access), Secret: get(secret), SecurityToken: get(token)}
	switch {
	case key.Access == "" && key.Secret == "":
		return Found{}, nil
	case key.Secret == "":
		return Found{}, fmt.Errorf("%s is set and %s is not: set both, or none of them", access, secret)
	case key.Access == "":
		return Found{}, fmt.Errorf("%s is set and %s is not: set both, or none of them", secret, access)
	}
	found := Found{
		Credentials: client.Credentials{Key: key, ProjectID: get(project)},
		Source:      fmt.Sprintf("environment variables %s and %s", access, secret),
		DomainID:    get(domain),
	}
	if key.SecurityToken != "" {
		found.Source = fmt.Sprintf("environment variables %s, %s and %s", access, secret, token)
	}
	return found, nil
}

// nameIAM sets the IAM address: that of the profile, or else that of HW_AUTH_URL.
func (f *Found) nameIAM(opts Options) {
	if f.IAMEndpoint == "" {
		f.IAMEndpoint, f.IAMSource = opts.Getenv("HW_AUTH_URL"), "HW_AUTH_URL"
	}
	if f.IAMEndpoint = identityURL(f.IAMEndpoint); f.IAMEndpoint == "" {
		f.IAMSource = ""
	}
}

// identityURL returns the address of the host in an identity URL. HW_AUTH_URL is usually written as
// https://iam.REGION.myhuaweicloud.com:443/v3, and also with the path of the token call, or
// without https://.
func identityURL(text string) string {
	text = strings.TrimRight(strings.TrimSpace(text), "/")
	for _, end := range [...]string{"/auth/tokens", "/v3"} {
		if start := len(text) - len(end); start >= 0 && strings.EqualFold(text[start:], end) {
			text = strings.TrimRight(text[:start], "/")
		}
	}
	if text != "" && !strings.Contains(text, "://") {
		text = "https://" + text
	}
	return text
}

func readyToken(opts Options) (Found, error) {
	for _, name := range [...]string{"BUILDSYNC_TOKEN", "HW_AUTH_TOKEN"} {
		if token := strings.TrimSpace(opts.Getenv(name)); token != "" {
			return Found{
				Credentials: client.Credentials{Token: token},
				Source:      "environment variable " + name,
			}, nil
		}
	}
	return Found{}, nil
}

// iamUser reads the variables that the Terraform provider uses for a user.
func iamUser(opts Options) (Found, error) {
	get := opts.Getenv
	p := client.Password{
		User: get("HW_USER_NAME"), Password: get("HW_USER_PASSWORD"), Domain: get("HW_DOMAIN_NAME"),
		Project: get("HW_PROJECT_NAME"), ProjectID: get("HW_PROJECT_ID"),
	}
	if p.User == "" && p.Password == "" {
		return Found{}, nil
	}
	var missing []string
	for name, value := range map[string]string{"HW_USER_NAME": p.User, "HW_USER_PASSWORD": p.Password, "HW_DOMAIN_NAME": p.Domain} {
		if value == "" {
			missing = append(missing, name)
		}
	}
	if p.Project == "" && p.ProjectID == "" {
		// A region's default project has the region's name.
		if p.Project = opts.Region; p.Project == "" {
			p.Project = get("HW_REGION_NAME")
		}
		if p.Project == "" {
			missing = append(missing, "HW_PROJECT_NAME")
		}
	}
	if len(missing) > 0 {
		return Found{}, fmt.Errorf("an IAM user is set in part: %s missing", listed(missing))
	}
	return Found{
		Credentials: client.Credentials{Password: p},
		Source:      "environment variables HW_USER_NAME, HW_USER_PASSWORD and HW_DOMAIN_NAME",
		DomainID:    get("HW_DOMAIN_ID"),
	}, nil
}

// profilePath returns where the SDK keeps its profiles.
func profilePath(opts Options) (path string, explicit bool) {
	if path := opts.Getenv("HUAWEICLOUD_SDK_CREDENTIALS_FILE"); path != "" {
		return path, true
	}
	if opts.Home == "" {
		return "", false
	}
	return filepath.Join(opts.Home, ".huaweicloud", "credentials"), false
}
