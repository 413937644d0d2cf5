set -e
sonar-scanner \
  -Dsonar.projectKey=shop_${service} \
  -Dsonar.sources=src \
  -Dsonar.host.url="${sonar_url}" \
  -Dsonar.login="${sonar_token}" \
  -Dsonar.qualitygate.wait=true
# parameters: service sonar_url sonar_token
