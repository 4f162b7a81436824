#!/usr/bin/env bats
#
# Challenges, tokens and signatures, on one host and on the other.

load lib

setup_election() {
	cluster_up people
	election board 3600
}

@test "a token serves on the other host: log-in before, vote after the crash" {
	cluster_up people
	election board 7
	log_in alpha ada
	server_kill alpha
	wait_until 10 serves beta
	ask beta 4 "$(vote_args 1 board yes)"
	answered 0
	server_start alpha
	printf '%s ada yes\n' invoke ok >"$PAIR_DIR/votes"
	check_books board
}

@test "evote_client: logged in before, votes after, the crash" {
	cluster_up people
	election first 3600
	election second 7
	as ada --login vote first yes
	server_kill alpha
	by_hand ada no second --login
	server_start alpha
	check_books second
}

@test "a challenge from before the take-over is refused; a new one serves" {
	cluster_up people
	preauth alpha ada
	signature=$(sign ada)
	server_kill alpha
	wait_until 10 serves beta
	auth beta ada "$signature"
	answered 1 5
	log_in beta ada
	answered 0
}

@test "a challenge serves once" {
	cluster_up people
	preauth alpha ada
	signature=$(sign ada)
	auth alpha ada "$signature"
	answered 0
	auth alpha ada "$signature"
	answered 1 6
}

@test "an unknown voter gets a challenge, and no token; nor does a wrong key" {
	cluster_up people
	preauth alpha nobody
	answered 0
	auth alpha nobody "$(sign ada)"
	answered 1 4
	preauth alpha ada
	auth alpha ada "$(sign bob)"
	answered 1 4
	auth alpha ada ""
	answered 1
}

@test "the backup does not answer; it names the primary" {
	cluster_up people
	ask beta 1 "$(string ada)$(no_seen)"
	stood 1
}

@test "empty, forged and foreign tokens are refused" {
	setup_election
	log_in alpha ada
	good=$token
	for token in "" "00" "$(repeat 5a $((${#good} / 2)))" \
	    "${good:0:20}$(printf %02x $((0x${good:20:2} ^ 1)))${good:22}"; do
		ask alpha 4 "$(vote_args 1 board yes)"
		answered 1 2
		ask alpha 3 "$(create_args 1 new "$(list members)" \
		    "$(list yes)")"
		answered 1 2
	done
	token=$good
	ask alpha 4 "$(vote_args 1 board yes)"
	answered 0
}

@test "a vote: the codes, in their order" {
	setup_election
	election club 3600 guests
	log_in alpha ada
	vote 1 nothing yes 2 8
	vote 2 club yes 3 10
	vote 3 board perhaps 5 12
	vote 4 board yes 0 0
	vote 5 board perhaps 4 11
	vote 6 board yes 4 11
}

# vote NUMBER ELECTION CHOICE CODE REASON
vote() {
	ask alpha 4 "$(vote_args "$1" "$2" "$3")"
	answered "$4" "$5"
}

@test "an election: the codes, in their order" {
	setup_election
	log_in alpha ada
	g=$(list members) c=$(list yes no)
	create 1 a "$(list)" "$(list)" 2 13
	create 2 a "$g" "$(list)" 2 14
	create 3 a "$g" "$(list yes yes)" 3 17
	create 4 a "$(list members members)" "$c" 3 17
	create 5 $'a\tb' "$g" "$c" 3 1
	create 6 $'a\xff' "$g" "$c" 3 1
	create 7 board "$g" "$c" 3 15
	create 8 學生會會長選舉 "$g" "$c" 0 0
	exits 0 client show 學生會會長選舉
	says 學生會會長選舉
}

# create NUMBER NAME GROUPS CHOICES CODE REASON
create() {
	ask alpha 3 "$(create_args "$1" "$2" "$3" "$4")"
	answered "$5" "$6"
}

@test "evote_client: refusals say why and leave with 1" {
	setup_election
	exits 1 as dave vote board yes
	says group
	exits 1 client --voter bob --key "$KEYS/people/ada.pem" vote board yes
	says key
	exits 1 client --voter mallory --key "$KEYS/people/ada.pem" \
	    vote board yes
	exits 1 as ada vote board perhaps
	says "one of the choices"
	exits 0 as ada vote board yes
	exits 1 as ada vote board yes
	says "previous vote"
	exits 1 as ada vote nothing yes
	exits 1 client result board
	says "going on"
	exits 1 client result nothing
	exits 1 as ada create board --group members --choice a --end +1h
	exits 2 as ada create late --group members --choice a \
	    --end 2026-12-01T18:00:00
	says zone
	exits 2 as ada create late --group members --choice a \
	    --end 2027-02-30T18:00:00Z
}

@test "evote_client: a choice from standard input; odd names come back whole" {
	cluster_up people
	as ada create "Wer? \"Du\", o'Neil & 王 \$HOME" --group members \
	    --choice "ja, bitte" --choice 'n"ein' --end +4s
	as 王大明 vote "Wer? \"Du\", o'Neil & 王 \$HOME" <<<'n"ein'
	wait_until 20 client result "Wer? \"Du\", o'Neil & 王 \$HOME"
	client --json result "Wer? \"Du\", o'Neil & 王 \$HOME" |
		jq -e '[.counts[] | del(.rank)] == [{"choice": "ja, bitte", "votes": 0},
		    {"choice": "n\"ein", "votes": 1}]'
}
