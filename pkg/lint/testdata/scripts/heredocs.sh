set -e
cat <<'EOF' > run.sh
#!/bin/sh
exec java $JAVA_OPTS -jar "$(dirname "$0")/app.jar" "${@}"
EOF
cat <<-END > notes.txt
	version ${version}
	built from ${COMMIT_ID}
	END
sed -e "s|@VERSION@|${version}|g" -e 's|@DATE@|'"$(date -u +%FT%TZ)"'|g' > build-info.json <<JSON
{"version": "@VERSION@", "date": "@DATE@", "job": "${JOB_NAME}"}
JSON
# parameters: version
