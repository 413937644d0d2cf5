#!/bin/bash
set -e
args=(-B -U)
args+=("-Drevision=${version}")
if [[ "${skip_tests}" == "true" ]]; then args+=(-DskipTests); fi
declare -A images=([api]=8080 [web]=80)
for name in "${!images[@]}"; do
  echo "$name listens on ${images[$name]}"
done
mvn "${args[@]}" package
echo "first: ${args[0]}, all but one: ${args[@]:1}, count ${#args[*]}"
# parameters: version skip_tests
