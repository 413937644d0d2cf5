set -euo pipefail
export GOPROXY=https://repo.huaweicloud.com/repository/goproxy/,direct GOFLAGS=-mod=readonly CGO_ENABLED=0
go version
go vet ./...
go test -count=1 -coverprofile=cover.out ./... | tee test.log
total=$(go tool cover -func=cover.out | awk '/^total:/ {sub(/%/, "", $3); print $3}')
if awk -v have="$total" -v want="${coverage}" 'BEGIN { exit !(have < want) }'; then
  echo "coverage $total% is below ${coverage}%" >&2
  exit 1
fi
# parameters: coverage
