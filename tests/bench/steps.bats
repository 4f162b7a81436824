#!/usr/bin/env bats
#
# What takes long says where it is; the tests of the benches, the nemesis, the
# strangers and the soak see to that for these.

load ../../scripts/lib/wait

setup() {
	cd "$BATS_TEST_DIRNAME/../.." || return 1
	export JOBS=1
}

# says LINE CMD...: begins it, and ends it as soon as it has.
says() {
	local steps=$BATS_TEST_TMPDIR/steps pid said=0

	setsid "${@:2}" </dev/null >/dev/null 2>"$steps" 3>&- &
	pid=$!
	wait_until 90 grep -qF "$1" "$steps" || said=1
	kill -TERM -- "-$pid"
	wait "$pid" || true
	cat "$steps"
	return "$said"
}

@test "model, mutants, simulator and fuzzers say where they are" {
	says "] model: search 1: arbiter" tests/model/run
	B=$BATS_TEST_TMPDIR says "] mutants: NO_SUCH, 1 of 1" \
	    tests/sim/mutants NO_SUCH
	says "sim: at seed " build/sim 1 100000
	B=build/fuzz says "] fuzz: calls, 1 of 1" tests/fuzz/run calls
}

@test "run-tests lets through where a test is, and shows the rest of a failure only" {
	cat >"$BATS_TEST_TMPDIR/long" <<-'END'
		#!/usr/bin/env bash
		. scripts/lib/steps.bash
		step "halfway"
		echo "much else"
	END
	chmod +x "$BATS_TEST_TMPDIR/long"
	run scripts/run-tests "$BATS_TEST_TMPDIR/long"
	echo "$output"
	((status == 0))
	[[ $output == *"] halfway"* && $output != *"much else"* ]]
	echo "exit 3" >>"$BATS_TEST_TMPDIR/long"
	run scripts/run-tests "$BATS_TEST_TMPDIR/long"
	echo "$output"
	((status == 1))
	[[ $output == *"] halfway"*"much else"*"exit status 3"* ]]
}

@test "run-tests counts what runs beside, whose failures come last" {
	printf '#!/bin/sh\necho "much else"; exit 1\n' >"$BATS_TEST_TMPDIR/bad"
	chmod +x "$BATS_TEST_TMPDIR/bad"
	run scripts/run-tests /bin/true --beside /bin/true "$BATS_TEST_TMPDIR/bad"
	echo "$output"
	((status == 1))
	[[ $output == *"much else"*"exit status 1"*$'\n2 passed, 1 failed' ]]
	# Nor is it a success when all of them die together.
	cat >"$BATS_TEST_TMPDIR/bad" <<-'END'
		#!/bin/sh
		kill -KILL $(ps -o ppid= $PPID)
	END
	run scripts/run-tests --beside "$BATS_TEST_TMPDIR/bad"
	echo "$output"
	((status == 1))
}

@test "run-tests runs files beside each other, and those alone after them" {
	local dir=$BATS_TEST_TMPDIR/files test="@test" name
	mkdir "$dir"
	for name in one two; do
		cat >"$dir/$name.bats" <<-END
			$test "$name" {
				touch $dir/$name
				until [[ -e $dir/one && -e $dir/two ]]; do sleep 0.1; done
				echo "ends"; [[ $name == one ]]
			}
			$test "skipped" { skip; }
		END
	done
	echo "$test \"last\" { rm $dir/one $dir/two; }" \
	    >"$BATS_TEST_TMPDIR/last.bats"
	BATS_TEST_TIMEOUT=60 LANES=2 run scripts/run-tests "$dir" \
	    --alone "$BATS_TEST_TMPDIR/last.bats"
	echo "$output"
	((status == 1))
	[[ $output == *"not ok 1 two"*"# ends"*"ok 1 last"* ]]
	[[ $output == *$'\n2 skipped\n2 passed, 1 failed' ]]
}

@test "run-tests counts a file without tests, or that cannot be read, as a failure" {
	local test="@test"
	echo "true" >"$BATS_TEST_TMPDIR/none.bats"
	echo "$test \"cut\" {" >"$BATS_TEST_TMPDIR/cut.bats"
	run scripts/run-tests "$BATS_TEST_TMPDIR"/{none,cut}.bats
	echo "$output"
	((status == 1))
	[[ $output == *$'\n0 passed, 2 failed' ]]
}
