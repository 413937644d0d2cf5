#!/bin/bash
set -euo pipefail
work=$(mktemp -d)
cleanup() {
  status=$?
  rm -rf -- "$work"
  [ $status -eq 0 ] || echo "exit $status" >&2
}
trap cleanup EXIT
trap 'exit 130' INT TERM
git archive --format=tar HEAD | tar -x -C "$work"
make -C "$work" dist
cp "$work"/dist/*.rpm .
