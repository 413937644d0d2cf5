set -e
IFS=. read -r major minor patch <<< "${version}"
if [[ -z ${patch:-} ]]; then
  echo "version must have three parts: ${version}" >&2
  exit 2
fi
next="$major.$minor.$((patch + 1))"
echo "next is $next"
mapfile -t modules <<< "$(ls -d modules/*/)"
printf '%s\n' "${modules[@]%/}"
# parameters: version
