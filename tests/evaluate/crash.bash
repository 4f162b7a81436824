# shellcheck shell=bash
# shellcheck disable=SC2154 # run sets work, part, here and the places
#
# The primary dies under load, is started again, and gets the service back: one
# run, of which the report shows three things.  To be sourced by run.

part_crash() {
	hosts_up alpha beta voters
	cluster_up
	election board 25
	election 學生會會長選舉 3600
	count_calls
	load_start board "$work/vote"
	step "crash: voters vote, and alpha is killed"
	crash_story
	step "crash: the election ends"
	answers "$work/vote" >"$work/answers"
	wait_until 40 client result board
	client --json result board >"$work/result"
	wait_until 15 level
	freeze
	crash_calls | region crash-calls
	crash_state | region crash-state
	crash_restore | region restore
	crash_plots
}

crash_story() {
	local pid
	pid=$(server_pid alpha)
	sleep 1.5
	mark kill
	kill -KILL "$pid"
	wait_until 5 process_gone "$pid"
	cp -a "$PAIR_DIR/alpha" "$work/at-crash"
	dump "$work/at-crash/ledger.db" >"$work/at-crash.dump"
	sleep 2.5
	host_state beta size >"$work/beta-size"
	mark start
	server_start alpha
	wait_until 15 serves alpha
	sleep 0.5
	# From here on nobody but the voters calls anybody.
	count >"$work/calls-from"
	mark from
	sleep 2
	mark to
	count >"$work/calls-to"
	load_stop
}

count() {
	echo "$(calls alpha) $(calls beta)"
}

# ---- the call that failed over -----------------------------------------------------

# Of each client the first answer of beta: CLIENT VOTER ASKED ANSWERED TOOK, in
# ms after the kill.
failed_over() {
	awk -v kill="$(at kill)" '
	    $2 == "beta" && !($4 in seen) {
		seen[$4] = 1
		printf "%s %s %.1f %.1f %.1f\n", $4, $5, \
		    ($1 - $3 - kill) / 1000, ($1 - kill) / 1000, $3 / 1000
	    }' "$work/answers" | sort -n
}

crash_calls() {
	echo "| client | voter | asked, ms after the kill | answered by beta, ms after the kill | the call took, ms |"
	echo "|---|---|---:|---:|---:|"
	failed_over | awk '{ printf "| %d | %s | %s | %s | %s |\n", \
	    $1 + 1, $2, $3, $4, $5 }'
	echo
	echo "| | |"
	echo "|---|---:|"
	echo "| votes asked for in the whole run | $(asked) |"
	echo "| accepted | $(wc -l <"$work/answers") |"
	echo "| refused | $(refused "$work/vote") |"
	echo "| left without an answer | $(unanswered "$work/vote" | wc -l) |"
	echo "| longest time without any answer around the kill, ms | $(
		longest_gap $(($(at kill) - 500000)) \
		    $(($(at kill) + 2000000)) <"$work/answers") |"
	echo "| slowest call around the kill, ms | $(
		slowest $(($(at kill) - 500000)) \
		    $(($(at kill) + 2000000)) <"$work/answers") |"
	: >"$work/claims"
	claim "every client's call was answered by the backup" \
	    every_client_went_on >&2
	claim "no call was left without an answer, none was refused" \
	    all_accepted >&2
	claims
}

asked() {
	cat "$work"/vote.[0-9]* | grep -c '^invoke '
}

every_client_went_on() {
	(($(failed_over | wc -l) == CLIENTS))
}

all_accepted() {
	(($(wc -l <"$work/answers") == $(asked)))
}

# ---- the state at take-over ----------------------------------------------------------

# at-crash.dump beside the part of beta.dump before its first reign.
crash_state() {
	local n taken same

	awk '$4 == "epoch" && $5 == "beta" { exit } { print }' \
	    "$work/beta.dump" >"$work/taken.dump"
	n=$(wc -l <"$work/at-crash.dump")
	taken=$(wc -l <"$work/taken.dump")
	same=$((n < taken ? n : taken))
	head -n "$same" "$work/at-crash.dump" >"$work/a"
	head -n "$same" "$work/taken.dump" >"$work/b"
	echo "| | alpha, as it died | beta, when it took over |"
	echo "|---|---:|---:|"
	echo "| records on disk | $n | $taken |"
	echo "| of these, on both | $same | $same |"
	echo "| root over these (first 16 digits) | \`$(last_root "$work/a")\` | \`$(last_root "$work/b")\` |"
	echo "| elections | $(kinds create a) | $(kinds create b) |"
	echo "| votes | $(kinds vote a) | $(kinds vote b) |"
	echo "| on one disk only, acknowledged to nobody by alpha | $((n - same)) | $((taken - same)) |"
	echo "| votes alpha had acknowledged, and not there | $(lost at-crash) | $(lost taken) |"
	echo "| votes there that no client had asked for | $(spooky at-crash) | $(spooky taken) |"
	: >"$work/claims"
	claim "what both have is the same, record by record and root by root" \
	    same_file "$work/a" "$work/b" >&2
	claim "every vote that alpha acknowledged is on beta at take-over" \
	    is_zero "$(lost taken)" >&2
	claim "beta has no vote that nobody asked for" \
	    is_zero "$(spooky taken)" >&2
	claim "in the end both hosts hold the same ledger" \
	    same_file "$work/alpha.dump" "$work/beta.dump" >&2
	claim "the count after the close is what was acknowledged, by choice" \
	    counted_right >&2
	claims
}

