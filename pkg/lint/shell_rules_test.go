package lint_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/buildsync/buildsync/pkg/lint"
	"github.com/buildsync/buildsync/pkg/spec"
)

// lintScript lints a script as the command of a job with the parameters target
// and X, and returns the rules that fire, but notes and unused parameters.
func lintScript(t *testing.T, script string) (rules []string) {
	t.Helper()
	tree := spec.MapTree{"buildsync.yaml": workspace, "defs.yaml": "version: 1\njobs:\n  - name: a\n    arch: arm\n" +
		"    parameters: [{name: target, default: all}, {name: X, default: x}]\n    steps:\n      - sh:\n          name: B\n          inputs:\n            command: |\n              " +
		strings.ReplaceAll(strings.TrimSuffix(script, "\n"), "\n", "\n              ") + "\n"}
	for _, d := range lint.Check(tree, "", lint.Options{}) {
		if d.Severity != spec.Info && d.Rule != "param-unused" {
			rules = append(rules, d.Rule)
		}
	}
	return rules
}

// TestShellRulesAreSilent lints scripts that a good engineer leaves as they are.
func TestShellRulesAreSilent(t *testing.T) {
	t.Parallel()
	for _, script := range []string{
		// scripts that bash can read but the parser cannot
		"declare -A tag=([node:18]=lts); echo \"${tag[node:18]}\"", "declare -A m=([my-own.net]=x)", "declare -A v; v[1.2.3]=x", "declare -A m; m[\"a b\"]=1; echo \"${m[a b]}\"",
		"declare -A things; foo=1; bar=2; echo \"${things[$foo $bar]}\"", "declare -A h=([~/]=home)", "files=([^_]*.txt)", "jars=([a-z]*.jar)", "((echo a); (echo b))", "! ! true",
		"x=$((cat a; cat b) | sort)\necho $x", "((cd a && make) || exit 1)", "((make) 2>&1 | tee log)", "declare -A a=([x y]=1 [\"z\"]=2 [a/b]=3 [-x]=1)", "a=([!a]*.txt [[:alpha:]]* *[0-9])",
		"declare -A a\necho ${#a[foo.bar]} ${a[x/y]} ${a[a-b]:-none} \"${a[a:b]%c}\"", "declare -A m=( [a.b]=c\n [d-e]=f )", "declare -A m\nm+=([a.b c]=d)\n[[ ${m[a.b]} == x ]]", "a=([k]=v [k2]+=w)",
		"declare -A a; a[#]=1; echo ${a[#]}", "case x in esac", "shopt -s extglob\nrm -rf !(dist)", "echo a \\", "[[ $X == @(a|b) ]] && echo yes",
		// downloads that are data
		"curl -s https://e.example/x | python3 -m json.tool", "curl -s https://e.example/x | python3 -c 'import json,sys; print(json.load(sys.stdin)[\"tag\"])'", "curl -s https://e.example/x | perl -ne 'print if /v1/'",
		"curl -s https://e.example/x | node -p 'process.stdin.fd'", "curl -s https://e.example/x | python3 scripts/parse.py", "python3 deploy.py --ip \"$(curl -s https://e.example/ip)\"", "bash deploy.sh \"$(curl -s https://e.example/ip)\"",
		"curl -s https://e.example/x | jq .", "curl -s https://e.example/x | tar xz", "curl -s https://e.example/x | bash -c 'cat >f'", "curl -s https://e.example/x | sudo tee /etc/x", "curl -s https://e.example/x | ruby -e 'puts 1'", "curl -s https://e.example/x | sudo -u ci python3 -m json.tool",
		"curl -s https://e.example/x | bash -n", "curl -s https://e.example/x | ssh h 'cat >f'", "curl -s https://e.example/x | ssh h bash scripts/read.sh", "curl -s https://e.example/x | (cd /tmp && tar xz)", "curl -s https://e.example/x | { bash <f; }",
		"eval \"$(ssh-agent -s)\"", "source <(kubectl completion bash)",
		"curl -o i.sh https://e.example/i.sh && sha256sum -c sums && sh i.sh", "set -e\ncurl -o i.sh https://e.example/i.sh\necho \"$SUM  i.sh\" | sha256sum -c -\nsh i.sh", "set -e\nwget https://e.example/a.tgz\ntar xzf a.tgz\ncd a\n./configure", "set -e\ncurl -Lo cc https://e.example/cc\nif [ \"$(sha256sum cc | cut -c1-64)\" != abc ]; then exit 1; fi\nchmod +x cc\n./cc", "set -e\ncurl -fsSLO https://e.example/a.deb\ndpkg -i a.deb", "set -e\nphp -r \"copy('https://e.example/i', 'setup.php');\"\nphp -r \"if (hash_file('sha384', 'setup.php') !== 'abc') exit(1);\"\nphp setup.php", "python3 -c \"import requests; print(requests.get('https://e.example/x').text)\"", "python3 -c \"exec(open('a.py').read())\"",
		"set -e\nwget https://e.example/t-1.2.jar\nshasum -a 256 -c t.sum\njava -jar t-1.2.jar", "set -e\nverify() { gpg --verify \"$1.sig\" \"$1\"; }\ncurl -LO https://e.example/i.sh\nverify i.sh\nbash i.sh", "set -e\ncurl -o a.json https://e.example/a\npython3 read.py a.json", "set -e\nip=$(curl -s https://e.example/ip)\nssh h \"echo $ip\"", "curl -s https://e.example/list | xargs -I{} sh -c 'echo {} done'", "curl -s https://e.example/x.sql | psql", "curl -s https://e.example/x | bash -c 'cat'", "set -e\ncurl -s https://e.example/x -o i.sh\nbash -n i.sh", "curl -s https://e.example/x | while read -r line; do echo \"$line\"; done",
		// values that no person chooses
		"sed -i \"s/@VERSION@/${target}/\" f", "sed -e 's|a|'\"$target\"'|g' -e 1d f", "awk -v t=\"$target\" '$1 == t' f", "awk '{print $1}' \"$target\"", "sed -n 1p \"$target\"", "watch -x make \"$target\"", "psql -d \"$target\" -c 'select 1'", "psql -v n=\"$target\" -c \"select :'n'\"", "mysql -h \"$target\" -e 'select 1'", "parallel make ::: \"$target\"", "adb install \"$target\"", "git checkout \"$target\"", "npm exec -- tsc \"$target\"", "poetry run pytest \"$target\"", "uv run --with x python a.py \"$target\"", "perl -i.bak -pe 's/a/b/' \"$target\"", "php -d a=b a.php \"$target\"", "sqlite3 \"$target\" 'select 1'", "docker run --entrypoint sh img -c 'make' \"$target\"", "env -u A make \"$target\"", "sed --sandbox -e \"/$target/d\" f",
		"bash -c \"cd $HOME && ls ${WORKSPACE}\"", "for i in a b; do eval \"v_$i=1\"; done", "cmd=mvn\ncmd=\"$cmd -B\"\neval \"$cmd\"", "bash -c 'make \"$1\"' make \"${target}\"", "make \"${target}\"", "bash -c \"$(printf 'make %q' \"$target\")\"", "safe=$(printf %q \"$target\")\neval \"make $safe\"", "ssh -p 22 host 'make all'", "case $target in dev | prod) ;; *) exit 1 ;; esac\neval \"make $target\"", "[[ $target =~ ^[a-z]+$ ]] || exit 1\nbash -c \"make $target\"",
		"ssh h <<'EOF'\nmake ${target}\nEOF", "bash -s -- \"$target\" <<'EOF'\nmake \"$1\"\nEOF", "cat <<EOF >f\n${target}\nEOF", "echo \"${target}\" | tee f", "printf 'make %q' \"$target\" | bash", "trap 'rm -rf \"$target\"' EXIT", "docker compose exec web make \"$target\"", "docker compose -f \"$target\" exec web sh -c 'make'", "ssh h cat <<EOF\n${target}\nEOF", "cat > d.sh <<'EOF'\nmake \"$1\"\nEOF\nsh d.sh \"$target\"", "cat > d.conf <<EOF\n$target\nEOF\nsh d.sh", "echo \"T=$target\" > v.env\n. ./v.env", "sh d.sh\necho \"$target\" > d.sh", "echo \"$target\" > version\n./build", "set -e\ncat > d.sh <<EOF\nmake\nEOF\nsh d.sh\nmake \"$target\"", "printf 'make %q\\n' \"$target\" > d.sh\nsh d.sh",
		// names that are set
		"exec {lock}>f\necho ${lock}", "let \"k = 3\"\necho ${k}", "let k+=1\necho ${k}", "sleep 1 &\nwait -n -p PID\necho ${PID}", "fn() { local out; fill out; echo ${out}; }", "declare Y\necho ${Y}", "export $(cat .env | xargs)\necho ${FOO}", "line=A=1\nexport \"$line\"\necho ${A}",
		"v=Z\ndeclare \"$v=1\"\necho ${Z}", "source ./env.sh\necho ${Z}", "read -r A <f\necho ${A}", "printf -v OUT x\necho ${OUT}", "mapfile -t LINES2 <f\necho ${LINES2}", "coproc CO { cat; }\necho ${CO_PID}", "declare -n ref=Q\nref=1\necho ${Q}", "builtin read -r B1 <f\necho ${B1}", "select c in a b; do echo ${c}; done", "n=NAME\nread -r \"$n\" <f\necho ${NAME}",
		"[ -n \"${N}\" ] && echo \"${N}\"", "if [ -n \"${N}\" ]; then echo \"${N}\"; fi", "[[ -v N ]] && echo ${N}", "[ -z \"${N}\" ] || echo ${N}", "if [[ -z ${N} ]]; then exit 1; fi\necho ${N}", "test -n \"${N}\" && echo ${N}", "if [ \"${N}\" ]; then echo ${N}; fi", "if [[ -n ${N} && -n ${M} ]]; then echo ${N} ${M}; fi",
		"if [ -z \"${N}\" ]; then echo none; else echo ${N}; fi", "echo ${GROUPS} ${CI} ${GRADLE_USER_HOME} ${EPOCHREALTIME} ${BASHOPTS} ${SOURCE_DATE_EPOCH} ${NVM_DIR} ${PS2}", "echo ${N:-a} ${N+x}",
		"[ \"x${N}\" != x ] && echo ${N}", "if [ x\"$N\" = x\"\" ]; then exit 1; fi\necho ${N}", "[[ x$N != \"x\" ]] && echo ${N}", "if [ \"${N}x\" = \"x\" ]; then exit 1; fi\necho ${N}", "[ \"${N}_\" != _ ] && echo ${N}", "case \"${N}\" in a) echo ${N} ;; esac", "if [ \"${#N}\" -gt 0 ]; then echo ${N}; fi", "[[ ${#N} -eq 0 ]] && exit 1\necho ${N}", "[ \"${N}\" -gt 3 ] && echo ${N}",
		// continues with the chosen value
		"X=\"${X:-default}\"", "export X='${X}'", "X=\"${X%/}\"", ": \"${X:=y}\"", "if [ -z \"$X\" ]; then X=y; fi", "[ -z \"$X\" ] && X=y", "X+=y", "X=prod make", "X=$(echo \"$X\" | tr a-z A-Z)",
		// failures that nothing loses
		"set -e\nmake\nmake test", "#!/bin/sh -e\nmake\nmake test", "make && make test", "make || exit 1\nmake test", "trap 'exit 1' ERR\nmake\nmake test", "make\nstatus=$?\nnpm test\nexit $status", "rm -rf dist\nnpm run build", "mkdir -p out\ncd out\ncmake ..", "java -version\nmvn -v\nmvn package",
		"if [ -f pom.xml ]; then mvn package; else ant; fi", "[ -d dist ] && rm -rf dist\nmake", "make\nif [ $? -ne 0 ]; then exit 1; fi\nmake test", "chmod +x gradlew\n./gradlew build", "npm config set registry https://r.example\nnpm ci", "git log -1\ngit status\nmake", "docker ps\ndocker compose logs\nmake", "grep -n a f\nfind . -name b\nmake", "say() { echo \"$1\"; }\nsay a\nmake",
		"redis-server\nredis-cli ping | grep -q PONG || exit 1\nmake", "make\n[ -f app ] || { echo none; exit 1; }\nmake test", "make\nif ! test -f app; then exit 1; fi\nmake test", "make\nrc=$?\ndocker rm a\ndocker rm b\nexit $rc", "(echo > /dev/tcp/h/1) && exit 0\nmake", "sed -n 1p f\nperl -ne 'print' f\nmake", "eval \"$(ssh-agent -s)\"\nfor y in a b; do eval \"v_$y=1\"; done\nmake", ". /etc/os-release\nmake", "exec 3>log\nexec 2>&1\nmake", "echo \"${X~~}\" \"${X~}\"", "set -euo pipefail\nmake\nmake test",
		// removals that are bounded
		"rm -rf \"${DIR:?}/\"*", "tmp=$(mktemp -d)\nrm -rf $tmp", "f() { local d=\"$(mktemp -d -p /tmp)\"; rm -rf ${d}; }", "trap 'rm -rf $w' EXIT\nw=`mktemp -d`\nrm -fr $w", "rm -rf dist", "rm -rf ~/.m2/repository", "set -e\ncd x\ngit clean -xfd", "cd x && git clean -xfd", "cd x || exit 1\nfind . -delete", "cd x\ngit clean -nd", "cd x\nfind . -name '*.o' -delete", "rm -f $X", "DIR=build\nrm -rf \"$DIR\"/*", "rm -rf \"$X\"", "rm -rf \"$X/dist\"", "rm -rf \"$WORKSPACE\"/*", "cd build || exit 1\nrm -rf *", "cd build && rm -rf *", "set -e\ncd build\nrm -rf *",
		// tests and assignments that hold
		"if [ -f x ]; then echo; fi", "[ \"$X\" \\> 5 ] && echo", "[ -f x ] >/dev/null && echo", "test \"$X\" >/dev/null && echo", "[ \"$X\" ]", "[ \"$X$target\" = a ]", "[ \"$X=1\" = \"$target\" ]", "[[ $X =~ a=b ]]", "pushd build || exit 1\nrm -rf *", "fn() { local a=1; echo $a; }", "expr X = 1", "test X = 1 && echo", "[ $X = 1 ] && echo", "[[ $X = 1 ]] && echo", "echo $X = 1", "$X a = 1", "export A=1", "X= make", "ls [a-z]* ",
		"mvn -B \\\n  package",
	} {
		if rules := lintScript(t, script); len(rules) > 0 {
			t.Errorf("%s\n\treports %v", script, rules)
		}
	}
}

