#!/usr/bin/env bats
#
# TLS: whom a client trusts, whom it does not, and a pair that learns it.

load lib

eval "lib_$(declare -f teardown)"
teardown() {
	[[ -z ${between-} ]] || kill "$between" 2>/dev/null || true
	lib_teardown
}

pin_of() {
	sed -n 's/.*tls pin=\([^ ]*\).*/\1/p' "$PAIR_DIR/$1.log" | tail -n 1
}

# anew COMMAND...: by a client that remembers nothing, or what it has since.
anew() {
	EVOTE_STATE=$PAIR_DIR/anew "$@"
}

size() {
	host_state alpha size
}

@test "a pin is met once, or given, and then nobody else is spoken to" {
	local pin other size
	cluster_up people
	election board 3600
	pin=$(pin_of alpha)
	[[ $pin == "$(pin_of beta)" && $pin == "$(host_state beta pin)" ]]

	exits 0 anew as ada vote board yes
	says "Its pin is $pin"
	exits 0 anew as bob vote board no
	[[ $output != *"$pin"* ]]
	# Given, it is not told of; in a file, or beside the list.
	printf '%s\npin %s\n' "$(tr , '\n' <<<"$EVOTE_HOSTS")" "$pin" \
	    >"$PAIR_DIR/hosts"
	exits 0 client --state "$PAIR_DIR/f" --hosts "@$PAIR_DIR/hosts" show board
	[[ $output != *"$pin"* ]]
	EVOTE_PIN=$pin exits 0 client --state "$PAIR_DIR/g" show board
	[[ $output != *"$pin"* ]]

	# Another one, of nobody.
	other=$(head -c 32 /dev/zero | base64)
	size=$(size)
	EVOTE_PIN=$other exits 3 anew as carol vote board yes
	says "shows the pin $pin, and not $other"
	EVOTE_PIN=$other exits 3 client status
	EVOTE_PIN=$other exits 2 client --hosts "@$PAIR_DIR/hosts" show board
	says "another one than $pin"
	EVOTE_PIN=nonsense exits 2 client show board
	says "not a pin"
	[[ $(size) == "$size" ]]
	# It was kept by none of these.
	exits 0 anew as carol vote board yes
}

# Another cluster of the same name takes the place of the pair.
another_service() {
	pair_down
	rm -rf "$PAIR_DIR/alpha" "$PAIR_DIR/beta"
	pair_init --origin "$ORIGIN"
	server_start alpha
	server_start beta
	anew wait_until 15 level
}

