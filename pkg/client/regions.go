package client

import (
	"fmt"
	"regexp"
	"strings"
	"sync"

	"github.com/buildsync/buildsync/pkg/remedy"
)

// region holds the addresses of a region's services.
type region struct {
	name     string
	endpoint string
	iam      string
}

// regionTable is the public list of regions with the build service. The EU region's host is from
// API reference 1.3, its IAM host from the example in 3.1, because the table there has a merged
// one.
func regionTable() []region {
	names := []string{
		"ap-southeast-3", "cn-east-2", "cn-east-3", "cn-north-1", "cn-north-4", "cn-south-1", "cn-south-2",
		"cn-southwest-2", "la-north-2", "la-south-2", "sa-brazil-1", "tr-west-1",
	}
	var table []region
	for _, name := range names {
		table = append(table, region{
			name:     name,
			endpoint: "https://cloudbuild-ext." + name + ".myhuaweicloud.com",
			iam:      "https://iam." + name + ".myhuaweicloud.com",
		})
	}
	return append(table, region{
		name:     "eu-west-101",
		endpoint: "https://build-backend.eu-west-101.myhuaweicloud.eu",
		iam:      "https://iam.eu-west-101.myhuaweicloud.eu",
	})
}

// Regions returns the names of the known regions.
func Regions() []string {
	var names []string
	for _, r := range regionTable() {
		names = append(names, r.name)
	}
	return names
}

// Endpoint returns the build service's URL in a region.
func Endpoint(name string) (string, error) {
	r, err := findRegion(name)
	return r.endpoint, err
}

// IAMEndpoint returns IAM's URL in a region.
func IAMEndpoint(name string) (string, error) {
	r, err := findRegion(name)
	return r.iam, err
}

var regionName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z]{2}-[a-z]+-[0-9]+$`) })

func findRegion(name string) (region, error) {
	for _, r := range regionTable() {
		if r.name == name {
			return r, nil
		}
	}
	if !regionName().MatchString(name) {
		return region{}, fmt.Errorf("%q is not the name of a region; known are %s", name, strings.Join(Regions(), ", "))
	}
	return region{}, fmt.Errorf("no endpoint of the build service is known in region %s; known are %s; %s", name, strings.Join(Regions(), ", "), remedy.NameEndpoint)
}
