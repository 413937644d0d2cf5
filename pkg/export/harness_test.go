package export_test

import (
	"context"
	"net/http/httptest"
	"testing"

	"github.com/buildsync/buildsync/pkg/catalog"
	"github.com/buildsync/buildsync/pkg/client"
	"github.com/buildsync/buildsync/pkg/client/signer"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/emulator"
	"github.com/buildsync/buildsync/pkg/emulator/emulatortest"
)

var quick = client.Config{Rate: 600_000}

// connect returns a client of a running emulator.
func connect(t testing.TB, s *emulatortest.Server) *client.Client {
	t.Helper()
	config := quick
	config.Endpoint, config.IAMEndpoint = s.URL, s.IAM
	config.Credentials = client.Credentials{Key: signer.Key{Access: s.AccessKey, Secret: s.SecretKey}}
	api, err := client.New(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(api.Close)
	return api
}

// readAll reads every job of a project.
func readAll(t testing.TB, api *client.Client, project string) []*diff.LiveJob {
	t.Helper()
	ctx := context.Background()
	list, err := api.Listing(ctx, project)
	if err != nil {
		t.Fatal(err)
	}
	var jobs []*diff.LiveJob
	for _, item := range list.Jobs {
		job := &diff.LiveJob{ProjectID: project, ID: item.ID, Name: item.JobName, Item: item}
		if job.Body, err = api.QueryJob(ctx, item.ID); err != nil {
			t.Fatal(err)
		}
		if job.Notices, err = api.Notices(ctx, item.ID); err != nil {
			t.Fatal(err)
		}
		jobs = append(jobs, job)
	}
	return jobs
}

func defaultCatalogue() *catalog.Catalogue { return catalog.Default() }

// serve starts an emulator, reads all its jobs and ends it. ok is false where
// the emulator refuses the seed.
func serve(t *testing.T, opts emulator.Options) (jobs []*diff.LiveJob, ok bool) {
	t.Helper()
	em, err := emulator.New(opts)
	if err != nil {
		return nil, false
	}
	server := httptest.NewServer(em)
	defer server.Close()
	defer func() { _ = em.Close() }()
	config := quick
	config.Endpoint, config.IAMEndpoint = server.URL, server.URL
	config.Credentials = client.Credentials{Key: signer.Key{Access: emulator.DefaultAccessKey, Secret: emulator.DefaultSecretKey}}
	api, err := client.New(config)
	if err != nil {
		t.Fatal(err)
	}
	defer api.Close()
	return readAll(t, api, emulator.DefaultProject), true
}
