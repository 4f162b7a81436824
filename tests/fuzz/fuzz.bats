#!/usr/bin/env bats
#
# A short, seeded run of each fuzzer.

setup() {
	cd "$BATS_TEST_DIRNAME/../.." || return 1
}

@test "a few thousand inputs each, from the corpus on: nothing crashes" {
	B=build/fuzz RUNS=3000 tests/fuzz/run
}

@test "every fuzzer has a corpus" {
	local file name
	for file in tests/fuzz/fuzz_*.c; do
		name=$(basename -s .c "$file")
		[[ -n $(ls "tests/fuzz/corpus/${name#fuzz_}") ]]
	done
}
