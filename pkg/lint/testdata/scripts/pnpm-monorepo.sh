#!/usr/bin/env bash
set -Eeuo pipefail
trap 'echo "failed at line $LINENO: $BASH_COMMAND" >&2' ERR
corepack enable
pnpm config set store-dir .pnpm-store
pnpm install --frozen-lockfile
changed=()
while IFS= read -r line; do
  [[ -n $line ]] && changed+=("$line")
done < <(git diff --name-only HEAD~1 -- packages | cut -d/ -f2 | sort -u)
if (( ${#changed[@]} == 0 )); then
  echo "no package changed"
  exit 0
fi
for package in "${changed[@]}"; do
  pnpm --filter "./packages/${package}..." run build
done
