#!/usr/bin/env bats
#
# A safe copy of a running host, a host restored from it, and what a start would
# meet.

load lib

server() {
	"$PAIR_BIN/evote_server" "$@"
}

export_of() {
	server export --data "$PAIR_DIR/$1" "$PAIR_DIR/$2"
}

# restored HOST COPY: its directory, made anew.
restored() {
	mkdir -p "$PAIR_DIR/keys"
	cp -n "$PAIR_DIR/alpha/cluster.key" "$PAIR_DIR/keys/cluster.key"
	rm -rf "${PAIR_DIR:?}/$1"
	server import --data "$PAIR_DIR/$1" \
	    --cluster-key "$PAIR_DIR/keys/cluster.key" "$PAIR_DIR/$2"
}

@test "a copy of a running host, taken while people vote, joins again" {
	cluster_up people crowd
	election club 10
	start_voting club
	wait_until 10 test -s "$PAIR_DIR/votes"
	for i in 1 2 3; do
		exits 0 export_of alpha "copy$i"
		says "It holds all ballots"
	done
	server_kill alpha
	wait_until 10 serves beta
	exits 0 restored alpha copy3
	says "as a host that is not in sync"
	[[ $(cat "$PAIR_DIR/alpha/incarnation") != $(cat "$PAIR_DIR/beta/incarnation") ]]
	server_start alpha
	wait_until 15 joined
	check_books club
	exits 1 export_of alpha copy3
	says "is there already"
}

@test "a copy alone serves only by force, with what it holds" {
	cluster_up people
	election club 3600
	as ada vote club yes
	exits 0 export_of beta copy
	as bob vote club no
	server_kill alpha
	server_kill beta
	exits 0 restored alpha copy
	server_start alpha
	sleep 1
	[[ $(host_state alpha role) == waiting ]]
	epoch=$(host_state alpha epoch)
	exits 0 admin alpha promote --force --epoch "$epoch" --accept-loss
	wait_until 10 serves alpha
	export EVOTE_STATE=$PAIR_DIR/new-state
	exits 0 as bob vote club no
	exits 1 as ada vote club no
	says "a previous vote"
}

@test "what is no copy is not imported, nor a copy taken for a ledger" {
	cluster_up people
	exits 0 export_of alpha copy
	server_kill alpha
	exits 0 server audit --data "$PAIR_DIR/alpha"
	cp "$PAIR_DIR/alpha/ledger.db" "$PAIR_DIR/old"
	exits 1 restored gamma old
	says "is not a copy"
	head -c 5000 "$PAIR_DIR/copy" >"$PAIR_DIR/cut"
	exits 1 restored gamma cut
	exits 1 restored gamma nowhere
	says "cannot read $PAIR_DIR/nowhere: No such file or directory"
	exits 1 server audit --data "$PAIR_DIR/copy"
	says "$PAIR_DIR/copy is a copy: make a directory of it with"
	exits 1 server audit --data "$PAIR_DIR/old"
	says "$PAIR_DIR/old is no directory: name a data directory"
	server_kill beta
	exits 1 server import --data "$PAIR_DIR/beta" \
	    --cluster-key "$PAIR_DIR/alpha/cluster.key" "$PAIR_DIR/copy"
	says "is a data directory already"
	exits 2 server import --data "$PAIR_DIR/gamma" "$PAIR_DIR/copy"
	rm "$PAIR_DIR/alpha/ledger.db"*
	cp "$PAIR_DIR/copy" "$PAIR_DIR/alpha/ledger.db"
	exits 1 server audit --data "$PAIR_DIR/alpha"
	says "$PAIR_DIR/alpha/ledger.db is a copy: make a directory of it with"
	server_start alpha || true
	wait_until 10 ended alpha
	logged alpha "not a ledger of evote"
	exits 0 restored gamma copy
	exits 0 server audit --data "$PAIR_DIR/gamma"
}

