#!/usr/bin/env bash
set -euo pipefail
reference="$GT_RIG_PATH/mayor/rig"
[ -e "$reference/.git" ] || { echo "no checkout at $reference"; exit 75; }
files=$(git -C "$reference" ls-files --cached --ignored --exclude-standard)
[ -n "$files" ] || { echo "nothing that is ignored is tracked"; exit 75; }

cd "$GT_RIG_PATH"
title="Tracked files that .gitignore excludes"
if bd list --limit 0 --json | grep -qF "\"$title\""; then
  echo "there is an open bead about it"
  exit 75
fi
count=$(wc -l <<<"$files" | tr -d ' ')
bd create "$title" --type chore --priority 3 \
  --description "$count files are tracked although .gitignore excludes them. Untrack them with git rm --cached, or change .gitignore:

$(head -n 50 <<<"$files")"
