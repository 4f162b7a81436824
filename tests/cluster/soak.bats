#!/usr/bin/env bats
#
# A few rounds of the soak; `make soak` runs a hundred.

@test "three times: the primary is killed while voters vote, and comes back" {
	"$BATS_TEST_DIRNAME/soak.bash" 3 >"$BATS_TEST_TMPDIR/out" 2>&1 || {
		cat "$BATS_TEST_TMPDIR/out"
		false
	}
	grep -F "] soak: round 3 of 3" "$BATS_TEST_TMPDIR/out"
	sed 's/^/# /' "$BATS_TEST_TMPDIR/out" >&3
}
