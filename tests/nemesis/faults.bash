# shellcheck shell=bash
#
# What the nemesis does to the hosts.  A fault has a number, begins, and ends;
# several may be there at once, also on one host.  To be sourced after
# scripts/lib/pair.bash, with the hosts' disks as disk_make leaves them.
#
#	fault_kinds ARBITER		those within the promise, one a line
#	fault_begin ID KIND ARG...	fault_end ID KIND ARG...
#					$NOT_NOW: as the hosts are
#	fault_args KIND			draws its arguments; uses RANDOM
#	faults_over			after the last end: all that is left
#	faketime_clear			what libfaketime leaves behind
#	host_up NAME			disk and server, unless it is held down
#	disk_make NAME			a small disk of its own under NAME/

NOT_NOW=3

# With nobody to decide, hosts may stop for good but neither pause for longer
# than suspect-ms nor lose each other: docs/PROTOCOL.md.
fault_kinds() {
	local kind
	local -a kinds=(kill power blackout full eio slow hang clock pause copy
	    swap prefer)

	[[ $1 == none ]] || kinds+=(stop cut deaf loss arbiter)
	for kind in "${kinds[@]}"; do
		fault_possible "$kind" && echo "$kind"
	done
	return 0
}

fault_possible() {
	case $1 in
	clock) [[ -n $(faketime_library) ]] ;;
	eio | slow | hang) command -v strace >/dev/null ;;
	*) true ;;
	esac
}

fault_args() {
	local -a both=(alpha beta) steps=(-3600 -20 -4 4 20 3600)
	local -a pairs=("alpha beta" "beta alpha" "alpha witness"
	    "witness alpha" "beta witness" "witness beta" "alpha voters"
	    "voters alpha" "beta voters" "voters beta")

	case $1 in
	blackout | arbiter | prefer) ;;
	copy) echo beta ;;
	cut | deaf) echo "${pairs[RANDOM % ${#pairs[@]}]}" ;;
	clock) echo "${both[RANDOM % 2]} ${steps[RANDOM % ${#steps[@]}]}" ;;
	*) echo "${both[RANDOM % 2]}" ;;
	esac
}

# Called where errexit is off, as all that it calls.
fault_begin() {
	local id=$1 host=${3-}

	case $2 in
	kill) host_down "$id" "$host" ;;
	power) power_cut "$host" && host_down "$id" "$host" ;;
	blackout)
		power_cut alpha || return
		power_cut beta || return
		host_down "$id" alpha || return
		host_down "$id" beta
		;;
	copy) copy_begin "$id" "$host" alpha ;;
	swap)
		: >"$PAIR_DIR/$host.swapped"
		host_again "$id" "$host"
		;;
	prefer) order_set beta,alpha ;;
	full) disk_fill "$host" ;;
	eio) disk_inject "$id" "$host" error=EIO ;;
	slow) disk_inject "$id" "$host" delay_enter=150000 ;;
	hang) disk_inject "$id" "$host" delay_enter=600000000 ;;
	clock) clock_set "$host" "$4" ;;
	pause | stop)
		server_lives "$host" || return "$NOT_NOW"
		host_signal "$host" STOP
		;;
	cut) net_drop "$id" "$3" "$4" && net_drop "$id" "$4" "$3" ;;
	deaf) net_drop "$id" "$3" "$4" ;;
	loss) net_lose "$id" "$host" ;;
	arbiter) arbiter_down ;;
	esac
}

fault_end() {
	local id=$1 host=${3-}

	case $2 in
	kill | power) host_release "$id" "$host" ;;
	blackout)
		host_release "$id" alpha
		host_release "$id" beta
		;;
	copy) copy_end "$id" "$host" ;;
	swap)
		rm -f "$PAIR_DIR/$host.swapped"
		host_again "$id" "$host"
		;;
	prefer) order_set alpha,beta ;;
	full) disk_unfill "$host" ;;
	eio | slow | hang) disk_release "$id" "$host" ;;
	clock) clock_set "$host" 0 ;;
	pause | stop) host_signal "$host" CONT ;;
	cut | deaf | loss) net_restore "$id" ;;
	arbiter) arbiter_back ;;
	esac
}

faults_over() {
	local host
	for host in alpha beta; do
		host_signal "$host" CONT
		host_up "$host"
	done
}

# ---- processes -------------------------------------------------------------------

# Down until everyone who wanted it so has released it.
host_down() {
	: >"$PAIR_DIR/$2.down.$1" || return
	# It dies once its disk hangs no more.
	server_kill "$2" || return "$NOT_NOW"
}

host_again() {
	local status=0
	host_down "$1" "$2" || status=$?
	host_release "$1" "$2" && return "$status"
}

