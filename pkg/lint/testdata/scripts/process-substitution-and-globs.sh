#!/bin/bash
set -e
shopt -s nullglob globstar extglob
diff <(sort expected.txt) <(sort actual.txt)
jars=(**/target/!(*-sources|*-javadoc).jar)
echo "${#jars[@]} jars"
tee >(gzip > build.log.gz) < build.log > /dev/null
exec 3>&1 4>summary.txt
echo "done" >&4
exec 4>&-
coproc bc
[[ $OSTYPE == linux* && $(uname -m) =~ ^(x86_64|aarch64)$ ]] && echo "on ${BASH_REMATCH[1]}"
