#!/bin/sh
# Installs the YAML language server into a folder of its own and lets the test
# drive it. Where that is not possible it says so: that is not a pass.
set -eu
cd "$(dirname "$0")"
for program in node npm; do
	command -v "$program" >/dev/null 2>&1 || {
		echo "editor check: not run: no $program"
		exit 0
	}
done
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cp package.json package-lock.json "$folder"
npm ci --prefix "$folder" --ignore-scripts --no-audit --no-fund --prefer-offline >"$folder/npm.log" 2>&1 || {
	echo "editor check: not run: npm could not install yaml-language-server:"
	grep -m 2 "error" "$folder/npm.log" || true
	exit 0
}
YAML_LANGUAGE_SERVER="$folder/node_modules/yaml-language-server/bin/yaml-language-server" \
	"${GO:-go}" test -count=1 -tags editor .
