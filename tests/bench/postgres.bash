# shellcheck shell=bash
# shellcheck disable=SC2154 # who sources this sets work and PG_PORT
#
# PostgreSQL: a primary and a standby that has synced a transaction before it
# is answered.  As root, because it wants a user of its own.  To be sourced
# after outside.bash.
#
#	postgres_there		whether it is installed, and we are root
#	postgres_up		primary at $PG_PORT, standby at the next port
#	postgres_down
#	postgres_pids NAME...	of primary, of standby: all of their processes
#	postgres_drive CLIENTS SECONDS
#	sql PORT STATEMENT	prints what it answers

postgres_there() {
	pg_bin=$(compgen -G '/usr/lib/postgresql/*/bin' | sort -V |
	    tail -n 1) && [[ -x $pg_bin/pg_ctl ]] &&
		command -v pgrep >/dev/null && id postgres >/dev/null 2>&1 &&
		((EUID == 0)) && pg_run test -x "$PWD"
}

pg() {
	pg_run "$pg_bin/$1" "${@:2}"
}

pg_run() {
	setpriv --reuid postgres --regid postgres --init-groups "$@"
}

sql() {
	pg psql -qtA -h 127.0.0.1 -p "$1" -d postgres -c "$2"
}

postgres_up() {
	pg_dir=$work/pg
	chmod 711 "$work"
	install -d -o postgres -m 700 "$pg_dir"
	pg initdb -D "$pg_dir/primary" --auth trust >/dev/null
	tee -a "$pg_dir/primary/postgresql.conf" >/dev/null <<-END
		listen_addresses = '127.0.0.1'
		unix_socket_directories = ''
		max_connections = 300
		synchronous_commit = on
		# What a killed one leaves goes with its directory.
		dynamic_shared_memory_type = mmap
	END
	postgres_start primary "$PG_PORT"
	sql "$PG_PORT" "CREATE TABLE votes (election int, voter bigint,
	    request bigint UNIQUE, choice text, PRIMARY KEY (election, voter))"
	postgres_follow standby "$((PG_PORT + 1))" "$PG_PORT"
}

# postgres_start NAME PORT
postgres_start() {
	pg pg_ctl -D "$pg_dir/$1" -o "-p $2" -w -s -l "$pg_dir/$1.log" start
}

# postgres_follow NAME PORT OF: a new standby, which OF waits for from now on
postgres_follow() {
	pg pg_basebackup -h 127.0.0.1 -p "$3" -D "$pg_dir/$1" -R -X stream \
	    -c fast
	postgres_start "$1" "$2"
	sql "$3" "ALTER SYSTEM SET synchronous_standby_names = '*'"
	sql "$3" "SELECT pg_reload_conf()" >/dev/null
	wait_until 20 postgres_level "$3"
}

postgres_level() {
	[[ $(sql "$1" "SELECT sync_state FROM pg_stat_replication") == sync ]]
}

postgres_pids() {
	local name pid
	for name; do
		pid=$(head -n 1 "$pg_dir/$name/postmaster.pid") || return 0
		echo "$pid"
		pgrep -P "$pid" || true
	done
}

# It asks nothing before all clients are connected.
postgres_has() {
	(($(postgres_pids primary | wc -l) >= $1))
}

postgres_down() {
	local name
	[[ -n ${pg_dir-} ]] || return 0
	for name in standby primary; do
		[[ ! -e $pg_dir/$name/postmaster.pid ]] ||
			pg pg_ctl -D "$pg_dir/$name" -m immediate -s stop ||
			true
	done
}

# Latencies of single transactions are in pgbench's log: the third column, us,
# and in the last two when it was over.
postgres_drive() {
	local log=$pg_dir/bench seconds backends

	backends=$(($(postgres_pids primary | wc -l) + $1))
	# Its clock runs from before it connects.
	seconds=$(($(outside_seconds "$2") + 2 + $1 / 64))
	rm -f "$log".*
	cat >"$work/vote.sql" <<-'END'
		\set v random(1, 4611686018427387904)
		INSERT INTO votes VALUES (1, :v, :v, repeat('v', 120));
	END
	chmod 755 "$work/vote.sql"
	pg pgbench -n -M prepared -h 127.0.0.1 -p "$PG_PORT" -c "$1" \
	    -j "$(($1 < 2 ? 1 : 2))" -T "$seconds" -f "$work/vote.sql" \
	    -l --log-prefix="$log" postgres >"$work/pgbench.out" 2>&1 &
	wait_until 20 postgres_has "$backends"
	outside_watch "$2" postgres_pids primary standby
	wait "$!" || { cat "$work/pgbench.out" >&2; return 1; }
	cat "$log".* | awk '{ printf "%.0f %d\n", $5 * 1e6 + $6, $3 }' |
		outside_result postgres-sync "$1" 0
}