@test "last year's ledger does not serve under this year's key" {
	cluster_up people
	exits 0 export_of alpha copy
	server_kill alpha
	exits 0 server init --data "$PAIR_DIR/year"
	mkdir "$PAIR_DIR/keys"
	cp "$PAIR_DIR/year/cluster.key" "$PAIR_DIR/keys/year.key"
	exits 1 server import --data "$PAIR_DIR/gamma" \
	    --cluster-key "$PAIR_DIR/keys/year.key" "$PAIR_DIR/copy"
	says "name the key of that time"
	[[ ! -e $PAIR_DIR/gamma ]]
	# Nor where somebody has put that key into its directory.
	cp "$PAIR_DIR/alpha/cluster.key" "$PAIR_DIR/keys/cluster.key"
	cp "$PAIR_DIR/keys/year.key" "$PAIR_DIR/alpha/cluster.key"
	exits 1 server check --data "$PAIR_DIR/alpha" --no-portmap \
	    --name alpha --hosts "alpha=127.0.0.1:${PAIR_PORT:-17775}"
	says "was made with another cluster's key"
	server_start alpha || true
	wait_until 10 ended alpha
	logged alpha "of=another-key"
	cp "$PAIR_DIR/keys/cluster.key" "$PAIR_DIR/alpha/cluster.key"
	server_start alpha
	wait_until 15 joined
}

@test "an older version's copy does not say whose it is, and that is told" {
	cluster_up people
	exits 0 export_of alpha copy
	python3 -c 'import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
db.execute("DROP TABLE mark")
db.commit()' "$PAIR_DIR/copy"
	exits 0 restored gamma copy
	says "does not say to which cluster"
	says "$(client status | sed -n 's/^TLS pin: //p')"
}

# unwritten STATUS SENTENCE ARG...: the command ends so where nothing can be
# written, and says so.
unwritten() {
	# shellcheck disable=SC2016 # expanded there
	exits "$1" bash -c '"$0" "$@" >/dev/full' \
	    "$PAIR_BIN/evote_server" "${@:3}"
	says "evote_server: The $2"
	says "could not be written: No space left on device."
}

@test "what a server's command could not write out is told" {
	local lost="command was carried out, but its answer" new=$PAIR_DIR/new
	local check=(check --data "$new" --no-portmap --name alpha
	    --hosts "alpha=127.0.0.1:${PAIR_PORT:-17775}")

	unwritten 2 "$lost" init --data "$new"
	unwritten 2 "$lost" "${check[@]}"
	unwritten 1 answer "${check[@]}" --admin-socket "$new/none/socket"
	unwritten 2 "$lost" audit --data "$new"
	unwritten 2 "$lost" audit --json --data "$new"
	unwritten 2 "$lost" export --data "$new" "$PAIR_DIR/copy"
	cp "$new/cluster.key" "$PAIR_DIR/kept.key"
	unwritten 2 "$lost" import --data "$PAIR_DIR/other" \
	    --cluster-key "$PAIR_DIR/kept.key" "$PAIR_DIR/copy"
	unwritten 2 "$lost" --help
	unwritten 2 "$lost" --version
	exits 0 server audit --data "$PAIR_DIR/other"
}

# spoil_log HOST: a block in the middle of its write-ahead log is lost.
spoil_log() {
	local log=$PAIR_DIR/$1/ledger.db-wal
	local block=$(($(stat -c %s "$log") / 8192))

	((block > 2))
	tr '\0' '\245' </dev/zero | dd of="$log" bs=4096 seek="$block" count=1 \
	    iflag=fullblock conv=notrunc status=none
}

# sql HOST STATEMENT
sql() {
	python3 -c 'import sqlite3, sys
db = sqlite3.connect(sys.argv[1]); db.execute(sys.argv[2]); db.commit()' \
	    "$PAIR_DIR/$1/ledger.db" "$2"
}

@test "a damaged log: no start with it, no audit, no copy, and nothing is lost" {
	local i
	cluster_up people
	for i in {1..8}; do
		election "e$i" 3600
	done
	server_kill alpha
	wait_until 10 serves beta
	server_kill beta
	spoil_log alpha
	exits 1 export_of alpha copy
	says "is not what was written"
	[[ ! -e $PAIR_DIR/copy ]]
	exits 1 server audit --data "$PAIR_DIR/alpha"
	says "is not what was written"
	exits 1 check_of alpha
	says "is not what was written"
	server_start alpha || true
	ended alpha
	logged alpha "is not what was written"
	server_start beta
	wait_until 10 serves beta
	for i in {1..8}; do
		exits 0 as ada show "e$i"
	done
}

