#!/bin/sh
set -e
if test -n "${proxy}"; then
  http_proxy=${proxy} https_proxy=${proxy}
  export http_proxy https_proxy
fi
while read -r name url; do
  [ -z "$name" ] && continue
  git clone --depth 1 "$url" "vendor/$name"
done < vendor.txt
until curl -sf http://localhost:9000 >/dev/null; do sleep 1; done
# parameters: proxy
