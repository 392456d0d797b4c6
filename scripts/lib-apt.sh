# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Debian packages without root and without touching the machine's own apt
# state: a private state per suite that reads the machine's sources and keys,
# for amd64 and arm64, as if nothing were installed. Sourced after lib.sh.

# apt_sources SUITE DIR: the machine's first Debian source, for another suite.
# Knows both formats that a machine may have (deb822 and one line).
apt_sources() {
	local suite=$1 dir=$2 codename
	# shellcheck source=/dev/null
	codename=$(. /etc/os-release && printf '%s' "${VERSION_CODENAME:-}")
	rm -rf "$dir"
	mkdir -p "$dir"
	{ cat /etc/apt/sources.list.d/*.sources 2>/dev/null || true; } |
		awk -v code="$codename" -v suite="$suite" -v RS= '
			/(^|\n)Types:[^\n]*deb/ && /(^|\n)Components:[^\n]* main( |\n|$)/ &&
			$0 ~ "(^|\n)Suites:([^\n]* )?" code "( |\n|$)" {
				sub(/Suites:[^\n]*/, "Suites: " suite)
				print
				exit
			}' >"$dir/ferry.sources"
	if [ ! -s "$dir/ferry.sources" ]; then
		rm -f "$dir/ferry.sources"
		{ cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null || true; } |
			sed -nE "s/^(deb +(\[[^]]*\] +)?[^ ]+) +$codename +main( .*)?$/\1 $suite main/p" |
			head -n 1 >"$dir/ferry.list"
		[ -s "$dir/ferry.list" ] ||
			die "no Debian source with suite '$codename' in /etc/apt: cannot fetch from $suite"
	fi
}

# apt_state SUITE: prints the apt.conf to use; SUITE is "stable" (the machine's
# own sources) or the name of another suite.
apt_state() {
	local suite=$1 a=$FERRY_CACHE/apt/$1
	mkdir -p "$a/lists/partial" "$a/archives/partial" "$a/debs"
	: >"$a/status"
	{
		cat <<-CONF
			Dir::State "$a"; Dir::State::lists "$a/lists"; Dir::State::status "$a/status";
			Dir::Cache "$a"; Dir::Cache::archives "$a/archives";
			APT::Architectures { "amd64"; "arm64"; };
			Acquire::Languages "none"; APT::Sandbox::User ""; Acquire::Retries "3";
		CONF
		if [ "$suite" != stable ]; then
			apt_sources "$suite" "$a/sources"
			printf '%s\n' "Dir::Etc::sourcelist \"/dev/null\"; Dir::Etc::sourceparts \"$a/sources\";"
		fi
	} >"$a/apt.conf"
	printf '%s\n' "$a/apt.conf"
}

# apt_refresh SUITE: the private state and its package lists, once a day. Nobody
# else writes there, so what reads needs no lock.
apt_refresh() { with_lock "apt-$1" apt_refresh_locked "$1"; }
apt_refresh_locked() {
	local suite=$1 conf stamp=$FERRY_CACHE/apt/$1/refreshed
	[ -z "$(find "$stamp" -mmin -1440 2>/dev/null)" ] || return 0
	conf=$(apt_state "$suite")
	APT_CONFIG=$conf quietly "$FERRY_LOG/apt-$suite.log" \
		"reading the package lists of $suite" apt-get update
	touch "$stamp"
}

# apt_newest SUITE REGEX: the newest package whose name matches REGEX. A name
# with nothing to download behind it does not count.
apt_newest() {
	local conf=$FERRY_CACHE/apt/$1/apt.conf name
	for name in $(APT_CONFIG=$conf apt-cache pkgnames | grep -E -- "$2" | sort -rV); do
		if APT_CONFIG=$conf apt-cache show --no-all-versions "$name:arm64" >/dev/null 2>&1 ||
			APT_CONFIG=$conf apt-cache show --no-all-versions "$name:amd64" >/dev/null 2>&1; then
			printf '%s\n' "$name"
			return
		fi
	done
	die "suite $1 has no package $2 (any more)"
}

# apt_unpack SUITE ROOT PACKAGE...: all packages unpacked into ROOT, or no ROOT.
apt_unpack() {
	local suite=$1 root=$2 tmp deb
	shift 2
	tmp=$(scratch_dir unpack)
	at_exit "rm -rf '$tmp'"
	mkdir "$tmp/debs" "$tmp/root"
	say "downloading $*"
	(cd "$tmp/debs" && APT_CONFIG=$FERRY_CACHE/apt/$suite/apt.conf apt-get -q download "$@") \
		>"$tmp/log" 2>&1 || { tail -n 20 "$tmp/log" >&2; die "download failed (network?): $*"; }
	for deb in "$tmp"/debs/*.deb; do
		dpkg -x "$deb" "$tmp/root"
	done
	mkdir -p "$(dirname "$root")"
	rm -rf "$root"
	mv "$tmp/root" "$root"
	rm -rf "$tmp"
}
