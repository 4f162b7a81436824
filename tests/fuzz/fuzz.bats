#!/usr/bin/env bats
#
# A short, seeded run of each fuzzer.

setup() {
	cd "$BATS_TEST_DIRNAME/../.." || return 1
}

@test "a few thousand inputs each, from the corpus on: nothing crashes" {
	local -a fuzzers=(tests/fuzz/fuzz_*.c)

	B=build/fuzz RUNS=3000 run tests/fuzz/run
	echo "$output"
	((status == 0))
	[[ ${lines[-1]} == "${#fuzzers[@]} fuzzers, 0 failed" ]]
}

@test "every type that travels or is stored is fuzzed" {
	local used known

	# The dispatchers name what the programs' procedures take and give.
	used=$(grep -rohE '\bxdr_evote_[a-z0-9_]+' build/fuzz/gen/evote_svc.c \
	    common replica server client | sed 's/^xdr_//' | sort -u)
	known=$(sed 's/TYPE(\(.*\))/\1/' build/fuzz/gen/fuzz_types.h | sort)
	[[ $used == *evote_open_args* && $used == *evote_status_res* ]]
	diff <(comm -23 <(echo "$used") <(echo "$known")) /dev/null
}

@test "every fuzzer has a corpus" {
	local file name
	for file in tests/fuzz/fuzz_*.c; do
		name=$(basename -s .c "$file")
		[[ -n $(ls "tests/fuzz/corpus/${name#fuzz_}") ]]
	done
}
