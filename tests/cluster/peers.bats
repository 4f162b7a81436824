#!/usr/bin/env bats
#
# TLS at a host's door, by programs of other people: Go's crypto/tls, GnuTLS and
# openssl.  Each is skipped where it is not installed.

load lib

needs_program() {
	command -v "$1" >/dev/null || skip "no $1 here (package $2)"
}

registered() {
	port alpha
}

host_up() {
	cluster_up
	wait_until 10 registered
	pin=$(host_state alpha pin)
	[[ $pin =~ ^[A-Za-z0-9+/]{43}=$ ]]
	other=$(head -c 32 /dev/zero | base64)
}

@test "Go's crypto/tls calls a host over TLS, and knows it by name and pin" {
	needs_program go golang-go
	host_up
	GOCACHE=$PAIR_DIR/gocache GO111MODULE=off \
	    go build -o "$PAIR_DIR/starttls" tests/interop/starttls.go
	by_go() {
		host_run voters "$PAIR_DIR/starttls" \
		    "$(address alpha):$(port alpha)" "$@"
	}
	exits 0 by_go alpha "$pin"
	says "answered over TLS"
	exits 1 by_go beta "$pin"
	says "not beta"
	exits 1 by_go alpha "$other"
	says "the pin is $pin"
}

# A call of procedure 0 with the flavor AUTH_TLS.
probe() {
	printf '\200\0\0\050\0\0\0\007\0\0\0\0\0\0\0\002\056\126\117\124'
	printf '\0\0\0\001\0\0\0\0\0\0\0\007\0\0\0\0\0\0\0\0\0\0\0\0'
}

@test "gnutls-cli --starttls shakes hands after the probe" {
	needs_program gnutls-cli gnutls-bin
	host_up
	# At the end of its input it begins with TLS: not before the answer.
	by_gnutls() {
		local said=$PAIR_DIR/gnutls
		: >"$said"
		(
			probe
			# shellcheck disable=SC2016 # expanded there
			timeout 15 sh -c 'until grep -qa STARTTLS "$0"; do
				sleep 0.05
			done' "$said"
		) | host_run voters timeout 20 gnutls-cli \
		    --starttls --port "$(port alpha)" "$@" "$(address alpha)" |
			tee "$said" | tr -d '\0'
	}
	by_gnutls --insecure --print-cert --alpn sunrpc >"$PAIR_DIR/met" 2>&1
	# The second one is the authority's.
	awk '/BEGIN CERT/ { n++ } n == 2 { print } /END CERT/ && n == 2 { exit }' \
	    "$PAIR_DIR/met" >"$PAIR_DIR/ca.pem"
	[[ $(openssl x509 -in "$PAIR_DIR/ca.pem" -noout -pubkey |
	    openssl pkey -pubin -outform DER |
	    openssl dgst -sha256 -binary | base64) == "$pin" ]]

	run by_gnutls --x509cafile "$PAIR_DIR/ca.pem" --alpn sunrpc \
	    --verify-hostname alpha
	says "STARTTLS"
	says "TLS1.3"
	says "certificate is trusted"
	says "Application protocol: sunrpc"
	run by_gnutls --x509cafile "$PAIR_DIR/ca.pem" --verify-hostname beta
	says "does not match"
	openssl req -x509 -newkey ed25519 -nodes -subj "/CN=another" \
	    -keyout /dev/null -out "$PAIR_DIR/another.pem" 2>/dev/null
	run by_gnutls --x509cafile "$PAIR_DIR/another.pem" \
	    --verify-hostname alpha
	says "NOT trusted"
	run by_gnutls --insecure --alpn http/1.1
	says "application protocol"
	run by_gnutls --insecure --priority NORMAL:-VERS-ALL:+VERS-TLS1.2
	says "alert"
	serves alpha
}

@test "openssl verifies a host by the pin as a TLSA record 2 1 1" {
	needs_program openssl openssl
	host_up
	host_exec voters tests/interop/probed.py "$PAIR_DIR/probed" \
	    "$(address alpha)" "$(port alpha)" \
	    </dev/null >"$PAIR_DIR/probed.log" 2>&1 3>&- &
	probed=$!
	wait_until 5 test -e "$PAIR_DIR/probed"
	by_openssl() {
		host_run voters timeout 20 openssl s_client \
		    -connect "127.0.0.1:$(<"$PAIR_DIR/probed")" \
		    -verify_return_error "$@" </dev/null
	}
	dane() {
		by_openssl -alpn sunrpc -dane_tlsa_domain "$1" \
		    -dane_tlsa_rrdata "2 1 1 $(base64 -d <<<"$2" | od -An -v -tx1 |
			tr -d ' \n')" "${@:3}"
	}
	exits 0 dane alpha "$pin"
	says "Verification: OK"
	says "Verified peername: alpha"
	says "TLSv1.3"
	says "ALPN protocol: sunrpc"
	exits 1 dane beta "$pin"
	says "hostname mismatch"
	exits 1 dane alpha "$other"
	says "no matching DANE TLSA"
	exits 1 by_openssl -tls1_2
	exits 1 by_openssl -alpn http/1.1
	says "no application protocol"
	kill "$probed"
	serves alpha
}
