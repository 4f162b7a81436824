# shellcheck shell=bash
# shellcheck disable=SC2154 # run sets work, part, here and the places
#
# What the experiments share: the hosts, marks in time, and how a table, a
# claim and a plot are written.  To be sourced by run.
#
#	region NAME		what follows on standard input is that region
#	claim TEXT CMD...	a row of the part's claims: true if CMD succeeds
#	mark NAME, at NAME	a moment, us
#	dump LEDGER		nemesis_dump

# ---- hosts -----------------------------------------------------------------------

# hosts_up NAME...: a fresh net, nothing claimed yet
hosts_up() {
	net_possible || { echo "evaluate: $(net_lacks)" >&2; return 1; }
	net_hosts_up "$work/net" "$@"
	pair_open "$work/pair"
	: >"$work/claims"
}

# Counts what voters send to each host, seen from outside of any program: TCP
# segments with something in them, of which a call is one.
count_calls() {
	local host
	for host in alpha beta; do
		host_run "$host" nft -f - <<-NFT
			table inet evaluate {
				counter calls { }
				chain in {
					type filter hook input priority -10
					policy accept
					ip saddr 10.77.0.3 tcp flags & psh == psh counter name calls
				}
			}
		NFT
	done
}

calls() {
	host_run "$1" nft -j list counter inet evaluate calls |
		jq '.nftables[] | select(.counter) | .counter.packets'
}

dump() {
	"$PAIR_BIN/nemesis_dump" "$1"
}

# Both at once: the second to end would take over, and record that.
freeze() {
	local host
	kill -STOP "$(server_pid alpha)" "$(server_pid beta)"
	for host in alpha beta; do
		server_kill "$host"
		dump "$PAIR_DIR/$host/ledger.db" >"$work/$host.dump"
	done
}

# ---- moments ---------------------------------------------------------------------

mark() {
	echo "$1 ${EPOCHREALTIME/[.,]/}" >>"$work/marks"
}

at() {
	awk -v name="$1" '$1 == name { print $2; exit }' "$work/marks"
}

# between FROM TO: milliseconds
between() {
	echo $((($(at "$2") - $(at "$1")) / 1000))
}

# ---- what is written ---------------------------------------------------------------

region() {
	{
		cat
		echo
		provenance
	} >"$OUT/$1.md.new"
	mv "$OUT/$1.md.new" "$OUT/$1.md"
}

provenance() {
	# shellcheck disable=SC2016 # the back-quotes are Markdown
	printf '*`make evaluate PARTS=%s`, commit %s, %s.*\n' "$part" \
	    "$(commit)" "$(date -u +%F)"
}

commit() {
	local dirty=''
	[[ -z $(git status --porcelain -- common replica server client \
	    evote.x Makefile) ]] || dirty=', changed'
	echo "$(git log -1 --format=%h)$dirty"
}

# CMD runs left of ||: errexit is off in it, and each of its steps must say
# || return 1.
claim() {
	local holds=yes
	"${@:2}" >/dev/null 2>&1 || holds='**no**'
	[[ $holds == yes ]] || echo "$1" >>"$OUT/$part.broken"
	printf '| %s | %s |\n' "$1" "$holds" | tee -a "$work/claims"
}

claims() {
	echo
	echo "| claim | found true |"
	echo "|---|---|"
	cat "$work/claims"
}

same_file() {
	cmp -s "$1" "$2"
}

machine() {
	echo "| | |"
	echo "|---|---|"
	echo "| processor | $(nproc) cores, $(
		sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1) |"
	echo "| memory | $(awk '/MemTotal/ { printf "%.1f GB", $2 / 1048576 }' \
	    /proc/meminfo) |"
	echo "| kernel | $(uname -sr) |"
	echo "| file system | $(df --output=fstype "${TMPDIR:-/tmp}" | tail -n 1) |"
	echo "| compiler | $("${CC:-gcc}" --version | head -n 1) |"
	echo "| load at the start | $(cut -d' ' -f1 /proc/loadavg) |"
}
