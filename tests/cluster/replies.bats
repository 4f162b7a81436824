#!/usr/bin/env bats
#
# Accepted, but the answer was lost: asking again gives the first answer.

load lib

losing_one_reply() {
	pair_init --origin "$ORIGIN"
	EVOTE_FAILPOINT=drop-vote-reply server_start alpha
	server_start beta
	wait_until 15 level
	admin alpha import "$KEYS/people.csv"
}

@test "the reply is lost: the client asks again, the vote counts once" {
	losing_one_reply
	election board 4
	by_hand ada yes board
	logged alpha failpoint
	exits 1 as ada vote board no
	says "vote"
	check_books board
}

@test "the reply is lost with its host: the backup gives the same answer" {
	losing_one_reply
	election board 6
	log_in alpha ada
	vote=$(vote_args 10 board yes)
	fails ask alpha 4 "$vote"
	server_kill alpha
	wait_until 10 serves beta
	ask beta 4 "$vote"
	answered 0 0
	ask beta 4 "$(vote_args 11 board no)"
	answered 4 11
	server_start alpha
	printf '%s ada yes\n' invoke ok >"$PAIR_DIR/votes"
	check_books board
}

@test "the same number with other content is refused, an older one is stale" {
	cluster_up people
	election board 3600
	log_in alpha ada
	ask alpha 4 "$(vote_args 20 board yes)"
	answered 0
	ask alpha 4 "$(vote_args 20 board no)"
	answered 5 20
	ask alpha 4 "$(vote_args 19 board yes)"
	answered 5 19
	ask alpha 4 "$(vote_args 20 board yes)"
	answered 0
}

@test "no answer of a host that does not serve has the code of success" {
	cluster_up people
	election board 3600
	log_in alpha ada
	named=$(string board)$(no_seen)
	preauth alpha ada
	# shellcheck disable=SC2154 # preauth sets it
	login=$(string ada)$(opaque "$challenge")$(opaque "$(sign ada)")
	for call in "1 $(string ada)$(no_seen)" "2 $login$(no_seen)" \
	    "3 $(create_args 30 other "$(list members)" "$(list a b)")" \
	    "4 $(vote_args 31 board yes)" "5 $named" "6 $(u32 0)$(no_seen)" \
	    "7 $named" "8 "; do
		# shellcheck disable=SC2086 # a number and hexadecimal digits
		ask beta ${call% *} "${call#* }"
		stood 1
		# shellcheck disable=SC2154 # ask sets it
		[[ $host == "$(printf alpha | to_hex)" ]]
	done
	# Nor has it another host to name.
	# shellcheck disable=SC2154 # ask sets it
	ask alpha 5 "$(string board)$cluster$(u64 0)$(u64 999999999)"
	stood 3
	ask alpha 5 "$(string board)$(repeat 11 16)$(u64 1)$(u64 1)"
	stood 4
	wait_until 10 port alpha "$PROBE"
	ask alpha 1 "" "$PROBE"
	answered 0
	exits 1 admin beta --json unregister ada
	[[ $(jq .code <<<"$output") == -1 ]]
}

@test "an unknown outcome is kept and settled by the same command" {
	cluster_up people
	election board 7
	server_kill beta
	wait_until 10 alone alpha
	server_kill alpha
	exits 4 as ada --timeout 1 vote board yes
	server_start alpha
	wait_until 10 serves alpha
	server_start beta
	by_hand ada yes board
	check_books board
}
