#!/bin/bash
# Packs what the emulated machine runs, from this machine's own packages: shell, tools, FRR, Python
# with pytest, DPDK's drivers, the kernel's modules, the programs of a build and the tests.
#
#   tests/vm/initramfs.sh DIRECTORY BIN
#
#   DIRECTORY  has kernel/ (tests/vm/packages.sh); the result is DIRECTORY/initramfs
#   BIN        folder of sluiced and sluice
#
# The part from packages is packed once for each content of them (DIRECTORY/base); the kernel unpacks
# any number of archives one after the other.
set -euo pipefail
[ $# -eq 2 ] || { echo "usage: $0 DIRECTORY BIN" >&2; exit 2; }
cd "$(dirname "$0")/../.."
directory=$(realpath "$1") bin=$(realpath "$2")

packages='bash coreutils ethtool frr grep iproute2 iputils-ping kmod libpython3.11-minimal
	libpython3.11-stdlib mount procps python3-attr python3-iniconfig python3-packaging
	python3-pluggy python3-pytest python3.11-minimal sed util-linux util-linux-extra'
# Of them, what no test needs is most of their size.
unwanted='^/usr/share/(doc|man|locale|info|bash-completion|perl5|lintian|bug)/|^/usr/lib/systemd/|
	|/(pydoc_data|lib2to3|distutils|ensurepip|sqlite3|tkinter|idlelib|turtledemo|wsgiref|asyncio)/|
	|/frr/(ldpd|pimd|isisd|fabricd|eigrpd|babeld|nhrpd|pathd|pbrd|rip|ripngd|vrrpd|bgpd|ospf6d)|
	|/lib-dynload/_(codecs|sqlite|curses|dbm|tkinter|test)|^/etc/(init.d|cron|logrotate|pam)'
unwanted=$(tr -d '\n\t' <<<"$unwanted" | sed 's/||/|/g')
drivers='bus_pci bus_vdev mempool_ring net_af_packet net_e1000 net_ring net_virtio'
modules='9p 9pnet_virtio virtio_pci virtio_net igb igbvf e1000e vfio-pci vfio_iommu_type1 veth tun 8021q'

driver_files() {
	local driver
	for driver in $drivers; do
		ls "$(pkg-config --variable=libdir libdpdk)"/dpdk/pmds-*/librte_"$driver".so.*
	done
}

package_files() {
	# shellcheck disable=SC2086 # a list of words
	dpkg -L $packages | grep -Ev "$unwanted" | sort -u
	dpkg -L libpam-modules | grep /pam_permit.so
	driver_files
}

# Libraries that the files load: each once, under the names by which they are loaded. Of a library
# that may not be executed ldd tells with a warning.
library_files() {
	xargs -d '\n' file -L --mime-type -F : |
		sed -n 's,: *application/x-\(sharedlib\|pie-executable\|executable\)$,,p' |
		xargs -d '\n' ldd 2> >(grep -v 'you do not have execution permission' >&2) |
		awk '/=> not found/ { print "initramfs.sh: no " $1 >"/dev/stderr"; missing = 1 }
			$2 == "=>" && $3 ~ /^\// { print $3 }
			$1 ~ /^\/lib64/ { print $1 }
			END { exit missing }' | sort -u
}

# Files and links with their folders, as they are on this machine; /bin, /lib and /sbin are links.
copy_files() { # ROOT
	while read -r path; do
		[ -d "$path" ] && [ ! -L "$path" ] && continue
		[ -e "$path" ] || continue
		echo "$path"
		[ ! -L "$path" ] || realpath "$path"
	done | sed 's,^/\(bin\|lib\|lib64\|sbin\)/,/usr/\1/,' | grep -vxE '/(bin|lib|lib64|sbin)' | sort -u |
		(cd / && sed s,^/,, | cpio --quiet -pdm "$1")
}

kernel_modules() { # ROOT RELEASE
	local module
	mkdir -p "$1/usr/lib/modules/$2"
	cp "$directory/kernel/lib/modules/$2"/modules.{builtin,order,builtin.modinfo} "$1/usr/lib/modules/$2"
	[ -f "$directory/kernel/lib/modules/$2/modules.dep" ] || depmod -b "$directory/kernel" "$2"
	for module in $modules; do
		modprobe -d "$directory/kernel" -S "$2" --show-depends "$module"
	done | sed -n 's/^insmod \([^ ]*\).*/\1/p' | sort -u | while read -r path; do
		install -D -m 644 "$path" "$1/usr/lib/modules/$2/${path#*"/modules/$2/"}"
	done
	depmod -b "$1/usr" "$2"
}

accounts() { # ROOT
	mkdir -p "$1/etc/frr" "$1/root"
	grep -E '^(root|frr|nobody):' /etc/passwd >"$1/etc/passwd"
	grep -E '^(root|frr|frrvty|nogroup|tty):' /etc/group >"$1/etc/group"
	: >"$1/etc/frr/vtysh.conf"
	# vtysh asks PAM
	mkdir -p "$1/etc/pam.d"
	printf '%s required pam_permit.so\n' auth account >"$1/etc/pam.d/frr"
	cp "$1/etc/pam.d/frr" "$1/etc/pam.d/other"
	ldconfig -r "$1"
}

pack() { # ROOT ARCHIVE
	(cd "$1" && find . | LC_ALL=C sort | cpio --quiet -o -H newc) >"$2.part"
	mv "$2.part" "$2"
}

# What the part from packages depends on: their versions, what the programs load, and this script.
base_key() {
	# shellcheck disable=SC2086
	{ dpkg-query -W $packages dpdk libc6 &&
		ls "$directory"/kernel/lib/modules &&
		ldd "$bin/sluiced" "$bin/sluice" | sed 's/ (.*//' &&
		cat "$0"; } | sha256sum | cut -c -16
}

base() {
	local root release key
	key=$(base_key)
	[ ! -f "$directory/base-$key" ] || return 0
	release=$(ls "$directory/kernel/lib/modules")
	root=$(mktemp -d "$directory/root.XXXXXX")
	chmod 755 "$root"
	mkdir -p "$root"/{dev,proc,sys,run,tmp,results,var/tmp,usr/{bin,lib,lib64,sbin}}
	ln -s /run "$root/var/run"
	for name in bin lib lib64 sbin; do ln -s "usr/$name" "$root/$name"; done
	package_files >"$root/tmp/files"
	{ cat "$root/tmp/files"; printf '%s\n' "$bin/sluiced" "$bin/sluice"; } | library_files >"$root/tmp/libraries"
	cat "$root/tmp/files" "$root/tmp/libraries" | copy_files "$root"
	ln -sf python3.11 "$root/usr/bin/python3"
	ln -sf bash "$root/usr/bin/sh"
	# compiling a module costs the emulated machine many times what running it does
	/usr/bin/python3 -m compileall -q -j 0 -s "$root" "$root/usr/lib"
	kernel_modules "$root" "$release"
	accounts "$root"
	rm "$root/tmp/files" "$root/tmp/libraries"
	rm -f "$directory"/base-*
	pack "$root" "$directory/base-$key"
	rm -rf "$root"
}

tree() {
	local root
	root=$(mktemp -d "$directory/root.XXXXXX")
	chmod 755 "$root"
	mkdir -p "$root/sluice/tests/integration" "$root/sluice/bin"
	cp -a tests/vm "$root/sluice/tests"
	cp -a tests/integration/harness "$root/sluice/tests/integration"
	cp "$bin/sluiced" "$bin/sluice" "$root/sluice/bin"
	strip --strip-debug "$root"/sluice/bin/*
	install -m 755 tests/vm/init "$root/init"
	find "$root" -name __pycache__ -prune -exec rm -rf {} +
	/usr/bin/python3 -m compileall -q -s "$root" "$root/sluice"
	pack "$root" "$directory/tree"
	rm -rf "$root"
}

rm -rf "$directory"/root.* # of a run that was ended
base
tree
cat "$directory"/base-* "$directory/tree" >"$directory/initramfs"
