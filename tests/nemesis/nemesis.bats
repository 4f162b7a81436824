#!/usr/bin/env bats
#
# The nemesis: that its checker finds what it is there to find, and short runs.

setup() {
	cd "$BATS_TEST_DIRNAME/../.." || return 1
	books=$BATS_TEST_TMPDIR
	mkdir "$books/history"
	ledger >"$books/alpha.dump"
	ledger >"$books/beta.dump"
	echo "t alpha info role from=establishing to=primary epoch=1 size=1" >"$books/alpha.log"
	echo "t alpha info role from=establishing to=primary epoch=2 size=4" >"$books/beta.log"
	printf '%s\n' "20 3 r3 alpha,beta" "21 5 r5 beta" >"$books/notes"
	printf '%s\n' "9 begin cut alpha beta" "10 failed end cut alpha beta" \
	    "11 failed begin cut beta alpha" "12 not-now begin copy beta" \
	    >"$books/faults"
	history_of_ada >"$books/history/0"
	history_of_bob >"$books/history/1"
}

# Root number N stands for a root.
ledger() {
	cat <<-END
		0 1 r1 epoch alpha
		1 1 r2 create e
		2 1 r3 vote e ada a
		3 2 r4 epoch beta
		4 2 r5 vote e bob b
		5 2 r6 close e
	END
}

history_of_ada() {
	cat <<-END
		10 invoke vote e ada a
		12 ok vote e ada a 3 r3 1 -
		13 invoke vote e ada b
		14 refused vote e ada b 3 r3 1 reason=11
		18 invoke receipt e ada -
		19 ok receipt e ada - 4 r4 0 2,2
		30 invoke result e ada -
		31 ok result e ada - 6 r6 2 tally,a=1,b=1
	END
}

# The answer to his first vote never came.
history_of_bob() {
	cat <<-END
		11 invoke vote e bob b
		15 unknown vote e bob b
		16 invoke vote e bob c
		17 refused vote e bob c 5 r5 2 reason=11
	END
}

# An election of rankings, and one with a sheet.
more_books() {
	cat <<-END | tee -a "$books/alpha.dump" >>"$books/beta.dump"
		6 2 r7 create r2
		7 2 r8 vote r2 ada 120
		8 2 r9 vote r2 bob 000
		9 2 r10 close r2
		10 2 r11 vote s3 ada a 00ff
		11 2 r12 vote s3 bob b 01ff
	END
	cat >>"$books/history/1" <<-END
		50 invoke vote r2 bob 000
		51 ok vote r2 bob 000 9 r9 2 -
		52 invoke vote s3 bob b
		53 ok vote s3 bob b 12 r12 2 -
		54 invoke pairs r2 bob -
		55 ok pairs r2 bob - 12 r12 2 blank,1,0,1,1,0,0,1,0,0,0
		56 invoke result r2 bob -
		57 ok result r2 bob - 12 r12 2 tally,a=1,b=0,c=0
		58 invoke sheet s3 bob -
		59 ok sheet s3 bob - 12 r12 2 lines,00ff=a,01ff=b
	END
	cat >>"$books/history/0" <<-END
		42 invoke vote r2 ada 120
		43 invoke vote s3 ada a
	END
}

# The rules that are broken, in the checker's order, and no others.
finds() {
	run tests/nemesis/check "$books"
	echo "$output"
	[[ $status -eq 1 && $(sed -n 's/^not ok \([^:]*\):.*/\1/p' \
	    <<<"$output" | paste -sd' ') == "$*" ]]
}

