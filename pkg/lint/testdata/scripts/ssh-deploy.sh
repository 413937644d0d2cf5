set -e
host="${deploy_user}@${deploy_host}"
scp -o StrictHostKeyChecking=accept-new target/app.jar "$host:/opt/app/app-${BUILDNUMBER}.jar"
ssh "$host" 'bash -s' -- "${BUILDNUMBER}" <<'REMOTE'
set -e
ln -sfn "/opt/app/app-$1.jar" /opt/app/app.jar
systemctl restart app
for i in $(seq 1 30); do
  curl -fs http://localhost:8080/health && exit 0
  sleep 2
done
exit 1
REMOTE
# parameters: deploy_user deploy_host
