#!/usr/bin/env bats
#
# Hosts without IPv4, each with a portmapper.

load lib

setup_file() {
	net_possible || return 0
	net_open "$BATS_FILE_TMPDIR/net"
	net_up alpha fd77::1
	net_up beta fd77::2
	net_up voters fd77::3
}

# Linux's portmapper answers version 2 by IPv6 as well, others do not.
no_version_2() {
	host_run "$1" nft -f - <<-'NFT'
		table ip6 portmap {
			chain in {
				type filter hook input priority 0; policy accept;
				udp dport 111 @th,192,32 2 drop
			}
		}
	NFT
}

@test "IPv6 alone, ports unknown: the hosts and a voter find each other" {
	needs_net
	export EVOTE_HOSTS="alpha=[fd77::1],beta=[fd77::2]"
	no_version_2 alpha
	no_version_2 beta
	cluster_up people
	election board 3600
	as ada vote board yes
	server_kill alpha
	wait_until 10 serves beta
	as bob vote board no
	server_start alpha
	wait_until 20 level
	wait_until 20 serves alpha
}
