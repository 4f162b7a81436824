#!/usr/bin/env bats
#
# What a server is started on: it refuses what it cannot stand for.

load lib

# refused ARG...: the server ends by itself, unsuccessfully.
refused() {
	run timeout 5 "$PAIR_BIN/evote_server" "$@"
	if ((status == 0 || status >= 124)); then
		echo "exit status $status: $output"
		return 1
	fi
}

beta() {
	refused --name beta --hosts "$EVOTE_HOSTS" --data "$@"
}

@test "init: a directory in use, a file, no directory to make it in" {
	mkdir "$PAIR_DIR/used"
	touch "$PAIR_DIR/used/something"
	refused init --data "$PAIR_DIR/used"
	says "is not empty, and is no data directory"
	[[ $(ls "$PAIR_DIR/used") == something ]]
	refused init --data "$PAIR_DIR/used/something"
	says "is not a directory: name another one."
	refused init --data "$PAIR_DIR/no/where"
	pair_init
	before=$(cat "$PAIR_DIR/alpha/cluster.key")
	refused init --data "$PAIR_DIR/alpha"
	[[ $(cat "$PAIR_DIR/alpha/cluster.key") == "$before" ]]
}

@test "an empty directory needs a key; a missing or damaged key is named" {
	mkdir "$PAIR_DIR/beta"
	beta "$PAIR_DIR/beta"
	says "cluster's key"
	beta "$PAIR_DIR/beta" --cluster-key "$PAIR_DIR/nothing.key"
	says nothing.key
	echo "not a key" >"$PAIR_DIR/bad.key"
	beta "$PAIR_DIR/beta" --cluster-key "$PAIR_DIR/bad.key"
	says bad.key
	[[ ! -e $PAIR_DIR/beta/ledger.db && ! -e $PAIR_DIR/beta/incarnation ]]
}

@test "a hosts list that does not name this host, and lists with mistakes" {
	pair_init
	refused --data "$PAIR_DIR/alpha" --name gamma --hosts "$EVOTE_HOSTS"
	says gamma
	# A file that the options keep from being read.
	refused --data "$PAIR_DIR/alpha" --name alpha
	says "no hosts list is set: give --hosts, or --config /etc/evote/"
	for list in "" "," "alpha=" "alpha=a,alpha=b" "alpha=a:0" \
	    "alpha=a:99999" "@/no/such/file"; do
		refused --data "$PAIR_DIR/alpha" --name alpha --hosts "$list"
	done
	refused --data "$PAIR_DIR/alpha" --name alpha \
	    --hosts alpha=127.0.0.1 --no-portmap
	says port
}

@test "a second process on the same data is refused; the first goes on" {
	cluster_up people
	refused --data "$PAIR_DIR/alpha" --name alpha --hosts "$EVOTE_HOSTS"
	says "$(server_pid alpha)"
	election board 3600
}

@test "SIGHUP and its siblings end no server, and are logged" {
	local name signal
	cluster_up people
	witness_start witness
	for name in alpha beta witness; do
		for signal in PIPE XFSZ ALRM VTALRM PROF XCPU STKFLT PWR IO \
		    RTMIN RTMAX USR1 USR2 HUP; do
			kill "-$signal" "$(server_pid "$name")"
		done
		wait_until 10 logged "$name" 'signal=HUP.*only read at the start'
		for signal in USR1 XCPU PROF STKFLT RTMIN RTMAX; do
			wait_until 5 logged "$name" \
			    "signal=$(kill -l "$signal") .*has no effect"
		done
		server_lives "$name"
	done
	election board 3600
	for name in alpha beta witness; do
		kill -QUIT "$(server_pid "$name")"
		ended "$name"
		logged "$name" 'end signal=3'
	done
}

@test "another cluster's key for a directory in use is refused" {
	pair_init
	"$PAIR_BIN/evote_server" init --data "$PAIR_DIR/other"
	refused --data "$PAIR_DIR/alpha" --name alpha --hosts "$EVOTE_HOSTS" \
	    --cluster-key "$PAIR_DIR/other/cluster.key"
	says key
}

@test "a damaged ledger is named and not repaired" {
	cluster_up people
	server_stop alpha
	sqlite3 "$PAIR_DIR/alpha/ledger.db" \
	    "UPDATE record SET hash = zeroblob(32) WHERE seq = 1"
	sum=$(sqlite3 "$PAIR_DIR/alpha/ledger.db" 'SELECT count(*) FROM record')
	server_start alpha
	ended alpha
	logged alpha ledger
	[[ $sum == $(sqlite3 "$PAIR_DIR/alpha/ledger.db" \
	    'SELECT count(*) FROM record') ]]
}

@test "a long ledger is read at the start, and by a joiner" {
	pair_init
	"$PAIR_BIN/fill_ledger" "$PAIR_DIR/alpha" 30000
	[[ $(stat -c %a "$PAIR_DIR/alpha/ledger.db") == 600 ]]
	pair_up
	# The records of alpha's first reign come after those.
	(($(host_state beta size) > 30000))
}

@test "an older image of the disk does not serve" {
	cluster_up people
	server_stop alpha
	cp -a "$PAIR_DIR/alpha" "$PAIR_DIR/image"
	server_start alpha
	wait_until 10 level
	wait_until 10 serves alpha
	election board 6
	by_hand ada yes board
	server_kill alpha
	by_hand bob yes board
	rm -r "$PAIR_DIR/alpha"
	mv "$PAIR_DIR/image" "$PAIR_DIR/alpha"
	server_start alpha
	check_books board
}

@test "options from a file; the command line wins" {
	pair_init
	cat >"$PAIR_DIR/conf" <<-CONF
		# alpha
		data = $PAIR_DIR/alpha
		name = nobody
		hosts = $EVOTE_HOSTS
	CONF
	refused --config "$PAIR_DIR/conf"
	says nobody
	echo "colour = red" >>"$PAIR_DIR/conf"
	refused --config "$PAIR_DIR/conf" --name alpha
	says "line 5"
	refused --config "$PAIR_DIR/missing"
	says missing
}

@test "a joiner that dies before it is level goes on where it was" {
	pair_init --origin "$ORIGIN"
	"$PAIR_BIN/fill_ledger" "$PAIR_DIR/alpha" 30000
	server_start alpha
	wait_until 20 serves alpha
	# It has the primary's configuration by then, and a part of the ledger.
	EVOTE_CRASH_AT=store-after server_start beta
	wait_until 10 process_gone "$(server_pid beta)"
	server_start beta
	wait_until 20 level
}

@test "what a killed server wrote is synced before it counts" {
	local pid port
	cluster_up people
	server_kill beta
	server_kill alpha
	port=$(pair_port)
	ASAN_OPTIONS=detect_leaks=0 \
	    strace -f -y -e trace=fsync -o "$PAIR_DIR/trace" \
	    "$PAIR_BIN/evote_server" --data "$PAIR_DIR/alpha" --name alpha \
	    --hosts "alpha=127.0.0.1:$port,beta=127.0.0.1:$((port + 1))" \
	    --no-portmap \
	    --admin-socket "$PAIR_DIR/alpha.sock" \
	    </dev/null >>"$PAIR_DIR/alpha.log" 2>&1 3>&- &
	pid=$!
	wait_until 20 grep -q 'fsync(.*ledger.db-wal>' "$PAIR_DIR/trace"
	grep -q 'fsync(.*ledger.db>' "$PAIR_DIR/trace"
	kill "$(pgrep -P "$pid")"
	wait_until 10 process_gone "$pid"
}