host_release() {
	rm -f "$PAIR_DIR/$2.down.$1"
	host_up "$2"
}

host_up() {
	! compgen -G "$PAIR_DIR/$1.down.*" >/dev/null || return 0
	! server_lives "$1" || return 0
	disk_mount "$1"
	EVOTE_HOSTS=$(hosts_list "$1") LD_PRELOAD=$(faketime_library) FAKETIME_DONT_FAKE_MONOTONIC=1 \
	    FAKETIME_TIMESTAMP_FILE=$PAIR_DIR/$1.clock \
	    FAKETIME_CACHE_DURATION=1 server_start "$1" --hang-ms 5000
	server_pid "$1" >>"$PAIR_DIR/pids"
}

# Its own list, which somebody may have written in another order.
hosts_list() {
	if [[ -e $PAIR_DIR/$1.swapped ]]; then
		echo "${EVOTE_HOSTS#*,},${EVOTE_HOSTS%,*}"
	else
		echo "$EVOTE_HOSTS"
	fi
}

# The operator's, at whoever serves; nobody may.
order_set() {
	local host
	for host in alpha beta; do
		! admin "$host" --timeout 2 hosts prefer "$1" || return 0
	done
	return "$NOT_NOW"
}

# copy_begin ID NAME FROM: somebody makes the one host as a clone of the other,
# which goes on alone: else it would wait for the disk that is lost.  One at a
# time: when the first ends the host is none any more, and may have all votes.
copy_begin() {
	! compgen -G "$PAIR_DIR/$2.copy.*" >/dev/null || return "$NOT_NOW"
	host_down "$1" "$2" || return
	wait_until 5 goes_on_alone "$3" || return "$NOT_NOW"
	disk_mount "$2" || return
	: >"$PAIR_DIR/$2.copy.$1"
	disk_empty "$2" || return
	# 1 is that a file changed meanwhile.
	{
		host_run "$3" tar -C "$PAIR_DIR/$3" --exclude './ballast*' -c . ||
			(($? == 1))
	} |
		host_run "$2" tar -C "$PAIR_DIR/$2" -x || return
	host_release "$1" "$2"
}

# The alarm was read: it gets an empty directory.
copy_end() {
	if [[ -e $PAIR_DIR/$2.copy.$1 ]]; then
		host_down "$1" "$2"
		disk_mount "$2"
		disk_empty "$2"
		rm "$PAIR_DIR/$2.copy.$1"
	fi
	host_release "$1" "$2"
}

goes_on_alone() {
	pair_states | jq -e --arg n "$1" '.hosts[] | select(.name == $n) |
	    .standing == "served" and any(.alarms[]; .kind == "alone")'
}

disk_empty() {
	host_run "$1" find "$PAIR_DIR/$1" -mindepth 1 -delete
}

host_signal() {
	! server_lives "$1" || kill "-$2" "$(server_pid "$1")"
}

# Of an etcd so many members that the others decide nothing.
arbiter_down() {
	case $ARBITER in
	witness) server_kill witness ;;
	etcd)
		etcd_member_kill 3 && etcd_member_kill 4
		;;
	esac
}

arbiter_back() {
	case $ARBITER in
	witness) server_lives witness || witness_start witness ;;
	etcd)
		etcd_member_up 3
		etcd_member_up 4
		;;
	esac
}

# ---- the wall clock --------------------------------------------------------------

faketime_library() {
	compgen -G '/usr/lib/*/faketime/libfaketimeMT.so.1' || true
}

# A process that was killed leaves its shared memory behind.
faketime_clear() {
	local pid
	[[ -e ${PAIR_DIR-}/pids ]] || return 0
	while read -r pid; do
		rm -f "/dev/shm/faketime_shm_$pid" "/dev/shm/sem.faketime_sem_$pid"
	done <"$PAIR_DIR/pids"
}

clock_set() {
	printf '%+d\n' "$2" >"$PAIR_DIR/$1.clock.new"
	mv "$PAIR_DIR/$1.clock.new" "$PAIR_DIR/$1.clock"
}

# ---- disks -----------------------------------------------------------------------

# What the machine lacks for hosts with disks of their own, if anything.
nemesis_lacks() {
	local device

	net_lacks | grep . && return
	device=$(losetup --find 2>&1) && [[ -w $device ]] ||
		echo "no loop device to mount: $device"
}

