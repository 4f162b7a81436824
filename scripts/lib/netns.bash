# shellcheck shell=bash
#
# Hosts on one machine: each is a network namespace with a /run and an rpcbind
# of its own, all on one wire.  For root, also of a user namespace.  To be
# sourced.
#
#	net_possible		whether that can be done here; net_lacks: why not
#	net_open DIR		begins; DIR keeps what is known about the hosts
#	net_up NAME IP		a host on the wire, its rpcbind answering; with an
#				IPv6 address it has no IPv4
#	net_hosts_up DIR NAME...
#				begins, with these hosts at 10.77.0.1, .2 and so on
#	host_run NAME CMD...	runs CMD there; here when there is no net
#	host_exec NAME CMD...	becomes CMD there: `host_exec a cmd & pid=$!`
#	host_rpcbind NAME start|stop
#	net_cut A B		neither hears the other; net_cut_from A B: A does
#				not hear B, without a word to anybody
#	net_silence A		A hears nobody, and nobody hears A; likewise
#	net_heal		everybody hears everybody
#	net_down		ends every process of every host, and so the hosts
#
# The namespaces have no names: they live as long as the process that holds
# each, and runs side by side do not meet.  What is known is in files, because
# bats runs every test in a process of its own.

# shellcheck source=scripts/lib/wait.bash
. "${BASH_SOURCE[0]%/*}/wait.bash"
# shellcheck source=scripts/lib/space.bash
. "${BASH_SOURCE[0]%/*}/space.bash"

net_possible() {
	[[ -z $(net_lacks) ]]
}

# Tries it; says nothing when it can be done.
net_lacks() {
	local why

	if ((EUID != 0)); then
		why=$(space_lacks)
		echo "not root, and ${why:-not in a user namespace}"
	elif ! why=$(unshare --net --mount sh -ec '
	    ip link add wire type bridge
	    ip link add one type veth peer name other
	    mount -t tmpfs tmpfs /run' 2>&1); then
		echo "root, but no network namespaces: ${why//$'\n'/; }"
	fi
}

net_open() {
	export NET_DIR=$1
	mkdir -p "$NET_DIR"
	net_hold wire
	nsenter --net="$(net_file wire)" ip link add wire type bridge \
	    forward_delay 0
	nsenter --net="$(net_file wire)" ip link set wire up
}

net_up() {
	local name=$1 ip=$2

	net_hold "$name"
	echo "$ip" >"$NET_DIR/$name.ip"
	nsenter --net="$(net_file wire)" ip link add "to-$name" \
	    type veth peer name eth0 netns "$(net_pid "$name")"
	nsenter --net="$(net_file wire)" ip link set "to-$name" \
	    master wire up
	host_run "$name" ip link set lo up
	[[ $ip != *:* ]] ||
		host_run "$name" ip address delete 127.0.0.1/8 dev lo
	net_address "$name" "$ip"
	host_run "$name" ip link set eth0 up
	host_run "$name" mount -t tmpfs -o mode=755 tmpfs /run
	host_run "$name" install -d -o _rpc -g root /run/rpcbind
	host_rpcbind "$name" start
}

net_hosts_up() {
	local name ip=1

	net_open "$1"
	for name in "${@:2}"; do
		net_up "$name" "10.77.0.$((ip++))"
	done
}

host_run() {
	local pid
	[[ -n ${NET_DIR-} ]] || { "${@:2}"; return; }
	pid=$(net_pid "$1") || return 1
	nsenter -t "$pid" -m -n --wdns="$PWD" -- "${@:2}"
}

host_exec() {
	local pid
	[[ -n ${NET_DIR-} ]] || exec "${@:2}"
	pid=$(net_pid "$1") || return 1
	exec nsenter -t "$pid" -m -n --wdns="$PWD" -- "${@:2}"
}

host_rpcbind() {
	local name=$1 what=$2 file=$NET_DIR/$1.rpcbind

	if [[ $what == stop ]]; then
		kill -KILL "$(<"$file")"
		wait_until 5 process_gone "$(<"$file")"
		return
	fi
	host_run "$name" rm -f /run/rpcbind.sock /run/rpcbind.lock
	host_exec "$name" rpcbind -f -w </dev/null >/dev/null 2>&1 3>&- &
	disown
	echo $! >"$file"
	wait_until 5 host_run "$name" rpcinfo
}

net_cut() {
	net_cut_from "$1" "$2"
	net_cut_from "$2" "$1"
}

net_cut_from() {
	local name=$1 ip protocol=ip
	ip=$(<"$NET_DIR/$2.ip")
	[[ $ip != *:* ]] || protocol=ip6

	host_run "$name" nft -f - <<-NFT
		table inet cut {
			chain in {
				type filter hook input priority 0; policy accept;
			}
		}
		add rule inet cut in $protocol saddr $ip drop
	NFT
}

# Its cable stays in: dropped is what comes in at either end of it.
net_silence() {
	net_drop wire "to-$1"
	net_drop "$1" eth0
}

net_drop() {
	nsenter --net="$(net_file "$1")" nft "add table netdev silence
	    add chain netdev silence in {
		type filter hook ingress device $2 priority 0; policy drop;
	    }"
}

net_heal() {
	local name
	[[ -n ${NET_DIR-} ]] || return 0
	for name in $(net_hosts) wire; do
		nsenter --net="$(net_file "$name")" nft flush ruleset
	done
}

net_down() {
	local name
	[[ -d ${NET_DIR-} ]] || return 0
	for name in $(net_hosts) wire; do
		net_empty "$name"
	done
	rm -rf "$NET_DIR"
}

# ---- inside ------------------------------------------------------------------

# Starts the process that keeps namespaces for NAME alive.  It ends with us,
# unless NET_STAYS is set.
net_hold() {
	local name=$1 pid signal=KILL

	[[ -z ${NET_STAYS-} ]] || signal=clear
	setpriv --pdeathsig "$signal" \
	    unshare --net --mount --propagation private sleep infinity \
	    </dev/null >/dev/null 2>&1 3>&- &
	disown
	pid=$!
	echo "$pid" >"$NET_DIR/$name.pid"
	wait_until 5 net_apart "$pid"
}

# Ends whoever is in NAME's network: nobody but what was started there can be.
net_empty() {
	local name=$1 pid
	pid=$(net_pid "$name") || return 0
	net_apart "$pid" || return 0
	net_members "$pid" | xargs -r kill -KILL 2>/dev/null || true
	wait_until 5 process_gone "$pid"
}

# The processes in the same network as that one.
net_members() {
	local here
	here=$(stat -L -c %i "/proc/$1/ns/net")
	stat -L -c '%i %n' /proc/[0-9]*/ns/net 2>/dev/null |
		awk -F'[ /]' -v here="$here" '$1 == here { print $4 }'
}

# An IPv6 address is there at once when nobody is asked whether it is another's.
net_address() {
	local bits=24 options=()
	[[ $2 != *:* ]] || bits=64 options=(nodad)
	host_run "$1" ip address add "$2/$bits" dev eth0 "${options[@]}"
}

net_hosts() {
	local file
	for file in "$NET_DIR"/*.ip; do
		[[ -e $file ]] && basename "$file" .ip
	done
}

net_pid() {
	cat "$NET_DIR/$1.pid"
}

net_file() {
	echo "/proc/$(net_pid "$1")/ns/net"
}

# Whether the process has left our network for its own.
net_apart() {
	local there
	there=$(readlink "/proc/$1/ns/net" 2>/dev/null) &&
		[[ $there != "$(readlink /proc/self/ns/net)" &&
			$(cat "/proc/$1/comm") == sleep ]]
}