everywhere() {
	sed -i "$1" "$books"/*.dump
}

@test "checker: good books" {
	run tests/nemesis/check "$books"
	echo "$output"
	[[ $status -eq 0 && $output == *"19 passed, 0 failed" ]]
}

@test "checker: a vote that was acknowledged is lost" {
	everywhere 's/vote e ada a/other/'
	finds kept tally receipts
}

@test "checker: a vote is there twice" {
	everywhere 's/close e/vote e ada b/'
	sed -i 's/r3 1 reason=11/r3 1 -/; s/^14 refused/14 unknown/' \
	    "$books/history/0"
	finds one-vote tally
}

@test "checker: a vote that nobody cast" {
	everywhere 's/epoch beta/vote e eve a/'
	finds asked tally
}

@test "checker: a vote that was refused is stored" {
	everywhere 's/vote e ada a/vote e ada b/'
	finds kept refused tally
}

@test "checker: a vote after the close" {
	everywhere 's/epoch beta/close e/'
	finds in-time
}

@test "checker: a tally that is not that of the ballots" {
	sed -i 's/b=1/b=2/' "$books/history/0"
	finds tally
}

@test "checker: good books with rankings and a sheet" {
	more_books
	run tests/nemesis/check "$books"
	echo "$output"
	[[ $status -eq 0 && $output == *"19 passed, 0 failed" ]]
}

@test "checker: pairs, blanks and first places that are not those of the rankings" {
	more_books
	sed -i 's/blank,1,0,1,1/blank,1,0,2,1/' "$books/history/1"
	finds pairs
	sed -i 's/blank,1,0,2,1/blank,0,0,1,1/' "$books/history/1"
	finds pairs
	sed -i 's/blank,0,0/blank,1,0/; s/tally,a=1/tally,a=2/' "$books/history/1"
	finds tally
}

@test "checker: a sheet that lacks a vote, has one twice, or another choice" {
	more_books
	sed -i 's/,01ff=b//' "$books/history/1"
	finds sheet
	sed -i 's/lines,00ff=a/lines,00ff=a,00ff=a/' "$books/history/1"
	finds sheet
	sed -i 's/00ff=a,00ff=a/00ff=a,01ff=c/' "$books/history/1"
	finds sheet
}

@test "checker: hosts with different roots, or different sizes" {
	sed -i 's/ r5 / other /' "$books/beta.dump"
	finds roots
	ledger | head -n 5 >"$books/beta.dump"
	finds roots
}

@test "checker: an answer from another past" {
	sed -i 's/ 3 r3 1 reason/ 3 other 1 reason/' "$books/history/0"
	finds prefix
}

@test "checker: an acknowledgement before the vote is there" {
	sed -i 's/a 3 r3 1 -/a 2 r2 1 -/' "$books/history/0"
	finds prefix
}

@test "checker: a checkpoint of another ledger, or with a forged signature" {
	echo "22 5 other alpha,beta" >>"$books/notes"
	finds signed
	echo "22 9 r9 alpha,beta" >"$books/notes"
	finds signed
	echo "21 5 r5 beta" >"$books/notes"
	echo "prover: a signature is forged" >"$books/forged"
	finds signed
}

@test "checker: a receipt of another ledger, place or voter, or of nobody's vote" {
	cp "$books/history/0" "$BATS_TEST_TMPDIR/good"
	local wrong
	for wrong in 's/ada - 4 r4 0 2,2/ada - 4 r4 0 4,2/' \
	    's/ada - 4 r4 0 2,2/ada - 2 r2 0 2,2/' \
	    's/receipt e ada - 4/receipt e bob - 4/' \
	    's/receipt e ada - 4/receipt e eve - 4/'; do
		sed "$wrong" "$BATS_TEST_TMPDIR/good" >"$books/history/0"
		finds receipts
	done
	sed 's/ada - 4 r4 0/ada - 4 other 0/' "$BATS_TEST_TMPDIR/good" \
	    >"$books/history/0"
	finds prefix receipts
}

@test "checker: a stale reading" {
	cat >>"$books/history/1" <<-END
		40 invoke read e bob -
		41 ok read e bob - 3 r3 1 -
	END
	finds fresh
}

@test "checker: two primaries in an epoch" {
	sed -i 's/epoch=2/epoch=1/' "$books/beta.log"
	finds one-primary
}

@test "checker: an epoch that goes back, or begins twice" {
	everywhere 's/^4 2/4 1/'
	finds epochs
	ledger | sed 's/create e$/epoch alpha/' >"$books/alpha.dump"
	cp "$books/alpha.dump" "$books/beta.dump"
	finds epochs
}

@test "checker: a service that changed its past; a broken server; no votes" {
	echo "50 changed vote e bob c" >>"$books/history/1"
	finds unchanged
	echo "Assertion failed" >>"$books/beta.log"
	finds unchanged unharmed
	: >"$books/history/0"
	finds asked unchanged unharmed enough
}

@test "checker: a kind of fault that never happened" {
	sed -i 's/^9 begin/9 failed begin/' "$books/faults"
	finds faults
	sed -i '/cut/d' "$books/faults"
	for i in {1..3}; do
		echo "2$i not-now begin copy beta" >>"$books/faults"
	done
	run tests/nemesis/check "$books"
	((status == 0))
	echo "24 not-now begin copy beta" >>"$books/faults"
	finds faults
}

# ---- short runs; the programs as they are shipped, which libfaketime wants --------

nemesis() {
	. scripts/lib/netns.bash
	. tests/nemesis/faults.bash
	[[ -z $(nemesis_lacks) ]] || skip "$(nemesis_lacks)"
	B=build DURATION=20 PAUSE_MS=10 ARBITER=$1 SEED=$2 tests/nemesis/run \
	    2>"$books/err" || { cat "$books/err"; false; }
	grep -F "] nemesis: the books are checked" "$books/err"
}

@test "a short run of crashes, without an arbiter" {
	nemesis none 5
}

@test "a short run of everything, with an arbiter; another one each time" {
	local -a arbiters=(witness etcd)
	nemesis "${arbiters[RANDOM % 2]}" "$(date +%s)"
}
