#!/bin/bash
# Runs every fenced command of "Without containers" in docs/deploy.md, verbatim and in order, on an empty Debian machine,
# and passes when the last one finds the answer to a message. By hand or nightly: it installs packages, which takes minutes.
#
#   tests/deploy_doc.sh          makes the empty machine: a minimal Debian in a folder, with its own processes and mounts
#   tests/deploy_doc.sh --here   on this very machine, which has to be empty: for a fresh virtual machine or container
#
# A fence "sh systemd" runs where systemd runs, "sh no-systemd" elsewhere, "sh" everywhere; others are for people.
set -euo pipefail
here=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P)

script_of() { # script_of KIND: the commands, each fence announced with its line
    awk -v kind="$1" '
        /^## / { inside = ($0 == "## Without containers") }
        !inside { next }
        /^```/ && !fence { fence = 1; take = ($0 == "```sh" || $0 == "```sh " kind); seen += take
                           if (take) printf "echo \"=== docs/deploy.md:%d\"\n", NR; next }
        /^```$/ { fence = 0; next }
        fence && take { print }
        END { if (seen < 8) { print "only " seen " fences found" > "/dev/stderr"; exit 1 } }
    ' "$here/docs/deploy.md"
}

if [ "${1:-}" = --script ]; then
    script_of "${2:-no-systemd}"
    exit
fi
if [ "$(id -u)" -ne 0 ]; then
    echo "deploy_doc.sh: needs root" >&2
    exit 2
fi
for port in 5432 6379 8000 8002 4173 8080 8900 8925; do
    if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
        echo "deploy_doc.sh: port $port of this machine is taken: it is not empty" >&2
        exit 2
    fi
done

if [ "${1:-}" = --here ]; then
    if [ -e /opt/nexus ] || id nexus >/dev/null 2>&1 || [ -e /etc/postgresql ]; then
        echo "deploy_doc.sh: Nexus or PostgreSQL is here already: this machine is not empty" >&2
        exit 2
    fi
    kind=no-systemd
    if [ -d /run/systemd/system ]; then kind=systemd; fi
    : "${NEXUS_REPOSITORY:?where to clone from}"
    export NEXUS_REPOSITORY DEBIAN_FRONTEND=noninteractive
    script_of "$kind" >/root/deploy_doc_commands.sh
    exec bash -euo pipefail /root/deploy_doc_commands.sh
fi

command -v mmdebstrap >/dev/null || { apt-get update -qq && apt-get install -y -qq --no-install-recommends mmdebstrap; }
release=$(. /etc/os-release && echo "$VERSION_CODENAME")
work=$(mktemp -d /var/tmp/nexus-deploy-XXXXXX)
machine=$work/machine
trap 'rm -rf --one-file-system "$work"' EXIT
trap 'exit 130' INT TERM
echo "=== an empty Debian $release in $machine"
mmdebstrap --quiet --variant=minbase --include=ca-certificates "$release" "$machine"

# What lets this machine's package clients out has to do so in there, too; nothing else of it goes in.
for path in /etc/resolv.conf /etc/hosts /etc/ssl/certs/ca-certificates.crt /etc/pip.conf /etc/npmrc /root/.npmrc; do
    if [ -e "$path" ]; then install -D -m 0644 "$path" "$machine$path"; fi
done
ls -1 /etc/apt/apt.conf.d | while read -r name; do
    if grep -q '^Acquire' "/etc/apt/apt.conf.d/$name"; then cp "/etc/apt/apt.conf.d/$name" "$machine/etc/apt/apt.conf.d/"; fi
done
# Services must not start when their package is installed: the document starts them.
printf '#!/bin/sh\nexit 101\n' >"$machine/usr/sbin/policy-rc.d"
chmod 755 "$machine/usr/sbin/policy-rc.d"
mkdir -p "$machine/srv/tests" "$machine/srv/docs"
git -C "$here" bundle create -q "$machine/srv/nexus.bundle" HEAD "$(git -C "$here" branch --show-current)"
cp "$here/tests/deploy_doc.sh" "$machine/srv/tests/"
cp "$here/docs/deploy.md" "$machine/srv/docs/"

unshare --mount --pid --fork --kill-child --ipc --uts bash -euo pipefail -c '
    machine=$1
    hostname empty
    mount -t proc proc "$machine/proc"
    mount --bind /dev "$machine/dev"
    mount -t tmpfs tmpfs "$machine/run"
    mount -t tmpfs tmpfs "$machine/dev/shm"
    mkdir -p "$machine/run/lock"
    exec env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 \
        ${PIP_CERT:+PIP_CERT="$PIP_CERT"} ${NODE_EXTRA_CA_CERTS:+NODE_EXTRA_CA_CERTS="$NODE_EXTRA_CA_CERTS"} \
        PIP_DEFAULT_TIMEOUT="${PIP_DEFAULT_TIMEOUT:-60}" NEXUS_REPOSITORY=/srv/nexus.bundle \
        chroot "$machine" bash /srv/tests/deploy_doc.sh --here
' unshare "$machine"
echo "=== every command ran, and the message was answered"
