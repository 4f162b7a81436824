# shellcheck shell=bash
# shellcheck disable=SC2154 # run sets work, part, here and the places
#
# The primary falls silent without dying, in a cluster with a witness: stopped,
# or off the wire.  To be sourced by run.

part_silent() {
	local how

	echo "| | stopped (SIGSTOP) | off the wire |" >"$OUT/silent.rows"
	echo "|---|---:|---:|" >>"$OUT/silent.rows"
	for how in stopped unplugged; do
		step "silent: alpha is $how while voters vote"
		silent_run "$how"
		net_down
		mv "$work" "$OUT/silent-$how.$$"
		work=$(mktemp -d /tmp/evote-evaluate.XXXXXX)
	done
	silent_table | region silent
	[[ -n ${KEEP-} ]] || rm -rf "$OUT"/silent-*."$$"
	rm -f "$OUT/silent.rows"
}

silent_run() {
	hosts_up alpha beta voters witness
	cluster_up
	witness_start witness
	admin alpha arbiter witness "$WITNESS" >>"$work/out"
	wait_until 10 arbiter_is witness
	election board 25
	load_start board "$work/vote"
	sleep 1.5
	mark fault
	"$1"
	sleep "${SILENT_SECONDS:-6}"
	mark heal
	"un$1" || true
	wait_until 15 level
	wait_until 15 serves alpha
	sleep 0.5
	mark end
	load_stop
	answers "$work/vote" >"$work/answers"
	wait_until 40 client result board
	wait_until 15 level
	freeze
	server_kill witness
	plot "silent-$1" "the primary is $1 at 0, with a witness" fault -300 \
	    6500 50 "$1" 0
	silent_facts >"$work/facts"
}

stopped() {
	kill -STOP "$(server_pid alpha)"
}

unstopped() {
	kill -CONT "$(server_pid alpha)"
}

unplugged() {
	nsenter --net="$(net_file wire)" ip link set to-alpha down
}

ununplugged() {
	nsenter --net="$(net_file wire)" ip link set to-alpha up
}

# NAME VALUE, a line each
silent_facts() {
	echo "gap $(longest_gap $(($(at fault) - 500000)) "$(at heal)" \
	    <"$work/answers")"
	echo "slowest $(slowest "$(at fault)" "$(at heal)" <"$work/answers")"
	echo "accepted $(wc -l <"$work/answers")"
	echo "unanswered $(unanswered "$work/vote" | wc -l)"
	echo "beta $(silent_beta)"
	echo "late $(silent_late)"
	echo "cut $(sed -n 's/.* truncate size=\([0-9]*\) to=\([0-9]*\) .*/\1 \2/p' \
	    "$PAIR_DIR/alpha.log" | awk '{ n += $1 - $2 } END { print n + 0 }')"
	echo "missing $(silent_missing)"
	echo "same $(cmp -s "$work/alpha.dump" "$work/beta.dump" &&
	    echo yes || echo no)"
}

# Answers beta gave while alpha was silent.
silent_beta() {
	awk -v heal="$(at heal)" '$2 == "beta" && $1 < heal' \
	    "$work/answers" | wc -l
}

# Answers alpha gave after beta's first one and before it was healed.
silent_late() {
	awk -v heal="$(at heal)" '$2 == "beta" { took = 1 }
	    took && $2 == "alpha" && $1 < heal' "$work/answers" | wc -l
}

silent_missing() {
	awk 'FILENAME ~ /dump$/ { if ($4 == "vote") there[$6] = 1; next }
	    !($5 in there) { n++ }
	    END { print n + 0 }' "$work/beta.dump" "$work/answers"
}

silent_table() {
	cat "$OUT/silent.rows"
	silent_row gap "longest time without any answer, ms"
	silent_row slowest "slowest call, ms"
	silent_row accepted "votes accepted in the whole run"
	silent_row unanswered "calls left without an answer"
	silent_row beta "votes beta accepted while alpha was silent"
	silent_row late "answers of alpha while beta served"
	silent_row cut "records cut off alpha when it came back"
	silent_row missing "accepted votes that are not in the ledger"
	silent_row same "both ledgers the same in the end"
	silent_claims
	claims
}

silent_row() {
	echo "| $2 | $(fact stopped "$1") | $(fact unplugged "$1") |"
}

fact() {
	awk -v name="$2" '$1 == name { print $2 }' \
	    "$OUT/silent-$1.$$/facts"
}

silent_claims() {
	: >"$work/claims"
	claim "beta accepted votes while alpha was silent" \
	    neither beta 0 >&2
	claim "alpha answered nothing meanwhile" both late 0 >&2
	claim "no accepted vote is missing" both missing 0 >&2
	claim "no call was left without an answer" both unanswered 0 >&2
	claim "both hosts hold the same ledger in the end" both same yes >&2
}

both() {
	[[ $(fact stopped "$1") == "$2" && $(fact unplugged "$1") == "$2" ]]
}

neither() {
	local how value
	for how in stopped unplugged; do
		value=$(fact "$how" "$1") || return 1
		[[ -n $value && $value != "$2" ]] || return 1
	done
}
