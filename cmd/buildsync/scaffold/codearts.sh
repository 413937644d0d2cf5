#!/bin/sh
# A shell step of a CodeArts pipeline that runs on the main branch, serially.
# HUAWEICLOUD_SDK_AK and HUAWEICLOUD_SDK_SK are private pipeline parameters.
set -eu
BUILDSYNC_VERSION=latest    # pin the release or commit that you have tried
go install "github.com/buildsync/buildsync/cmd/buildsync@$BUILDSYNC_VERSION"
PATH=$PATH:$(go env GOPATH)/bin
buildsync lint
buildsync base fetch
buildsync apply --yes --report report.json || code=$?
buildsync base push
exit "${code:-0}"
