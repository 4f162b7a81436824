#!/usr/bin/env bats
#
# TLS at the servers' doors, by a program that is not ours: Python's ssl, which
# is OpenSSL as well; tests/interop/tls.py has the steps.

load lib

# at HOST STEP...: where the voters are; options may stand before the steps.
at() {
	local to
	to=$(listed "$1")
	to=${to#*=}
	host_run voters tests/interop/tls.py "${to%:*}" "${to##*:}" "${@:2}"
}

# port_fixed: both hosts at 17001, so that `at` knows where.
port_fixed() {
	[[ -z ${NET_DIR-} ]] ||
		export EVOTE_HOSTS=alpha=10.77.0.1:17001,beta=10.77.0.2:17001
}

# they HOST STEP... -- LINE...: the steps give these lines.
they() {
	local host=$1 steps=() want

	shift
	while [[ $1 != -- ]]; do
		steps+=("$1")
		shift
	done
	shift
	want=$(printf '%s\n' "$@")
	run at "$host" "${steps[@]}"
	# shellcheck disable=SC2154 # bats sets it
	[[ $output == "$want" ]] || {
		echo "$host, ${steps[*]}:"
		diff <(echo "$want") <(echo "$output")
	}
}

# The pin of a certificate, by openssl alone.
pin_of() {
	openssl x509 -in "$1" -noout -pubkey |
		openssl pkey -pubin -outform DER |
		openssl dgst -sha256 -binary | base64
}

pin_logged() {
	grep -oE 'tls pin=[^ ]*' "$PAIR_DIR/$1.log" | sort -u
}

@test "TLS: one authority for all hosts, whose pin is told, and none but it" {
	local host told
	port_fixed
	told=$(pair_init --origin "$ORIGIN" | sed -n 's/^ *pin //p')
	[[ $told =~ ^[A-Za-z0-9+/]{43}=$ ]]
	pair_up
	witness_start witness
	for host in alpha beta; do
		at "$host" probe shake authority | tail -n +3 \
		    >"$PAIR_DIR/$host.pem"
		[[ $(pin_of "$PAIR_DIR/$host.pem") == "$told" ]]
		[[ $(pin_logged "$host") == "tls pin=$told" ]]
		they "$host" --ca "$PAIR_DIR/alpha.pem" --name "$host" \
		    probe shake "call:$EVOTE:8" -- \
		    offered "TLSv1.3 sunrpc" "accepted 0"
		# By its address, as the servers' list has it.
		they "$host" --ca "$PAIR_DIR/alpha.pem" \
		    --name "$(address "$host")" probe shake -- \
		    offered "TLSv1.3 sunrpc"
	done
	[[ $(pin_logged witness) == "tls pin=$told" ]]
	export EVOTE_HOSTS=$EVOTE_HOSTS,$WITNESS
	they w --ca "$PAIR_DIR/alpha.pem" --name w \
	    "probe:$REPLICA" shake "call:$REPLICA:0" -- \
	    offered "TLSv1.3 sunrpc" "accepted 0"
}

@test "TLS: another name, another authority, another version or protocol: no" {
	port_fixed
	cluster_up people
	openssl req -x509 -newkey ed25519 -nodes -subj /CN=evote \
	    -keyout "$PAIR_DIR/other.key" -out "$PAIR_DIR/other.pem" \
	    2>/dev/null
	at alpha probe shake authority | tail -n +3 >"$PAIR_DIR/ca.pem"
	run at alpha --ca "$PAIR_DIR/ca.pem" --name beta probe shake
	says "Hostname mismatch"
	run at alpha --ca "$PAIR_DIR/other.pem" --name alpha probe shake
	says "self-signed certificate in certificate chain"
	run at alpha --max 1.2 probe shake
	says "alert protocol version"
	run at alpha --alpn http/1.1 probe shake
	says "alert no application protocol"
	they alpha --alpn none probe shake "call:$EVOTE:8" -- \
	    offered "TLSv1.3 None" "accepted 0"
	election board 3600
	as ada vote board yes
}

@test "TLS: probes of any program, but of its NULL alone, once, and with nothing behind" {
	port_fixed
	cluster_up people
	they alpha "probe:$PROBE" shake "call:$PROBE:1" -- \
	    offered "TLSv1.3 sunrpc" "accepted 0"
	they alpha "probe:$REPLICA" shake -- offered "TLSv1.3 sunrpc"
	# AUTH_BADCRED, then the probe that was meant.
	they alpha "probe:$EVOTE:8" probe shake probe "call:$EVOTE:0" -- \
	    "denied 1" offered "TLSv1.3 sunrpc" "denied 1" "accepted 0"
	# A program that is not there, and the operators', which is not here.
	they alpha probe:2e564f00 probe:2e564f56 -- "accepted 1" "accepted 1"
	# A call of somebody on the way.
	they alpha behind:"$(record "$(call_body "$EVOTE" 1 8 "")")" -- \
	    "ended: the connection ended"
	they alpha behind:00 -- "ended: the connection ended"
	they alpha probe plain:"$(record "$(call_body "$EVOTE" 1 8 "")")" end -- \
	    offered sent ended
	they alpha probe plain:1603010200010001fc0303 end -- offered sent ended
	they alpha probe end -- offered ended
	election board 3600
	as ada vote board yes
}

@test "TLS: where it is required, who is outside may ask what is told to all" {
	local kept
	port_fixed
	# shellcheck disable=SC2034 # cluster_up reads it
	options=(--tls require)
	pair_init --origin "$ORIGIN"
	pair_up "${options[@]}"
	# LIST_ELECTIONS, and a replica's OPEN.
	they alpha "call:$EVOTE:0" "call:$EVOTE:8" "call:$PROBE:0" "call:$PROBE:1" \
	    "call:$REPLICA:0" "call:$EVOTE:6" "call:$REPLICA:1" -- "accepted 0" \
	    "accepted 0" "accepted 0" "accepted 0" "accepted 0" "denied 5" \
	    "denied 5"
	# In TLS it is answered: GARBAGE_ARGS, there are none.
	they alpha probe shake "call:$EVOTE:6" -- \
	    offered "TLSv1.3 sunrpc" "accepted 4"
	wait_until 15 level
	admin alpha import --shared-keys "$KEYS/people.csv"
	election board 3600
	as ada vote board yes
	kept=$(host_state alpha size)
	server_kill alpha
	wait_until 15 serves beta
	as bob vote board no
	(($(host_state beta size) > kept))
}
