# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034 # run sets work; load.bash reads the rest
#
# Two elections of Debian's leader, with all ballots, through a pair whose
# primary is killed in the middle of each.  To be sourced by run.

part_debian() {
	local year

	CLIENTS=0 VOTERS=0
	hosts_up alpha beta voters
	cluster_up
	for year in 2002 2010; do
		step "debian: $(debian_voters "$year") ballots of $year"
		debian_year "$year"
	done
	server_stop alpha
	wait_until 10 process_gone "$(server_pid alpha)"
	claim "an audit of alpha's ledger counts the same and finds nothing" \
	    "$PAIR_BIN/evote_server" audit --data "$PAIR_DIR/alpha"
	debian_table | region debian
}

debian_year() {
	debian_open "$1" "+$((20 * $(slowness)))s" >>"$work/out"
	debian_cast "$1" --pace-ms 5
	wait_until 30 debian_cast_at_least $(($(debian_voters "$1") / 3))
	server_kill alpha
	debian_done >>"$work/out"
	server_start alpha
	wait_until 20 level
	wait_until 60 client result "debian-$1"
	client --json result "debian-$1" >"$work/result-$1"
	cp "$PAIR_DIR/ballots" "$work/ballots-$1"
	claim "$1: all pairs that Debian has published, and the order" \
	    debian_agrees "$1"
}

# The winner's pairs, and who took the ballots.
debian_table() {
	local year
	echo "| | votes | by alpha, before and after | by beta | pairs of the winner | order |"
	echo "|---|---:|---:|---:|---|---|"
	for year in 2002 2010; do
		jq -r --arg year "$year" \
		    --arg a "$(grep -c ' alpha$' "$work/ballots-$year")" \
		    --arg b "$(grep -c ' beta$' "$work/ballots-$year")" '
		    .pairs as $m | [.counts[].choice] as $c |
		    ([.counts[].rank] | index(1)) as $w |
		    "| \($year) | \(.votes) | \($a) | \($b) | " +
		    ([range($c | length) | select(. != $w) |
			"\($m[$w][.]):\($m[.][$w]) over \($c[.])"] | join(", ")) +
		    " | " + ([.counts | sort_by(.rank)[] | .choice] | join(" > ")) +
		    " |"' "$work/result-$year"
	done
	claims
}
