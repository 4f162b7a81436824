#!/usr/bin/env bats
#
# Checkpoints, and what they prove, on two hosts: who signs, and that all that
# was ever proved stays so.  tests/prover.c asks, and checks every proof.

load lib

keys() {
	prover alpha keys | awk '$1 == "key" { print $3 }' | xargs
}

@test "both hosts sign; one when the other is away, and both again" {
	cluster_up people
	election board 600
	by_hand ada yes board
	signed_by alpha,beta
	exits 0 extended
	server_kill beta
	wait_until 15 alone alpha
	by_hand bob no board
	exits 0 extended
	signed_by alpha
	exits 0 extended
	server_start beta
	wait_until 15 level
	# Of the same size as before, if need be.
	signed_by alpha,beta
	exits 0 extended
}

@test "a host that is silent keeps nobody waiting for long" {
	local begun
	cluster_up people
	signed_by alpha,beta
	kill -STOP "$(server_pid beta)"
	begun=$SECONDS
	exits 0 prover alpha checkpoint
	# Its word, that alpha is primary, or its being left out, is awaited.
	((SECONDS - begun <= 5))
	kill -CONT "$(server_pid beta)"
	wait_until 20 level
	wait_until 5 signed_by alpha,beta
}

@test "a take-over: the same log key, and older checkpoints stand" {
	cluster_up people
	election board 600
	by_hand ada yes board
	signed_by alpha,beta
	server_kill alpha
	wait_until 15 serves beta
	exits 0 extended beta
	by_hand bob no board
	signed_by beta beta
	exits 0 extended beta
	server_start alpha
	wait_until 15 level
	wait_until 15 serves alpha
	wait_until 5 signed_by alpha,beta
	exits 0 extended
	[[ $(keys) == "alpha beta" ]]
}

@test "a lost host: its new key replaces the old one" {
	cluster_up people
	signed_by alpha,beta
	server_kill beta
	rm -r "$PAIR_DIR/beta"
	wait_until 15 alone alpha
	server_start beta
	wait_until 15 level
	[[ $(keys) == "alpha beta beta" ]]
	exits 0 extended
	signed_by alpha,beta
}

@test "another host.key than the one on record is noticed, and does not sign" {
	cluster_up people
	server_kill beta
	mv "$PAIR_DIR/beta/host.key" "$PAIR_DIR/beta.key"
	server_start beta
	wait_until 15 level
	logged beta 'key differs'
	alarms beta 'host.key is not the key of this host that is on record'
	signed_by alpha
	server_kill beta
	mv "$PAIR_DIR/beta.key" "$PAIR_DIR/beta/host.key"
	server_start beta
	wait_until 15 level
	signed_by alpha,beta
}

@test "whoever is not primary proves nothing" {
	cluster_up people
	exits 8 prover beta checkpoint
	exits 1 prover alpha prove 100000
	exits 0 prover alpha prove 0
}

# The course's client has a client id that is known.
@test "a receipt: the record that answers a vote, on either host" {
	needs_net
	cluster_up people
	election board 600
	mkdir "$PAIR_DIR/course"
	cp evote.x tests/interop/course.c "$PAIR_DIR/course"
	(cd "$PAIR_DIR/course" && rpcgen evote.x &&
		${CC:-cc} -w -I/usr/include/tirpc -I. -o course course.c \
		    evote_clnt.c evote_xdr.c -ltirpc -lcrypto)
	wait_until 10 port alpha
	exits 0 host_run voters "$PAIR_DIR/course/course" ada \
	    "$KEYS/people/ada.pem" board yes 100 "$(address alpha)"
	exits 0 prover alpha receipt ada "a course's client" 100
	says "kind 5 code 0 voter ada"
	exits 1 prover alpha receipt ada "another client" 100
	exits 1 prover alpha receipt bob "a course's client" 100
	server_kill alpha
	wait_until 15 serves beta
	exits 0 prover beta receipt ada "a course's client" 100
	says "kind 5 code 0 voter ada"
}
