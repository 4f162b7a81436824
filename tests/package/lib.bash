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
