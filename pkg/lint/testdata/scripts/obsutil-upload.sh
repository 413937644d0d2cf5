set -euo pipefail
obsutil config -i="${ak}" -k="${sk}" -e="obs.${region}.myhuaweicloud.com" > /dev/null
prefix="obs://${bucket}/releases/$(date +%Y/%m/%d)/${BUILDNUMBER}"
find target -maxdepth 1 -name '*.jar' ! -name '*-sources.jar' -print0 |
  while IFS= read -r -d '' file; do
    obsutil cp "$file" "$prefix/$(basename "$file")" -f
  done
obsutil ls "$prefix" -limit=50
rm -f ~/.obsutilconfig
# parameters: ak sk region bucket
