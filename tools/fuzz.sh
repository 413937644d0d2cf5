#!/bin/sh
# Runs every fuzz target of the module for a short time each. A target that
# fails leaves its input under testdata/fuzz, where the tests replay it.
# Minimising is limited because it can stall a short run entirely.
set -eu
grep -rl --include='*_test.go' '^func Fuzz' cmd internal pkg schemas 2>/dev/null | sort | while read -r file; do
	package=./$(dirname "$file")
	sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\)(.*/\1/p' "$file" | while read -r target; do
		echo "fuzz $package $target ${FUZZTIME:-3s}"
		out=$("${GO:-go}" test -run '^$' -fuzz "^$target\$" -fuzztime "${FUZZTIME:-3s}" -fuzzminimizetime 1x "$package" 2>&1) || {
			echo "$out"
			exit 1
		}
	done
done
