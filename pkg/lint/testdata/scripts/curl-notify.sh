set -e
status=$(curl -s -o response.json -w '%{http_code}' -X POST -H 'Content-Type: application/json' \
  -d "{\"text\": \"build ${BUILDNUMBER} of ${JOB_NAME} is done\"}" "${webhook}")
if [ "$status" -ge 400 ]; then
  echo "notifying failed: $status"; cat response.json
fi
# parameters: webhook
