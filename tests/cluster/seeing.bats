#!/usr/bin/env bats
#
# What people and their monitors see: status, results, times.

load lib

METRIC='^# (HELP|TYPE) |^evote_[a-z_]+(\{host="[^"]*"\})? [-0-9.e]+$'

# metric NAME HOST: as the last output has it.
metric() {
	# shellcheck disable=SC2154 # bats sets it
	sed -n "s/^$1{host=\"$2\"} //p" <<<"$output"
}

@test "status --json: lag, clock, who serves; a dead host's lag is unknown" {
	cluster_up people
	exits 0 client --json status
	jq -e '.hosts | all(.lag == 0 and .waiting_for == [] and
	    (.clock_ahead_us | fabs) < 1e6 and .clock_within_us > 0)' \
	    <<<"$output"
	server_kill beta
	wait_until 10 alone alpha
	exits 0 client --json status
	jq -e '.hosts[1] | .reachable == false and .lag == null and
	    (.problem | length) > 0' <<<"$output"
}

@test "status --prometheus: a value a host, and none of what is not known" {
	cluster_up people
	exits 0 client status --prometheus
	[[ $(metric evote_serving alpha) == 1 ]]
	[[ $(metric evote_serving beta) == 0 ]]
	[[ $(metric evote_role beta) == 2 ]]
	[[ $(metric evote_lag_records beta) == 0 ]]
	[[ $(metric evote_records alpha) -gt 2 ]]
	not grep -vE "$METRIC" <<<"$output"
	server_kill beta
	server_kill alpha
	# Standard error has the sentence; the collector still gets its text.
	exits 4 client status --prometheus
	[[ $(metric evote_up alpha) == 0 ]]
	[[ -z $(metric evote_role alpha) ]]
}

@test "status --watch: a screen a second, or a line of JSON each" {
	cluster_up people
	exits 0 client status --watch --count 2
	says "every 1 s"
	says "records a second"
	[[ $output != *$'\033'* ]]
	exits 0 client --json status --watch --count 3
	[[ $(jq -c '.hosts | length' <<<"$output") == $'2\n2\n2' ]]
	[[ $(wc -l <<<"$output") == 3 ]]
	[[ $(jq -c '.records_per_s' <<<"$output" | head -1) == null ]]
	exits 2 client status --watch=0
	exits 2 client status --watch --prometheus
}

@test "a host that waits says for whom" {
	cluster_up people
	server_kill beta
	wait_until 10 alone alpha
	admin alpha register zoe members \
	    "$(sed -n 's/^ada,members,//p' "$KEYS/people.csv")"
	server_kill alpha
	server_start beta
	wait_until 10 waits_for_alpha
	exits 4 client status
	says "waiting"
	says "No host serves"
}

waits_for_alpha() {
	[[ $(host_state beta waiting_for | jq -c .) == '["alpha"]' ]]
}
