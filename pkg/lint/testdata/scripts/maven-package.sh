#!/bin/bash
set -euo pipefail
export MAVEN_OPTS="-Xmx2g -XX:MaxMetaspaceSize=512m"
cd "${WORKSPACE}"
mvn -B -e -s settings.xml clean package -Dmaven.test.failure.ignore=false -Drevision="${version}" \
  -Dmaven.javadoc.skip=true -T 1C
ls -l target/*.jar
# parameters: version
