#!/usr/bin/env bash
set -euo pipefail
reference="$GT_RIG_PATH/mayor/rig"
[ -f "$reference/.gitmodules" ] || { echo "there are no submodules"; exit 75; }
cd "$reference"

behind=""
while read -r key; do
  path=$(git config --file .gitmodules --get "$key")
  # The URL as this checkout knows it: that of the file may be relative.
  url=$(git config --get "${key%.path}.url" || git config --file .gitmodules --get "${key%.path}.url")
  pinned=$(git rev-parse --verify --quiet "HEAD:$path") || continue
  newest=$(git ls-remote -- "$url" HEAD 2>/dev/null | cut -f1) || true
  if [ -n "$newest" ] && [ "$newest" != "$pinned" ]; then
    behind+="$path: ${pinned:0:12} -> ${newest:0:12}"$'\n'
  fi
done < <(git config --file .gitmodules --name-only --get-regexp '^submodule\..*\.path$')
[ -n "$behind" ] || { echo "all submodules are up to date"; exit 75; }

cd "$GT_RIG_PATH"
title="Submodules are behind"
if bd list --limit 0 --json | grep -qF "\"$title\""; then
  echo "there is an open bead about it"
  exit 75
fi
bd create "$title" --type chore --priority 3 --description "$behind"
