#!/usr/bin/env bash
set -euo pipefail
repository="$GT_RIG_PATH/.repo.git"
[ -d "$repository" ] || { echo "no repository at $repository"; exit 75; }
cd "$repository"

if git remote get-url origin >/dev/null 2>&1; then
  git remote prune origin || echo "the remote cannot be reached"
fi
git worktree prune --verbose

base=$(git symbolic-ref --short refs/remotes/origin/HEAD 2>/dev/null || echo origin/main)
git rev-parse --verify --quiet "$base^{commit}" >/dev/null || { echo "no branch $base"; exit 75; }
in_use=$(git worktree list --porcelain | sed -n 's|^branch refs/heads/||p')
git for-each-ref --merged "$base" --format='%(refname:short)' refs/heads/ | while read -r branch; do
  case "$branch" in
    polecat/* | "${base#origin/}") continue ;;
  esac
  grep -qxF -- "$branch" <<<"$in_use" && continue
  git branch --quiet -d -- "$branch" 2>/dev/null && echo "removed $branch" || true
done
git gc --auto --quiet
