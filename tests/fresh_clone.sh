#!/bin/sh
# What a newcomer lives through: clones HEAD into an empty folder, with neither Node nor PostgreSQL nor Redis on
# the PATH, runs `./nexus demo` and asks on the phone. As a normal user, and as root in a folder under /root.
#   tests/fresh_clone.sh [user|root]     (both when this runs as root and none is named)
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P)
tester=nexus-tester
work=$(mktemp -d /var/tmp/nexus-fresh-XXXXXX)
chmod 755 "$work"
trap 'rm -rf "$work" ${root_clone:+"$root_clone"}' EXIT
trap 'exit 130' INT TERM

# A bundle, since git refuses to clone another user's folder. The walk itself comes from here, so that it can be
# repaired without a commit; everything else is HEAD.
git -C "$here" bundle create -q "$work/nexus.bundle" HEAD
cp "$here/tests/fresh_clone_walk.py" "$work/walk.py"
chmod 644 "$work/nexus.bundle" "$work/walk.py"

# Links to python3, git, sh and plain file tools: nothing else of this machine is on the clone's PATH.
mkdir "$work/bin"
python=$(python3 -c 'import sys; print(getattr(sys, "_base_executable", sys.executable))')
user_python=$python
if [ "$(id -u)" -eq 0 ]; then
    case $python in
    /root/*) # closed to the other account
        user_python=
        for candidate in /usr/bin/python3.11 /usr/bin/python3.12 /usr/bin/python3.13 /usr/bin/python3.14; do
            if [ -x "$candidate" ]; then user_python=$candidate; fi
        done
        ;;
    esac
fi
for tool in git sh env dirname readlink uname cat ls mkdir rm; do
    ln -s "$(command -v "$tool")" "$work/bin/$tool"
done

walk() { # walk WHO CLONE PYTHON: clone as WHO, then the walk
    who=$1 clone=$2 interpreter=$3
    ln -sf "$interpreter" "$work/bin/python3"
    echo "=== $who in $clone ($("$interpreter" --version))"
    set -- env -i "PATH=$work/bin" "LANG=C.UTF-8" ${PIP_FIND_LINKS:+"PIP_FIND_LINKS=$PIP_FIND_LINKS"} \
        ${NODE_EXTRA_CA_CERTS:+"NODE_EXTRA_CA_CERTS=$NODE_EXTRA_CA_CERTS"} \
        ${PIP_CERT:+"PIP_CERT=$PIP_CERT"} ${PIP_DEFAULT_TIMEOUT:+"PIP_DEFAULT_TIMEOUT=$PIP_DEFAULT_TIMEOUT"}
    commands="git clone -q '$work/nexus.bundle' '$clone' 2>/dev/null || git clone -q -b main '$work/nexus.bundle' '$clone'
        exec python3 '$work/walk.py' '$clone'"
    if [ "$who" = "$tester" ]; then
        setpriv --reuid "$tester" --regid "$tester" --clear-groups "$@" "HOME=$work/home" \
            "$work/bin/sh" -c "$commands"
    else
        "$@" "HOME=$HOME" "$work/bin/sh" -c "$commands"
    fi
}

if [ "$(id -u)" -ne 0 ]; then
    walk "$(id -un)" "$work/clone" "$python"
    exit
fi

case ${1:-both} in
user | both)
    id "$tester" >/dev/null 2>&1 || useradd --system --user-group --no-create-home --shell /bin/sh "$tester"
    mkdir "$work/home"
    chown "$tester:" "$work/home"
    if [ -n "$user_python" ]; then
        walk "$tester" "$work/home/a clone" "$user_python"
    else
        echo "=== skipped: $tester cannot reach any python3 >= 3.11 of this machine ($python)"
        skipped=1
    fi
    ;;
esac
case ${1:-both} in
root | both)
    root_clone=$(mktemp -d /root/nexus-fresh-XXXXXX)
    walk root "$root_clone/clone" "$python"
    ;;
esac
exit "${skipped:-0}"
