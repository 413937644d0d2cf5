#!/bin/sh
set -eu
go install "github.com/buildsync/buildsync/cmd/buildsync@${BUILDSYNC_VERSION}"
PATH=$PATH:$(go env GOPATH)/bin
git fetch --quiet origin main
buildsync lint
buildsync plan --offline --base origin/main
