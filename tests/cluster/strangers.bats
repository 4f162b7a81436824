#!/usr/bin/env bats
#
# Who does not hold the cluster key, and who says it wrong.

load lib

still_serves() {
	as ada vote board yes
	wait_until 10 level
}

# status STATUS ARGS...: how a call is turned away.
turned_away() {
	local reply
	reply=$(call alpha "${@:2}")
	echo "reply: $reply"
	[[ $reply == "$(accepted "$1")"* ]]
}

setup_election() {
	cluster_up people
	election board 3600
}

# A client that has another service's host in its list believes one of them.
beta_alarms() {
	EVOTE_HOSTS=$(listed beta) EVOTE_STATE=$BATS_TEST_TMPDIR/beta \
	    alarms beta "$1"
}

@test "a host with another cluster's key is refused, and told so" {
	pair_init
	"$PAIR_BIN/evote_server" init --data "$PAIR_DIR/other"
	server_start alpha
	server_start beta --cluster-key "$PAIR_DIR/other/cluster.key"
	wait_until 10 serves alpha
	wait_until 10 logged alpha 'alarm.*key'
	wait_until 10 logged beta 'alarm.*key'
	wait_until 10 alarms alpha "same cluster key"
	wait_until 10 beta_alarms "same cluster key"
	admin alpha import "$KEYS/people.csv"
	not serves beta
	not in_sync beta
}

@test "a stranger to the replication program gets nowhere" {
	setup_election
	before=$(host_state alpha epoch)
	open=$(string beta)$(string alpha)$(repeat 11 32)
	hex=$(record "$(call_body "$REPLICA" 1 1 "$open")")
	hex+=$(record "$(call_body "$REPLICA" 1 3 \
	    "$(u64 1)$(opaque "$(repeat 22 100)")$(repeat 33 32)")")
	send alpha "$hex"
	turned_away 0 "$REPLICA" 1 1 "$(string beta)$(string gamma)$(
		repeat 11 32)"
	wait_until 10 logged alpha alarm
	[[ $(host_state alpha epoch) == "$before" ]]
	still_serves
}

# signed_by VOTER NUMBER: a request with a signature that is none.
signed_by() {
	u32 2
	string "$1"
	opaque "$(repeat 5a 64)"
	repeat ab 16
	u64 "$2"
	no_seen
}

@test "a wrong signature is answered alike for those on the roll and others" {
	setup_election
	local name vote create
	for name in ada nobody; do
		vote=$(signed_by "$name" 7)$(string board)$(string yes)$(zeros 32)
		create=$(signed_by "$name" 8)$(string x)$(list members)$(
			list yes)$(u64 1)
		ask alpha 4 "$vote"
		answered 1 4
		ask alpha 3 "$create"
		answered 1 4
		preauth alpha "$name"
		auth alpha "$name" "$(repeat 5a 64)"
		answered 1 4
		auth alpha "$name" "$(repeat 5a 3)"
		answered 1 4
	done
	still_serves
}

@test "garbage in great number is turned away, and everybody is served" {
	setup_election
	local flood=$PAIR_DIR/flood garbage one=
	garbage=$(record "$(call_body "$EVOTE" 1 4 "$(signed_by ada 9)$(
		string board)$(string yes)$(zeros 32)")")
	for _ in {1..64}; do
		one+=$garbage
	done
	from_hex "$one" >"$flood"
	# shellcheck disable=SC2016 # expanded there
	host_exec voters bash -c '
		trap "" PIPE
		for ((i = 0; i < 600; i++)); do
			exec {fd}<>"/dev/tcp/$1/$2" || continue
			cat "$3" >&$fd
			((i % 3)) || exec {fd}>&-
		done 2>/dev/null
		touch "$3.done"
	' flood "$(address alpha)" "$(port alpha)" "$flood" \
	    </dev/null >/dev/null 2>&1 3>&- &
	exits 0 as ada vote board yes
	exits 0 as bob vote board no
	wait_until 60 test -e "$flood.done"
	wait_until 10 level
	serves alpha
	not logged beta 'to=primary'
}

