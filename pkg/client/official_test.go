package client_test

import (
	"errors"
	"net/http"
	"slices"
	"testing"

	"github.com/buildsync/buildsync/pkg/client"
)

// TestOfficialTemplatesAreAskedForOnDemand checks that the client reads official templates, which
// not every service has, only if they are asked for.
func TestOfficialTemplatesAreAskedForOnDemand(t *testing.T) {
	t.Parallel()
	s := newServer(t, func(w http.ResponseWriter, r *http.Request, _ int) {
		if r.URL.Path == "/v1/template/officialtemplates" {
			reply(w, 404, `{"error_code":"APIGW.0101","error_msg":"The API does not exist"}`)
			return
		}
		reply(w, 200, `{"result":{"total_size":1,"items":[{"uuid":"u","name":"mine"}]},"status":"success"}`)
	})
	c, _ := newClient(t, s.URL, func(cfg *client.Config) { cfg.Dialect = client.DialectV1 })
	if err := drain(c.Templates(t.Context(), "")); err != nil {
		t.Errorf("the caller's templates: %v", err)
	}
	if n := len(s.all()); n != 1 {
		t.Errorf("%d requests for the caller's templates, want 1", n)
	}
	var names []string
	var last error
	for template, err := range c.AllTemplates(t.Context(), "") {
		if last = err; err == nil {
			names = append(names, template.Name)
		}
	}
	if !slices.Equal(names, []string{"mine"}) || !errors.Is(last, client.ErrRouteMissing) {
		t.Errorf("all templates: %v, then %v; want the caller's, then the missing route", names, last)
	}
}
