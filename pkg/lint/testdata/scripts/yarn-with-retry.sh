set -u
retry() {
  local n=0 max=$1
  shift
  until "$@"; do
    n=$((n + 1))
    if [ "$n" -ge "$max" ]; then
      echo "giving up after $n tries: $*" >&2
      return 1
    fi
    sleep $((2 ** n))
  done
}
retry 3 yarn install --frozen-lockfile && yarn build
