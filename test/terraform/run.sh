#!/bin/sh
# make test-terraform TOFU=… PROVIDER=…: OpenTofu with the vendor's provider
# against the emulator, on each profile that the provider can read. Plans after a
# create, a change and an import must be empty, and a destroy must leave nothing.
# Without both binaries it says so: that is not a pass. build.sh beside this file
# builds them.
set -eu
for program in "${TOFU:-}" "${PROVIDER:-}"; do
	if [ ! -x "$program" ] || [ -d "$program" ]; then
		echo "terraform check: not run: give TOFU=path/to/tofu PROVIDER=path/to/terraform-provider-huaweicloud"
		echo "sh test/terraform/build.sh DIR builds both"
		exit 0
	fi
done
: "${BUILDSYNC:?the buildsync binary}"
cd "$(dirname "$0")"
top=$(mktemp -d)
emulator=''
trap 'test -z "$emulator" || kill "$emulator" 2>/dev/null || true; rm -rf "$top"' EXIT INT TERM

mkdir "$top/provider"
cp "$PROVIDER" "$top/provider/terraform-provider-huaweicloud"
cat >"$top/tofu.rc" <<END
provider_installation {
  dev_overrides { "huaweicloud/huaweicloud" = "$top/provider" }
  direct {}
}
END
export TF_CLI_CONFIG_FILE="$top/tofu.rc" TF_INPUT=0 TF_CLI_ARGS=-no-color
unset HTTP_PROXY HTTPS_PROXY http_proxy https_proxy

# fail WHAT FILE: ends the check with what a command printed.
fail() {
	cat "$2"
	echo "terraform check: $profile: $1"
	exit 1
}
# quietly WHEN COMMAND…: shows what a command prints only where it fails.
quietly() {
	when=$1
	shift
	"$TOFU" "$@" >"$top/said" 2>&1 || fail "$1 $when failed" "$top/said"
}
# unchanged WHEN: fails unless a plan is empty.
unchanged() {
	"$TOFU" plan -detailed-exitcode >"$top/said" 2>&1 || fail "a plan $1 is not empty" "$top/said"
}

for profile in default none legacy strict; do
	rm -f "$top/env"
	mkfifo "$top/env"
	"$BUILDSYNC" emulator --data '' --listen 127.0.0.1:0 --quirks "$profile" >"$top/env" 2>"$top/emulator.log" &
	emulator=$!
	# Its first lines say where it is; the read ends when they are there.
	{ read -r endpoint; read -r key; read -r secret; } <"$top/env" || fail "the emulator did not start" "$top/emulator.log"
	export TF_VAR_endpoint="${endpoint#*=}" TF_VAR_access_key="${key#*=}" TF_VAR_secret_key="${secret#*=}"
	rm -rf "$top/work"
	mkdir "$top/work"
	cp main.tf "$top/work"

	(
		cd "$top/work"
		export TF_VAR_name=order-service TF_VAR_command=make TF_VAR_target=test
		quietly "of a new task and template" apply -auto-approve
		unchanged "after a create"

		export TF_VAR_name=order-service-2 TF_VAR_target=prod
		quietly "of a rename and another parameter" apply -auto-approve
		unchanged "after an update"

		# The provider cannot update a template: it makes a new one.
		export TF_VAR_command='make all'
		quietly "of another template in its place" apply -auto-approve
		unchanged "after a replacement"

		# The provider imports no properties of steps, so one apply follows.
		id=$("$TOFU" output -raw task)
		quietly "of the task out of the state" state rm huaweicloud_codearts_build_task.test
		quietly "of the task" import huaweicloud_codearts_build_task.test "$id"
		quietly "after an import" apply -auto-approve
		unchanged "after an import"
		[ "$("$TOFU" output -raw task)" = "$id" ] || fail "an import made another task" "$top/said"

		quietly "of all" destroy -auto-approve
		if "$TOFU" state list | grep . >"$top/said"; then fail "a destroy left these" "$top/said"; fi
	)
	kill "$emulator" 2>/dev/null || true
	emulator=''
	echo "terraform check: $profile: created, updated, replaced, imported and destroyed with empty plans in between"
done
