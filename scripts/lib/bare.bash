# shellcheck shell=bash
#
# A fresh Debian 12 with nothing in it but what is essential, made with
# debootstrap from the mirror that this machine's apt uses.  For root.  To be
# sourced.
#
#	bare_possible			1 and the reason, if none can be made
#	bare_make DIR [PACKAGE...]	with these besides; 1 and the reason
#	bare_run DIR CMD...		CMD in it, with no environment and mounts
#					of its own; whatever it leaves running
#					is ended
#	bare_exec DIR CMD...		becomes that: `bare_exec d cmd & pid=$!`

BARE_SUITE=bookworm
BARE_NEEDS_MB=6000

bare_possible() {
	local why

	if ((EUID != 0)); then
		echo "not root"
	elif ! why=$(unshare --mount --pid --fork true 2>&1); then
		echo "no namespaces (${why##*$'\n'})"
	elif ! why=$(bare_devices 2>&1); then
		echo "no devices (${why##*: })"
	elif ! why=$("${BASH_SOURCE[0]%/*}/../install-deps" bare 2>&1); then
		echo "no debootstrap (${why##*$'\n'})"
	elif [[ -z $(bare_mirror) ]]; then
		echo "apt on this machine knows no mirror of Debian"
	elif (($(bare_room) < BARE_NEEDS_MB)); then
		echo "$(bare_room) MB are free in $(bare_place)," \
		    "$BARE_NEEDS_MB are needed"
	else
		return 0
	fi
	return 1
}

bare_make() {
	local dir=$1 mirror log=$1.log packages

	mirror=$(bare_mirror)
	packages=$(IFS=, && echo "${*:2}")
	# What it mounts goes with it, however it ends.
	if ! bare_proxies "$mirror" unshare --mount --propagation private \
	    timeout 1200 debootstrap --variant=minbase ${packages:+"--include=$packages"} \
	    "$BARE_SUITE" "$dir" "$mirror" </dev/null >"$log" 2>&1 ||
	    ! bare_configure "$dir" >>"$log" 2>&1 ||
	    ! bare_run "$dir" true >>"$log" 2>&1; then
		echo "debootstrap: $(tail -n 1 "$log")"
		tail -n 20 "$log" >&2
		return 1
	fi
	rm "$log"
}

bare_run() {
	(bare_exec "$@")
}

bare_exec() {
	exec unshare --mount --propagation private --pid --fork --kill-child \
	    bash "${BASH_SOURCE[0]%/*}/bare-init" "$@"
}

# Where roots are made.
bare_place() {
	echo "${TMPDIR:-/var/tmp}"
}

# ---- inside --------------------------------------------------------------------

# Root of a user namespace may not make any.
bare_devices() {
	local dir status=0

	dir=$(mktemp -d)
	mknod "$dir/null" c 1 3 || status=$?
	rm -r "$dir"
	return "$status"
}

bare_room() {
	df -P -m "$(bare_place)" | awk 'NR == 2 { print $4 }'
}

# What apt gets from Debian: URI, suite and component, one of each a line.
# Another release has the same mirrors.
bare_targets() {
	local own

	# shellcheck source=/dev/null
	own=$(. /etc/os-release && echo "$VERSION_CODENAME")
	# shellcheck disable=SC2016 # apt expands them
	apt-get indextargets --format '$(REPO_URI) $(CODENAME) $(COMPONENT)' \
	    'Identifier: Packages' 'Origin: Debian' |
		sed "s/ $own/ $BARE_SUITE/" | sort -u
}

bare_mirror() {
	bare_targets | grep . >/dev/null || apt-get -q update >/dev/null 2>&1
	bare_targets | awk -v suite="$BARE_SUITE" \
	    '$2 == suite && $3 == "main" { print $1; exit }'
}

# bare_proxies MIRROR CMD...: apt may have a proxy for all hosts, or for one.
bare_proxies() {
	local host=${1#*://} scheme proxy

	for scheme in http https; do
		proxy=$(apt_option "Acquire::$scheme::Proxy::${host%%/*}")
		: "${proxy:=$(apt_option "Acquire::$scheme::Proxy")}"
		case $proxy in
		'') ;;
		DIRECT) local -x "${scheme}_proxy=" ;;
		*) local -x "${scheme}_proxy=$proxy" ;;
		esac
	done
	"${@:2}"
}

apt_option() {
	local value=''

	eval "$(apt-config shell value "$1")"
	echo "$value"
}

# apt in DIR gets its packages as apt does here.  What is installed there will
# not outlive a power cut, and need not.
bare_configure() {
	local apt=$1/etc/apt

	bare_targets | sed 's/^/deb /' >"$apt/sources.list"
	bare_options >"$apt/apt.conf"
	cp -n /etc/apt/trusted.gpg.d/* "$apt/trusted.gpg.d/" || true
	cp /etc/resolv.conf /etc/hosts "$1/etc/"
	if grep -q 'https:' "$apt/sources.list"; then
		cp /etc/ssl/certs/ca-certificates.crt "$1/etc/ssl/certs/"
	fi
	rm -rf "$1"/var/lib/apt/lists/*
	echo force-unsafe-io >"$1/etc/dpkg/dpkg.cfg.d/bare"
}

# How apt fetches; not what else a machine has it do.
bare_options() {
	local scheme name

	for scheme in http https; do
		name=${scheme}_proxy
		[[ -z ${!name-} ]] ||
			echo "Acquire::$scheme::Proxy \"${!name}\";"
	done
	apt-config dump | grep '^Acquire::' |
		grep -vE '^Acquire::(IndexTargets|Changelogs|cdrom)'
	echo 'Acquire::Retries "3";'
}
