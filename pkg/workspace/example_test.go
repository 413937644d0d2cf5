package workspace_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"

	"github.com/buildsync/buildsync/pkg/apply"
	"github.com/buildsync/buildsync/pkg/client"
	"github.com/buildsync/buildsync/pkg/client/signer"
	"github.com/buildsync/buildsync/pkg/emulator"
	"github.com/buildsync/buildsync/pkg/workspace"
)

// Plan a folder against its base: the definitions of a folder, the commit that
// was applied last, and the live state give a plan.
func Example() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "workspace")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	for name, text := range map[string]string{
		"buildsync.yaml": "version: 1\nprojects: {demo: " + emulator.DefaultProject + "}\ndefault_project: demo\ndefinitions: [jobs.yaml]\n",
		"jobs.yaml":      "version: 1\njobs:\n  - name: hello\n    arch: x86-64\n    steps: [{sh: {name: s, inputs: {command: make}}}]\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			fmt.Println(err)
			return
		}
	}
	service, err := emulator.New(emulator.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer service.Close()
	server := httptest.NewServer(service)
	defer server.Close()
	api, err := client.New(client.Config{
		Endpoint:    server.URL,
		Credentials: client.Credentials{Key: signer.Key{Access: emulator.DefaultAccessKey, Secret: emulator.DefaultSecretKey}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer api.Close()

	w, err := workspace.Open(dir)
	if err != nil {
		fmt.Println(err)
		return
	}
	if found := w.LoadPacked("", nil); found.HasErrors() {
		fmt.Println(found)
		return
	}
	revisions, err := w.Compare(ctx, workspace.Comparison{}) // the record of the endpoint, where there is one
	if err != nil {
		fmt.Println(err)
		return
	}
	plan, err := apply.MakePlan(ctx, api, w.PlanInput(revisions, apply.Scope{}))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, change := range plan.Changes {
		fmt.Println(change.Actions, change.Address)
	}
	fmt.Println("has a base:", revisions.Base != nil)
	// Output:
	// [create] demo/job/hello
	// has a base: false
}
