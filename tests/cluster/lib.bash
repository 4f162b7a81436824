# shellcheck shell=bash
#
# What the cluster tests share: alpha and beta, a network namespace and a
# rpcbind each, and the voters' host.  One net a file, a new cluster a test.
# Where there can be no net the hosts are ports of this machine, and tests that
# begin with `needs_net` are skipped.

# shellcheck source=scripts/lib/pair.bash
. "$BATS_TEST_DIRNAME/../../scripts/lib/pair.bash"
# shellcheck source=tests/cluster/rpc.bash
. "$BATS_TEST_DIRNAME/rpc.bash"

ORIGIN=election.example
options=()

setup_file() {
	hosts_make witness 10.77.0.4
}

# alpha, beta, the voters' host, and that one
hosts_make() {
	if net_possible; then
		net_hosts_up "$BATS_FILE_TMPDIR/net" alpha beta voters
		net_up "$1" "$2"
	else
		PAIR_PORT=$(pair_port)
		export PAIR_PORT
	fi
}

teardown_file() {
	net_down
}

setup() {
	cd "$BATS_TEST_DIRNAME/../.." || return 1
	pair_open "$BATS_TEST_TMPDIR"
}

# For tests that cut the net, or need a portmapper or an address of each host.
needs_net() {
	[[ -n ${NET_DIR-} ]] || skip "$(net_lacks)"
}