last_root() {
	tail -n 1 "$1" | cut -d' ' -f3 | cut -c-16
}

kinds() {
	awk -v kind="$1" '$4 == kind' "$work/$2" | wc -l
}

# Acknowledged by alpha in its first reign.
lost() {
	awk -v end="$(at start)" '
	    FILENAME ~ /dump$/ { if ($4 == "vote") there[$6] = 1; next }
	    $2 == "alpha" && $1 < end && !($5 in there) { n++ }
	    END { print n + 0 }' "$work/$1.dump" "$work/answers"
}

spooky() {
	awk 'FILENAME ~ /dump$/ {
		if ($4 == "vote" && !(($6, $7) in asked)) n++
		next
	    }
	    $1 == "invoke" { asked[$2, $3] = 1 }
	    END { print n + 0 }' "$work"/vote.[0-9]* "$work/$1.dump"
}

is_zero() {
	(($1 == 0))
}

counted_right() {
	local choice
	for choice in yes no; do
		(($(cat "$work"/vote.[0-9]* |
			grep -c "^ok [^ ]* $choice ") == $(jq \
		    --arg c "$choice" '.counts[] |
		    select(.choice == $c) | .votes' "$work/result"))) ||
			return 1
	done
}

# ---- the restored primary --------------------------------------------------------------

crash_restore() {
	local alpha0 beta0 alpha1 beta1 in_alpha in_beta

	read -r alpha0 beta0 <"$work/calls-from"
	read -r alpha1 beta1 <"$work/calls-to"
	in_alpha=$(answers_in from to alpha)
	in_beta=$(answers_in from to beta)
	echo "| | |"
	echo "|---|---:|"
	echo "| records alpha lacked when it was started | $(($(<"$work/beta-size") - $(wc -l <"$work/at-crash.dump"))) |"
	echo "| from its start until it answered a vote, ms | $((($(first_after start alpha) - $(at start)) / 1000)) |"
	echo "| longest time without any answer meanwhile, ms | $(
		longest_gap "$(at start)" "$(at to)" <"$work/answers") |"
	echo "| slowest call meanwhile, ms | $(
		slowest "$(at start)" "$(at to)" <"$work/answers") |"
	echo "| answers of beta after the first one of alpha | $(late_answers) |"
	echo
	echo "| in $(between from to) ms after that | alpha | beta |"
	echo "|---|---:|---:|"
	echo "| votes accepted, as the clients saw it | $in_alpha | $in_beta |"
	echo "| segments with a call, as counted on the wire | $((alpha1 - alpha0)) | $((beta1 - beta0)) |"
	echo "| votes of this reign in the ledger | $(reign_votes alpha) | - |"
	: >"$work/claims"
	claim "after alpha's first answer beta answered no call" \
	    is_zero "$(late_answers)" >&2
	claim "no call at all reached beta in that time" \
	    is_zero "$((beta1 - beta0))" >&2
	claim "alpha was called at least once a vote" \
	    test "$((alpha1 - alpha0))" -ge "$in_alpha" >&2
	claim "the last reign in the ledger is alpha's" \
	    last_reign_of alpha >&2
	claims
}

# first_after MARK HOST: when
first_after() {
	awk -v from="$(at "$1")" -v host="$2" \
	    '$1 >= from && $2 == host { print $1; exit }' "$work/answers"
}

late_answers() {
	awk -v from="$(first_after start alpha)" \
	    '$1 > from && $2 == "beta"' "$work/answers" | wc -l
}

# Asked and answered in that time.
answers_in() {
	awk -v from="$(at "$1")" -v to="$(at "$2")" -v host="$3" \
	    '$1 - $3 >= from && $1 <= to && $2 == host' "$work/answers" | wc -l
}

reign_votes() {
	awk -v host="$1" '$4 == "epoch" { n = 0; of = $5 }
	    $4 == "vote" { n++ }
	    END { print of == host ? n : 0 }' "$work/alpha.dump"
}

last_reign_of() {
	[[ $(awk '$4 == "epoch" { of = $5 } END { print of }' \
	    "$work/alpha.dump") == "$1" ]]
}

# ---- plots --------------------------------------------------------------------------------

crash_plots() {
	local back
	back=$(first_after start alpha)
	echo "answers $back" >>"$work/marks"
	plot crash "kill -9 of the primary at 0" kill -200 400 10 killed 0
	plot timeline "from the crash to the fail-back" kill -1500 \
	    "$(since kill to)" 50 killed 0 restarted "$(since kill start)" \
	    "alpha answers" "$(since kill answers)"
	plot failback "alpha gets the service back at 0" answers -300 300 10 \
	    "alpha answers" 0
}