@test "another service at the old place ends with 3, and hears nothing" {
	local pin size
	cluster_up people
	election board 3600
	pin=$(pin_of alpha)
	as ada vote board yes
	another_service
	size=$(anew host_state alpha size)
	exits 3 as bob vote board no
	says "shows the pin $(pin_of alpha), and not $pin"
	says "remove the file pin"
	exits 3 client status
	exits 3 as ada create more --group members --choice yes --end +1h --dry-run
	exits 3 as ada check
	exits 3 client status --explain
	says "fails at its tls"
	says "of another service than the pin's"
	grep -q "pin before: $pin" "$PAIR_DIR"/state/*/evidence-*-pin
	[[ $(anew host_state alpha size) == "$size" ]]
}

@test "the next year's service is named by its pin, and the old stays as it was" {
	local pin
	cluster_up people
	election board 3600
	as ada vote board yes
	another_service
	admin alpha import "$KEYS/people.csv"
	EVOTE_STATE=$PAIR_DIR/anew election board 3600
	pin=$(pin_of alpha)
	old=$(ls -d "$PAIR_DIR"/state/*/)
	cp -r "$old" "$PAIR_DIR/before"
	# Whoever is not told of it stops.
	exits 3 as ada vote board no
	rm -f "$old"/evidence-*
	EVOTE_PIN=$pin exits 0 as ada vote board no
	says "These hosts serve another service than before"
	says "stays in ${old%/}"
	(($(find "$PAIR_DIR/state" -mindepth 1 -maxdepth 1 -type d | wc -l) == 2))
	diff <(ls "$PAIR_DIR/before") <(ls "$old")
	diff "$PAIR_DIR"/before/*.tlog-proof "$old"/*.tlog-proof
	# From then on it is known without, and told once.
	exits 0 as ada receipt board
	[[ $output != *"another service"* ]]
	# And so is the one after that.
	EVOTE_PIN=$(head -c 32 /dev/zero | base64) exits 3 as ada receipt board
}

@test "on a terminal the first pin is confirmed before anything is signed" {
	local size
	cluster_up people
	election board 3600
	size=$(size)
	ada=(--voter ada --key "$KEYS/people/ada.pem")
	exits 2 anew on_terminal no "${ada[@]}" vote board yes
	says "Its pin is $(pin_of alpha)"
	says "the pin was not confirmed, and nothing was sent"
	[[ $(size) == "$size" ]]
	# It was not kept; and who only reads is told, and not asked.
	exits 0 anew on_terminal yes "${ada[@]}" vote board yes
	says "Is it the same (yes/no)?"
	exits 0 anew on_terminal "" "${ada[@]}" receipt board
	[[ $output != *"Is it the same"* ]]
}

# between_start PLACE HOST: somebody between them, who takes the offer away on
# demand.
between_start() {
	rm -f "$PAIR_DIR/between"
	host_exec "$1" tests/cluster/strip.py "$PAIR_DIR/between" \
	    "$(address "$2")" "$(port "$2")" "$PAIR_DIR/strip" \
	    </dev/null >"$PAIR_DIR/between.log" 2>&1 3>&- &
	between=$!
	wait_until 5 test -e "$PAIR_DIR/between"
	between_hosts=$2=127.0.0.1:$(<"$PAIR_DIR/between")
}

through() {
	EVOTE_HOSTS=$between_hosts EVOTE_STATE=$PAIR_DIR/through "$@"
}

registered() {
	port alpha
}

@test "whoever takes the offer of TLS away gets nothing" {
	local size
	cluster_up people
	election board 3600
	wait_until 10 registered
	between_start voters alpha
	exits 0 through as ada vote board yes
	says "Its pin is"
	: >"$PAIR_DIR/strip"
	size=$(size)
	exits 4 through as bob --timeout 5 vote board no
	says "does not offer TLS"
	exits 0 through client --plain status
	says "without TLS: alpha"
	[[ $(size) == "$size" ]]
	rm "$PAIR_DIR/strip"
	exits 0 through as bob vote board no
	[[ $output != *"Its pin"* ]]
}

@test "hosts whose keys are on record do not call each other in plain" {
	cluster_up people
	server_kill beta
	wait_until 15 alone alpha
	wait_until 10 registered
	between_start beta alpha
	: >"$PAIR_DIR/strip"
	# A new process, which has not seen that alpha speaks TLS.
	truncate -s 0 "$PAIR_DIR/beta.log"
	EVOTE_HOSTS=$between_hosts,$(listed beta) server_start beta
	wait_until 10 logged beta "does not offer TLS, which every host"
	not linked beta alpha no
	rm "$PAIR_DIR/strip"
	wait_until 10 linked beta alpha yes
	not linked beta alpha no
	wait_until 15 level
}

@test "tls = require: who comes in plain is told, and reads no more than status" {
	options=(--tls require)
	cluster_up people
	election board 3600
	exits 2 as ada --plain vote board yes
	says "alpha: it demands TLS: leave --plain out"
	exits 2 client --plain show board
	exits 0 client --plain status
	says "without TLS: alpha, beta"
	exits 0 as ada vote board yes
	# The first time, and somebody in between.
	wait_until 10 registered
	between_start voters alpha
	: >"$PAIR_DIR/strip"
	exits 2 through as bob vote board yes
	says "somebody in between hides the offer"
}

@test "a take-over with a witness, and nothing in plain" {
	options=(--tls require)
	cluster_up people crowd
	witness_start witness
	admin alpha arbiter witness "$WITNESS"
	wait_until 10 arbiter_is witness
	linked alpha "${WITNESS%%=*}" yes
	EVOTE_PIN=$(pin_of alpha)
	export EVOTE_PIN
	election poll 20
	start_voting poll
	more_votes 50
	server_kill alpha
	wait_until 10 serves beta
	more_votes 50
	server_start alpha "${options[@]}"
	wait_until 15 joined
	not grep -h 'link .*is=up .*tls=no' "$PAIR_DIR"/*.log
	check_books poll
}

# ---- the version before -----------------------------------------------------------

linked() {
	logged "$1" "link peer=$2 is=up .*tls=$3"
}

# As an operator looks at it who has met the newer host already.
plainly() (
	# shellcheck disable=SC2317 # called by what is given
	client() {
		host_run voters "$PAIR_BIN/evote_client" --plain "$@"
	}
	"$@"
)

# upgraded HOST: its new program is level with the other host.
upgraded() {
	server_stop "$1"
	server_start "$1"
	wait_until 15 plainly level
}

old_pair() {
	pair_init --origin "$ORIGIN"
	older server_start alpha
	older server_start beta
	wait_until 15 level
	older admin alpha import --shared-keys "$KEYS/people.csv"
	older admin alpha import --shared-keys "$KEYS/crowd.csv"
	election poll 20
	start_voting poll
	more_votes 20
}

# Nobody was turned away, and all of it is TLS from now on.
new_pair() {
	more_votes 20
	linked alpha beta yes
	linked beta alpha yes
	stop_voting
	not grep -qE '^(unknown|refused)' "$PAIR_DIR/votes"
	[[ -n $(host_state alpha pin) && -n $(host_state beta pin) ]]
	grep -q "$(pin_of alpha)" "$PAIR_DIR"/loop/*/pin
	check_books poll
}

@test "an upgrade of the backup, then of the other host, without a pause" {
	older_than common/rpc/tls.c tls_
	old_pair
	exits 0 older client status
	upgraded beta
	linked beta alpha no
	more_votes 20
	admin alpha handover beta
	wait_until 10 serves beta
	more_votes 20
	# Older clients are served as before, beside what newer ones keep.
	exits 0 older as ada vote poll yes
	echo "invoke ada yes" >>"$PAIR_DIR/votes"
	echo "ok ada yes" >>"$PAIR_DIR/votes"
	upgraded alpha
	new_pair
}

@test "an upgrade of the primary first, without a pause" {
	older_than common/rpc/tls.c tls_
	old_pair
	admin alpha handover beta
	wait_until 10 serves beta
	upgraded alpha
	linked alpha beta no
	more_votes 20
	exits 0 as ada --state "$PAIR_DIR/new" vote poll yes
	echo "invoke ada yes" >>"$PAIR_DIR/votes"
	echo "ok ada yes" >>"$PAIR_DIR/votes"
	# As soon as it is level, alpha serves again.
	wait_until 10 serves alpha
	more_votes 20
	upgraded beta
	new_pair
}
