set -e
case ${jdk} in
  8)  export JAVA_HOME=/usr/lib/jvm/java-1.8.0 ;;
  11) export JAVA_HOME=/usr/lib/jvm/java-11 ;;
  17 | 21) export JAVA_HOME="/usr/lib/jvm/java-${jdk}" ;;
  *) echo "no JDK ${jdk}" >&2; exit 1 ;;
esac
export PATH=$JAVA_HOME/bin:$PATH
java -version 2>&1 | head -1
# parameters: jdk
