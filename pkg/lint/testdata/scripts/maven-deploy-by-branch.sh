set -e
branch=$(git rev-parse --abbrev-ref HEAD)
case "$branch" in
  master|main) profile=release ;;
  release/*)   profile=rc ;;
  *)           profile=snapshot ;;
esac
echo "building $branch with profile ${profile}"
mvn -B deploy -P"$profile" -DskipTests=${skip_tests:-false}
# parameters: skip_tests
