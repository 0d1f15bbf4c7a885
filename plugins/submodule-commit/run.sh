#!/usr/bin/env bash
set -euo pipefail
reference="$GT_RIG_PATH/mayor/rig"
[ -f "$reference/.gitmodules" ] || { echo "there are no submodules"; exit 75; }
cd "$reference"

behind=""
while read -r _ path; do
  url=$(git config --file .gitmodules --get "$(git config --file .gitmodules --get-regexp 'path$' |
    awk -v path="$path" '$2 == path { sub(/\.path$/, ".url", $1); print $1 }')")
  pinned=$(git ls-tree HEAD -- "$path" | awk '{ print $3 }')
  newest=$(git ls-remote "$url" HEAD 2>/dev/null | cut -f1) || true
  if [ -n "$newest" ] && [ "$newest" != "$pinned" ]; then
    behind+="$path: ${pinned:0:12} -> ${newest:0:12}"$'\n'
  fi
done < <(git config --file .gitmodules --get-regexp 'path$')
[ -n "$behind" ] || { echo "all submodules are up to date"; exit 75; }

cd "$GT_RIG_PATH"
title="Submodules are behind"
if bd list --status open --json | grep -qF "\"$title\""; then
  echo "there is an open bead about it"
  exit 75
fi
bd create "$title" --type chore --priority 3 --description "$behind"
