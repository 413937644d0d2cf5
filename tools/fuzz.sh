#!/bin/sh
# Runs every fuzz target of the module for a short time each. A target that
# fails leaves its input under testdata/fuzz, where the tests replay it.
# Minimising is limited because it can stall a short run entirely.
set -eu

# fuzz runs one target. Where the time ends while the workers are being stopped,
# the go command now and then reports its own deadline as a failure; such a run
# found nothing, and says so by naming no failing input.
fuzz() {
	echo "fuzz $1 $2 ${FUZZTIME:-3s}"
	out=$("${GO:-go}" test -run '^$' -fuzz "^$2\$" -fuzztime "${FUZZTIME:-3s}" -fuzzminimizetime 1x "$1" 2>&1) && return
	case "$out" in
	*"Failing input written"* | *panic* | *"build failed"*) ;;
	*"context deadline exceeded"*) return 0 ;;
	esac
	echo "$out"
	return 1
}

grep -rl --include='*_test.go' '^func Fuzz' cmd internal pkg schemas 2>/dev/null | sort | while read -r file; do
	sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\)(.*/\1/p' "$file" | while read -r target; do
		fuzz "./$(dirname "$file")" "$target" || exit 1
	done || exit 1
done