// TestShellRulesFire lints scripts with one mistake each.
func TestShellRulesFire(t *testing.T) {
	t.Parallel()
	for rule, scripts := range map[string][]string{
		"shell-syntax": {
			"if true; then echo a", "echo \"open", "rm -rf !(dist)", "make\nelse\nmake test", "for i in a b; echo $i; done", "if [-f x]; then :; fi", "if [\"$X\" = y ]; then :; fi", "[$X = y ] && echo", "[[\"$X\" == y ]] && echo", "[\"$X\" = y] && echo", "if [ -f x]; then :; fi", "[[-f x ]] && echo", "echo a &; echo b", "f() { }", "in", "ls ?(a)", "case x in a) echo",
			"declare -A m=([a.b]=c)\nif true; then echo",
		},
		"shell-safety": {
			"make\nmake test", "sed -i s/a/b/ f\nmake", "find . -delete\nmake", "find . -exec rm {} +\nmake", "grep a f >out\nmake", "perl -pi -e s/a/b/ f\nmake", "build() { make; }\nbuild a\nbuild b", "build() { make; make test; }\nbuild", "docker rm a\ndocker build .", "git pull\nmake", "eval \"$X\"\nmake", "make | tee log\nmake test", "./run && make\nmake test", "make\nrc=$?\nmake test\nmake install", ". ./env.sh\nmake", "make\n[ -f app ] || echo none\nmake test", "f() { f; make; }\nf\nf", "for m in a b; do make $m; make test; done", "if true; then make; make test; fi", "cd build\nrm -rf *", "mvn -B \\ \n  package", "rm -rf $DIR", "tmp=$(mktemp -d)\nrm -rf $tmp/usr", "tmp=$(mktemp -d)\ntmp=$1\nrm -rf $tmp", "rm -rf \"$DIR/\"", "echo 'char c = '\\0';\n'", "rm -rf \"$DIR\"/*", "sudo rm -rf \"$DIR\"/*", "rm -rf \"${DIR}/usr\"", "rm -fr -- $DIR/*", "rm -rf /", "rm -rf ~ /build", "rm -rf ~/", "rm -rf ~/*", "cd x\ngit clean -xfd", "cd x\nfind . -delete", "rm -rf $HOME/$DIR", "pushd x\ncd y\nrm -rf ./*",
			"curl -s https://e.example/x | sh", "wget -qO- https://e.example/x | sudo sh", "curl -s https://e.example/x | python3 -", "curl -s https://e.example/x | python3", "curl -s https://e.example/x | bash -s -- --yes", "bash <(curl -s https://e.example/x)", "bash -c \"$(curl -s https://e.example/x)\"",
			"eval \"$(curl -s https://e.example/x)\"", "source <(curl -s https://e.example/x)", ". <(curl -s https://e.example/x)", "curl -s https://e.example/x | sudo -u builder bash", "curl -s https://e.example/x | sudo -E bash -", "curl -s https://e.example/x | env A=1 timeout -k 5 60 bash", "curl -s https://e.example/x | nice -n 5 sh",
			"sudo bash -c \"$(curl -s https://e.example/x)\"", "/bin/bash -c \"$(curl -s https://e.example/x)\"", "bash <<< \"$(curl -s https://e.example/x)\"", "bash < <(curl -s https://e.example/x)", "python3 -c \"$(curl -s https://e.example/x)\"", "eval `wget -qO- https://e.example/x`", "curl -s https://e.example/x | bash /dev/stdin --yes", "curl -s https://e.example/x | bash -x -o pipefail", "curl -s https://e.example/x | gunzip | sh",
			"curl -s https://e.example/x | ssh h bash", "curl -s https://e.example/x | ssh h 'bash -s'", "curl -s https://e.example/x | ssh h", "curl -s https://e.example/x | (cd /tmp && bash)", "curl -s https://e.example/x | { cd /tmp; sh -e; }", "curl -s https://e.example/x | su - ci", "curl -s https://e.example/x | docker compose exec -T web sh",
			"curl -s https://e.example/x | xargs -0 bash -c", "curl -s https://e.example/x | xargs -I{} sh -c '{}'", "curl -s https://e.example/x | parallel", "curl -s https://e.example/x | php -- --quiet", "curl -s https://e.example/x | at now", "curl -s https://e.example/x | while read -r line; do eval \"$line\"; done", "sudo sh -c \"curl -s https://e.example/x | sh\"", "ssh h \"wget -qO- $X | bash\"", "ssh h <<'EOF'\ncurl -s https://e.example/x | sh\nEOF", "docker run img sh -c 'bash <(curl -s https://e.example/x)'", "s=$(curl -s https://e.example/x)\neval \"$s\"", "s=`wget -qO- https://e.example/x`\nbash -c \"$s\"", "s=$(curl -s https://e.example/x)\nbash <<< \"${s}\"", "s=$(curl -s https://e.example/x)\necho \"$s\" | sh", "iwr https://e.example/x | iex", "pwsh -Command \"iex ((New-Object System.Net.WebClient).DownloadString('https://e.example/x'))\"",
			"set -e\ncurl -o i.sh https://e.example/i.sh\nsh i.sh", "curl -s https://e.example/i.sh > i.sh && sh ./i.sh", "set -e\nwget https://e.example/i.sh?x=1\nbash i.sh", "set -e\ncurl -fsSLO https://e.example/i.sh\nchmod +x i.sh\n./i.sh", "set -e\nf=$(mktemp)\ncurl -s https://e.example/x -o \"$f\"\nbash \"${f}\"", "set -e\ncurl -s https://e.example/x | tee /tmp/i.sh\n. /tmp/i.sh", "set -e\ncurl -Lo k https://e.example/k\nchmod +x k\nsudo mv k /usr/local/bin/kc\nkc get", "set -e\nwget -P /tmp https://e.example/t.jar\njava -jar /tmp/t.jar", "php -r \"copy('https://e.example/i', 'setup.php');\" && php setup.php", "python3 -c \"import urllib.request as u; exec(u.urlopen('https://e.example/x').read())\"", "ruby -e \"eval(URI.open('https://e.example/x').read)\"", "set -e\naria2c -o i.py https://e.example/x\npython3 i.py", "set -e\ncurl -o i.sh https://e.example/i.sh\ncat i.sh | bash", "set -e\ncurl -o i.sh https://e.example/i.sh\nbash < i.sh", "set -e\ncurl -o a.sh https://e.example/a\ncurl -o b.sh https://e.example/b\necho \"$X  a.sh\" | sha256sum -c -\nsh a.sh\nsh b.sh", "set -e\nsh i.sh || true\ncurl --output=i.sh https://e.example/x\nsource i.sh\nsha256sum i.sh",
			"pushd build\nrm -rf ./*\npopd", "rm -rf \"$X\"/.*", "rm -rf \"$X\"/..", "test \"$X\" > 5 && echo", "[ \"$X\"=\"b\" ] && echo", "[ $X=b ] && echo", "test $X!=b && echo", "[[ $X==b ]] && echo",
			"Y = 1", "$Y=1", "$Y = 1", "$ErrorActionPreference = \"Stop\"", "[ \"$X\" > 5 ] && echo", "local y=1", "export Y = 1", "if [ $X < 5 ]; then echo; fi",
		},
		"shell-injection": {
			"eval \"mvn $target\"", "bash -c \"make ${target}\"", "sudo bash -c \"make ${target}\"", "timeout 60 bash -c \"make ${target}\"", "docker run --rm img sh -c \"make ${target}\"", "ssh h \"make ${target}\"", "su -c \"make ${target}\"", "python3 -c \"print(${target})\"", "find . -exec sh -c \"make ${target}\" \\;",
			"docker exec -it c sh -c \"make ${target}\"", "kubectl exec pod -- sh -c \"make ${target}\"", "xargs -I{} sh -c \"make ${target}\"", "node -e \"f('${target}')\"", "perl -e \"print '${target}'\"", "env A=1 bash -ec \"make ${target}\"", "docker run -e A=1 -v /a:/b --name n img bash -c \"make ${target}\"", "goal=${target}\neval \"make $goal\"", "goal=\"make $target\"\nbash -c \"$goal\"",
			"ssh h <<EOF\nmake ${target}\nEOF", "ssh h 'bash -s' <<EOF\nmake ${target}\nEOF", "bash <<EOF\nmake ${target}\nEOF", "sudo bash -e <<-EOF\n\tmake ${target}\nEOF", "bash <<< \"make ${target}\"", "echo \"make ${target}\" | bash", "printf 'make %s\\n' \"$target\" | ssh h", "echo \"make $target\" | (cd app && sh)", "python3 - <<EOF\nprint('${target}')\nEOF",
			"docker compose exec -T web sh -c \"make ${target}\"", "docker-compose -f c.yml run --rm web bash -c \"make ${target}\"", "runuser -u ci -- bash -c \"make ${target}\"", "runuser -l ci -c \"make ${target}\"", "nsenter -t 1 -m sh -c \"make ${target}\"", "flock /tmp/l -c \"make ${target}\"", "script -qec \"make ${target}\" /dev/null", "gosu ci bash -c \"make ${target}\"", "trap \"rm -rf ${target}\" EXIT", "xvfb-run -a sh -c \"make ${target}\"",
			"watch -n 5 \"make $target\"", "parallel -j4 \"make {} $target\" ::: a b", "env -S \"make $target\"", "adb -s e shell am start $target", "groovy -e \"println '$target'\"", "psql -tAc \"select '$target'\"", "mysql -uroot --execute=\"drop table $target\"", "psql <<EOF\nselect '$target';\nEOF", "echo \"select '$target'\" | mysql", "sqlite3 db \"select '$target'\"", "sshpass -p x ssh -t h \"make $target\"", "awk \"/$target/ {print}\" f", "gawk -F: \"{print \\\"$target\\\"}\" f", "sed -e \"/$target/d\" f", "sed -n \"${target}p\" f", "sed -e \"$target\" f", "deno eval \"f('$target')\"", "lua -e \"print('$target')\"", "Rscript -e \"print('$target')\"", "mongosh --eval \"db.$target.drop()\"", "pwsh -Command \"echo $target\"", "docker run --entrypoint sh img -c \"make $target\"",
			"npx -c \"make $target\"", "git submodule foreach \"make $target\"", "git rebase --exec \"make $target\" main", "lxc exec c -- bash -c \"make $target\"", "nix-shell --run \"make $target\"", "nix develop -c bash -c \"make $target\"", "uv run python -c \"print('$target')\"", "poetry run python -c \"print('$target')\"", "conda run -n x bash -c \"make $target\"", "op run -- sh -c \"make $target\"", "tmux new-session -d \"make $target\"", "gcloud compute ssh h --command \"make $target\"", "vagrant ssh -c \"make $target\"", "kubectl run p --image=i -- sh -c \"make $target\"", "echo $target | xargs -I{} sh -c 'make {}'", "printf '%s' \"$target\" | xargs -0 sh -c", "at now <<< \"make $target\"", "fish -c \"make $target\"", "bash -ce \"make $target\"", "perl -lne \"print '$target'\" f", "node -pe \"'$target'\"", "mysql -e\"drop table $target\"",
			"cat > d.sh <<EOF\nmake $target\nEOF\nsh d.sh", "cat <<EOF > d.sh\nmake $target\nEOF\nchmod +x d.sh\n./d.sh", "echo \"make $target\" > d.sh\nsudo bash -e ./d.sh", "echo \"make $target\" | sudo tee d.sh\nbash d.sh", "tee d.sh <<EOF\nmake $target\nEOF\nssh h 'bash -s' < d.sh", "printf 'set -e\\nmake %s\\n' \"$target\" >> d.sh\n/bin/sh d.sh", "cat > d.py <<EOF\nprint('$target')\nEOF\npython3 d.py",
			"eval \"git checkout ${GIT_TAG}\"", "ssh -p 22 -i key u@h make ${target}", "su - ci -c \"make ${target}\"", "nohup bash -c \"make ${target}\"", "podman run img sh -c \"make ${target}\"",
		},
		"param-undefined": {"echo ${TPYO}", "make TARGET=${TPYO}", "[ -n \"${N}\" ] && echo; echo ${N}"},
		"param-shadowed":  {"X=fixed", "read -r X <f", "for X in a b; do echo; done", "if [ -n \"$X\" ]; then X=fixed; fi", "target=staging\n./deploy.sh ${target}"},
	} {
		for _, script := range scripts {
			if rules := lintScript(t, script); !slices.Contains(rules, rule) {
				t.Errorf("%s\n\treports %v, want %s", script, rules, rule)
			}
		}
	}
}

