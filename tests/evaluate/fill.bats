#!/usr/bin/env bats
#
# Figures get into the report, all of them, and nothing else changes.

setup() {
	cd "$BATS_TEST_DIRNAME/../.." || return 1
	report=$BATS_TEST_TMPDIR/report.md dir=$BATS_TEST_TMPDIR/figures
	mkdir "$dir"
	printf '%s\n' before '<!-- begin one -->' old '<!-- end one -->' \
	    between '<!-- begin two -->' kept '<!-- end two -->' after >"$report"
}

@test "a region is replaced, others and the text stay" {
	printf '%s\n' new "" lines >"$dir/one.md"
	tests/evaluate/fill "$report" "$dir"
	diff "$report" - <<-END
		before
		<!-- begin one -->

		new

		lines

		<!-- end one -->
		between
		<!-- begin two -->
		kept
		<!-- end two -->
		after
	END
	cp "$report" "$report.once"
	tests/evaluate/fill "$report" "$dir"
	cmp "$report" "$report.once"
}

@test "figures without a place are an error, and so is a region without end" {
	cp "$report" "$report.before"
	echo x >"$dir/three.md"
	run tests/evaluate/fill "$report" "$dir"
	((status == 1))
	rm "$dir/three.md"
	echo '<!-- begin open -->' >>"$report.before"
	cp "$report.before" "$report"
	echo x >"$dir/one.md"
	run tests/evaluate/fill "$report" "$dir"
	((status == 1))
	cmp "$report" "$report.before"
}

@test "the report has a place for every figure that is made" {
	local name
	for name in machine $(grep -ho '\bregion [a-z][a-z0-9-]*' \
	    tests/evaluate/*.bash | cut -d" " -f2); do
		grep -qxF "<!-- begin $name -->" docs/REPORT.md
		grep -qxF "<!-- end $name -->" docs/REPORT.md
	done
}
