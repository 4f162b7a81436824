# shellcheck shell=bash
# shellcheck disable=SC2154 # failover sets work and the ports
#
# Others' primaries are killed: PostgreSQL's, whose standby is promoted at once,
# and Redis's, under three sentinels.  To be sourced by failover.

# ---- PostgreSQL ------------------------------------------------------------------

system_postgres-sync() {
	local run primary=primary standby=standby port=$PG_PORT

	if ! postgres_there || [[ ! -x $B/writer_postgres ]]; then
		echo "postgres-sync: not installed here: left out"
		return
	fi
	postgres_up
	writer_start "$B/writer_postgres" "host=127.0.0.1,127.0.0.1 \
	    port=$PG_PORT,$((PG_PORT + 1)) user=postgres dbname=postgres \
	    target_session_attrs=read-write connect_timeout=2"
	for ((run = 1; run <= PEER_RUNS; run++)); do
		step "failover: postgres-sync, $run of $PEER_RUNS"
		postgres_kill
	done
	writer_stop
	postgres_down
}

# The two change places each time; the dead one is made anew from the other.
postgres_kill() {
	local pids other=$((2 * PG_PORT + 1 - port))

	mapfile -t pids < <(postgres_pids "$primary")
	writer_goes_on
	mark
	kill -KILL "${pids[@]}"
	pg pg_ctl -D "$pg_dir/$standby" -W -s promote
	writer_goes_on
	note postgres-sync killed
	ipcrm -m "$(awk 'NR == 7 { print $2 }' \
	    "$pg_dir/$primary/postmaster.pid")"
	rm -rf "${pg_dir:?}/$primary"
	postgres_follow "$primary" "$port" "$other"
	read -r primary standby port <<<"$standby $primary $other"
}

# ---- Redis -----------------------------------------------------------------------

# What it takes at least: sentinels look ten times a second, and wait up to a
# second by chance before one asks to be the leader.
SENTINEL_DOWN_MS=100 SENTINEL_TIMEOUT_MS=1000

system_redis-sentinel() {
	local run ports=$SENTINEL_PORT,$((SENTINEL_PORT + 1)),$((
		SENTINEL_PORT + 2))

	if ! redis_there; then
		echo "redis-sentinel: not installed here: left out"
		return
	fi
	redis_up
	sentinels_up
	writer_start "$B/writer_redis" "$ports"
	for ((run = 1; run <= PEER_RUNS; run++)); do
		step "failover: redis-sentinel, $run of $PEER_RUNS"
		redis_kill
	done
	writer_stop
	sentinels_down
	redis_down
}

sentinels_up() {
	local i dir

	for i in 0 1 2; do
		dir=$work/sentinel$i
		mkdir "$dir"
		cat >"$dir/conf" <<-END
			port $((SENTINEL_PORT + i))
			bind 127.0.0.1
			dir $dir
			sentinel monitor evote 127.0.0.1 $REDIS_PORT 2
			sentinel down-after-milliseconds evote $SENTINEL_DOWN_MS
			sentinel failover-timeout evote $SENTINEL_TIMEOUT_MS
		END
		redis-server "$dir/conf" --sentinel >"$dir.log" 2>&1 &
		disown
		echo $! >"$dir.pid"
	done
	wait_until 20 sentinels_ready
}

sentinels_down() {
	local file
	for file in "$work"/sentinel*.pid; do
		[[ ! -e $file ]] || kill "$(<"$file")" 2>/dev/null || true
	done
}

# All of them know each other, a primary that lives, and a replica of it.
sentinels_ready() {
	local i
	for i in 0 1 2; do
		redis-cli -p $((SENTINEL_PORT + i)) sentinel master evote |
			paste - - | awk '
			    $1 == "flags" && $2 != "master" { exit bad = 1 }
			    $1 == "num-other-sentinels" { sentinels = $2 }
			    END { exit bad || sentinels != 2 }' || return 1
		redis-cli -p $((SENTINEL_PORT + i)) sentinel replicas evote |
			paste - - | awk '
			    $1 == "flags" { flags = $2 }
			    $1 == "master-link-status" { link = $2 }
			    END { exit flags != "slave" || link != "ok" }' ||
			return 1
	done
}

# The number of the one that the sentinels take for the primary.
redis_primary() {
	echo $(($(redis-cli -p "$SENTINEL_PORT" sentinel \
	    get-master-addr-by-name evote | tail -n 1) - REDIS_PORT))
}

redis_kill() {
	local n

	wait_until 60 sentinels_ready
	n=$(redis_primary)
	wait_until 30 redis_level $((REDIS_PORT + n))
	# They do not begin again earlier than that.
	sleep $((2 * SENTINEL_TIMEOUT_MS / 1000 + 1))
	writer_goes_on
	mark
	kill -KILL "$(redis_pid "$n")"
	writer_goes_on
	note redis-sentinel killed
	redis_start "$n" $((REDIS_PORT + 1 - n))
}
