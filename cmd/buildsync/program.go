package main

import (
	"slices"
	"strings"

	kit "github.com/buildsync/buildsync/internal/cli"
	"github.com/buildsync/buildsync/internal/screen"
	"github.com/buildsync/buildsync/pkg/apply"
)

// program is one run of buildsync.
type program struct{ kit.Console }

// invocation is one command as it was called.
type invocation struct {
	*kit.Invocation
	global globals
	hidden []string       // further values that no output may repeat
	pacing *screen.Pacing // why the calls of this run take long; nil before it connects
}

// environmentSecrets returns the values that no message may repeat, whichever of them a
// command uses: a service that has seen one may put it into any answer.
func environmentSecrets(e kit.Environment) []string {
	var values []string
	for name, value := range e {
		if strings.HasPrefix(name, apply.SecretEnvPrefix) || slices.Contains(credentialVariables, name) {
			values = append(values, value)
		}
	}
	return values
}

// credentialVariables hold what proves who someone is.
var credentialVariables = []string{
	"HUAWEICLOUD_SDK_AK", "HUAWEICLOUD_SDK_SK", "HUAWEICLOUD_SDK_SECURITY_TOKEN",
	"HW_ACCESS_KEY", "HW_SECRET_KEY", "HW_SECURITY_TOKEN", "HW_USER_PASSWORD", "HW_AUTH_TOKEN", "BUILDSYNC_TOKEN",
}
