#!/bin/sh
# sh test/terraform/build.sh DIR [CLONE]: builds OpenTofu and the vendor's provider
# into DIR, for make test-terraform. OpenTofu comes from the module proxy; go
# install refuses it, since its go.mod replaces a module, so a copy is built. The
# provider is on no proxy: it is built from a clone of its repository, which holds
# all that it needs. Ten minutes on two cores.
set -eu
: "${1:?the folder for the two binaries}"
mkdir -p "$1"
dir=$(cd "$1" && pwd)
clone=${2:-}
version=v1.12.6

top=$(mktemp -d)
trap 'chmod -R u+w "$top"; rm -rf "$top"' EXIT
mkdir "$top/none" "$top/tofu"
cd "$top/none"
source=$(go mod download -json "github.com/opentofu/opentofu@$version" | sed -n 's/^\t"Dir": "\(.*\)",*$/\1/p')
cp -R "$source/." "$top/tofu"
chmod -R u+w "$top/tofu"
(cd "$top/tofu" && GOFLAGS=-mod=mod go build -o "$dir/tofu" ./cmd/tofu)

if [ -z "$clone" ]; then
	clone=$top/provider
	git clone --quiet --depth 1 https://github.com/huaweicloud/terraform-provider-huaweicloud "$clone"
fi
(cd "$clone" && GOFLAGS='' go build -mod=vendor -buildvcs=false -o "$dir/terraform-provider-huaweicloud" .)
echo "make test-terraform TOFU=$dir/tofu PROVIDER=$dir/terraform-provider-huaweicloud"
