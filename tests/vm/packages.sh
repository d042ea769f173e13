#!/bin/sh
# What the emulated machine needs beside configs/deps.sh: QEMU 8 or later, which Debian 12 has among
# its backports, and the files of Debian's kernel package. Says nothing when all is there.
#
#   tests/vm/packages.sh DIRECTORY      the kernel's files come to lie in DIRECTORY/kernel
#
# No source of packages is named here or left behind: the entry of the backports is derived from
# the one that the machine has for the main suite, in a folder that only this script's apt sees.
set -eu
[ $# -eq 1 ] || { echo "usage: $0 DIRECTORY" >&2; exit 2; }
directory=$1
qemu_major_min=8

fail() {
	echo "packages.sh: $*" >&2
	exit 1
}

qemu_suffices() {
	major=$(qemu-system-x86_64 --version 2>/dev/null | sed -n '1s/.*version \([0-9]*\).*/\1/p')
	[ "${major:-0}" -ge $qemu_major_min ]
}

# The suite of Debian itself, without those of updates and of security: "bookworm".
suite() {
	sed -n 's/^VERSION_CODENAME=//p' /etc/os-release
}

# Every entry that offers the suite, offering its backports instead: files of both forms
# (deb822 and one line per entry).
derive_backports() {
	for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
		[ ! -f "$file" ] || sed -n "s/^\(deb .*\) $1 /\1 $1-backports /p" "$file"
	done >"$2/derived.list"
	for file in /etc/apt/sources.list.d/*.sources; do
		[ ! -f "$file" ] || awk -v suite="$1" -v RS= '
			{ own = 0 }
			match($0, /(^|\n)Suites:[^\n]*/) {
				line = substr($0, RSTART, RLENGTH)
				n = split(line, words)
				for (i = 2; i <= n; i++)
					own = own || words[i] == suite
				sub(/Suites:[^\n]*/, "Suites: " suite "-backports")
			}
			own { print $0 "\n" }' "$file"
	done >"$2/derived.sources"
	[ -s "$2/derived.list" ] || [ -s "$2/derived.sources" ]
}

install_qemu() {
	[ "$(id -u)" -eq 0 ] || fail "not root, and QEMU $qemu_major_min or later is missing"
	apt=$(mktemp -d)
	trap 'rm -rf "$apt"' EXIT
	mkdir -p "$apt/parts" "$apt/lists/partial"
	derive_backports "$(suite)" "$apt/parts" ||
		fail "no source of packages offers $(suite), so that its backports cannot be found"
	for file in /etc/apt/sources.list.d/*.sources /etc/apt/sources.list.d/*.list; do
		[ ! -f "$file" ] || cp "$file" "$apt/parts"
	done
	echo "packages.sh: installing QEMU from $(suite)-backports"
	set -- -qq -o "Dir::Etc::sourceparts=$apt/parts" -o "Dir::State::lists=$apt/lists"
	export DEBIAN_FRONTEND=noninteractive
	{ apt-get "$@" update && apt-get "$@" install --no-install-recommends -y \
		-t "$(suite)-backports" qemu-system-x86; } >"$apt/log" 2>&1 ||
		fail "apt-get cannot install QEMU: $(grep -m1 '^E:' "$apt/log" || tail -n 1 "$apt/log")"
	qemu_suffices || fail "QEMU of the backports is older than $qemu_major_min"
}

# Nothing when the lists of packages are older than the kernel, or missing.
kernel_package() {
	apt-cache --names-only search '^linux-image-amd64$' | grep -q . || return 0
	apt-cache depends linux-image-amd64 |
		sed -n 's/.*Depends: \(linux-image-[0-9].*-amd64\)$/\1/p' | head -n 1
}

# The package is unpacked and never installed: nothing of it is for this machine.
fetch_kernel() {
	package=$(kernel_package)
	if [ -z "$package" ]; then
		apt-get -qq update
		package=$(kernel_package)
	fi
	[ -n "$package" ] || fail "no source of packages offers linux-image-amd64"
	echo "packages.sh: fetching $package"
	rm -rf "$directory/kernel" "$directory/fetch"
	mkdir -p "$directory/fetch"
	(cd "$directory/fetch" && { apt-get -qq download "$package" ||
		{ apt-get -qq update && apt-get -qq download "$package"; }; }) ||
		fail "apt-get cannot download $package"
	dpkg-deb --fsys-tarfile "$directory/fetch/$package"_*.deb |
		tar -x -C "$directory/fetch" --wildcards './boot/vmlinuz*' './lib/modules/*'
	rm -f "$directory/fetch"/*.deb
	mv "$directory/fetch" "$directory/kernel"
}

qemu_suffices || install_qemu
[ -d "$directory/kernel" ] || fetch_kernel
