package apply_test

import (
	"context"
	"fmt"
	"net/http/httptest"

	"github.com/buildsync/buildsync/pkg/apply"
	"github.com/buildsync/buildsync/pkg/client"
	"github.com/buildsync/buildsync/pkg/client/signer"
	"github.com/buildsync/buildsync/pkg/compile"
	"github.com/buildsync/buildsync/pkg/diff"
	"github.com/buildsync/buildsync/pkg/emulator"
	"github.com/buildsync/buildsync/pkg/jsontree"
)

// Example plans and applies a job from another program, here against the emulator in the same
// process.
func Example() {
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

	body, err := jsontree.Parse([]byte(`{"arch": "x86-64", "steps": []}`), jsontree.Limits{})
	if err != nil {
		fmt.Println(err)
		return
	}
	definitions := &compile.Result{Jobs: []*compile.Job{(&compile.Job{
		Address: "shop/job/hello", Project: "shop", ProjectID: emulator.DefaultProject, Name: "hello",
	}).WithBody(body)}}

	ctx := context.Background()
	for range 2 {
		plan, err := apply.MakePlan(ctx, api, apply.PlanInput{Input: diff.Input{Head: definitions, Endpoint: server.URL}})
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%d to create\n", plan.Summary.Create)
		report, err := apply.Run(ctx, api, plan, apply.Options{
			Clock: &skippingClock{}, // only this example needs it
			Done:  func(r apply.Result) { fmt.Printf("%s %s: %s\n", r.Action, r.Address, r.Outcome) },
		})
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println("ending:", report.Ending())
	}
	// Output:
	// 1 to create
	// create shop/job/hello: applied
	// ending: done
	// 0 to create
	// ending: done
}
