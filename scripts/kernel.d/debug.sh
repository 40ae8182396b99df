# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# The kernels that scripts/kernel builds itself: debug and kcsan, out of the
# source of Debian's newest 6.12, with the fragments beside this file on top of
# allnoconfig.  Sourced by scripts/kernel.

FRAGMENTS=$CLEAVE_TOP/scripts/kernel.d

# fragments_of NAME: the files that make its configuration.
fragments_of() {
	case $1 in
	debug) echo "$FRAGMENTS/debug.config" "$FRAGMENTS/kasan.config" ;;
	kcsan) echo "$FRAGMENTS/debug.config" "$FRAGMENTS/kcsan.config" ;;
	esac
}

# debug_id NAME: changes when the kernel has to be built anew.
debug_id() {
	# shellcheck disable=SC2046 # paths of our own
	grep -hE '^(CONFIG|# CONFIG)' $(fragments_of "$1") | sha256sum | cut -c 1-16
}

# debug_source DIR: unpacks the kernel's source into DIR; its headers and build
# stay at this place, which their makefiles and objects name.
debug_source() {
	local dir=$1
	apt_download bookworm "$dir/debs" linux-source-6.12
	dpkg-deb --fsys-tarfile "$dir"/debs/linux-source-*.deb |
		tar -xO --wildcards './usr/src/linux-source-*.tar.xz' |
		xz -dcq -T0 |
		tar -x -C "$dir" --strip-components=1 --no-same-owner \
			--exclude='*/Documentation/*.rst' --exclude='*/drivers/gpu/*.[ch]' ||
		die "could not unpack linux-source-6.12"
	rm -rf "$dir/debs"
}

make_debug() {
	in_root "$name" make -C "/usr/src/linux-headers-$name" "$@" </dev/null
}

# debug_config SRC FRAGMENT...: an option of a fragment that the configuration
# does not have would be a checker that silently is not there.
debug_config() {
	local src=$1 missing
	shift
	cat "$@" >"$src/fragments.config"
	echo "CONFIG_LOCALVERSION=\"-cleave-$name\"" >>"$src/fragments.config"
	make_debug -s allnoconfig KCONFIG_ALLCONFIG=fragments.config
	missing=$(sed -n '/^CONFIG_/p' "$@" | grep -vxF -f "$src/.config" || true)
	[[ -z $missing ]] || die "the configuration of $name lacks: ${missing//$'\n'/ }"
}

# debug_prune SRC: leaves what a module's build reads.
debug_prune() {
	local src=$1 keep=$1.keep path
	mkdir "$keep"
	for path in .config Makefile Kbuild Module.symvers System.map scripts include \
		arch/Kconfig arch/x86/Makefile arch/x86/Makefile_32.cpu arch/x86/include \
		tools/objtool/objtool tools/bpf/resolve_btfids/resolve_btfids; do
		[[ -e $src/$path ]] || continue
		mkdir -p "$keep/$(dirname "$path")"
		mv "$src/$path" "$keep/$path"
	done
	# Its BTF is what a module's own refers to.
	objcopy --strip-debug "$src/vmlinux" "$keep/vmlinux"
	rm -rf "$src"
	mv "$keep" "$src"
}

# debug_build NAME DIR: for build_aside.  @building is where in_root looks for a
# kernel that is not there yet.
debug_build() {
	local name=$1 dir=$2 src release start=$SECONDS
	# shellcheck disable=SC2034 # read by in_root
	local building=$2
	src=$dir/tree/usr/src/linux-headers-$name
	mkdir -p "$src" "$dir/tree/usr/lib"
	ln -s usr/lib "$dir/tree/lib"
	say "building kernel $name out of Debian's linux-source-6.12: a quarter of an hour on two cores"
	debug_source "$src"
	# shellcheck disable=SC2046 # paths of our own
	debug_config "$src" $(fragments_of "$name")
	make_debug -s -j"$(nproc)" bzImage modules >"$dir/build.log" 2>&1 || {
		tail -n 20 "$dir/build.log" >&2
		die "kernel $name does not build"
	}
	release=$(<"$src/include/config/kernel.release")
	mv "$src/arch/x86/boot/bzImage" "$dir/vmlinuz"
	debug_prune "$src"
	ln -s "linux-headers-$name" "$dir/tree/usr/src/linux-headers-$release"
	ln "$src/vmlinux" "$dir/vmlinux"
	has_pvh "$dir/vmlinux" || rm "$dir/vmlinux"
	mkdir -p "$dir/tree/usr/lib/modules/$release"
	debug_id "$name" >"$dir/id"
	echo "$release" >"$dir/release"
	say "kernel $release is built, in $((SECONDS - start)) s"
}

debug_fetch_locked() {
	local name=$1
	! debug_cached "$name" || return 0
	need apt-get dpkg-deb objcopy xz
	apt_ready bookworm
	build_aside "$(kernel_dir "$name")" 5000 debug_build "$name"
}

# A kernel of other fragments than these is none.
debug_cached() {
	kernel_complete "$1" && [[ $(<"$(kernel_dir "$1")/id") == "$(debug_id "$1")" ]]
}
