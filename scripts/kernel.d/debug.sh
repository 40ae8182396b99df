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
	debug) echo "$FRAGMENTS"/{guest,debug,kasan}.config ;;
	kcsan) echo "$FRAGMENTS"/{guest,debug,kcsan}.config ;;
	esac
}

# debug_id NAME: changes when the kernel has to be built anew.
debug_id() {
	# shellcheck disable=SC2046 # paths of our own
	grep -hE '^(CONFIG|# CONFIG)' $(fragments_of "$1") | sha256sum | cut -c 1-16
}

# debug_dir NAME: where it is built.  The id in the folder's name is that of the
# configuration: what an interrupted run left there is of use to the next.
debug_dir() {
	echo "$CLEAVE_CACHE/kernels/.$1-$(debug_id "$1")"
}

debug_download_locked() {
	apt_ready bookworm
	apt_download bookworm "$1/debs" linux-source-6.12
	touch "$1/debs/complete"
}

# debug_download DIR: apt runs once at a time, as for any other kernel of that
# release; unpacking and compiling, which take longer, keep nobody off.
debug_download() {
	[[ ! -e $1/has-source && ! -e $1/debs/complete ]] || return 0
	need apt-get
	with_lock "$CLEAVE_CACHE/lock-bookworm" debug_download_locked "$1"
}

# debug_unpack DIR SRC: the kernel's source into SRC; its headers and build stay at
# this place, which their makefiles and objects name.
debug_unpack() {
	local dir=$1 src=$2
	rm -rf "$dir/tree"
	mkdir -p "$src" "$dir/tree/usr/lib"
	ln -s usr/lib "$dir/tree/lib"
	dpkg-deb --fsys-tarfile "$dir"/debs/linux-source-*.deb |
		tar -xO --wildcards './usr/src/linux-source-*.tar.xz' |
		xz -dcq -T0 |
		tar -x -C "$src" --strip-components=1 --no-same-owner \
			--exclude='*/Documentation/*.rst' --exclude='*/drivers/gpu/*.[ch]' ||
		die "could not unpack linux-source-6.12"
	touch "$dir/has-source"
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

# debug_progress DIR: what the build has come to, as long as the one who builds
# lives.  On a terminal one line that is rewritten, else a line a minute.  Time that
# was spent before an interruption counts.
debug_progress() {
	local dir=$1 last start now line pace=60 nap
	last=$(debug_last)
	start=$((SECONDS - $(cat "$dir/spent" 2>/dev/null || echo 0)))
	[[ ! -t 2 ]] || pace=1
	# A sleep that outlived this would keep lock and output open.
	trap 'kill "$nap"; exit' TERM
	while :; do
		sleep "$pace" &
		nap=$!
		wait "$nap"
		kill -0 $$ 2>/dev/null || return 0
		now=$((SECONDS - start))
		echo "$now" >"$dir/spent"
		line="building kernel $name: $(grep -c '^  ' "$dir/build.log") steps in $((now / 60)) min$last"
		if [[ -t 2 ]]; then
			printf '\r\e[K%s: %s' "${0##*/}" "$line" >&2
		else
			say "$line"
		fi
	done
}

# debug_last: how long it took last time, if there was one.
debug_last() {
	local seconds steps
	if read -r seconds steps 2>/dev/null <"$CLEAVE_CACHE/took-$name"; then
		echo " (last time $steps in $((seconds / 60)) min)"
	fi
}

debug_make() {
	local src=$1 dir=$2 progress status=0 start=$SECONDS spent
	spent=$(cat "$dir/spent" 2>/dev/null || echo 0)
	debug_progress "$dir" &
	progress=$!
	# In the foreground, to hear an interrupt from the terminal.
	make_debug -j"$(nproc)" bzImage modules >>"$dir/build.log" 2>&1 || status=$?
	{
		kill "$progress"
		wait "$progress"
	} 2>/dev/null || true
	echo $((spent + SECONDS - start)) >"$dir/spent"
	[[ ! -t 2 ]] || printf '\r\e[K' >&2
	((status == 0)) || {
		tail -n 20 "$dir/build.log" >&2
		die "kernel $name does not build; what there is lies in $dir, delete it to begin anew"
	}
	echo "$(<"$dir/spent") $(grep -c '^  ' "$dir/build.log")" >"$CLEAVE_CACHE/took-$name"
}

# debug_build NAME DIR: goes on where an interrupted one was.  @building is where
# in_root looks for a kernel that is not there yet.
debug_build() {
	local name=$1 dir=$2 src release
	# shellcheck disable=SC2034 # read by in_root
	local building=$2
	src=$dir/tree/usr/src/linux-headers-$name
	if [[ -e $dir/has-config ]]; then
		say "going on to build kernel $name"
	else
		say "building kernel $name out of Debian's linux-source-6.12: a quarter of an hour on two cores$(debug_last)"
	fi
	[[ -e $dir/has-source ]] || debug_unpack "$dir" "$src"
	rm -rf "$dir/debs"
	if [[ ! -e $dir/has-config ]]; then
		# shellcheck disable=SC2046 # paths of our own
		debug_config "$src" $(fragments_of "$name")
		touch "$dir/has-config"
	fi
	debug_make "$src" "$dir"
	release=$(<"$src/include/config/kernel.release")
	ln -f "$src/arch/x86/boot/bzImage" "$dir/vmlinuz"
	touch "$dir/pruned"
	debug_prune "$src"
	ln -sfn "linux-headers-$name" "$dir/tree/usr/src/linux-headers-$release"
	ln -f "$src/vmlinux" "$dir/vmlinux"
	has_pvh "$dir/vmlinux" || rm "$dir/vmlinux"
	mkdir -p "$dir/tree/usr/lib/modules/$release"
	debug_id "$name" >"$dir/id"
	echo "$release" >"$dir/release"
	say "kernel $release is built, in $(($(<"$dir/spent") / 60)) min"
}

# debug_prepare NAME: @dir, with nothing of other runs but what can be gone on with.
debug_prepare() {
	local name=$1 link
	link=$(kernel_dir "$name")
	dir=$(debug_dir "$name")
	mkdir -p "${link%/*}"
	sweep_aside "$link" "$dir"
	# Interrupted when part of the source was gone already.
	[[ ! -e $dir/pruned ]] || rm -rf "$dir"
	[[ -e $dir/has-config ]] || need_space "${link%/*}" 5000
	mkdir -p "$dir"
}

debug_source_locked() {
	local dir
	! debug_cached "$1" || return 0
	debug_prepare "$1"
	debug_download "$dir"
}

debug_fetch_locked() {
	local name=$1 dir
	! debug_cached "$name" || return 0
	need dpkg-deb objcopy xz
	debug_prepare "$name"
	debug_download "$dir"
	debug_build "$name" "$dir"
	touch "$dir/complete"
	replace_link "$(kernel_dir "$name")" "${dir##*/}"
}

# A kernel of other fragments than these is none.
debug_cached() {
	kernel_complete "$1" && [[ $(<"$(kernel_dir "$1")/id") == "$(debug_id "$1")" ]]
}
