set -e
git fetch --tags --depth=50 origin
last=$(git describe --tags --abbrev=0 2>/dev/null || git rev-list --max-parents=0 HEAD)
git log --no-merges --pretty=format:'- %s (%h, %an)' "$last"..HEAD > CHANGES.md
if ! git diff --quiet "$last" -- db/migrations; then
  echo "migrations changed since $last"
fi
git diff --stat "$last" | tail -1
