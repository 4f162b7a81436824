#!/usr/bin/env bats
#
# That voters go on, whatever strangers send; not how fast.

# Read before any setup.
export BATS_TEST_TIMEOUT=600

setup() {
	cd "$BATS_TEST_DIRNAME/../.." || return 1
	export B=build
}

@test "all of it at once takes no vote, no role and no memory" {
	ARBITER=none DURATION=15 SEED=7 STRANGERS=300 tests/strangers/run \
	    2>"$BATS_TEST_TMPDIR/err" || { cat "$BATS_TEST_TMPDIR/err"; false; }
	grep -F "] strangers: votes beside them" "$BATS_TEST_TMPDIR/err"
}
