#!/usr/bin/env bats
#
# The report becomes a PDF, with its figures.

setup() {
	cd "$BATS_TEST_DIRNAME/../.." || return 1
	command -v pandoc >/dev/null || skip "pandoc is not installed"
	command -v weasyprint >/dev/null || skip "weasyprint is not installed"
}

@test "make report: every figure gets into the PDF" {
	run make B="$BATS_TEST_TMPDIR" report
	echo "$output"
	((status == 0))
	[[ $output != *ERROR* && $output != *currentColor* ]]
	[[ $(head -c 5 "$BATS_TEST_TMPDIR/REPORT.pdf") == %PDF- ]]
}
