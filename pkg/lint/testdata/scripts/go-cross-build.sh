set -e
ldflags="-s -w -X main.version=${GIT_TAG:-dev} -X main.commit=${COMMIT_ID}"
for target in linux/amd64 linux/arm64 windows/amd64; do
  os=${target%/*}
  arch=${target#*/}
  suffix=
  [ "$os" = windows ] && suffix=.exe
  GOOS=$os GOARCH=$arch go build -trimpath -ldflags "$ldflags" -o "out/app-$os-$arch$suffix" ./cmd/app
done
(cd out && sha256sum app-* > SHA256SUMS)
