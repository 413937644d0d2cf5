set -eu
log() { printf '[%s] %s\n' "$(date +%T)" "$*"; }
die() { log "ERROR: $*" >&2; exit 1; }
need() {
  local tool
  for tool in "$@"; do
    command -v "$tool" > /dev/null || die "$tool is missing"
  done
}
checksum() (
  cd "$1"
  find . -type f | LC_ALL=C sort | xargs sha256sum | sha256sum | cut -c1-12
)
need git tar gzip
log "sources are $(checksum src)"
[ -f pom.xml ] || die "no pom.xml in $PWD"
