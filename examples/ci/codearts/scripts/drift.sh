#!/bin/sh
set -eu
go install "github.com/buildsync/buildsync/cmd/buildsync@${BUILDSYNC_VERSION}"
PATH=$PATH:$(go env GOPATH)/bin
export HUAWEICLOUD_SDK_AK="${ACCESS_KEY}" HUAWEICLOUD_SDK_SK="${SECRET_KEY}"
buildsync base fetch
buildsync drift
