#!/usr/bin/env bats
#
# Clients that others could have written: a course's, in C by plain rpcgen and
# the stock clnt_create, and one in Python; both know evote.x and nothing else.

load lib

# The course's client, made as its author would.
course_make() {
	mkdir "$PAIR_DIR/course"
	cp evote.x tests/interop/course.c "$PAIR_DIR/course"
	(cd "$PAIR_DIR/course" && rpcgen evote.x &&
		${CC:-cc} -w -I/usr/include/tirpc -I. -o course course.c \
		    evote_clnt.c evote_xdr.c -ltirpc -lcrypto)
}

# course VOTER CHOICE NUMBER: a vote for the election "board".
course() {
	host_run voters "$PAIR_DIR/course/course" "$1" \
	    "$KEYS/people/$1.pem" board "$2" "$3" \
	    "$(address alpha)" "$(address beta)"
}

python() {
	host_run voters tests/interop/client.py "$EVOTE_HOSTS" "$@"
}

# python_vote VOTER CHOICE NUMBER
python_vote() {
	python vote "$1" "$KEYS/people/$1.pem" board "$2" "$3"
}

registered() {
	port alpha && port beta
}

@test "I: a client in Python votes, through a take-over" {
	cluster_up people
	exits 0 python create ada "$KEYS/people/ada.pem" board members 3600 \
	    yes no 棄権
	exits 0 python_vote bob 棄権 100
	exits 2 python result board

	server_kill alpha
	# The same again: the first answer again, and nothing twice.
	exits 0 python_vote bob 棄権 100
	# Another number is another request.
	exits 4 python_vote bob yes 101
	exits 3 python_vote dave yes 100
	exits 0 python_vote carol no 100

	server_start alpha
	wait_until 15 level
	wait_until 15 serves alpha
	exits 0 python_vote carol no 100
}

@test "I: a course's client votes, through a take-over, and all count alike" {
	needs_net
	cluster_up people
	course_make
	wait_until 10 registered
	exits 0 python create ada "$KEYS/people/ada.pem" board members \
	    $((20 * $(slowness))) yes no
	exits 0 course ada yes 100
	says "code 0 from $(address alpha)"

	server_kill alpha
	exits 0 course ada yes 100
	says "code 0 from $(address beta)"
	exits 4 course ada no 101
	exits 5 course ada no 100
	exits 0 python_vote bob no 1

	server_start alpha
	wait_until 15 level
	wait_until 15 serves alpha
	exits 4 course bob yes 200
	exits 0 as carol vote board yes
	closed board
	exits 0 python result board
	says "yes 2"
	says "no 1"
	printf '%s\n' "invoke ada yes" "ok ada yes" "invoke bob no" \
	    "ok bob no" "invoke carol yes" "ok carol yes" >"$PAIR_DIR/votes"
	check_books board
}

# checkout NAME: one that has the scripts and the programs, and no more.
checkout() {
	mkdir -p "$PAIR_DIR/$1/build"
	cp -r scripts "$PAIR_DIR/$1"
	ln -s "$PAIR_BIN"/evote_{server,client} "$PAIR_DIR/$1/build"
}

cluster() {
	env -u B -u NET_DIR -u PAIR_DIR -u EVOTE_HOSTS -u EVOTE_STATE \
	    "$PAIR_DIR/$1/scripts/cluster" "${@:2}" 3>&-
}

@test "I: scripts/cluster: two checkouts side by side, one with rpcbinds" {
	needs_net
	checkout one
	checkout two
	cluster one up --net
	cluster two up
	exits 0 cluster one run rpcinfo -t 10.77.0.1 $((16#$EVOTE)) 1
	says "ready and waiting"
	exits 0 cluster two status
	[[ $(cat "$PAIR_DIR/one/build/cluster/port") != \
		$(cat "$PAIR_DIR/two/build/cluster/port") ]]
	cluster one up
	exits 0 cluster one status
	says "Host alpha serves; 2 of 2"
	cluster two down
	cluster one down
	[[ ! -e $PAIR_DIR/one/build/cluster.net ]]
}
