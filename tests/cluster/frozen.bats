#!/usr/bin/env bats
#
# A host is killed while its disk does not answer.  Its process cannot end
# before the disk does; what tells the other host that it is dead is its port.

load lib
eval "pair_$(declare -f setup_file)"
eval "pair_$(declare -f teardown_file)"
eval "pair_$(declare -f teardown)"

# Before the hosts have their own view of what is mounted.
setup_file() {
	export DISK=$BATS_FILE_TMPDIR/disk
	mkdir "$DISK"
	truncate -s 64M "$DISK.img"
	mkfs.ext4 -q -E root_owner="$EUID:$EUID" "$DISK.img"
	mount -o loop "$DISK.img" "$DISK" 2>"$DISK.why" || true
	rm -rf "$DISK/lost+found"
	pair_setup_file
}

teardown_file() {
	pair_teardown_file
	umount "$DISK" 2>/dev/null || true
}

teardown() {
	fsfreeze --unfreeze "$DISK" 2>/dev/null || true
	pair_teardown
}

disk_waits() {
	grep -qs '^State:.D' "/proc/$1/task"/*/status
}

@test "the primary is killed while its disk hangs: the backup goes on at once" {
	local pid voting

	mountpoint -q "$DISK" || skip "no disk to freeze: $(<"$DISK.why")"
	chmod 700 "$DISK"
	ln -s "$DISK" "$PAIR_DIR/alpha"
	# It has to notice by something else than silence.
	# shellcheck disable=SC2034 # cluster_up reads it
	options=(--suspect-ms 60000 --hang-ms 60000)
	cluster_up people
	election board 15
	pid=$(server_pid alpha)
	fsfreeze --freeze "$DISK"
	as ada vote board yes >"$PAIR_DIR/vote" 2>&1 3>&- &
	voting=$!
	wait_until 10 disk_waits "$pid"
	kill -KILL "$pid"
	wait_until 20 serves beta
	disk_waits "$pid"
	wait "$voting"
	grep 'Your vote in "board" counts' "$PAIR_DIR/vote"
	fsfreeze --unfreeze "$DISK"
	ended alpha
	server_start alpha
	wait_until 20 level
}
