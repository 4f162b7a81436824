#!/usr/bin/env bats
#
# Voters whose keys are OpenSSH's: in files, and in an agent that signs.

load lib

# eve's key is open, fay's has a passphrase; both hand in the .pub line.
setup_keys() {
	command -v ssh-agent >/dev/null || skip "no ssh-agent"
	unset SSH_AUTH_SOCK
	cluster_up people
	keys=$PAIR_DIR/ssh
	mkdir "$keys"
	ssh-keygen -q -t ed25519 -N '' -C "eve @ home" -f "$keys/eve"
	ssh-keygen -q -t ed25519 -N secret -C '' -f "$keys/fay"
	admin alpha register eve members "$(<"$keys/eve.pub")"
	{
		echo "Group,Public key,Name"
		echo "members,$(<"$keys/fay.pub"),fay"
	} >"$keys/roll.csv"
	admin alpha import "$keys/roll.csv"
	election board 3600
}

agent_up() {
	export SSH_AUTH_SOCK=$keys/agent
	ssh-agent -D -a "$SSH_AUTH_SOCK" >/dev/null 2>&1 3>&- &
	agent=$!
	wait_until 5 test -S "$SSH_AUTH_SOCK"
}

agent_down() {
	kill "$agent"
	wait "$agent" || true
}

# The agent asks for the passphrase by a program.
agent_unlocks() {
	printf '#!/bin/sh\necho secret\n' >"$keys/ask"
	chmod 755 "$keys/ask"
	SSH_ASKPASS=$keys/ask SSH_ASKPASS_REQUIRE=force ssh-add -q "$1"
}

votes_as() {
	client --voter "$1" --key "$keys/$2" "${@:3}" vote board yes
}

@test "an open key file signs a vote; so does a log-in with it" {
	setup_keys
	votes_as eve eve
	election second 3600
	client --voter eve --key "$keys/eve" --login vote second yes
}

@test "a key with a passphrase signs through the agent, by either file" {
	setup_keys
	exits 2 votes_as fay fay
	says ssh-add
	agent_up
	run votes_as fay fay.pub
	before=$status said=$output
	agent_unlocks "$keys/fay"
	run votes_as fay fay
	after=$status
	election second 3600
	run client --voter fay --key "$keys/fay.pub" vote second yes
	agent_down
	echo "$before $said; $after; $status $output"
	((before == 2 && after == 0 && status == 0))
	[[ $said == *"may not hold this key"* ]]
}

@test "another voter's SSH key does not vote" {
	setup_keys
	exits 1 votes_as fay eve
	says signature
}

@test "an SSH key of another kind is refused where a key is taken" {
	setup_keys
	ssh-keygen -q -t ecdsa -N '' -f "$keys/other"
	exits 2 admin alpha register gil members "$(<"$keys/other.pub")"
	says "another kind"
	exits 2 votes_as eve other
}
