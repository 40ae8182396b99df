# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What the tests in roots of their own share.  Sourced, never run.

step() {
	printf '\n--- %s\n' "$*"
}

wrong() {
	echo "wrong: $*" >&2
	exit 1
}

# files: all that there is, but for what is not of packages, and what is rewritten
# whenever anything is installed.
files() {
	find / -xdev \( -path /proc -o -path /sys -o -path /dev -o -path /srv -o -path /tmp \
		-o -path /root -o -path /var/cache -o -path /var/log -o -path /var/lib/apt \
		-o -path /var/lib/dpkg -o -path /run -o -path /var/tmp \) -prune -o \
		! -path '/usr/lib/modules/*/modules.*' ! -regex '/usr/lib/modules/[^/]*' \
		! -path '/var/lib/dkms/mok.*' -print | LC_ALL=C sort
}

# left FILE: wrong where there is what was not there when files wrote that.
left() {
	local more
	more=$(files | LC_ALL=C comm -13 "$1" -)
	[[ -z $more ]] || wrong "left: $more"
}

# version_of FOLDER: of the packages in there.
version_of() {
	dpkg-deb -f "$1"/cleave-dkms_*.deb Version
}

install_packages() {
	apt-get -qq install -y --no-install-recommends "$1"/cleave_*.deb "$1"/cleave-dkms_*.deb
}

# built KERNEL VERSION: DKMS has the module of that version for it, and no other,
# signed with the machine's key.
built() {
	local ko found key serial
	found=$(dkms status -m cleave -k "$1")
	[[ $found == "cleave/$2, $1, x86_64: installed" ]] || wrong "dkms status of $1: '$found'"
	ko=$(find "/lib/modules/$1/updates" -name 'cleave.ko*')
	[[ $(modinfo -F version "$ko") == "$2" ]] || wrong "$ko is version $(modinfo -F version "$ko")"
	key=$(modinfo -F sig_key "$ko" | tr -d :)
	serial=$(openssl x509 -inform DER -in /var/lib/dkms/mok.pub -noout -serial)
	[[ -n $key && $serial == "serial=$key" ]] || wrong "$ko is signed with '$key', not $serial"
}
