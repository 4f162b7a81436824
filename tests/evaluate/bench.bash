# shellcheck shell=bash
# shellcheck disable=SC2154 # run sets work, part, here and the places
#
# What the benches measure, as tables and plots.  To be sourced by run.

part_bench() {
	make -s bench "B=$B"
	bench_table '"\(.rate | round) (\(.spread))"' \
	    "operations/s (spread of the runs, %), clients:" |
		region bench-rate
	bench_table '.p50_us' "median, us, clients:" | region bench-p50
	bench_table '.p99_us' "99th percentile, us, clients:" |
		region bench-p99
	{
		goals_table "$B/bench-goals.json"
		echo
		bench_table '.cpu_us // ""' \
		    "processor time an operation, us, clients:"
		echo
		bench_table '.per_sync // ""' \
		    "operations a sync of the primary, clients:"
	} | region bench-goals
	bench_plot rate throughput "operations per second"
	bench_plot p99_us latency "99th percentile, us"
	region bench-plots <<-'END'
		![Throughput against load](figures/throughput.svg)

		![Latency against load](figures/latency.svg)
	END
}

# A row a system, a column a number of clients; rows without anything are left
# out.
bench_table() {
	jq -r --arg what "$2" '
	    (map(.connections) | unique) as $cs |
	    "| \($what) |" + ($cs | map(" \(.) |") | add),
	    "|---|" + ($cs | map("---:|") | add),
	    (group_by(.system)[] |
		map({key: "\(.connections)", value: ('"$1"')}) as $row |
		select(any($row[]; .value != "")) |
		"| \(.[0].system) |" + ($cs | map(" \(. as $c | $row |
		    from_entries["\($c)"] // "") |") | add))' "$B/bench.json"
}

# goals_table FILE: those that were not measured too
goals_table() {
	jq -r 'any(has("clients")) as $clients |
	    def row: "| " + join(" | ") + " |";
	    (["goal", (if $clients then "clients" else empty end), "measured",
		"met"] | row),
	    (["---", (if $clients then "---:" else empty end), "---:", "---"] |
		"|" + join("|") + "|"),
	    (.[] | [.goal + " \(.limit)",
		(if $clients then "\(.clients // "")" else empty end),
		"\(.value // "")",
		(if .met == null then "not measured" elif .met then "yes"
		    else "**no**" end)] | row)' "$1"
}

# bench_plot FIELD NAME LABEL
bench_plot() {
	local system
	local -a systems clients

	mapfile -t systems < <(jq -r 'map(.system) | unique[]' \
	    "$B/bench.json")
	mapfile -t clients < <(jq -r 'map(.connections) | unique[]' \
	    "$B/bench.json")
	for system in "${systems[@]}"; do
		jq -r --arg s "$system" --arg f "$1" \
		    '.[] | select(.system == $s) | "\(.connections) \(.[$f])"' \
		    "$B/bench.json" | sort -n >"$OUT/$2-$system.dat"
	done
	gnuplot -e "out='$FIGURES/$2.svg'; label='$3'; prefix='$OUT/$2-'; \
	    systems='${systems[*]}'; clients='$(IFS=,; echo "${clients[*]}")'; \
	    least=${clients[0]}; most=${clients[-1]}" "$here/curves.gp"
}

part_failover() {
	make -s bench-failover "B=$B"
	{
		jq -r '"| system | case | n | min, ms | median, ms | max, ms " +
			"| failed calls |",
		    "|---|---|---:|---:|---:|---:|---:|",
		    (.[] | "| \(.system) | \(.case) | \(.n) | \(.min_ms) " +
			"| \(.median_ms) | \(.max_ms) | \(.failed_calls) |")' \
		    "$B/failover.json"
		echo
		goals_table "$B/failover-goals.json"
	} | region failover
}

part_scale() {
	local by

	make -s bench-scale "B=$B"
	for by in records voters elections; do
		series_rows "$by" >"$OUT/scale-$by.dat"
	done
	gnuplot -e "out='$FIGURES/scale.svg'; prefix='$OUT/scale-'" \
	    "$here/scale.gp"
	{
		jq -r '"| | |", "|---|---:|", (.[] | select(.n == null) |
		    "| \(.what) | \(.value) \(.unit) |")' "$B/scale.json"
		for by in records voters elections; do
			series_table "$by"
		done
		echo
		echo '![What a vote costs with more of each](figures/scale.svg)'
		echo
		goals_table "$B/scale-goals.json"
	} | region scale
}

# series_rows BY: N, CPU, median and p99 of a vote, us; start, ms
series_rows() {
	jq -r --arg by ", by $1" 'map(select(.what | endswith($by))) |
	    group_by(.n)[] | (map({key: .what, value: .value}) |
		from_entries) as $v |
	    [.[0].n, $v["CPU of a vote" + $by],
		$v["median latency of a vote" + $by],
		$v["p99 latency of a vote" + $by], $v["start" + $by]] |
	    join(" ")' "$B/scale.json"
}

series_table() {
	echo
	echo "| $1 | processor time a vote, us | median, us | 99th percentile, us | start, ms |"
	echo "|---:|---:|---:|---:|---:|"
	sed 's/ / | /g; s/^/| /; s/$/ |/' "$OUT/scale-$1.dat"
}

# Before the work on what a vote costs, if this history has it, and now.
part_profile() {
	local before=8fc78ed

	git cat-file -e "$before^{commit}" 2>/dev/null || before=''
	REVISIONS="$before HEAD" tests/bench/profile
	jq -r 'map("\(.revision), \(.connections)" as $run |
		. + {run: $run}) as $all |
	    ($all | map(.run) | reduce .[] as $r ([];
		if index($r) then . else . + [$r] end)) as $runs |
	    "| us a vote; revision, clients: |" +
		($runs | map(" \(.) |") | add),
	    "|---|" + ($runs | map("---:|") | add),
	    ($all | group_by(.part) | sort_by(-(map(.us) | add))[] |
		(map({key: .run, value: .us}) | from_entries) as $row |
		"| \(.[0].part) |" + ($runs |
		    map(" \($row[.] // "") |") | add))' \
	    "$B/profile.json" | region profile
}
