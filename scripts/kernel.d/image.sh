# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What is to be known of a kernel's image.  Sourced by scripts/kernel and scripts/vm.

# vmlinux_of VMLINUZ: the kernel proper, out of its compressed wrapper.  Under
# software emulation the wrapper's own decompressor takes seconds of each boot;
# QEMU can start the plain ELF image by its PVH entry instead.  The boot
# protocol's header says where the payload lies; its last four bytes are not
# part of the compressed stream.
vmlinux_of() {
	local file=$1 sects offset length magic
	sects=$(od -An -tu1 -j $((0x1f1)) -N1 "$file")
	offset=$(od -An -tu4 -j $((0x248)) -N4 "$file")
	length=$(od -An -tu4 -j $((0x24c)) -N4 "$file")
	offset=$((offset + (sects + 1) * 512))
	magic=$(od -An -tx1 -j "$offset" -N4 "$file" | tr -d ' ')
	case $magic in
	fd377a58) set -- xz -dc --single-stream ;;
	28b52ffd) set -- zstd -dcq ;;
	02214c18) set -- lz4 -dcq ;;
	1f8b*) set -- gzip -dc ;;
	*) return 1 ;;
	esac
	head -c $((offset + length - 4)) "$file" | tail -c +$((offset + 1)) | "$@"
}

# An image without the PVH note cannot be started as ELF.
has_pvh() {
	LC_ALL=C readelf -n "$1" 2>/dev/null | grep 'Xen.*0x00000012' >/dev/null
}

# plain_image DIR: DIR/vmlinux out of DIR/vmlinuz, where it can be started.
plain_image() {
	if ! { vmlinux_of "$1/vmlinuz" >"$1/vmlinux" && has_pvh "$1/vmlinux"; }; then
		rm -f "$1/vmlinux"
	fi
}

is_elf() {
	[[ $(head -c 4 "$1" | od -An -tx1 | tr -d ' ') == 7f454c46 ]]
}

# release_of IMAGE: its uname -r, out of the boot protocol's header or of the
# kernel's banner; nothing where it is no kernel.
release_of() {
	local offset
	if is_elf "$1"; then
		LC_ALL=C grep -aom 1 'Linux version [0-9][^ ]*' "$1" | sed -n '1s/.* //p'
	elif [[ $(bytes_of "$1" $((0x202)) 4) == HdrS ]]; then
		offset=$(od -An -tu2 -j $((0x20e)) -N2 "$1")
		bytes_of "$1" $((offset + 0x200)) 256 | tr '\0' '\n' | sed -n '1s/ .*//p'
	fi
}

bytes_of() {
	dd if="$1" bs=1 skip="$2" count="$3" status=none
}
