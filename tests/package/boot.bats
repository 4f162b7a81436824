#!/usr/bin/env bats
#
# The packages under a systemd that was booted: a fresh Debian in a container,
# where vote1 is the unit as it is shipped, and vote2, which nothing happens to,
# a copy of it.  One test, because a boot is dear: each step goes on where the
# one before it ended.

load ../../scripts/lib/wait
load ../../scripts/lib/bare
load lib

export BATS_TEST_TIMEOUT=900

setup_file() {
	cd "$BATS_TEST_DIRNAME/../.." || return 1
	export boot_lacks='' boot_dir='' boot_pid='' boot_init=''
	boot_lacks=$(boot_impossible)
	[[ -z $boot_lacks ]] || return 0
	deb=$(packages)
	boot_dir=$(mktemp -d "$(bare_place)/evote-boot.XXXXXX")
	# shellcheck disable=SC2046 # names
	boot_lacks=$(bare_make "$boot_dir/root" systemd-sysv rpcbind \
	    $(needed evote-client) $(needed evote-server)) || return 0
	boot_lacks=''
	boot_begin
}

teardown_file() {
	[[ -z $boot_pid ]] || boot_end
	[[ -z $boot_dir ]] || rm -rf --one-file-system "$boot_dir"
}

setup() {
	[[ -z $boot_lacks ]] || skip "$boot_lacks"
	deb=$(packages)
}

teardown() {
	[[ ${BATS_TEST_COMPLETED-} || -n $boot_lacks ]] ||
		there journalctl --no-pager -n 30 -o cat
}

# ---- the container ---------------------------------------------------------------

boot_impossible() {
	if ! command -v systemd-nspawn >/dev/null; then
		echo "no systemd-nspawn"
	else
		BARE_NEEDS_MB=1000 bare_possible || true
	fi
}

# What a package depends on that is not made here.
needed() {
	dpkg-deb -f "$deb/$1"_*.deb Depends | tr , '\n' |
		awk '$1 !~ /^evote-/ { print $1 }'
}

# It ends with us, and its mounts with it.  None of ours is in it so far: what
# does not boot is the machine's.
boot_begin() {
	unshare --mount --propagation private setpriv --pdeathsig KILL \
	    systemd-nspawn --quiet -D "$boot_dir/root" --boot --register=no \
	    --keep-unit --private-network --console=pipe \
	    </dev/null >"$boot_dir/console" 2>&1 3>&- &
	boot_pid=$!
	wait_until 60 boot_settled
	booted || boot_lacks="systemd does not boot in a container: $(
	    grep . "$boot_dir/console" | tail -n 1)"
}

boot_settled() {
	booted || process_gone "$boot_pid"
}

booted() {
	boot_init=$(pgrep -P "$boot_pid") &&
		[[ $(there systemctl is-system-running) == @(running|degraded) ]]
}

boot_end() {
	kill "$boot_pid" 2>/dev/null || true
	wait_until 30 process_gone "$boot_pid" || kill -KILL "$boot_pid"
	wait "$boot_pid" || true
	boot_groups | while read -r dir; do
		find "$dir" -depth -type d -exec rmdir {} \;
	done 2>/dev/null
}

# Those that systemd-nspawn makes below our own, and cannot remove itself.
boot_groups() {
	awk -F: -v root=/sys/fs/cgroup '
	    function both(dir) { print dir "/payload"; print dir "/supervisor" }
	    $1 == 0 { both(root $3); both(root "/unified" $3) }
	    $2 == "name=systemd" { both(root "/systemd" $3) }
	    ' /proc/self/cgroup
}

# there CMD...: as root, in the container.
there() {
	nsenter -t "$boot_init" --mount --uts --ipc --net --pid -- \
	    env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@"
}

bring() {
	there tee "$1" >/dev/null
}

# ---- the two hosts ---------------------------------------------------------------

property() {
	there systemctl show --property "$1" --value evote-server
}

started() {
	timeout 60 nsenter -t "$boot_init" -a systemctl start "$1"
}

voter() {
	there evote_client --hosts @/etc/evote/hosts --state /root/state "$@"
}

vote() {
	voter --voter "$1" --key /root/ada.pem vote board "$2"
}

# again CMD...: after that systemd starts it once more, and it has the service.
again() {
	local before

	before=$(property NRestarts)
	"$@"
	wait_until 60 back $((before + 1))
}

back() {
	(($(property NRestarts) == $1)) && serves_now vote1 && both_level
}

unit_kill() {
	there systemctl kill --kill-whom=main --signal="$1" evote-server
}

# The unit as it is, with directories and a configuration of its own.
second_host() {
	there sed -e '/Directory=/s/evote/vote2/' \
	    -e 's,/etc/evote/evote.conf,/etc/vote2.conf,' \
	    /lib/systemd/system/evote-server.service |
		bring /etc/systemd/system/vote2.service
	there sed -e 's/^name = .*/name = vote2/' \
	    -e 's,/var/lib/evote,/var/lib/vote2,' \
	    -e 's,/run/evote,/run/vote2,' \
	    -e 's/^#no-portmap = no/no-portmap = yes/' \
	    /etc/evote/evote.conf | bring /etc/vote2.conf
	there systemctl daemon-reload
}

