#!/bin/sh
# Prove on a bare Debian that a clone sets itself up: as root, `packaging/clean_machine.sh FOLDER`.
# It makes a minimal system with python3 and git in FOLDER (debootstrap), clones HEAD into it, and
# runs the two commands there with their times: the tour, then the tests, then the tests again.
set -eu

folder=${1:?which new folder shall hold the system?}
suite=${2:-bookworm}
source=$(cd "$(dirname "$0")/.." && pwd)

command -v debootstrap >/dev/null || { echo "apt-get install debootstrap"; exit 3; }
[ ! -e "$folder" ] || { echo "$folder exists already"; exit 2; }

debootstrap --variant=minbase "$suite" "$folder" >/dev/null
cp /etc/resolv.conf "$folder/etc/"
echo "127.0.0.1 localhost" > "$folder/etc/hosts"
mount -t proc proc "$folder/proc"
mount -t tmpfs tmpfs "$folder/dev"
for device in null zero random urandom tty; do
    touch "$folder/dev/$device" && mount --bind "/dev/$device" "$folder/dev/$device"
done
mkdir "$folder/dev/shm" && mount -t tmpfs tmpfs "$folder/dev/shm"
trap 'umount -l "$folder/proc"; umount -l "$folder/dev"' EXIT

# A network with a certificate authority of its own: the bundle comes along, as a user would do it.
bundle=${SSL_CERT_FILE:-}
[ -z "$bundle" ] || { cp "$bundle" "$folder/root/bundle.pem"; bundle=/root/bundle.pem; }

inside() {
    env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin ${bundle:+SSL_CERT_FILE=$bundle} \
        http_proxy="${http_proxy:-}" https_proxy="${https_proxy:-}" \
        chroot "$folder" sh -c "cd /root && $1" </dev/null
}

timed() {
    began=$(date +%s)
    code=0
    inside "$1" || code=$?
    echo "== $(($(date +%s) - began)) s, exit code $code: $1"
    [ "$code" = 0 ] || failed=1
}

failed=0
inside "apt-get update -qq && apt-get install -y -qq --no-install-recommends python3 git" \
    >/dev/null 2>&1
git clone -q --no-local "$source" "$folder/root/clone"
timed "cd clone && python3 packaging/dev.py demo --tour /root/tour"
timed "cd clone && python3 packaging/dev.py test -q"
timed "cd clone && python3 packaging/dev.py test -q"
exit "$failed"
