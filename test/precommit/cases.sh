#!/usr/bin/env bash
# usage: test/precommit/cases.sh   (make precommit)
# Installs the hooks of this commit with the real pre-commit program, and makes
# commits that must pass and commits that must not. Needs pre-commit, git, go.
set -euo pipefail
source=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
export PRE_COMMIT_HOME=$work/home GIT_CONFIG_GLOBAL=/dev/null
export GIT_AUTHOR_NAME=ci GIT_AUTHOR_EMAIL=ci@example.com GIT_COMMITTER_NAME=ci GIT_COMMITTER_EMAIL=ci@example.com
mkdir "$work/repository" && cd "$work/repository"
git init -q .
mkdir -p ci/jobs ci/scripts ci/templates other
cat > ci/buildsync.yaml <<'YAML'
version: 1
definitions: ["jobs/*.yaml", "templates/*.yaml"]
projects: {demo: a287e712be6c404ca26e5f69040fa12b}
default_project: demo
YAML
cat > ci/jobs/m.yaml <<'YAML'
version: 1
jobs:
  - name: hello
    template: {name: base}
    arch: arm
    steps:
      - use: template
      - sh: {name: Build, image: shell:1, inputs: {command: {$file: scripts/a.sh}}}
YAML
cat > ci/templates/base.yaml <<'YAML'
version: 1
templates:
  - name: base
    steps:
      - sh: {name: Prepare, image: shell:1, inputs: {command: make prepare}}
YAML
printf 'set -e\nmake\n' > ci/scripts/a.sh
printf 'services: [\n' > other/docker-compose.yml # broken, and nobody's business
cat > .pre-commit-config.yaml <<YAML
repos:
  - repo: $source
    rev: $(git -C "$source" rev-parse HEAD)
    hooks: [{id: buildsync-lint}, {id: buildsync-fmt}]
YAML
pre-commit install > /dev/null

wrong=0
commit() { # accepted|refused, what is committed
  local verdict=accepted
  git add -A
  said=$(git commit -qm "$2" 2>&1) || verdict=refused
  if [ "$verdict" = "$1" ]; then
    echo "ok: $2: $verdict"
  else
    echo "WRONG: $2: $verdict, want $1"
    echo "$said"
    wrong=$((wrong + 1))
  fi
  if [ "$verdict" = refused ]; then
    git reset -q --hard HEAD 2>/dev/null || true
    git clean -fdq
  fi
}
job() { printf 'version: 1\njobs:\n  - name: %s\n    arch: arm\n    steps: []\n' "$1"; }

commit accepted "the first commit"
job hello > ci/jobs/a.yaml
commit refused "a duplicate in a file that sorts first"
printf 'set -e\nif make\n' > ci/scripts/a.sh
commit refused "a broken script alone"
printf 'export DB_PASSWORD=Hunter2x9z\nmake\n' > ci/scripts/a.sh
commit refused "a secret in a script"
git rm -q ci/templates/base.yaml
commit refused "the file of a template that is used is gone"
sed -i 's/name: base/name: basis/' ci/templates/base.yaml
commit refused "a template that is used has another name"
sed -i 's/demo: a287/demos: a287/' ci/buildsync.yaml
commit refused "the alias of a project that is used has another name"
git rm -q ci/scripts/a.sh
commit refused "a script that is used is gone"
job two | sed 's/^    /      /' > ci/jobs/b.yaml
commit refused "a file that fmt changes"
job two > ci/jobs/b.yaml
commit accepted "the same file, formatted"
echo text > other/readme.md
commit accepted "a file outside every workspace"
mkdir -p charts/jobs && printf 'kind: Job\n' > charts/jobs/job.yaml
commit accepted "another tool's file in another folder jobs"
printf '# a comment\nset -e\nmake\n' > ci/scripts/a.sh
commit accepted "a script that is right"
git mv ci/jobs/b.yaml ci/jobs/c.yaml
commit accepted "a definition file has another name"
git rm -q other/readme.md
commit accepted "a removal elsewhere"
printf 'set -e\nif make\n' > ci/scripts/a.sh
git add -A
printf 'set -e\nmake\n' > ci/scripts/a.sh
if git commit -qm "staged" > /dev/null 2>&1; then
  echo "WRONG: a broken script is staged and the work tree is right: accepted, want refused"
  wrong=$((wrong + 1))
else
  echo "ok: a broken script is staged and the work tree is right: refused"
fi
exit $((wrong > 0))
