set -euo pipefail
for py in 3.9 3.10 3.11 3.12; do
  echo "== python $py"
  if command -v "python$py" >/dev/null 2>&1; then
    "python$py" -m pytest -q --junitxml="report-$py.xml" tests/ || failed+=("$py")
  fi
done
if [ "${#failed[@]}" -gt 0 ]; then
  printf 'failed: %s\n' "${failed[@]}" >&2
  exit 1
fi
