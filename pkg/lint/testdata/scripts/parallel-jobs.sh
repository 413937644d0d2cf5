#!/bin/bash
set -u
pids=()
for dir in services/*/; do
  ( cd "$dir" && make build ) > "logs/$(basename "$dir").log" 2>&1 &
  pids+=($!)
done
failed=0
for pid in "${pids[@]}"; do
  wait "$pid" || failed=$((failed + 1))
done
[ "$failed" -eq 0 ] || { echo "$failed services failed"; exit 1; }
