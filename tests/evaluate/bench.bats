#!/usr/bin/env bats
#
# What the benches write becomes tables, and plots where gnuplot is there.

setup() {
	cd "$BATS_TEST_DIRNAME/../.." || return 1
	# What bench.bash expects of run.
	here=$PWD/tests/evaluate part=bench work=$BATS_TEST_TMPDIR
	B=$work OUT=$work FIGURES=$work
	. tests/evaluate/lib.bash
	. tests/evaluate/bench.bash
}

# The bench itself is not run.
make() {
	:
}

gnuplot() {
	if type -P gnuplot >/dev/null; then
		command gnuplot "$@"
	fi
}

@test "bench: a row a system, a column a number of clients" {
	jq -n '[["evote-token", 1, 5.4, 3], ["evote-token", 16, 50, 4],
	    ["floor", 16, 100, null]] | map({system: .[0],
		connections: .[1], rate: .[2], spread: 7, p50_us: 10,
		p99_us: 20, cpu_us: .[3], per_sync: null})' >"$B/bench.json"
	jq --argjson verify null -f tests/bench/goals.jq "$B/bench.json" \
	    >"$B/bench-goals.json"
	part_bench
	grep -qxF '| evote-token | 5 (7) | 50 (7) |' "$OUT/bench-rate.md"
	grep -qxF '| floor |  | 100 (7) |' "$OUT/bench-rate.md"
	grep -qxF '| token votes against floor, at least 0.7 | 16 | 0.5 | **no** |' \
	    "$OUT/bench-goals.md"
	grep -qF '| 64 |  | not measured |' "$OUT/bench-goals.md"
	grep -qxF '| evote-token | 3 | 4 |' "$OUT/bench-goals.md"
	[[ $(grep -cF '| floor |' "$OUT/bench-goals.md") == 0 ]]
	if type -P gnuplot >/dev/null; then
		grep -qF evote-token "$FIGURES/throughput.svg"
		grep -qF floor "$FIGURES/latency.svg"
	fi
}

@test "failover: what was not measured is said" {
	jq -n '[{system: "evote", case: "killed", n: 2, min_ms: 1,
	    median_ms: 2, max_ms: 60, failed_calls: 0}]' >"$B/failover.json"
	jq -f tests/bench/pauses.jq "$B/failover.json" \
	    >"$B/failover-goals.json"
	part_failover
	grep -qxF '| evote | killed | 2 | 1 | 2 | 60 | 0 |' "$OUT/failover.md"
	grep -qxF '| killed: max pause in ms, below 50 | 60 | **no** |' \
	    "$OUT/failover.md"
	grep -qxF '| killed: median pause in ms, below 15 | 2 | yes |' \
	    "$OUT/failover.md"
	grep -qxF '| silent: max pause in ms, below 1000 |  | not measured |' \
	    "$OUT/failover.md"
}
