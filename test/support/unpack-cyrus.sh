#!/bin/sh
# Unpacks Debian's Cyrus IMAP server into a folder, and installs the libraries it needs: its package itself cannot be
# installed beside Dovecot's. Needs root, and the network once; what is unpacked already is left as it is.
set -eu
dir=${1:?where to}
[ -x "$dir/usr/lib/cyrus/bin/master" ] && [ -x "$dir/usr/lib/cyrus/bin/httpd" ] && exit 0
download=$(mktemp -d)
trap 'rm -rf "$download"' EXIT
chmod 777 "$download" # apt downloads as a user of its own
cd "$download"
apt-get -q download cyrus-common cyrus-imapd cyrus-caldav
# Of alternatives (a | b) the first; without those of its virus scanner and of zephyr.
libraries=$(for package in *.deb; do dpkg-deb -f "$package" Depends; done | tr ',' '\n' | awk '/^ *lib/ && !/clamav|zephyr/ {print $1}' | sort -u)
# shellcheck disable=SC2086 # one word each
DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300 install -y --no-install-recommends $libraries
mkdir -p "$dir"
chmod 755 "$dir"
for package in *.deb; do dpkg -x "$package" "$dir"; done
