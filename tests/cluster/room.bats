#!/usr/bin/env bats
#
# Disks that are nearly full: the service moves, and the host comes back.  Data
# directories are file systems of their own, of 64 MB.

load lib
eval "pair_$(declare -f setup_file)"
eval "pair_$(declare -f teardown_file)"

# Before the hosts have their own view of what is mounted.
setup_file() {
	local name
	for name in alpha beta; do
		mkdir "$BATS_FILE_TMPDIR/$name"
		mount -t tmpfs -o size=64m,mode=700 none \
		    "$BATS_FILE_TMPDIR/$name" \
		    2>>"$BATS_FILE_TMPDIR/why" || true
	done
	pair_setup_file
}

teardown_file() {
	local name
	pair_teardown_file
	for name in alpha beta; do
		umount "$BATS_FILE_TMPDIR/$name" 2>/dev/null || true
	done
}

# small_disks SECONDS: an election open for so long, on such hosts
small_disks() {
	local name
	for name in alpha beta; do
		mountpoint -q "$BATS_FILE_TMPDIR/$name" ||
			skip "no small disk: $(head -n 1 "$BATS_FILE_TMPDIR/why")"
		find "$BATS_FILE_TMPDIR/$name" -mindepth 1 -delete
		ln -s "$BATS_FILE_TMPDIR/$name" "$PAIR_DIR/$name"
	done
	cluster_up people crowd
	election board "$1"
}

# disk_fill NAME LEAVING_BYTES
disk_fill() {
	local free
	free=$(df -B1 --output=avail "$PAIR_DIR/$1" | tail -n 1)
	fallocate -l $((free - $2)) "$PAIR_DIR/$1/filler"
}

disk_empty() {
	rm "$PAIR_DIR/$1/filler"
}

@test "the primary's disk is full: the service moves, and comes back" {
	small_disks 16
	start_voting board
	more_votes 50
	disk_fill alpha 8000000
	wait_until 10 serves beta
	more_votes 50
	wait_until 10 alarms alpha 'nearly full'
	alarms beta 'The disk of alpha is nearly full'
	server_lives alpha
	disk_empty alpha
	wait_until 15 serves alpha
	more_votes 50
	stop_voting
	no_failed_call
	check_books board
}

@test "the backup's disk is full: the primary goes on without it" {
	small_disks 14
	start_voting board
	more_votes 50
	disk_fill beta 8000000
	wait_until 10 not in_sync beta
	wait_until 10 alarms alpha 'The disk of beta is nearly full'
	more_votes 50
	not alarms beta 'accepted'
	disk_empty beta
	wait_until 10 joined
	more_votes 50
	stop_voting
	no_failed_call
	check_books board
}

@test "a host starts on a full disk, waits there, and joins" {
	small_disks 14
	by_hand ada yes board
	server_kill beta
	wait_until 10 alone alpha
	by_hand bob no board
	disk_fill beta 0
	server_start beta
	wait_until 10 alarms beta 'nearly full'
	by_hand carol yes board
	alarms alpha 'The disk of beta is nearly full'
	server_lives beta
	disk_empty beta
	wait_until 10 level
	check_books board
}

@test "both disks are full: votes are refused until there is room" {
	small_disks 16
	disk_fill beta 8000000
	wait_until 10 alone alpha
	disk_fill alpha 8000000
	wait_until 10 alarms alpha 'nothing new is accepted'
	exits 1 as ada vote board yes
	says 'no room'
	client elections
	server_lives alpha
	server_lives beta
	disk_empty alpha
	disk_empty beta
	wait_until 10 level
	by_hand ada yes board
	check_books board
}