# An ext4 in a file, mounted where only the host itself sees it; what was in
# the directory before is on it.  Nothing of it is left to be written later: the
# first sync of a server would wait for all of that.
disk_make() {
	local dir=$PAIR_DIR/$1 room

	mkdir -p "$dir"
	# In memory if there is room: a server ends when its disk takes long, and
	# other programs' writes are no fault of ours.
	room=$(df --output=avail -m /dev/shm 2>/dev/null | tail -n 1)
	((${room:-0} < 4000)) ||
		ln -s "$(mktemp /dev/shm/evote-nemesis.XXXXXX)" "$dir.img"
	truncate -s "${NEMESIS_DISK:-1G}" "$dir.img"
	mkfs.ext4 -q -m 0 -E lazy_itable_init=0,lazy_journal_init=0 \
	    -d "$dir" "$dir.img"
	sync "$dir.img"
	clock_set "$1" 0
}

# Of all hosts; for good.
disks_remove() {
	local image
	for image in "$PAIR_DIR"/*.img; do
		rm -f "$(readlink -f "$image")" "$image"
	done
}

disk_mount() {
	host_run "$1" mountpoint -q "$PAIR_DIR/$1" ||
		host_run "$1" mount -o loop "$PAIR_DIR/$1.img" "$PAIR_DIR/$1"
	disk_unfill "$1"
}

# What had not been synced is lost, whatever the kernel still meant to do.  The
# process stops first, as it does when the power goes: a sync that is under way
# when ext4 is shut down may return 0 with nothing on the disk, and then nobody
# is there any more to tell of it.
power_cut() {
	local status=0

	! host_run "$1" mountpoint -q "$PAIR_DIR/$1" || {
		! server_lives "$1" || kill -STOP "$(server_pid "$1")" || true
		host_run "$1" "$PAIR_BIN/power_cut" "$PAIR_DIR/$1" || status=1
		tracers_end "$1"
		server_kill "$1"
		wait_until 10 disk_away "$1" && return "$status"
	}
}

# As soon as nobody has a file open there.
disk_away() {
	host_run "$1" umount "$PAIR_DIR/$1" 2>/dev/null
}

disk_fill() {
	local file=$PAIR_DIR/$1/ballast

	host_run "$1" mountpoint -q "$PAIR_DIR/$1" || return "$NOT_NOW"
	host_run "$1" fallocate -l "$(host_run "$1" df -B1 --output=avail \
	    "$PAIR_DIR/$1" | tail -n 1)" "$file" || true
	host_run "$1" dd if=/dev/zero of="$file.rest" bs=4k 2>/dev/null || true
	host_run "$1" test -s "$file" -o -s "$file.rest"
}

disk_unfill() {
	host_run "$1" rm -f "$PAIR_DIR/$1/ballast" "$PAIR_DIR/$1/ballast.rest"
}

# From the tracer's first stop to its end, every sync of the server is HOW.  A
# server has one tracer at a time.
disk_inject() {
	local pid tracer

	server_lives "$2" || return "$NOT_NOW"
	pid=$(server_pid "$2")
	traced "$pid" 0 || return "$NOT_NOW"
	strace -f -qq -o /dev/null -p "$pid" \
	    -e trace=fdatasync,fsync -e "inject=fdatasync,fsync:$3" \
	    </dev/null >>"$PAIR_DIR/strace.out" 2>&1 3>&- &
	tracer=$!
	echo "$tracer" >"$PAIR_DIR/strace.$2.$1.pid"
	wait_until 5 injected_or_not "$pid" "$tracer"
	traced "$pid" "$tracer" || process_gone "$pid"
}

# It has begun; a server may end of it at once.
injected_or_not() {
	traced "$1" "$2" || process_gone "$1" || process_gone "$2"
}

traced() {
	grep -qx "TracerPid:[[:space:]]*$2" "/proc/$1/status" 2>/dev/null
}

# What ended and could not die while its disk hung does now.
disk_release() {
	tracers_end "$2" "$1"
	server_lives "$2" || wait_until 5 server_let_go "$2"
}

# tracers_end NAME [ID]: all, or that fault's.  Asked to, strace would wait for
# a sync that it delays.
tracers_end() {
	local file
	for file in "$PAIR_DIR/strace.$1."${2:-*}.pid; do
		[[ -e $file ]] || continue
		kill -KILL "$(<"$file")" 2>/dev/null || true
		wait_until 5 process_gone "$(<"$file")"
		rm "$file"
	done
}

# ---- the net ---------------------------------------------------------------------

# A table for each fault, so that the end of one leaves the others.
net_rule() {
	host_run "$2" nft -f - <<-NFT
		add table inet fault$1
		add chain inet fault$1 in { type filter hook input priority 0; }
		add rule inet fault$1 in ${*:3} drop
	NFT
}

net_drop() {
	net_rule "$1" "$2" ip saddr "$(<"$NET_DIR/$3.ip")"
}

net_lose() {
	net_rule "$1" "$2" iif != lo numgen random mod 100 '<' 30
}

net_restore() {
	local host
	for host in $(net_hosts); do
		host_run "$host" nft delete table inet "fault$1" 2>/dev/null ||
			true
	done
}
