set -euo pipefail
echo "${swr_password}" | docker login -u "${swr_user}" --password-stdin "swr.${region}.myhuaweicloud.com"
docker buildx build --platform linux/amd64,linux/arm64 --push \
  --tag "swr.${region}.myhuaweicloud.com/shop/api:${COMMIT_ID_SHORTER}" \
  --label "org.opencontainers.image.revision=${COMMIT_ID}" \
  .
docker logout "swr.${region}.myhuaweicloud.com"
# parameters: swr_password swr_user region
