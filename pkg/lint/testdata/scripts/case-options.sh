#!/bin/bash
set -e
while getopts ":e:v:hn" opt; do
  case $opt in
    e) env_name=$OPTARG ;;
    v) build_version=$OPTARG ;;
    n) dry_run=1 ;;
    h) echo "usage: $0 -e ENV -v VERSION"; exit 0 ;;
    \?) echo "unknown option -$OPTARG" >&2; exit 2 ;;
    :) echo "-$OPTARG needs a value" >&2; exit 2 ;;
  esac
done
shift $((OPTIND - 1))
echo "env ${env_name:-dev}, version ${build_version:-0}, dry run ${dry_run:-0}, rest: $*"
