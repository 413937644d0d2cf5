package client

import (
	"fmt"
	"regexp"
	"strings"
	"sync"

	"github.com/buildsync/buildsync/pkg/client/wire"
	"github.com/buildsync/buildsync/pkg/remedy"
)

// region holds the addresses of a region's services.
type region struct {
	name     string
	endpoint string
	iam      string
}

// regionTable returns the public list of regions with the build service. The EU region's host is from
// API reference 1.3, its IAM host from the example in 3.1, because the table there has a merged
// one.
func regionTable() []region {
	var table []region
	for _, name := range wire.Regions() {
		r := region{
			name:     name,
			endpoint: "https://cloudbuild-ext." + name + ".myhuaweicloud.com",
			iam:      "https://iam." + name + ".myhuaweicloud.com",
		}
		if name == wire.RegionEU {
			r.endpoint, r.iam = "https://build-backend."+name+".myhuaweicloud.eu", "https://iam."+name+".myhuaweicloud.eu"
		}
		table = append(table, r)
	}
	return table
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
		return region{}, fmt.Errorf("%q is not the name of a region; known: %s", name, strings.Join(wire.Regions(), ", "))
	}
	return region{}, fmt.Errorf("no endpoint of the build service is known in region %s; known: %s; %s", name, strings.Join(wire.Regions(), ", "), remedy.NameEndpoint)
}
