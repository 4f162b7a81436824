#!/usr/bin/env bats
#
# What the report claims of counts is found false when any of them is wrong, or
# is not there.

setup() {
	cd "$BATS_TEST_DIRNAME/../.." || return 1
	work=$BATS_TEST_TMPDIR OUT=$BATS_TEST_TMPDIR part=claims
	. tests/evaluate/lib.bash
	. tests/evaluate/crash.bash
	. tests/evaluate/silent.bash
	. tests/debian.bash
}

# found yes|no CMD...: what the table says of it.
found() {
	local row
	row=$(claim "it is so" "${@:2}")
	echo "$row"
	[[ $row == "| it is so | "*"$1"*" |" ]]
}

@test "votes of each choice: either may be wrong" {
	printf 'ok a yes 1\nok b no 1\nok c no 1\n' >"$work/vote.0"
	counted() {
		jq -n "{counts: [{choice: \"yes\", votes: $1},
		    {choice: \"no\", votes: $2}]}" >"$work/result"
	}
	counted 1 2
	found yes counted_right
	counted 2 2
	found no counted_right
	counted 1 1
	found no counted_right
	rm "$work/result"
	found no counted_right
}

@test "Debian's pairs, order and votes: any may be wrong" {
	client() {
		cat "$work/told"
	}
	jq -n --argjson n "$(debian_voters 2002)" '{votes: $n, eligible: $n,
	    pairs: [[0, 0, 180, 0], [0, 0, 140, 0], [291, 327, 0, 444],
		[0, 0, 18, 0]],
	    counts: [2, 3, 1, 4 | {rank: .}]}' >"$work/good"
	cp "$work/good" "$work/told"
	found yes debian_agrees 2002
	for wrong in '.pairs[2][0] = 290' '.counts[0].rank = 1' '.votes = 1'; do
		jq "$wrong" "$work/good" >"$work/told"
		found no debian_agrees 2002
	done
}

@test "a fact that nobody found is none" {
	for how in stopped unplugged; do
		mkdir "$work/silent-$how.$$"
		echo "beta 3" >"$work/silent-$how.$$/facts"
	done
	found yes neither beta 0
	echo "beta 0" >"$work/silent-unplugged.$$/facts"
	found no neither beta 0
	rm "$work/silent-unplugged.$$/facts"
	found no neither beta 0
}