@test "operators' procedures are not offered on the network" {
	setup_election
	turned_away 1 2e564f56 1 3 "$(u32 0)"
}

@test "wrong program, version, procedure and arguments are turned away" {
	setup_election
	turned_away 1 2e564f50 1 0 ""
	turned_away 2 "$EVOTE" 9 0 ""
	turned_away 3 "$EVOTE" 1 99 ""
	turned_away 4 "$EVOTE" 1 5 ""
	turned_away 4 "$EVOTE" 1 5 "$(u32 256)$(repeat 61 256)$(no_seen)"
	turned_away 4 "$EVOTE" 1 5 "$(u32 4294967295)"
	turned_away 4 "$EVOTE" 1 3 "$(u32 7)"
	turned_away 4 "$EVOTE" 1 5 "$(string board)$(no_seen)$(u32 0)"
	turned_away 4 "$EVOTE" 1 0 "$(u32 0)"
	still_serves
}

@test "names with a NUL inside, and padding that is not zero" {
	setup_election
	turned_away 4 "$EVOTE" 1 1 "$(opaque 61646100657669)$(no_seen)"
	turned_away 4 "$EVOTE" 1 5 "$(opaque 7800)$(no_seen)"
	turned_away 4 "$EVOTE" 1 5 "$(u32 1)61000001$(no_seen)"
	turned_away 4 "$REPLICA" 1 1 \
	    "$(opaque 616c00)$(opaque 62657461)$(zeros 32)"
	still_serves
}

