# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034
#
# What the scripts of cleave share.  Sourced, never run.

# The checkout this file lies in, and the folder where things that can always
# be fetched again are kept.
CLEAVE_TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
CLEAVE_CACHE=${CLEAVE_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/cleave}

# The kernels by name: the Debian release they come from, and the pattern of
# the package that holds the image.  The package names move with each upload,
# so only their shape is known here.  A release candidate ("7.3~rc4") matches
# none of the patterns.
KERNEL_NAMES=(6.1 6.12 7.3 debug kcsan)

# kernel_suite NAME: the Debian release of a kernel, and of what builds it.
kernel_suite() {
	case $1 in
	6.1 | 6.12 | debug | kcsan) echo bookworm ;;
	7.3) echo trixie ;;
	*) return 1 ;;
	esac
}

# kernel_pattern NAME: an extended regex for the image's package name, with
# the kernel release (uname -r) as the part after the second dash.
kernel_pattern() {
	case $1 in
	6.1) echo '^linux-image-6\.1\.0-[0-9]+-cloud-amd64$' ;;
	6.12) echo '^linux-image-6\.12\.[0-9]+\+deb12(\.[0-9]+)?-cloud-amd64$' ;;
	7.3) echo '^linux-binary-7\.3(\.[0-9]+)?\+deb13(\.[0-9]+)?-cloud-amd64$' ;;
	*) return 1 ;;
	esac
}

# kernel_check NAME: dies unless NAME is a kernel that can be used.
kernel_check() {
	case $1 in
	6.1 | 6.12 | 7.3 | debug | kcsan) ;;
	*) die "no kernel named '$1': the names are ${KERNEL_NAMES[*]}" ;;
	esac
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
