set -e
: "${TARGET_ENV:=dev}"
: "${service:?choose a service}"
name=${service,,}
name=${name//_/-}
name=${name:0:40}
image=${registry:+$registry/}$name
tag=${GIT_TAG:-${BUILDNUMBER}}
echo "deploying ${image}:${tag} to ${TARGET_ENV^^}"
file=archive.tar.gz
echo "${file%.tar.gz} ${file##*.} ${file/archive/backup} ${#file}"
# parameters: service registry
