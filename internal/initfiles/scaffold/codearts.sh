#!/bin/sh
# A shell step of a CodeArts pipeline that runs on the main branch, serially.
# HUAWEICLOUD_SDK_AK and HUAWEICLOUD_SDK_SK are private pipeline parameters.
set -eu
# What make release makes: the address of its archives, the version that you have
# tried, and the line of that archive in checksums.txt.
: "${BUILDSYNC_RELEASES:=https://releases.example.com/buildsync}"
: "${BUILDSYNC_VERSION:=0.0.0}"
: "${BUILDSYNC_SHA256:=unset}"
@INSTALL@
@BUILDSYNC@ lint
@BUILDSYNC@ base fetch
@BUILDSYNC@ plan --quiet --out markdown=plan.md
code=0
@BUILDSYNC@ apply --yes --report report.json || code=$?
@BUILDSYNC@ base push    # also after a failure: what was written is recorded
exit "$code"
