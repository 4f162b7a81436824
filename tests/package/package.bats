#!/usr/bin/env bats
#
# The packages, as an operator meets them: docs/OPERATING.md step by step on
# two hosts, each a network of its own and a Debian of its own, which is this
# machine's with what the host writes kept apart.  What the unit says is done by
# hand; boot.bats has a systemd.

load ../../scripts/lib/pair
load lib

ADMIN=/run/evote/admin.sock

setup_file() {
	deb=$(packages)
}

setup() {
	cd "$BATS_TEST_DIRNAME/../.." || return 1
	deb=$(packages)
}

teardown() {
	[[ -d $BATS_TEST_TMPDIR/net ]] || return 0
	[[ ${BATS_TEST_COMPLETED-} ]] || tail -n 20 "$BATS_TEST_TMPDIR"/*.log
	net_down
}

@test "lintian finds no error in the packages" {
	lintian --fail-on error --allow-root "$deb"/*.changes
}

@test "voters get the pages that concern them; rpcbind gets what it needs" {
	dpkg-deb -c "$deb"/evote-client_*.deb | grep -F man7/evote.7
	dpkg-deb -c "$deb"/evote-client_*.deb | grep -F man1/evote_client.1
	dpkg-deb -c "$deb"/evote-client_*.deb | grep 'evote-client/VOTING.md$'
	dpkg-deb -c "$deb"/evote-client_*.deb | grep 'evote-client/JSON.md$'
	dpkg-deb -c "$deb"/evote-server_*.deb |
		grep 'evote-server/OPERATING.md$'
	[[ $(dpkg-deb -f "$deb"/evote-server_*.deb Recommends) == \
		"netbase, rpcbind" ]]
}

@test "the unit is one, and shuts out what the server does not need" {
	local unit=$BATS_TEST_TMPDIR/evote-server.service
	command -v systemd-analyze >/dev/null || skip "no systemd-analyze"
	sed 's,@sbindir@/evote_server,/bin/true,' dist/evote-server.service.in \
	    >"$unit"
	run systemd-analyze verify --man=no "$unit"
	echo "$output"
	((status == 0))
	[[ $output != *evote-server.service* ]]
	systemd-analyze security --offline=true --threshold=20 "$unit"
}

# A machine that only watches the hosts has their list as well.
@test "the unit waits until somebody has said which host this is" {
	local conf=$BATS_TEST_TMPDIR/evote.conf condition
	condition=$(sed -n "s,^ExecCondition=\(.*\) /etc/evote/evote.conf$,\1,p" \
	    dist/evote-server.service.in)
	[[ -n $condition ]]
	cp dist/evote.conf "$conf"
	run sh -c "$condition $conf"
	((status == 1))
	run sh -c "$condition $conf.none"
	((status != 0))
	sed -i 's/^#name = /name = /' "$conf"
	sh -c "$condition $conf"
}

# ---- hosts -----------------------------------------------------------------------

host_debian() {
	local root=$BATS_TEST_TMPDIR/$1 why

	mkdir "$root"
	host_run "$1" mount -t tmpfs tmpfs "$root"
	host_run "$1" mkdir "$root/up" "$root/work" "$root/root"
	why=$(host_run "$1" mount -t overlay overlay "$root/root" -o \
	    "lowerdir=/,upperdir=$root/up,workdir=$root/work" 2>&1) ||
		skip "no Debian of its own for a host: ${why%%$'\n'*}"
	host_run "$1" mount --rbind /dev "$root/root/dev"
	host_run "$1" mount --bind /run "$root/root/run"
	host_run "$1" mount -t proc proc "$root/root/proc"
}

# on NAME CMD...: as root on that host.
on() {
	nsenter -t "$(net_pid "$1")" -m -n -- \
	    chroot "$BATS_TEST_TMPDIR/$1/root" "${@:2}"
}

bring() {
	on "$1" tee "$2" >/dev/null
}

installed() {
	on "$1" mkdir -p /root/deb
	tar -c -C "$deb" --wildcards . | on "$1" tar -x -C /root/deb
	on "$1" bash -c 'dpkg -i /root/deb/evote-client_*.deb \
	    /root/deb/evote-server_*.deb' >>"$BATS_TEST_TMPDIR/dpkg.log" 2>&1
}

unit() {
	on vote1 sed -n "s/^$1=//p" /lib/systemd/system/evote-server.service
}

# As the unit has it.
service_start() {
	local host=$1

	on "$host" test -e "$(unit ConditionPathExists)"
	on "$host" sh -c "$(unit ExecCondition)"
	on "$host" install -d -o evote -g evote "/run/$(unit RuntimeDirectory)"
	# shellcheck disable=SC2046 # words
	nsenter -t "$(net_pid "$host")" -m -n -- \
	    chroot "$BATS_TEST_TMPDIR/$host/root" \
	    setpriv --reuid "$(unit User)" --regid "$(unit Group)" \
	    --clear-groups --no-new-privs --bounding-set -all \
	    $(unit ExecStart) </dev/null \
	    >>"$BATS_TEST_TMPDIR/$host.log" 2>&1 3>&- &
	disown
	echo $! >"$BATS_TEST_TMPDIR/$host.pid"
}

service_kill() {
	kill "-$2" "$(<"$BATS_TEST_TMPDIR/$1.pid")"
	wait_until 10 process_gone "$(<"$BATS_TEST_TMPDIR/$1.pid")"
}

voter() {
	on voters evote_client --hosts @/etc/evote/hosts --state /root/state "$@"
}

operator() {
	on "$1" evote_client --admin "$ADMIN" "${@:2}"
}

host_ready() {
	host_debian "$1"
	installed "$1"
	printf 'vote1=10.77.0.1:17001\nvote2=10.77.0.2:17001\n' |
		bring "$1" /etc/evote/hosts
	on "$1" sed -i -e "s/^#name = .*/name = $1/" \
	    -e 's/^#no-portmap = .*/no-portmap = yes/' /etc/evote/evote.conf
}

