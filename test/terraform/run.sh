#!/bin/sh
# make test-terraform TOFU=… PROVIDER=…: OpenTofu with the vendor's provider
# against the emulator's default. Plans after a create and after a change must be
# empty, and a destroy must leave nothing. Without both binaries it says so: that
# is not a pass.
set -eu
for program in "${TOFU:-}" "${PROVIDER:-}"; do
	if [ ! -x "$program" ] || [ -d "$program" ]; then
		echo "terraform check: not run: give TOFU=path/to/tofu PROVIDER=path/to/terraform-provider-huaweicloud"
		exit 0
	fi
done
: "${BUILDSYNC:?the buildsync binary}"
cd "$(dirname "$0")"
top=$(mktemp -d)
emulator=''
trap 'test -z "$emulator" || kill "$emulator" 2>/dev/null || true; rm -rf "$top"' EXIT INT TERM

mkdir "$top/provider" "$top/work"
cp "$PROVIDER" "$top/provider/terraform-provider-huaweicloud"
cp main.tf "$top/work"
cat >"$top/tofu.rc" <<END
provider_installation {
  dev_overrides { "huaweicloud/huaweicloud" = "$top/provider" }
  direct {}
}
END
TF_CLI_CONFIG_FILE=$top/tofu.rc
export TF_CLI_CONFIG_FILE
unset HTTP_PROXY HTTPS_PROXY http_proxy https_proxy

mkfifo "$top/env"
"$BUILDSYNC" emulator --data '' --listen 127.0.0.1:0 >"$top/env" 2>"$top/emulator.log" &
emulator=$!
# Its first lines say where it is; the read ends when they are there.
{ read -r endpoint; read -r key; read -r secret; } <"$top/env" || { cat "$top/emulator.log"; exit 1; }
TF_VAR_endpoint=${endpoint#*=} TF_VAR_access_key=${key#*=} TF_VAR_secret_key=${secret#*=}
export TF_VAR_endpoint TF_VAR_access_key TF_VAR_secret_key

cd "$top/work"
tofu() { "$TOFU" "$@" -no-color -input=false; }
# unchanged WHEN: fails unless a plan is empty.
unchanged() {
	tofu plan -detailed-exitcode >"$top/plan" || {
		cat "$top/plan"
		echo "terraform check: a plan $1 is not empty"
		exit 1
	}
}
TF_VAR_name=order-service
export TF_VAR_name
tofu apply -auto-approve
unchanged "after a create"
TF_VAR_name=order-service-2
tofu apply -auto-approve
unchanged "after a rename"
tofu destroy -auto-approve
if "$TOFU" state list | grep .; then
	echo "terraform check: a destroy left these"
	exit 1
fi
echo "terraform check: created, renamed and destroyed with empty plans in between"
