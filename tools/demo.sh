#!/bin/sh
# make demo: what buildsync does that others do not, in a minute, against the
# built-in emulator. Everything happens in a temporary folder. On a terminal it
# waits DEMO_PACE seconds after each part, so that a person can read along.
set -eu
: "${BUILDSYNC:?the buildsync binary}"

top=$(mktemp -d)
trap 'rm -rf "$top"' EXIT
trap 'exit 130' INT TERM
# The demo shows the same whatever the caller's environment says.
unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE
for variable in $(env | sed -n 's/^\(BUILDSYNC_[A-Z_]*\)=.*/\1/p'); do
	unset "$variable"
done
BUILDSYNC_ENDPOINT=emulator
export BUILDSYNC_ENDPOINT

pace=0
if [ -t 1 ]; then pace=${DEMO_PACE:-3}; fi
bold='' plain=''
if { [ -t 1 ] || [ -n "${FORCE_COLOR:-}" ]; } && [ -z "${NO_COLOR:-}" ]; then bold=$(printf '\033[1m') plain=$(printf '\033[0m'); fi
started=''
say() {
	if [ -n "$started" ] && [ "$pace" != 0 ]; then sleep "$pace"; fi
	started=yes
	printf '\n%s# %s%s\n' "$bold" "$*" "$plain"
}
show() { printf '%s$ %s%s\n' "$bold" "$*" "$plain"; }
# run CODE ARGUMENTS…: shows and runs buildsync, and checks its exit code.
run() {
	want=$1
	shift
	show "buildsync $*"
	got=0
	"$binary" "$@" || got=$?
	if [ "$got" != "$want" ]; then
		echo "demo: exit code $got where $want was expected" >&2
		exit 1
	fi
	if [ "$want" != 0 ]; then echo "(exit code $got)"; fi
}
commit() {
	git add -A
	git -c user.name=you -c user.email=you@example.com -c commit.gpgsign=false commit -q --no-verify -m "$1"
}
# edit FILE FROM TO: replaces a text.
edit() { sed "s/$2/$3/" "$1" >"$top/edited" && cat "$top/edited" >"$1"; }
# A colleague edits the live job in the console: FROM becomes TO, past Git.
colleague() {
	rm -rf "$top/console"
	cp -R "$top/builds" "$top/console"
	edit "$top/console/jobs/hello.yaml" "$1" "$2"
	"$binary" -C "$top/console" apply --yes --quiet --base none --emulator-data "$top/builds/.buildsync/emulator.db" >/dev/null 2>&1
}

binary=$BUILDSYNC
cd "$top"
"$binary" init --quiet builds >/dev/null
cd builds
git -c init.defaultBranch=main init -q
commit "A first job"

say "1. A mistake is found with its line, without network or account"
show "sed -i 's/arch: x86-64/arch: x86_64/' jobs/hello.yaml && buildsync lint"
edit jobs/hello.yaml 'arch: x86-64' 'arch: x86_64'
got=0
"$binary" lint || got=$?
git checkout -q jobs/hello.yaml
test "$got" = 2 || { echo "demo: lint found nothing" >&2; exit 1; }
echo "(exit code 2)"

say "2. Each write is read back and compared; a second apply has nothing to do"
run 0 apply --yes --quiet
run 0 plan --quiet --detailed-exitcode

say "3. You change the script, a colleague the processor in the console: change and drift are told apart"
colleague 'arch: x86-64' 'arch: arm'
edit jobs/hello.yaml 'world' 'everyone'
commit "Greet everyone"
run 0 plan --quiet
run 0 apply --yes --quiet

say "4. Both of you edit the same line: that is refused until you have looked at both"
colleague 'everyone' 'colleagues'
edit jobs/hello.yaml 'everyone' 'friends'
commit "Greet friends"
run 5 apply --yes --quiet
run 0 apply --yes --quiet --force-conflicts

say "5. A definition goes away: Git knows that the job was yours, and it is disabled"
edit jobs/hello.yaml 'name: hello' 'name: greet'
commit "Another job"
run 0 apply --yes --quiet
run 0 job list

say "That was it. Next: docs/tutorial.md, or buildsync help"
