# shellcheck shell=bash
# shellcheck disable=SC2154 # run sets work, the ports, what is there
#
# PostgreSQL and Redis, each a primary and a replica that has synced before an
# operation is answered.  To be sourced by run.

# ---- PostgreSQL ------------------------------------------------------------------

pg() {
	local bin
	bin=$(compgen -G '/usr/lib/postgresql/*/bin' | sort -V | tail -n 1)
	runuser -u postgres -- "$bin/$1" "${@:2}"
}

postgres_begin() {
	compgen -G '/usr/lib/postgresql/*/bin/pg_ctl' >/dev/null &&
		id postgres >/dev/null 2>&1 && ((EUID == 0)) || return 1
	pg_dir=$work/pg
	chmod 711 "$work"
	install -d -o postgres -m 700 "$pg_dir"
	pg initdb -D "$pg_dir/primary" --auth trust >/dev/null
	tee -a "$pg_dir/primary/postgresql.conf" >/dev/null <<-END
		listen_addresses = '127.0.0.1'
		unix_socket_directories = ''
		max_connections = 300
		synchronous_commit = on
	END
	pg pg_ctl -D "$pg_dir/primary" -o "-p $PG_PORT" -w -s \
	    -l "$pg_dir/log" start
	pg pg_basebackup -h 127.0.0.1 -p "$PG_PORT" -D "$pg_dir/standby" -R \
	    -X stream
	pg pg_ctl -D "$pg_dir/standby" -o "-p $((PG_PORT + 1))" -w -s \
	    -l "$pg_dir/log2" start
	sql "ALTER SYSTEM SET synchronous_standby_names = '*'"
	sql "SELECT pg_reload_conf()"
	sql "CREATE TABLE votes (election int, voter bigint, request bigint
	    UNIQUE, choice text, PRIMARY KEY (election, voter))"
	cat >"$work/vote.sql" <<-'END'
		\set v random(1, 1000000000000)
		INSERT INTO votes VALUES (1, :v, :v, repeat('v', 120));
	END
	chmod 755 "$work/vote.sql"
}

sql() {
	pg psql -q -h 127.0.0.1 -p "$PG_PORT" -d postgres -c "$1" >/dev/null
}

# Latencies of single transactions are in pgbench's log, in us.
postgres_measure() {
	local log=$pg_dir/bench n

	rm -f "$log".*
	pg pgbench -n -M prepared -h 127.0.0.1 -p "$PG_PORT" -c "$1" \
	    -j "$(($1 < 2 ? 1 : 2))" -T "$SECONDS_EACH" -f "$work/vote.sql" \
	    -l --log-prefix="$log" postgres >"$work/pgbench.out" 2>&1
	cat "$log".* | awk '{ print $3 }' | sort -n >"$work/pg.us"
	n=$(wc -l <"$work/pg.us")
	jq -nc --argjson c "$1" --argjson n "$n" \
	    --argjson rate "$(awk '/^tps/ { print $3 }' "$work/pgbench.out")" \
	    --argjson p50 "$(sed -n "$((n / 2 + 1))p" "$work/pg.us")" \
	    --argjson p99 "$(sed -n "$((n * 99 / 100 + 1))p" "$work/pg.us")" \
	    --argjson p999 "$(sed -n "$((n * 999 / 1000 + 1))p" "$work/pg.us")" \
	    '{system: "postgres-sync", connections: $c, rate: $rate,
		p50_us: $p50, p99_us: $p99, p999_us: $p999, n: $n, failed: 0}'
}

postgres_end() {
	[[ -n ${pg_dir-} ]] || return 0
	pg pg_ctl -D "$pg_dir/standby" -m immediate -s stop || true
	pg pg_ctl -D "$pg_dir/primary" -m immediate -s stop || true
}

# ---- Redis -----------------------------------------------------------------------

redis_begin() {
	local n
	local -a of=()
	command -v redis-server >/dev/null || return 1
	for n in 0 1; do
		((n == 0)) || of=(--replicaof "127.0.0.1 $REDIS_PORT")
		mkdir "$work/redis$n"
		redis-server --port $((REDIS_PORT + n)) --bind 127.0.0.1 \
		    --dir "$work/redis$n" --save '' --appendonly yes \
		    --appendfsync always --daemonize no \
		    "${of[@]}" \
		    >"$work/redis$n.log" 2>&1 &
		redis_pids+=($!)
	done
	# shellcheck disable=SC2034 # cpu_ticks reads it
	cpu_of[redis]="${redis_pids[*]}"
	wait_until 15 redis_level
}

redis_level() {
	redis-cli -p "$REDIS_PORT" info replication | grep -q 'state=online'
}

redis_end() {
	local pid
	for pid in "${redis_pids[@]}"; do
		kill "$pid" 2>/dev/null || true
	done
}

redis_pids=()
