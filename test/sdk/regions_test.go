package sdk

import (
	"testing"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/services/codeartsbuild/v3/region"

	"github.com/buildsync/buildsync/pkg/client"
	"github.com/buildsync/buildsync/pkg/client/wire"
)

// TestRegions checks that every region of the client has the SDK's endpoint. The EU region, which
// the SDK does not know, has that of API reference 1.3.
func TestRegions(t *testing.T) {
	t.Parallel()
	for _, name := range wire.Regions() {
		have, err := client.Endpoint(name)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		want := "https://build-backend.eu-west-101.myhuaweicloud.eu"
		if name != "eu-west-101" {
			known, err := region.SafeValueOf(name)
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			want = known.Endpoints[0]
		}
		if have != want {
			t.Errorf("%s: %s, the SDK has %s", name, have, want)
		}
	}
}
