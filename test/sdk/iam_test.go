package sdk

import (
	"errors"
	"net/http"
	"testing"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/auth/basic"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/config"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/region"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/sdkerr"
	build "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/codeartsbuild/v3"
	buildmodel "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/codeartsbuild/v3/model"
	iamsdk "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/iam/v3"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/services/iam/v3/model"

	"github.com/buildsync/buildsync/pkg/client/signer"
	"github.com/buildsync/buildsync/pkg/emulator"
)

// iam asks IAM for the projects and for a token, then calls the build API with the token.
func iam(b *bench) {
	hc, err := iamsdk.IamClientBuilder().WithEndpoint(b.url).WithCredential(credentials(b.t)).WithHttpConfig(b.config).SafeBuild()
	if err != nil {
		b.t.Fatal(err)
	}
	c := iamsdk.NewIamClient(hc)
	hc.WithExtraHeaders(map[string]string{signer.HeaderDate: b.emulator.Now().UTC().Format(signer.DateLayout)})

	projects, err := c.KeystoneListProjects(&model.KeystoneListProjectsRequest{Name: ptr(emulator.DefaultRegion)})
	if err != nil || len(*projects.Projects) != 1 || (*projects.Projects)[0].Id != emulator.DefaultIAMProject || !(*projects.Projects)[0].Enabled {
		b.t.Fatalf("projects: %s, %v", projects, err)
	}
	if want := b.url + "/v3/projects"; projects.Links.Self != want {
		b.t.Errorf("the list links to %s, want %s", projects.Links.Self, want)
	}
	answer, err := c.KeystoneCreateUserTokenByPassword(&model.KeystoneCreateUserTokenByPasswordRequest{
		Body: &model.KeystoneCreateUserTokenByPasswordRequestBody{Auth: &model.PwdAuth{
			Identity: &model.PwdIdentity{
				Methods: []model.PwdIdentityMethods{model.GetPwdIdentityMethodsEnum().PASSWORD},
				Password: &model.PwdPassword{User: &model.PwdPasswordUser{
					Name: emulator.DefaultUser, Password: emulator.DefaultPassword, Domain: &model.PwdPasswordUserDomain{Name: emulator.DefaultDomain},
				}},
			},
			Scope: &model.AuthScope{Project: &model.AuthScopeProject{Name: ptr(emulator.DefaultRegion)}},
		}},
	})
	if err != nil {
		b.t.Fatal(err)
	}
	if answer.HttpStatusCode != http.StatusCreated || answer.Token.User.Name != emulator.DefaultUser ||
		answer.Token.Project.Id != emulator.DefaultIAMProject || answer.Token.ExpiresAt != "2026-03-03T09:30:00.000000Z" {
		b.t.Errorf("token: %s", answer)
	}
	req, err := http.NewRequest(http.MethodGet, b.url+"/v3/"+project+"/jobs?page_index=0&page_size=10", nil)
	if err != nil {
		b.t.Fatal(err)
	}
	req.Header.Set("X-Auth-Token", *answer.XSubjectToken)
	resp, err := b.config.RoundTripper.RoundTrip(req)
	if err != nil {
		b.t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		b.t.Errorf("with the token: %s", resp.Status)
	}
}

// TestSDKFindsItsProject covers a user who names only a region: the SDK asks IAM for the project,
// by the machine's clock.
func TestSDKFindsItsProject(t *testing.T) {
	t.Parallel()
	server := serve(t, emulator.Options{})
	credentials, err := basic.NewCredentialsBuilder().WithAk(emulator.DefaultAccessKey).WithSk(emulator.DefaultSecretKey).
		WithIamEndpointOverride(server.URL).SafeBuild()
	if err != nil {
		t.Fatal(err)
	}
	_, err = build.CodeArtsBuildClientBuilder().WithRegion(region.NewRegion(emulator.DefaultRegion, server.URL)).
		WithCredential(credentials).WithHttpConfig(config.DefaultHttpConfig().WithHttpTransport(server.transport)).SafeBuild()
	if err != nil {
		t.Fatal(err)
	}
	if credentials.ProjectId != emulator.DefaultIAMProject {
		t.Errorf("the SDK found the project %q", credentials.ProjectId)
	}
}

// TestSDKNeedsTheCA checks that the SDK verifies the emulator's certificate.
func TestSDKNeedsTheCA(t *testing.T) {
	t.Parallel()
	server := serve(t, emulator.Options{})
	hc, err := build.CodeArtsBuildClientBuilder().WithEndpoint(server.URL).WithCredential(credentials(t)).
		WithHttpConfig(config.DefaultHttpConfig().WithHttpTransport(&http.Transport{})).SafeBuild()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := build.NewCodeArtsBuildClient(hc).CheckJobCountIsTopLimit(&buildmodel.CheckJobCountIsTopLimitRequest{}); err == nil {
		t.Error("a certificate of an unknown CA was accepted")
	}
}

// TestSDKCredentials checks that temporary keys sign their security token, and that the emulator
// refuses a wrong secret or a missing token as the gateway does.
func TestSDKCredentials(t *testing.T) {
	t.Parallel()
	user := emulator.User{
		ID: emulator.DefaultUserID, Name: "temporary", Domain: emulator.DefaultDomain, DomainID: emulator.DefaultDomainID,
		AccessKey: "TEMPORARYACCESSKEY", SecretKey: "temporary-secret", SecurityToken: "temporary-token/+=",
	}
	server := serve(t, emulator.Options{Users: []emulator.User{user}})
	for _, test := range []struct {
		name, secret, token string
		want                int
	}{
		{"complete", user.SecretKey, user.SecurityToken, http.StatusOK},
		{"wrong secret", "another", user.SecurityToken, http.StatusUnauthorized},
		{"wrong token", user.SecretKey, "another", http.StatusUnauthorized},
		{"no token", user.SecretKey, "", http.StatusUnauthorized},
	} {
		c, err := basic.NewCredentialsBuilder().WithAk(user.AccessKey).WithSk(test.secret).WithSecurityToken(test.token).
			WithProjectId(emulator.DefaultIAMProject).SafeBuild()
		if err != nil {
			t.Fatal(err)
		}
		hc, err := build.CodeArtsBuildClientBuilder().WithEndpoint(server.URL).WithCredential(c).
			WithHttpConfig(config.DefaultHttpConfig().WithHttpTransport(server.transport)).SafeBuild()
		if err != nil {
			t.Fatal(err)
		}
		have := http.StatusOK
		_, err = build.NewCodeArtsBuildClient(hc).CheckJobCountIsTopLimit(&buildmodel.CheckJobCountIsTopLimitRequest{})
		var refused *sdkerr.ServiceResponseError
		if errors.As(err, &refused) {
			have = refused.StatusCode
		} else if err != nil {
			t.Fatalf("%s: %v", test.name, err)
		}
		if have != test.want {
			t.Errorf("%s: %d, want %d: %v", test.name, have, test.want, err)
		}
	}
}
