# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034
#
# What the scripts of cleave share.  Sourced, never run.

# The checkout this file lies in, and the folder where things that can always
# be fetched again are kept.
CLEAVE_TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
CLEAVE_CACHE=${CLEAVE_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/cleave}

# The kernels: name, kind, the Debian release that it comes from and that builds
# for it, and an extended regex for its release (uname -r).  Which packages hold
# a kernel moves with each upload, so only the shape of its release is known here;
# a release candidate ("7.3~rc4") matches none.  One of kind "built" is made by
# scripts/kernel itself.  A new kernel is a line here; scripts/kernel names prints
# the first two columns.
KERNELS='
6.1          cloud    bookworm  6\.1\.0-[0-9]+-cloud-amd64
6.12         cloud    bookworm  6\.12\.[0-9]+\+deb12(\.[0-9]+)?-cloud-amd64
7.3          cloud    trixie    7\.3(\.[0-9]+)?\+deb13(\.[0-9]+)?-cloud-amd64
6.12-trixie  cloud    trixie    6\.12\.[0-9]+\+deb13(\.[0-9]+)?-cloud-amd64
sid          cloud    sid       [0-9]+\.[0-9]+(\.[0-9]+)?(\+deb[0-9.]+)?-cloud-amd64
6.1-rt       rt       bookworm  6\.1\.0-[0-9]+-rt-amd64
6.12-rt      rt       bookworm  6\.12\.[0-9]+\+deb12(\.[0-9]+)?-rt-amd64
7.3-rt       rt       trixie    7\.3(\.[0-9]+)?\+deb13(\.[0-9]+)?-rt-amd64
6.1-generic  generic  bookworm  6\.1\.0-[0-9]+-amd64
6.12-generic generic  bookworm  6\.12\.[0-9]+\+deb12(\.[0-9]+)?-amd64
7.3-generic  generic  trixie    7\.3(\.[0-9]+)?\+deb13(\.[0-9]+)?-amd64
debug        built    bookworm  -
kcsan        built    bookworm  -
'

# kernel_field NAME COLUMN: fails where there is no such kernel.
kernel_field() {
	awk -v name="$1" -v column="$2" '
		$1 == name { print $column; found = 1 }
		END { exit !found }' <<<"$KERNELS"
}

kernel_kind() {
	kernel_field "$1" 2
}

kernel_suite() {
	kernel_field "$1" 3
}

kernel_pattern() {
	kernel_field "$1" 4
}

kernel_names() {
	awk 'NF { print $1 }' <<<"$KERNELS" | paste -sd ' '
}

# kernel_check NAME: dies unless NAME is a kernel that can be used.
kernel_check() {
	kernel_field "$1" 1 >/dev/null ||
		die "no kernel named '$1': the names are $(kernel_names)"
}

say() {
	printf '%s: %s\n' "${0##*/}" "$*" >&2
}

die() {
	say "error: $*"
	exit 1
}

# need PROGRAM...: dies with advice when one is not installed.
need() {
	local p missing=()
	for p; do
		command -v "$p" >/dev/null || missing+=("$p")
	done
	((${#missing[@]} == 0)) ||
		die "not installed: ${missing[*]}; run scripts/setup as root"
}

# need_space DIR MEGABYTES: dies when the file system of DIR has less left.
need_space() {
	local left
	left=$(df -Pm -- "$1" | awk 'NR == 2 { print $4 }')
	((left >= $2)) || die "only $left MB left on the disk of $1, $2 MB needed:" \
		"make room, or set CLEAVE_CACHE to a folder on another disk"
}

# with_lock FILE COMMAND...: runs COMMAND (in a subshell) while holding FILE,
# so that two runs at once do not build the same thing over each other.
with_lock() {
	local lock=$1
	shift
	mkdir -p "$(dirname "$lock")"
	(
		exec {lock_fd}>"$lock"
		if ! flock -n "$lock_fd"; then
			say "waiting for another run to finish (${lock##*/})"
			flock "$lock_fd"
		fi
		"$@"
	)
}

# try_lock FILE COMMAND...: the same, or nothing where another run has it.
try_lock() {
	local lock=$1
	shift
	mkdir -p "$(dirname "$lock")"
	(
		exec {lock_fd}>"$lock"
		! flock -n "$lock_fd" || "$@"
	)
}

# The settings that say how this machine reaches a mirror (proxy, tolerance for
# a wrong clock) are taken over from its own apt; nothing else is.
apt_machine_settings() {
	apt-config dump 2>/dev/null |
		grep -iE '^Acquire::(https?|Check-|ForceIPv|Retries)' || true
}