teardown() {
	[[ -n ${PAIR_DIR-} ]] || return 0
	stop_voting || true
	pair_down
	server_kill witness
	net_heal
	compgen -G "$PAIR_DIR/*.log" >/dev/null || return 0
	[[ ${BATS_TEST_COMPLETED-} ]] || tail -n 25 "$PAIR_DIR"/*.log
	unharmed
}

# No server has said that it is broken.
unharmed() {
	not grep -HE 'Sanitizer|runtime error|Assertion' "$PAIR_DIR"/*.log
}

# decided_twice EPOCH: since that was beta's.  A dead arbiter is replaced by a
# configuration that has both arbiters, and one more.
decided_twice() {
	(($(host_state beta epoch) >= $1 + 16))
}

# place PLACE N: that, on the net; else the Nth port after alpha's.
place() {
	if [[ -n ${NET_DIR-} ]]; then
		echo "$1"
	else
		echo "127.0.0.1:$((${PAIR_PORT:-17001} + $2))"
	fi
}

# The witness, on the host of that name.
WITNESS=w=$(place 10.77.0.4:17009 3)

# ---- a service to vote at ----------------------------------------------------------

# Both up and level, and these on the roll: people, crowd.  Servers get the
# arguments in `options`, if there are any.
cluster_up() {
	local roll
	pair_init --origin "$ORIGIN"
	pair_up "${options[@]}"
	for roll; do
		admin alpha import --shared-keys "$KEYS/$roll.csv"
	done
}

# election NAME SECONDS [GROUP]: open for so long, or longer on a slow machine.
election() {
	as ada create "$1" --group "${3:-members}" \
	    --choice yes --choice no --end "+$(($2 * $(slowness)))s"
}

as() {
	client --voter "$1" --key "$KEYS/people/$1.pem" "${@:2}"
}

# on_terminal TYPED ARG...: evote_client, where those lines are typed; its words
# reach it as they are, through a shell of `script`.
on_terminal() {
	logged_to "" "$@"
}

# logged_to FILE TYPED ARG...: the same; standard output goes to that file, if
# there is one.
logged_to() {
	SHELL=/bin/bash host_run voters script -qec \
	    "$(printf '%q ' "$PAIR_BIN/evote_client" "${@:3}")${1:+ >$1}" \
	    /dev/null <<<"$2"
}

# The same, as ada.
ada_types() {
	on_terminal "$1" --voter ada --key "$KEYS/people/ada.pem" "${@:2}"
}

# The same; its output goes to a file.
ada_types_logged() {
	logged_to /dev/null "$1" --voter ada --key "$KEYS/people/ada.pem" \
	    "${@:2}"
}

# The command succeeds, or not, with this exit status; its output is kept.
exits() {
	local want=$1
	run "${@:2}"
	# shellcheck disable=SC2154 # bats sets it
	if ((status != want)); then
		echo "exit status $status, not $want: ${*:2}"
		echo "$output"
		return 1
	fi
}

# The command does not succeed; its output is kept.
fails() {
	run "$@"
	# shellcheck disable=SC2154 # bats sets it
	if ((status == 0)); then
		echo "succeeded: $*"
		echo "$output"
		return 1
	fi
}

# For conditions; bats does not notice a bare `!`.
not() {
	! "$@"
}

says() {
	[[ ${output,,} == *"${1,,}"* ]] || {
		echo "nothing about '$1' in: $output"
		return 1
	}
}

logged() {
	grep -qiE -- "$2" "$PAIR_DIR/$1.log"
}

# ended HOST: its server's process is gone.
ended() {
	wait_until 10 process_gone "$(server_pid "$1")"
}

# alarms HOST TEXT: one of its alarms says so.
alarms() {
	pair_states | jq -e --arg n "$1" --arg t "$2" '.hosts[] |
	    select(.name == $n) | .alarms | any(.text | contains($t))' \
	    >/dev/null
}

# arbiter_away HOST true|false: what the host says of its arbiter.
arbiter_away() {
	[[ $(host_state "$1" arbiter_away) == "$2" ]]
}

# It serves, and has recorded that it does so without the other host.
alone() {
	serves "$1" && alarms "$1" "No redundancy"
}

# points [FILE...]: where the servers' code may be told to die; those of the
# files of these names, or all.
points() {
	local files=("${@:-*.c}")
	grep -rohE 'crash_at\("[a-z-]+"\)' "${files[@]/#/--include=}" \
	    common replica server | cut -d'"' -f2 | sort -u
}

address() {
	if [[ -n ${NET_DIR-} ]]; then
		cat "$NET_DIR/$1.ip"
	else
		echo 127.0.0.1
	fi
}

# prover HOST ARG...: see tests/prover.c.
prover() {
	host_run voters "$PAIR_BIN/prover" "$(address "$1")" \
	    "$(port "$1" 2>/dev/null || echo 0)" "${@:2}"
}

# signed_by HOSTS [HOST]: a checkpoint of the host that serves has their
# signatures; it is kept in $size and $root.
signed_by() {
	local signers
	# shellcheck disable=SC2154 # bats sets them
	run prover "${2:-alpha}" checkpoint
	((status == 0)) || return 1
	read -r size root signers < <(grep -E '^[0-9]+ [0-9a-f]{64} ' \
	    <<<"$output")
	[[ $(tr , '\n' <<<"$signers" | sort | paste -sd ,) == "$1" ]]
}

# extended [HOST]: a checkpoint of now extends the one kept.
extended() {
	prover "${1:-alpha}" checkpoint "$size" "$root"
}

# The host as the list has it.
listed() {
	tr , '\n' <<<"$EVOTE_HOSTS" | grep "^$1="
}

# The port of EVOTE (or another program): as the host's rpcbind tells it, or as
# the list does.
port() {
	local at
	if [[ -z ${NET_DIR-} ]]; then
		at=$(listed "$1")
		echo "${at##*:}"
		return
	fi
	host_run voters rpcinfo -p "$(address "$1")" |
		awk -v prog=$((16#${2:-$EVOTE})) \
		    '$1 == prog && $3 == "tcp" { print $4; exit }' |
		grep .
}

# ---- voting in a loop ----------------------------------------------------------------

# start_voting ELECTION [OPTION...]: the crowd, one after the other.
start_voting() {
	: >"$PAIR_DIR/votes"
	host_exec voters "$PAIR_BIN/voter_loop" --hosts "$EVOTE_HOSTS" \
	    --keys "$KEYS/crowd" --election "$1" --choices yes,no \
	    --seconds 60 --log "$PAIR_DIR/votes" --state "$PAIR_DIR/loop" \
	    "${@:2}" </dev/null >"$PAIR_DIR/loop.out" 2>&1 3>&- &
	echo $! >"$PAIR_DIR/loop.pid"
}

# Prints what the loop saw.
stop_voting() {
	local pid
	[[ -e $PAIR_DIR/loop.pid ]] || return 0
	pid=$(<"$PAIR_DIR/loop.pid")
	rm "$PAIR_DIR/loop.pid"
	kill -TERM "$pid" 2>/dev/null || true
	wait_until 20 process_gone "$pid" || kill -KILL "$pid"
	cat "$PAIR_DIR/loop.out"
}

# Of the loop that was stopped.
no_failed_call() {
	grep -q 'unknown=0' "$PAIR_DIR/loop.out"
}

# Votes seen accepted so far.
voted() {
	grep -c '^ok ' "$PAIR_DIR/votes" || true
}

# more_votes N: so many from now on.
more_votes() {
	local goal=$(($(voted) + $1))
	wait_until 15 voted_at_least "$goal"
}

voted_at_least() {
	(($(voted) >= $1))
}

# ---- the books -----------------------------------------------------------------------

# check_books ELECTION [LOG]: both hosts hold the same; every vote that was
# acknowledged is counted once, and nothing else is but perhaps those of which
# no answer came.  Waits for the close.  The log is the voting loop's, or one
# of `by_hand`.
check_books() {
	local election=$1 log=${2:-$PAIR_DIR/votes} choice
	stop_voting
	wait_until 15 level
	closed "$election"
	client --json result "$election" >"$PAIR_DIR/result"
	for choice in yes no; do
		choice_fits "$choice" "$log"
	done
	sum_fits "$log"
	no_odd_answers "$log"
	wait_until 15 level
}

# closed ELECTION: waits for its end, whenever that is, and the close.
closed() {
	local end

	end=$(client --json show "$1" | jq '.end_us / 1000000 | ceil')
	wait_until $((end > EPOCHSECONDS ? end - EPOCHSECONDS + 30 : 30)) \
	    client result "$1"
}

choice_fits() {
	local sure maybe counted
	sure=$(grep -c "^ok [^ ]* $1\b" "$2" || true)
	maybe=$(unknown "$2" " $1")
	counted=$(jq --arg c "$1" \
	    '.counts[] | select(.choice == $c) | .votes' "$PAIR_DIR/result")
	echo "$1: accepted=$sure unknown=$maybe counted=$counted"
	((sure <= counted && counted <= sure + maybe))
}

sum_fits() {
	local sure counted
	sure=$(grep -c '^ok ' "$1" || true)
	counted=$(jq '[.counts[].votes] | add' "$PAIR_DIR/result")
	((sure <= counted && counted <= sure + $(unknown "$1" ''))) &&
		[[ -z $(grep '^ok ' "$1" | cut -d' ' -f2 | sort | uniq -d) ]]
}

# Begun, and neither accepted nor refused.
unknown() {
	local begun
	begun=$(grep -c "^invoke [^ ]*$2\b" "$1" || true)
	echo $((begun - $(grep -cE "^(ok|refused) [^ ]*$2\b" "$1" || true)))
}

# A voter of the loop votes once: nothing may be refused but being late.
no_odd_answers() {
	# 9 is EVOTE_R_CLOSED
	awk '$1 == "refused" && $5 != 9 { print; odd = 1 }
	    END { exit odd }' "$1"
}

# by_hand VOTER CHOICE ELECTION [OPTION...]: one vote, noted as the loop would.
by_hand() {
	echo "invoke $1 $2" >>"$PAIR_DIR/votes"
	as "$1" "${@:4}" vote "$3" "$2" || return
	echo "ok $1 $2" >>"$PAIR_DIR/votes"
}

# ---- the version before ----------------------------------------------------------------

# older_than FILE WORD: makes the programs as they were before FILE said WORD,
# once for all tests of a file.  Skips the test where that is not known.
older_than() {
	local first
	first=$(git log -S "$2" --format=%H -- "$1" 2>/dev/null | tail -n 1)
	git rev-parse --quiet --verify "$first~" >/dev/null 2>&1 ||
		skip "the version before is in the history, and git reads it"
	OLDER=$BATS_FILE_TMPDIR/older.$first
	[[ ! -e $OLDER/made ]] || return 0
	mkdir -p "$OLDER"
	git archive "$first~" | tar -x -C "$OLDER"
	make -s -j2 -C "$OLDER" B=build OPT="-O1 -w" build/evote_server \
	    build/evote_client </dev/null >"$OLDER/log" 2>&1 3>&- || {
		tail "$OLDER/log"
		return 1
	}
	touch "$OLDER/made"
}

older() {
	PAIR_BIN=$OLDER/build "$@"
}

# ---- disks ---------------------------------------------------------------------------

traced() {
	grep -qE 'TracerPid:.*[1-9]' "/proc/$(server_pid "$1")/status"
}

# From now on no sync of its disk comes back: not even to a process that ends.
disk_hang() {
	strace -f -qq -o /dev/null -p "$(server_pid "$1")" \
	    -e trace=fdatasync,fsync \
	    -e inject=fdatasync,fsync:delay_enter=60000000 \
	    </dev/null >>"$PAIR_DIR/strace.out" 2>&1 3>&- &
	tracer=$!
	wait_until 5 traced "$1"
}

disk_release() {
	[[ -z ${tracer-} ]] || kill -KILL "$tracer" 2>/dev/null
}