# The cluster's key, from vote1, and a configuration that names it.
key_ready() {
	on vote1 cat /var/lib/evote/cluster.key | bring "$1" /root/cluster.key
	on "$1" install -o evote -g evote -m 600 /root/cluster.key \
	    /etc/evote/cluster.key
	on "$1" sed -i 's/^#cluster-key/cluster-key/' /etc/evote/evote.conf
}

decides() {
	voter --json status | jq -e --arg a "$1" \
	    '.hosts | all(.arbiter == $a and (.arbiter_away | not))'
}

@test "two hosts by the operator's page: install, vote, lose a host, restore, witness, upgrade, remove" {
	local host key witness=w=10.77.0.4:17009
	net_possible || skip "$(net_lacks)"
	net_hosts_up "$BATS_TEST_TMPDIR/net" vote1 vote2 voters
	for host in vote1 vote2 voters; do
		host_ready "$host"
	done

	# The cluster.
	on vote1 runuser -u evote -- evote_server init --origin vote.example.org
	key_ready vote1
	key_ready vote2
	service_start vote2
	service_start vote1
	wait_until 15 both_level

	# The roll, an election.
	key=$(on voters evote_client keygen /root/ada.pem 2>/dev/null |
	    grep -oE '[A-Za-z0-9+/]{43}=')
	printf 'name,group,public key\nada,m,%s\nbob,m,%s\n' "$key" "$key" |
		bring vote1 /root/roll.csv
	operator vote1 import --shared-keys --dry-run /root/roll.csv
	operator vote1 import --shared-keys /root/roll.csv
	voter --voter ada --key /root/ada.pem create board --group m \
	    --choice yes --choice no --end +20s
	voter --voter ada --key /root/ada.pem vote board yes

	# A host dies, and is restored.
	service_kill vote1 KILL
	voter --voter bob --key /root/ada.pem vote board no
	serves_now vote2
	service_start vote1
	wait_until 20 serves_now vote1
	wait_until 10 both_level

	# Its disk is lost.
	service_kill vote1 TERM
	on vote1 mv /var/lib/evote /var/lib/evote.old
	on vote1 install -d -o evote -g evote -m 700 /var/lib/evote
	service_start vote1
	wait_until 20 serves_now vote1
	wait_until 10 both_level

	# A copy, from the host that does not serve.
	service_kill vote2 TERM
	on vote2 cp -a /var/lib/evote /srv/evote-copy
	service_start vote2
	wait_until 15 both_level

	# A witness, and a host that falls silent.
	net_up w 10.77.0.4
	host_ready w
	echo "$witness" | on w tee -a /etc/evote/hosts
	key_ready w
	on w sed -i 's/^#role = .*/role = witness/' /etc/evote/evote.conf
	service_start w
	wait_until 10 operator vote1 arbiter witness "$witness"
	wait_until 10 decides "witness $witness"
	kill -STOP "$(<"$BATS_TEST_TMPDIR/vote1.pid")"
	voter --voter ada --key /root/ada.pem create second --group m \
	    --choice yes --end +1h
	serves_now vote2
	kill -CONT "$(<"$BATS_TEST_TMPDIR/vote1.pid")"
	wait_until 20 serves_now vote1
	wait_until 10 both_level

	# Upgraded one after the other.
	service_kill vote2 TERM
	installed vote2
	service_start vote2
	wait_until 15 both_level
	operator vote1 handover vote2
	wait_until 10 serves_now vote2
	service_kill vote1 TERM
	installed vote1
	on vote1 grep -x 'name = vote1' /etc/evote/evote.conf
	service_start vote1
	wait_until 20 serves_now vote1
	wait_until 20 voter result board
	[[ $(voter result board --csv | grep -c ',1') -ge 2 ]]

	# Removed: what counts stays.
	service_kill vote2 TERM
	on vote2 dpkg -P evote-server >>"$BATS_TEST_TMPDIR/dpkg.log" 2>&1
	on vote2 test -s /var/lib/evote/ledger.db
	if on vote2 test -e /etc/evote/evote.conf; then return 1; fi
	service_kill vote1 TERM
	service_kill w TERM
}