@test "a ledger and a configuration of two clusters: no server starts with them" {
	cluster_up people
	server_stop alpha
	server init --data "$PAIR_DIR/other"
	cp "$PAIR_DIR/other/ledger.db" "$PAIR_DIR/alpha/ledger.db"
	server_start alpha || true
	ended alpha
	logged alpha "was made with another cluster's key"
}

@test "an export that is interrupted leaves nothing behind" {
	local pid
	cluster_up people
	EVOTE_FAILPOINT=copy-slow "$PAIR_BIN/evote_server" export \
	    --data "$PAIR_DIR/alpha" "$PAIR_DIR/copy" 3>&- &
	pid=$!
	until compgen -G "$PAIR_DIR/copy.*.part/ledger.db"; do
		kill -0 "$pid"
	done
	kill -TERM "$pid"
	status=0
	wait "$pid" || status=$?
	echo "exit status $status"
	((status == 128 + 15))
	not compgen -G "$PAIR_DIR/copy*"
}

# The server's programs as a user would run them, not as root.
powerless() {
	local powers=()

	((EUID != 0)) ||
		powers=(setpriv "--bounding-set=-dac_override,-dac_read_search")
	"$@"
}

check_of() {
	local portmap=()

	[[ -n ${NET_DIR-} ]] || portmap=(--no-portmap)
	host_run "$1" "${powers[@]}" "$PAIR_BIN/evote_server" check --data "$PAIR_DIR/$1" \
	    --name "$1" --hosts "$EVOTE_HOSTS" \
	    --admin-socket "$PAIR_DIR/$1.sock" "${portmap[@]}" "${@:2}"
}

@test "check before a start: what is right, and what is not" {
	local file beta port=$((${PAIR_PORT:-17775} + 2))

	beta=$(listed beta)
	cluster_up people
	exits 0 check_of alpha
	says "A server is running with this directory"
	says "alpha runs already"
	server_stop alpha
	before=$(ls -la --time-style=full-iso "$PAIR_DIR/alpha")
	exits 0 check_of alpha
	says "alpha is $(address alpha), this machine"
	says "of this version's format"
	[[ -z ${NET_DIR-} ]] || says "The portmapper answers"
	says "Nothing is wrong: alpha can be started"
	[[ $(ls -la --time-style=full-iso "$PAIR_DIR/alpha") == "$before" ]]
	exits 1 check_of alpha --cluster-key /dev/null
	says "is not a cluster key"
	"$PAIR_BIN/evote_server" init --data "$PAIR_DIR/other"
	exits 1 check_of alpha --cluster-key "$PAIR_DIR/other/cluster.key"
	says "name the right key, or an empty directory"
	exits 1 check_of alpha --admin-socket "$PAIR_DIR/none/admin.sock"
	says "make that directory for the server's user, or set another"
	exits 1 check_of alpha --admin-socket "$(printf '/%0200d' 0)"
	says "set a shorter admin-socket"
	cp "$PAIR_DIR/alpha/ledger.db" "$PAIR_DIR/whole.db"
	head -c 5000 /dev/zero >"$PAIR_DIR/alpha/ledger.db"
	exits 1 check_of alpha
	says "ledger.db: file is not a database; move the directory aside"
	not says "audit"
	mv "$PAIR_DIR/whole.db" "$PAIR_DIR/alpha/ledger.db"
	mkdir "$PAIR_DIR/empty"
	exits 1 check_of alpha --data "$PAIR_DIR/empty"
	says "set cluster-key"
	exits 0 check_of alpha --data "$PAIR_DIR/empty" \
	    --cluster-key "$PAIR_DIR/alpha/cluster.key"
	says "this host will join"
	exits 1 check_of alpha --data "$PAIR_DIR/none"
	says "make it: install -d -o"
	exits 0 check_of alpha --data "$PAIR_DIR/empty" --role witness \
	    --cluster-key "$PAIR_DIR/alpha/cluster.key" --name w \
	    --hosts "$EVOTE_HOSTS,w=$(address alpha):$port"
	says "this witness is a new one"
	mkdir -m 000 "$PAIR_DIR/denied"
	exits 1 powerless check_of alpha --data "$PAIR_DIR/denied"
	says "cannot be read: Permission denied; give all of it to"
	says "chown -R"
	exits 1 check_of alpha \
	    --hosts "$(listed alpha),beta=no-such-name.invalid"
	says "beta: the name no-such-name.invalid"
	exits 0 check_of alpha --hosts "alpha=192.0.2.1:$port,$beta"
	says "is no address of this machine"
	exits 2 check_of alpha --hosts "$beta"
	host_exec alpha python3 -c 'import socket, sys, time
s = socket.socket(); s.bind(("", int(sys.argv[1]))); s.listen(); time.sleep(30)' \
	    "$port" 3>&- &
	wait_until 5 host_run alpha bash -c "true </dev/tcp/127.0.0.1/$port"
	exits 1 check_of alpha --hosts "alpha=$(address alpha):$port,$beta"
	says "Port $port cannot be used"
	kill %1
	for file in incarnation host.key; do
		cp "$PAIR_DIR/alpha/$file" "$PAIR_DIR/kept"
		echo none >"$PAIR_DIR/alpha/$file"
		exits 1 check_of alpha
		says "$PAIR_DIR/alpha/$file"
		cp "$PAIR_DIR/kept" "$PAIR_DIR/alpha/$file"
	done
	sql alpha "UPDATE state SET accepted = 99"
	exits 1 check_of alpha
	says "this host has accepted 99: it is an old one"
	rm "$PAIR_DIR/alpha/incarnation"
	exits 1 check_of alpha
	says "is no data directory"
	says "move its contents elsewhere"
}