// TestFoldedScripts lints scripts in folded style: YAML joins only lines at
// the block's own indent, and a folded block is made for one long command.
func TestFoldedScripts(t *testing.T) {
	t.Parallel()
	for script, want := range map[string]bool{
		"if [ -f pom.xml ]; then\n  echo found\n  exit 1\nfi": false, "docker run --rm builder:1.2\nmake test": false, "apt-get install -y\ngit curl make": false,
		"kubectl exec web --\nbash -c \"ls\"": false, "env\nFOO=1\nmake": false, "tar czf a.tgz\ngo docker java": false, "mvn -B\n-U package": false, "ssh host\nmake test": false,
		"sudo\nmake install": false, "xargs\nrm -f": false, "docker build -t\nimg .": false, "npm run build --\ndocker": false, "make\n\nmake test": false, "timeout 60\nmake test": false,
		"make\nmake test\nnpm ci": true, "cd app\nnpm ci": true, "make\n# then the tests\nmake test": true, "set -e\nmake": true, "export A=b\nmake": true, "mvn -B package\ndocker build .": true, "echo \"a\"\nmake": true,
	} {
		tree := spec.MapTree{"buildsync.yaml": workspace, "defs.yaml": "version: 1\njobs:\n  - name: a\n    arch: arm\n    steps:\n      - sh:\n          name: B\n          inputs:\n            command: >\n              " +
			strings.ReplaceAll(script, "\n", "\n              ") + "\n"}
		tree["defs.yaml"] = strings.ReplaceAll(tree["defs.yaml"], "              \n", "\n")
		have := slices.ContainsFunc(lint.Check(tree, "", lint.Options{}), func(d spec.Diagnostic) bool { return d.Rule == "command-folded" })
		if have != want {
			t.Errorf("%q: command-folded reported: %t, want %t", script, have, want)
		}
	}
}
