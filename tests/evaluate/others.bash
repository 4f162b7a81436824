# shellcheck shell=bash
# shellcheck disable=SC2154 # run sets work, part, here and the places
#
# What other programs of this tree find out, as tables for the report.  To be
# sourced by run.

part_sim() {
	tests/sim/run 1 "${SIM_SEEDS:-2000}" | tee "$OUT/sim.log"
	quote <"$OUT/sim.log" | region sim
}

part_model() {
	tests/model/run | tee "$OUT/model.log"
	quote <"$OUT/model.log" | region model
}

part_nemesis() {
	local arbiter

	: >"$OUT/nemesis.log"
	for arbiter in none witness etcd; do
		make -s nemesis "B=$B" DURATION="${NEMESIS_SECONDS:-600}" \
		    SEED="${NEMESIS_SEED:-1}" ARBITER="$arbiter" |
			tee -a "$OUT/nemesis.log"
	done
	quote <"$OUT/nemesis.log" | region nemesis
}

# Output as it came.
quote() {
	echo '```'
	cat
	echo '```'
}
