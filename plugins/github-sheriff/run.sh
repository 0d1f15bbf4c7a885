#!/usr/bin/env bash
set -euo pipefail
command -v gh >/dev/null || { echo "gh is not installed"; exit 75; }
reference="$GT_RIG_PATH/mayor/rig"
[ -e "$reference/.git" ] || { echo "no checkout at $reference"; exit 75; }
cd "$reference"

failing=$(gh pr list --state open --limit 50 --json number,title,url,statusCheckRollup --jq \
  '.[] | select([.statusCheckRollup[]? | select(.conclusion == "FAILURE" or .state == "FAILURE")] | length > 0)
       | "\(.number)\t\(.url)\t\(.title | gsub("[\\t\\n]"; " "))"')
[ -n "$failing" ] || { echo "no pull request fails"; exit 75; }
open=$(cd "$GT_RIG_PATH" && bd list --limit 0 --json)
while IFS=$'\t' read -r number url title; do
  name="Checks of pull request #$number fail"
  if grep -qF "\"$name" <<<"$open"; then
    echo "#$number is known"
    continue
  fi
  (cd "$GT_RIG_PATH" && bd create "$name: ${title:0:80}" --type bug --priority 2 --description "$url")
done <<<"$failing"