@test "check and the log tell of secrets that others may read" {
	local file given=$PAIR_DIR/given.key
	cluster_up people
	not logged beta 'secret file='
	server_stop beta
	cp "$PAIR_DIR/beta/cluster.key" "$given"
	exits 0 check_of beta --cluster-key "$given"
	for file in "$PAIR_DIR"/beta/{cluster.key,host.key,ledger.db} "$given"; do
		chmod 640 "$file"
		exits 1 check_of beta --cluster-key "$given"
		says "$file can be read by other users"
		says "&& chmod 600 $file"
		says "1 thing is wrong"
		chmod 602 "$file"
		exits 1 check_of beta --cluster-key "$given"
		says "$file can be changed by other users"
		chmod 600 "$file"
	done
	((EUID != 0)) || {
		chown 12345 "$given"
		exits 1 check_of beta --cluster-key "$given"
		says "$given belongs to another user"
		chown 0 "$given"
	}
	# It is told, and the election goes on.
	chmod 644 "$PAIR_DIR/beta/host.key" "$PAIR_DIR/alpha/cluster.key"
	server_start beta
	wait_until 15 level
	logged beta "alarm.*secret file=$PAIR_DIR/beta/host.key why=.can be read"
	logged beta "secret file=$PAIR_DIR/alpha/cluster.key"
	not logged beta "secret file=$PAIR_DIR/beta/cluster.key"
}

@test "status has an alarm while others may read a secret" {
	local key=$PAIR_DIR/beta/host.key
	cluster_up people
	wait_until 10 exits 0 client status
	chmod 644 "$key" "$PAIR_DIR/beta/ledger.db"
	wait_until 10 alarms beta "can read or change $key, $PAIR_DIR/beta/ledger.db."
	alarms beta 'assume that whoever could read a key knows it'
	not alarms alpha 'can read or change'
	logged beta "alarm.*secret file=$key why=.can be read"
	exits 5 client status
	says 'ALARM: Other users of this host can read'
	exits 0 client status --prometheus
	says 'evote_alarm{host="beta"} 1'
	# It is more urgent than that the other host is away.
	server_kill alpha
	wait_until 10 alone beta
	[[ $(host_state beta alarm) == 'Other users of this host'* ]]
	server_start alpha
	wait_until 15 level
	chmod 600 "$key" "$PAIR_DIR/beta/ledger.db"
	wait_until 10 exits 0 client status
	logged beta 'secret files=private'
	not alarms beta 'can read or change'
}
