set -e
yes | "$ANDROID_HOME"/cmdline-tools/latest/bin/sdkmanager --licenses > /dev/null || true
printf '%s' "${keystore_base64}" | base64 -d > release.jks
./gradlew assembleRelease -Pandroid.injected.signing.store.file="$PWD/release.jks" \
  -Pandroid.injected.signing.key.alias="${key_alias}"
find . -path '*/outputs/apk/release/*.apk' -exec cp {} out/ \;
shred -u release.jks
# parameters: keystore_base64 key_alias
