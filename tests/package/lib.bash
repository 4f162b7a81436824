# shellcheck shell=bash
#
# What the files here share.  To be sourced.

# Prints where the packages are, which are built once.
packages() {
	local dir=$BATS_SUITE_TMPDIR/deb

	[[ -e $dir/built ]] ||
		"$BATS_TEST_DIRNAME/../../scripts/make-deb" "$dir" \
		    >"$dir.log" 2>&1 || { tail -n 20 "$dir.log" >&2; return 1; }
	touch "$dir/built"
	echo "$dir"
}

# Of what `voter` sees, which each file has its own way to run.
both_level() {
	voter --json status | jq -e '.hosts | length == 2 and
	    all(.reachable and .in_sync and .alarm == "") and
	    .[0].root == .[1].root'
}

serves_now() {
	voter --json status | jq -e --arg n "$1" \
	    '.hosts[] | select(.name == $n) | .role == "primary"'
}
