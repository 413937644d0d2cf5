set -o errexit
set -o pipefail
export GRADLE_USER_HOME="$PWD/.gradle-home"
mkdir -p "$GRADLE_USER_HOME"
cat > "$GRADLE_USER_HOME/gradle.properties" <<EOF
org.gradle.daemon=false
org.gradle.jvmargs=-Xmx3g -Dfile.encoding=UTF-8
version=${version}
EOF
chmod +x ./gradlew
./gradlew --no-daemon clean assemble check 2>&1 | tee gradle.log
grep -q "BUILD SUCCESSFUL" gradle.log
# parameters: version