# supervised NAME [STRACE-OPTION...]: a server that has a supervisor, its system
# calls in NAME.
supervised() {
	NOTIFY_SOCKET=$dir/notify ASAN_OPTIONS=detect_leaks=0 strace -f \
	    -o "$dir/$1" -e trace=sendmsg,sendto,connect,listen,epoll_ctl \
	    "${@:2}" "${B:-build}/evote_server" \
	    --data "$dir/a" --name a --hosts "a=127.0.0.1:$(pair_port)" \
	    --no-portmap \
	    --admin-socket "$dir/sock" </dev/null >>"$dir/$1.log" 2>&1 3>&- &
	pid=$!
}

# What that thread, the first one, did before it said so.
before_ready() {
	awk 'NR == 1 { first = $1 } /READY=1/ { exit } $1 == first' "$dir/trace"
}

@test "a supervisor is told when the server can be called" {
	local dir=$BATS_TEST_TMPDIR pid watched
	"${B:-build}/evote_server" init --data "$dir/a" --origin x
	supervised trace
	wait_until 15 grep -q 'READY=1' "$dir/trace"
	kill "$(pgrep -P "$pid")"
	wait_until 10 process_gone "$pid"
	# After both doors are open.
	before_ready | grep -c 'listen(' | grep -x '[2-9]'
	# And not before all that the loop waits for is watched.
	watched=$(before_ready | grep -c 'epoll_ctl(')
	supervised trace2 -e "inject=epoll_ctl:error=ENOMEM:when=$watched"
	wait_until 15 process_gone "$pid"
	grep 'loop why=' "$dir/trace2.log"
	not_ready "$dir/trace2"
}

not_ready() {
	! grep 'READY=1' "$1"
}
