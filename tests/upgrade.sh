#!/bin/sh
# From an older version to the one that stands here, under traffic: two of each service begin with the older code, the
# newer migrations run beneath them, and one service after the other is stopped and started with the newer code.
#   tests/upgrade.sh [COMMIT [MESSAGES_A_SECOND]]     by default the commit before the newest migration, ten a second
# Needs .venv; the older code runs with the same libraries.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P)
newest=$(cd "$here" && find src/nexus/store/migrations -name '*.sql' | sort | tail -n 1)
added=$(git -C "$here" log --diff-filter=A --format=%H -n 1 -- "$newest")
commit=$(git -C "$here" rev-parse --verify "${1:-$added^}^{commit}")
older=$(mktemp -d /tmp/nexus-older-XXXXXX)
trap 'rm -rf "$older"' EXIT
trap 'exit 130' INT TERM

git -C "$here" archive "$commit" src tests/__init__.py platform_ui | tar -x -C "$older"
echo "older code: $(git -C "$here" log -1 --format='%h %s' "$commit")"
cd "$here"
PYTHONPATH=src .venv/bin/python -m tests.rolling.upgrade "$older" ${2:+"$2"}
