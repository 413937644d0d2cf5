#!/bin/sh
# make demo: a first job from nothing to a repaired drift, against the built-in
# emulator. Everything happens in a temporary copy of examples/first-job.
set -eu
: "${BUILDSYNC:?the buildsync binary}" "${EXAMPLE:?the example workspace}"

top=$(mktemp -d)
trap 'rm -rf "$top"' EXIT INT TERM
work=$top/first-job
cp -R "$EXAMPLE" "$work"
rm -rf "$work/.buildsync" "$work"/compiled*.json # the second is for a test
cd "$work"
# The demo shows the same whatever the caller's environment says.
unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE
for variable in $(env | sed -n 's/^\(BUILDSYNC_[A-Z_]*\)=.*/\1/p'); do
	test "$variable" = BUILDSYNC || unset "$variable"
done
BUILDSYNC_ENDPOINT=emulator
export BUILDSYNC_ENDPOINT

if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then bold=$(printf '\033[1m') plain=$(printf '\033[0m'); else bold='' plain=''; fi
say() { printf '\n%s── %s%s\n' "$bold" "$*" "$plain"; }
show() { printf '%s$ %s%s\n' "$bold" "$*" "$plain"; }
# run CODE ARGUMENTS…: shows and runs buildsync, and checks its exit code.
run() {
	want=$1
	shift
	show "buildsync $*"
	got=0
	"$BUILDSYNC" "$@" || got=$?
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

say "A workspace: buildsync.yaml and one job, in Git"
git -c init.defaultBranch=main init -q
echo .buildsync/ >.gitignore
commit "The first job"
show "ls *"
ls -- *
show "sed -n 1,14p jobs/maven.yaml"
sed -n 1,14p jobs/maven.yaml

say "Is it right? lint needs no network and no account"
run 0 lint
echo "(no findings)"

say "A slip of the pen is found before anybody runs it"
show "sed s/flavor/flavour/ jobs/maven.yaml | buildsync lint --stdin-filename jobs/maven.yaml -"
sed s/flavor/flavour/ jobs/maven.yaml >"$top/slip.yaml"
got=0
"$BUILDSYNC" lint --stdin-filename jobs/maven.yaml - <"$top/slip.yaml" || got=$?
test "$got" = 2 || { echo "demo: lint found nothing" >&2; exit 1; }
echo "(exit code 2)"

say "What would happen? The service here is the emulator that buildsync brings along"
run 0 plan

say "Do it. Each write is read back and compared"
run 0 apply --yes

say "Nothing is left to do, and the exit code says so"
run 0 plan --detailed-exitcode

say "A colleague gives the job a bigger machine in the console, past Git"
cp -R "$work" "$top/console"
sed 's/flavor: 2u8g/flavor: 4u8g/' jobs/maven.yaml >"$top/console/jobs/maven.yaml"
"$BUILDSYNC" -C "$top/console" apply --yes --quiet --emulator-data "$work/.buildsync/emulator.db" >/dev/null

say "drift finds what was edited outside; a nightly job would run this"
run 2 drift

say "You change one line of the script in Git meanwhile"
sed 's/^\( *\)mvn package -Dmaven.test.skip=true -U -e -X -B$/\1mvn package -Dmaven.test.skip=true -U -B/' \
	jobs/maven.yaml >jobs/maven.new && mv jobs/maven.new jobs/maven.yaml
commit "Build without debug output"
run 0 plan --base auto

say "One update carries your change and sets back the drift"
run 0 apply --base auto --yes --quiet
run 0 plan --base auto --detailed-exitcode

say "That was it. Next: docs/tutorial.md, or buildsync help"
