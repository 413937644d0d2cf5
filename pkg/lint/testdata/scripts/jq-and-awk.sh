set -e
version=$(jq -r '.version' package.json)
jq --arg v "$version-${BUILDNUMBER}" '.version = $v' package.json > package.tmp && mv package.tmp package.json
awk -F'[:,]' '/"name"/ { gsub(/[" ]/, "", $2); print $2 }' package.json
sed -i "s/^version=.*/version=$version/" gradle.properties
grep -rnoP '(?<=image: ).*' deploy/ | sort -u | head -n 20 || :
test -s package.json