@test "a wrong RPC version, verifiers, unfit records, noise" {
	setup_election
	local noise
	body=$(call_body "$EVOTE" 1 0 "")
	wrong=$(u32 7)$(u32 0)$(u32 3)${body:24}
	[[ $(send alpha "$(record "$wrong")") == 000000070000000100000001* ]]
	wrong=${body:0:${#body}-16}$(u32 0)$(u32 4)deadbeef
	[[ $(send alpha "$(record "$wrong")") == 000000070000000100000001* ]]
	[[ -z $(exchange alpha "ffffffff" 1) ]]
	[[ -z $(exchange alpha "80000000" 1) ]]
	noise=$(head -c 2000 /dev/zero | openssl enc -aes-128-ctr -pass pass:x \
	    -nosalt 2>/dev/null | to_hex)
	exchange alpha "$(record "$noise")" 1
	exchange alpha "$noise" 1
	still_serves
}

@test "a call in several fragments is one call" {
	setup_election
	body=$(call_body "$EVOTE" 1 0 "")
	hex=$(u32 8)${body:0:16}$(u32 0)$(record "${body:16}")
	[[ $(send alpha "$hex") == 00000007$(accepted 0)* ]]
}

@test "half a record, silence and a thousand idle connections: all undisturbed" {
	setup_election
	# shellcheck disable=SC2016 # expanded there
	host_exec voters bash -c '
		ulimit -n 4096
		for ((i = 0; i < 1000; i++)); do
			exec {fd}<>"/dev/tcp/$1/$2" || exit
			((i % 2)) || printf "\x80\0\1\0half" >&"$fd"
		done
		touch "$3"
		sleep 60
	' idle "$(address alpha)" "$(port alpha)" "$PAIR_DIR/idle" \
	    </dev/null >/dev/null 2>&1 3>&- &
	pid=$!
	wait_until 20 test -e "$PAIR_DIR/idle"
	exits 0 as ada --timeout 3 vote board yes
	exits 0 as bob --timeout 3 vote board no
	level
	serves alpha
	kill "$pid"
	not logged beta 'to=primary'
}

# door HOST: its address and port, also of the witness.
door() {
	local at=${WITNESS#*=}
	[[ $1 == witness ]] || at=$(address "$1"):$(port "$1")
	echo "${at%:*} ${at##*:}"
}

# crowd HOST COUNT: so many connections that say nothing.
crowd() {
	local at
	read -ra at <<<"$(door "$1")"
	# shellcheck disable=SC2016 # expanded there
	host_exec voters bash -c '
		for ((i = 0; i < $3; i++)); do
			exec {fd}<>"/dev/tcp/$1/$2" || exit
		done
		touch "$4"
		sleep 60
	' crowd "${at[@]}" "$2" "$PAIR_DIR/crowd" \
	    </dev/null >/dev/null 2>&1 3>&- &
	pid=$!
	wait_until 30 test -e "$PAIR_DIR/crowd"
}

@test "strangers take all descriptors: hosts and operators get in" {
	pair_init --origin "$ORIGIN"
	(ulimit -n 256 && server_start alpha)
	server_start beta
	wait_until 15 level
	admin alpha import "$KEYS/people.csv"
	election board 3600
	crowd alpha 400
	exits 0 as ada --timeout 5 vote board yes
	admin alpha voters
	server_kill beta
	wait_until 20 alone alpha
	server_start beta
	wait_until 20 level
	exits 0 as bob --timeout 5 vote board no
	server_lives alpha
	kill "$pid"
}

# speakers HOST CONNECTIONS TIMES MANNER CALL: see crowd.py, in the background.
speakers() {
	local at
	read -ra at <<<"$(door "$1")"
	from_hex "$(record "$5")" >"$PAIR_DIR/call"
	(ulimit -n $(($2 + 100)) && host_exec voters python3 tests/cluster/crowd.py \
	    "${at[@]}" "${@:2:3}" "$PAIR_DIR/said") \
	    <"$PAIR_DIR/call" >"$PAIR_DIR/answered" 3>&- &
	pid=$!
}

@test "hosts hear each other beside bursts on thousands of connections" {
	local most=$(($(ulimit -Hn) - 200))
	setup_election
	speakers alpha $((most < 8000 ? most : 8000)) 600 reads \
	    "$(call_body "$EVOTE" 1 8 "")"
	exits 0 as ada vote board yes
	wait "$pid"
	(($(<"$PAIR_DIR/answered") > 0))
	exits 0 as bob vote board no
	level
	serves alpha
	not logged beta 'to=primary'
}

# In kB, at most so far.
memory() {
	awk '$1 == "VmHWM:" { print $2 }' "/proc/$(server_pid "$1")/status"
}

@test "answers that nobody reads take little memory in sum" {
	local kb choices
	export ASAN_OPTIONS=quarantine_size_mb=4
	setup_election
	mapfile -t choices < <(for n in {10..73}; do
		echo "--choice"
		echo "$n$(repeat x 200)"
	done)
	as ada create large --group members "${choices[@]}" --end +1h
	speakers alpha 2000 60 deaf \
	    "$(call_body "$EVOTE" 1 7 "$(string large)$(no_seen)")"
	wait_until 60 test -e "$PAIR_DIR/said"
	until [[ $(memory alpha) == "${kb-}" ]]; do
		kb=$(memory alpha)
		sleep 2
	done
	kill "$pid"
	echo "$kb kB"
	((kb < 256 * 1024))
	still_serves
}

@test "a primary goes on while strangers fill its witness" {
	setup_election
	(ulimit -n 256 && witness_start witness)
	crowd witness 400
	admin alpha arbiter witness "$WITNESS"
	wait_until 20 arbiter_is witness
	server_kill beta
	wait_until 20 alone alpha
	exits 0 as ada --timeout 10 vote board yes
	serves alpha
	kill "$pid"
}

@test "who has only stopped sending is answered" {
	setup_election
	speakers alpha 100 1 shuts "$(call_body "$EVOTE" 1 6 "$(u32 0)$(no_seen)")"
	wait "$pid"
	(($(<"$PAIR_DIR/answered") == 100))
}
