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

# where_it_fails CMD...: where no process may have a namespace of its own;
# without what this run has told its tests.
where_it_fails() {
	local bin=$BATS_TEST_TMPDIR/fails
	mkdir "$bin"
	printf '#!/bin/sh\necho "unshare: not permitted" >&2\nexit 1\n' \
	    >"$bin/unshare"
	chmod +x "$bin/unshare"
	# shellcheck disable=SC2046 # names
	env $(compgen -e | sed -n 's/^BATS_/-u &/p') PATH="$bin:$PATH" "$@"
}

@test "root without namespaces: what needs them is skipped, and says why" {
	cd "$BATS_TEST_DIRNAME/../.."
	run where_it_fails bats --formatter tap \
	    -f '^(IPv6 alone|rpcinfo shows|a short run of|bench-failover)' \
	    tests/cluster/ipv6.bats tests/cluster/discovery.bats \
	    tests/nemesis tests/bench
	echo "$output"
	# shellcheck disable=SC2154 # bats sets it
	((status == 0))
	[[ $output != *"not ok"* ]]
	(($(grep -cE '^ok .* # skip (root, but no network namespaces|not root, and unshare): ' \
	    <<<"$output") == 5))
}

@test "root without namespaces: the demo is told on two ports of this machine" {
	cd "$BATS_TEST_DIRNAME/../.."
	run where_it_fails scripts/demo
	echo "$output"
	((status == 0))
	[[ $output == *"two ports of this machine stand for alpha and beta"* ]]
}

# In one without any ids nobody is root.
@test "started by hand by an ordinary user, what makes hosts enters a user namespace" {
	local bin=$BATS_TEST_TMPDIR/bin script why

	cd "$BATS_TEST_DIRNAME/../.."
	why=$(unshare --user true 2>&1) || skip "no ordinary user here: $why"
	mkdir "$bin"
	printf '#!/bin/sh\necho "$@" >>"%s"\n' "$bin/asked" >"$bin/unshare"
	chmod +x "$bin/unshare"
	for script in tests/cluster/soak.bash tests/nemesis/run \
	    tests/bench/failover tests/evaluate/run; do
		unshare --user env PATH="$bin:$PATH" "$script"
		grep -e "--user .*-- $script\$" "$bin/asked"
	done
}
