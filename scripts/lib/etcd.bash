# shellcheck shell=bash
#
# A real etcd of three members, all on the host $ETCD_HOST of the test's net,
# with the address $ETCD_IP.  To be sourced after pair.bash and netns.bash.
#
#	etcd_urls		as `arbiter etcd` wants them
#	etcd_up	etcd_kill	all members
#	etcd_member_up N	N is 3, 4 or 5: member eN has the ports 2N79, for
#	etcd_member_kill N	clients, and 2N80

etcd_urls() {
	echo "http://$ETCD_IP:2379,http://$ETCD_IP:2479,http://$ETCD_IP:2579"
}

etcd_member_up() {
	local base=http://$ETCD_IP:2$1 n all=

	[[ ! -e $PAIR_DIR/e$1.pid ]] || return 0
	for n in 3 4 5; do
		all+=,e$n=http://$ETCD_IP:2${n}80
	done
	host_exec "$ETCD_HOST" etcd --name "e$1" --data-dir "$PAIR_DIR/e$1" \
	    --listen-client-urls "${base}79" \
	    --advertise-client-urls "${base}79" \
	    --listen-peer-urls "${base}80" \
	    --initial-advertise-peer-urls "${base}80" \
	    --initial-cluster "${all#,}" --logger zap \
	    </dev/null >>"$PAIR_DIR/e$1.etcd" 2>&1 3>&- &
	disown
	echo $! >"$PAIR_DIR/e$1.pid"
}

etcd_member_kill() {
	local pid

	pid=$(cat "$PAIR_DIR/e$1.pid" 2>/dev/null) || return 0
	kill -KILL "$pid" 2>/dev/null || true
	wait_until 10 process_gone "$pid"
	rm "$PAIR_DIR/e$1.pid"
}

etcd_up() {
	local n

	for n in 3 4 5; do
		etcd_member_up "$n"
	done
	wait_until 30 etcd_ready
}

etcd_kill() {
	local n

	for n in 3 4 5; do
		etcd_member_kill "$n"
	done
}

etcd_ready() {
	host_run "$ETCD_HOST" env ETCDCTL_API=3 etcdctl \
	    --endpoints "$(etcd_urls)" endpoint health >/dev/null 2>&1
}