configured() {
	printf 'vote1=127.0.0.1\nvote2=127.0.0.1:17002\n' |
		bring /etc/evote/hosts
	there runuser -u evote -- evote_server init --origin vote.example.org
	there install -o evote -g evote -m 600 /var/lib/evote/cluster.key \
	    /etc/evote/cluster.key
	there sed -i -e 's/^#name = .*/name = vote1/' \
	    -e 's/^#cluster-key/cluster-key/' \
	    -e 's/^#hang-ms = .*/hang-ms = 1000/' /etc/evote/evote.conf
}

board() {
	local key

	key=$(there evote_client keygen /root/ada.pem 2>/dev/null |
	    grep -oE '[A-Za-z0-9+/]{43}=')
	{
		echo "name,group,public key"
		printf "%s,m,$key\n" ada bob carol dave eve
	} | bring /root/roll.csv
	there evote_client --admin /run/evote/admin.sock \
	    import --shared-keys /root/roll.csv
	voter --voter ada --key /root/ada.pem create board --group m \
	    --choice yes --choice no --end +1h
}

# It is installed, waits for its hosts list, and is ready when it says so.
is_ready_when_it_says_so() {
	tar -c -C "$deb" --wildcards . | there tar -x -C /root
	there sh -c 'dpkg -i /root/evote-client_*.deb /root/evote-server_*.deb'
	[[ $(there systemctl is-enabled evote-server) == enabled ]]
	[[ $(property ActiveState) == inactive ]]
	configured
	second_host
	started vote2
	started evote-server
	# Nobody waits for it now.
	there evote_client --admin /run/evote/admin.sock hosts
	wait_until 20 serves_now vote1
	wait_until 20 both_level
	board
	vote ada yes
}

# Who reads needs neither a home nor a directory for state.
reads_without_a_home() {
	bring /etc/systemd/system/reads.service <<-'END'
		[Service]
		Type=oneshot
		User=nobody
		ProtectSystem=strict
		ProtectHome=yes
		UnsetEnvironment=HOME
		ExecStart=evote_client --hosts @/etc/evote/hosts status
	END
	there systemctl daemon-reload
	started reads
}

# Killed, it is started again; hung up on, it goes on.
is_killed_and_hung_up_on() {
	local pid

	again unit_kill KILL
	vote bob no
	pid=$(property MainPID)
	unit_kill HUP
	vote carol yes
	[[ $(property MainPID) == "$pid" ]]
	serves_now vote1
}

# As it is numbered out here.
main_pid() {
	pgrep --ns "$boot_init" --nslist pid \
	    -f '^/usr/sbin/evote_server --config /etc/evote/'
}

# No sync of its disk comes back, until the other host serves.
disk_hangs() {
	local pid

	pid=$(main_pid)
	strace -f -qq -o /dev/null -p "$pid" -e trace=fdatasync,fsync \
	    -e inject=fdatasync,fsync:delay_enter=600000000 \
	    </dev/null >"$BATS_TEST_TMPDIR/strace" 2>&1 3>&- &
	wait_until 10 grep -E 'TracerPid:.*[1-9]' "/proc/$pid/status"
	vote dave no
	wait_until 20 serves_now vote2
	kill -KILL $!
}

# With a disk that hangs it ends, and comes back with the disk.
has_a_disk_that_hangs() {
	again disk_hangs
}

# One that stands still is ended by the watchdog, and started again.
stands_still() {
	again unit_kill STOP
	there journalctl -u evote-server | grep -i 'watchdog timeout'
	vote eve yes
}

# The same, with a higher version.
next_version() {
	local dir=$BATS_TEST_TMPDIR/next name

	for name in client server; do
		dpkg-deb -R "$deb/evote-$name"_*.deb "$dir.$name"
		sed -i 's/^Version: .*/&+next/; s/\(evote-client (= [^)]*\)/\1+next/' \
		    "$dir.$name/DEBIAN/control"
		dpkg-deb -b --root-owner-group "$dir.$name" "$dir.$name.deb"
		bring "/root/$name.next.deb" <"$dir.$name.deb"
	done
}

# Upgraded while it serves; its voters notice nothing.
is_upgraded_while_it_serves() {
	local installing pid

	next_version
	pid=$(property MainPID)
	there sh -c 'dpkg -i /root/*.next.deb' >"$BATS_TEST_TMPDIR/dpkg" 2>&1 3>&- &
	installing=$!
	while ! process_gone "$installing"; do
		voter elections
	done
	wait "$installing" || { cat "$BATS_TEST_TMPDIR/dpkg"; false; }
	there dpkg -s evote-server | grep '^Version: .*+next$'
	[[ $(property MainPID) != "$pid" ]]
	wait_until 20 serves_now vote1
	wait_until 20 both_level
	there grep -x 'name = vote1' /etc/evote/evote.conf
}

# Whatever has its name.
left() {
	there find /etc /run /usr /var '(' -path /var/log -o -path /var/tmp ')' \
	    -prune -o -name '*evote*' -print | sort
}

# Purged, it leaves the ledger, the key and the list of hosts.
is_purged() {
	there dpkg -P evote-server evote-client
	diff <(left) - <<-'END'
		/etc/evote
		/var/lib/evote
	END
	diff <(there ls /etc/evote) <(printf '%s\n' cluster.key hosts)
	there test -s /var/lib/evote/ledger.db
	[[ -z $(main_pid) ]]
}

@test "a systemd with the packages: start, kill, hang-up, hung disk, watchdog, upgrade, purge" {
	is_ready_when_it_says_so
	reads_without_a_home
	is_killed_and_hung_up_on
	has_a_disk_that_hangs
	stands_still
	is_upgraded_while_it_serves
	is_purged
}
