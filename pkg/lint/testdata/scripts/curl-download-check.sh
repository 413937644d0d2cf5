set -euo pipefail
url="https://repo.huaweicloud.com/apache/maven/maven-3/${maven_version}/binaries/apache-maven-${maven_version}-bin.tar.gz"
curl -fsSL --retry 3 --connect-timeout 10 -o maven.tar.gz "$url"
curl -fsSL -o maven.tar.gz.sha512 "$url.sha512"
echo "$(cut -d' ' -f1 maven.tar.gz.sha512)  maven.tar.gz" | sha512sum -c -
tar -xzf maven.tar.gz -C /opt
export PATH="/opt/apache-maven-${maven_version}/bin:$PATH"
mvn -v
# parameters: maven_version
