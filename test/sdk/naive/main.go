// Command naive lists the jobs of a project and reads each with the official SDK
// of Huawei Cloud, eight at a time, and keeps nothing: what a plan cannot do
// without. `make bench-plan` measures the plan beside it.
//
//	naive PROJECT_ID
//
// Endpoint and keys come from BUILDSYNC_ENDPOINT, HUAWEICLOUD_SDK_AK and
// HUAWEICLOUD_SDK_SK.
package main

import (
	"errors"
	"fmt"
	"os"
	"sync"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/auth/basic"
	build "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/codeartsbuild/v3"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/services/codeartsbuild/v3/model"
)

const (
	parallelism = 8
	pageSize    = 100
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: naive PROJECT_ID")
		os.Exit(2)
	}
	if err := readAll(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "naive:", err)
		os.Exit(1)
	}
}

func readAll(project string) error {
	client, err := connect(project)
	if err != nil {
		return err
	}
	ids, err := list(client, project)
	if err != nil {
		return err
	}
	return read(client, ids)
}

func connect(project string) (*build.CodeArtsBuildClient, error) {
	credentials, err := basic.NewCredentialsBuilder().WithAk(os.Getenv("HUAWEICLOUD_SDK_AK")).WithSk(os.Getenv("HUAWEICLOUD_SDK_SK")).
		WithProjectId(project).SafeBuild()
	if err != nil {
		return nil, err
	}
	hc, err := build.CodeArtsBuildClientBuilder().WithEndpoint(os.Getenv("BUILDSYNC_ENDPOINT")).WithCredential(credentials).SafeBuild()
	if err != nil {
		return nil, err
	}
	return build.NewCodeArtsBuildClient(hc), nil
}

// list returns the ids of a project's jobs.
func list(client *build.CodeArtsBuildClient, project string) ([]string, error) {
	var ids []string
	for page := int32(0); ; page++ {
		answer, err := client.ShowJobListByProjectId(&model.ShowJobListByProjectIdRequest{ProjectId: project, PageIndex: page, PageSize: pageSize})
		if err != nil {
			return nil, err
		}
		if answer.Jobs == nil || len(*answer.Jobs) == 0 {
			return ids, nil
		}
		for _, job := range *answer.Jobs {
			ids = append(ids, *job.Id)
		}
		if answer.Total != nil && len(ids) >= int(*answer.Total) {
			return ids, nil
		}
	}
}

// read reads each job.
func read(client *build.CodeArtsBuildClient, ids []string) error {
	queue := make(chan string)
	failures := make([]error, parallelism)
	var group sync.WaitGroup
	for worker := range parallelism {
		group.Go(func() {
			for id := range queue {
				if _, err := client.ShowJobConfig(&model.ShowJobConfigRequest{JobId: id}); err != nil {
					failures[worker] = err
				}
			}
		})
	}
	for _, id := range ids {
		queue <- id
	}
	close(queue)
	group.Wait()
	return errors.Join(failures...)
}
