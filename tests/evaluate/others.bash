# shellcheck shell=bash
# shellcheck disable=SC2154 # run sets work, part, here and the places
#
# What other programs of this tree find out, as tables for the report.  Each is
# run when it is there.  To be sourced by run.

has_target() {
	make -n "$1" >/dev/null 2>&1 && return
	echo "no target $1 here: left out"
	return 1
}

part_sim() {
	tests/sim/run 1 "${SIM_SEEDS:-2000}" | tee "$OUT/sim.log"
	quote <"$OUT/sim.log" | region sim
}

part_model() {
	tests/model/run | tee "$OUT/model.log"
	quote <"$OUT/model.log" | region model
}

part_nemesis() {
	local arbiter

	: >"$OUT/nemesis.log"
	for arbiter in none witness etcd; do
		make -s nemesis "B=$B" DURATION="${NEMESIS_SECONDS:-600}" \
		    SEED="${NEMESIS_SEED:-1}" ARBITER="$arbiter" |
			tee -a "$OUT/nemesis.log"
	done
	quote <"$OUT/nemesis.log" | region nemesis
}

# Output as it came.
quote() {
	echo '```'
	cat
	echo '```'
}

part_bench() {
	has_target bench || return 0
	make -s bench
	bench_table rate "votes/s, closed loop" | region bench-rate
	bench_table p50_us "median, us" | region bench-p50
	bench_table p99_us "99th percentile, us" | region bench-p99
	bench_goals | region bench-goals
	bench_plot rate throughput "answers per second"
	bench_plot p99_us latency "99th percentile, us"
	region bench-plots <<-'END'
		![Throughput against load](figures/throughput.svg)

		![Latency against load](figures/latency.svg)
	END
}

# A row a system, a column a number of clients.
bench_table() {
	jq -r --arg f "$1" --arg what "$2" '
	    (map(.connections) | unique) as $cs |
	    "| \($what) |" + ($cs | map(" \(.) |") | add),
	    "|---|" + ($cs | map("---:|") | add),
	    (group_by(.system)[] | . as $g | "| \($g[0].system) |" +
		($cs | map(. as $c | (($g[] | select(.connections == $c) |
		    .[$f] | round | tostring) // "") | " \(.) |") | add))' \
	    "$B/bench.json"
}

bench_goals() {
	echo "| evote-token against | clients | ratio | goal | met |"
	echo "|---|---:|---:|---:|---|"
	jq -r '
	    def rate($s; $c): first(.[] |
		select(.system == $s and .connections == $c) | .rate);
	    . as $all |
	    ["floor", 1, 0.8], ["floor", 16, 0.7], ["floor", 64, 0.5],
	    ["floor", 256, 0.4], ["postgres-sync", 1, 1.4],
	    ["postgres-sync", 16, 1.6], ["postgres-sync", 64, 2.5],
	    ["redis-wait", 1, 1.3], ["redis-wait", 16, 1.5],
	    ["redis-wait", 64, 1.6] |
	    . as [$other, $c, $goal] |
	    (($all | rate("evote-token"; $c)) /
		($all | rate($other; $c))) as $r |
	    "| \($other) | \($c) | \($r * 100 | round / 100) | \($goal) | " +
	    "\(if $r >= $goal then "yes" else "**no**" end) |"' \
	    "$B/bench.json"
}

# bench_plot FIELD NAME LABEL
bench_plot() {
	local system
	local -a curves

	for system in $(jq -r 'map(.system) | unique[]' "$B/bench.json"); do
		jq -r --arg s "$system" --arg f "$1" \
		    '.[] | select(.system == $s) | "\(.connections) \(.[$f])"' \
		    "$B/bench.json" | sort -n >"$OUT/$2-$system.dat"
		curves+=("'$OUT/$2-$system.dat' with lines lw 2 title '$system'")
	done
	gnuplot <<-END
		set terminal svg size 760,320 font "DejaVu Sans,11" background "white"
		set output "$FIGURES/$2.svg"
		set logscale xy
		set xlabel "clients"
		set ylabel "$3"
		set key outside right top
		plot $(IFS=,; echo "${curves[*]}")
	END
}

part_failover() {
	has_target bench-failover || return 0
	make -s bench-failover
	json_table "$B/failover.json" | region failover
}

part_scale() {
	has_target bench-scale || return 0
	make -s bench-scale
	json_table "$B/scale.json" | region scale
}

# A list of flat objects, as it is.
json_table() {
	jq -r '(.[0] | keys_unsorted) as $k |
	    "| " + ($k | map(gsub("_"; " ")) | join(" | ")) + " |",
	    "|" + ($k | map("---|") | add),
	    (.[] | . as $o | "| " + ($k | map($o[.] | tostring) |
		join(" | ")) + " |")' "$1"
}
