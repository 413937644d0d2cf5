set -e
IMAGE="swr.${region}.myhuaweicloud.com/${group}/${service}:${BUILDNUMBER}"
docker build --pull --build-arg VERSION="${version}" -t "$IMAGE" -f docker/Dockerfile .
docker push "$IMAGE"
echo "$IMAGE" > image.txt
docker rmi "$IMAGE" || true
# parameters: region group service version
