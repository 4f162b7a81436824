# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034 # run sets work; load.bash reads the rest
#
# The primary and all clients die at one moment, again and again: what became
# of each call that nobody was told about?  To be sourced by run.
#
# In every second round beta stops hearing alpha just before, as when a whole
# machine goes: what alpha sent last never arrives.

: "${FATES_ROUNDS:=10}"

part_fates() {
	local round

	CLIENTS=16 VOTERS=400 PACE_MS=1
	hosts_up alpha beta voters
	cluster_up
	for ((round = 1; round <= FATES_ROUNDS; round++)); do
		step "fates: round $round of $FATES_ROUNDS"
		fates_round
	done
	wait_until 15 level
	freeze
	fates_judge >"$work/judged"
	fates_table | region fates
}

fates_round() {
	local log=$work/round$round
	local -a victims

	election "e$round" 3600
	load_start "e$round" "$log"
	wait_until 10 answered_at_least 200 "$log"
	sleep "0.$((100 + RANDOM % 200))"
	mapfile -t victims <"$work/clients"
	if ((round % 2 == 0)); then
		net_cut_from beta alpha
		sleep 0.03
	fi
	kill -KILL "$(server_pid alpha)" "${victims[@]}"
	load_wait
	wait_until 10 process_gone "$(server_pid alpha)"
	cp -a "$PAIR_DIR/alpha" "$work/old$round"
	dump "$work/old$round/ledger.db" >"$work/old$round.dump"
	wait_until 15 serves beta
	net_heal
	server_start alpha
	wait_until 15 serves alpha
	wait_until 15 level
	ask_again
}

# Those without an answer vote once more, as somebody who has forgotten.
ask_again() {
	local voter

	mkdir "$work/again$round"
	unanswered "$work/round$round" | while read -r _ voter; do
		cp "$work/key.pem" "$work/again$round/$voter.pem"
	done
	host_run voters "$PAIR_BIN/voter_loop" --hosts "$EVOTE_HOSTS" \
	    --keys "$work/again$round" --election "e$round" --choices yes \
	    --seconds 30 --log "$work/again$round.log" \
	    --state "$work/again$round.state" >>"$work/out" 2>&1
}

# ROUND VOTER FATE ANSWER of each call without an answer.  The fate is where
# the record was when alpha died; the answer is what the voter is told now.
fates_judge() {
	for ((round = 1; round <= FATES_ROUNDS; round++)); do
		awk -v e="e$round" -v round="$round" '
		    FILENAME ~ /old/ { if ($5 == e) old[$6] = 1; next }
		    FILENAME ~ /alpha.dump/ {
			if ($4 == "create" && $5 == e)
				begun = 1
			if (begun && $4 == "epoch" && $5 == "beta")
				taken = 1
			if ($4 == "vote" && $5 == e) {
				times[$6]++
				if (!taken)
					backup[$6] = 1
			}
			next
		    }
		    $1 == "ok" || $1 == "refused" {
			told[$2] = $1 == "ok" ? "ok" : $4
			next
		    }
		    NF == 2 { asked[$2] = 1 }
		    END {
			for (v in asked)
				print round, v, v in backup ? "backup" : \
				    v in old ? "primary" : "nowhere", \
				    told[v], times[v] + 0
		    }' "$work/old$round.dump" "$work/alpha.dump" \
		    "$work/again$round.log" \
		    <(unanswered "$work/round$round")
	done
}

fates_table() {
	echo "| where the call's record was when alpha died | process killed | machine gone | what became of it |"
	echo "|---|---:|---:|---|"
	fates_row nowhere "on no disk" "never happened"
	fates_row primary "on alpha's disk only" \
	    "cut off when alpha came back; not counted"
	fates_row backup "on beta's disk" "accepted by beta, counted once"
	echo "| calls without an answer, together | $(fates_n '.*' 1) | $(fates_n '.*' 0) | |"
	: >"$work/claims"
	claim "who voted again was accepted exactly if the first vote was not counted" \
	    fates_consistent >&2
	claim "each of these voters is counted once in the end" \
	    fates_once >&2
	claim "both hosts hold the same ledger in the end" \
	    same_file "$work/alpha.dump" "$work/beta.dump" >&2
	claims
}

fates_row() {
	echo "| $2 | $(fates_n "$1" 1) | $(fates_n "$1" 0) | $3 |"
}

# Odd rounds are kills of the process.
fates_n() {
	awk -v fate="^($1)\$" -v odd="$2" '$1 % 2 == odd && $3 ~ fate' \
	    "$work/judged" | wc -l
}

fates_consistent() {
	awk '$4 != ($3 == "backup" ? "4" : "ok") { exit odd = 1 }
	    END { exit odd }' "$work/judged"
}

fates_once() {
	awk '$5 != 1 { exit odd = 1 } END { exit odd }' "$work/judged"
}
