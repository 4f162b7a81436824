# shellcheck shell=bash
#
# ONC RPC by hand, for what the real client would never send.  Messages are
# strings of hexadecimal digits.  To be sourced.

# shellcheck disable=SC2034 # for those who source this
readonly EVOTE=2e564f54 PROBE=2e564f55 REPLICA=2e564f57

# ---- XDR -------------------------------------------------------------------------

u32() {
	printf %08x "$1"
}

u64() {
	printf %016x "$1"
}

# Variable-length opaque, from hexadecimal.
opaque() {
	local len=$((${#1} / 2))
	u32 "$len"
	printf %s "$1"
	zeros $((-len & 3))
}

string() {
	opaque "$(printf %s "$1" | to_hex)"
}

zeros() {
	(($1 == 0)) || printf '00%.0s' $(seq "$1")
}

repeat() {
	printf "$1%.0s" $(seq "$2")
}

to_hex() {
	od -An -v -tx1 | tr -d ' \n'
}

from_hex() {
	# shellcheck disable=SC2001,SC2059 # the escapes are the point
	printf "$(sed 's/../\\x&/g' <<<"$1")"
}

# ---- calls -----------------------------------------------------------------------

# call_body PROG VERS PROC ARGS: a call without credentials, xid 7.
call_body() {
	u32 7
	u32 0
	u32 2
	printf %s "$1"
	u32 "$2"
	u32 "$3"
	zeros 16
	printf %s "$4"
}

# As one record.
record() {
	u32 $((0x80000000 | ${#1} / 2))
	printf %s "$1"
}

# send HOST HEX: what comes back of one record, or nothing.
send() {
	exchange "$1" "$2" 3
}

# exchange HOST HEX SECONDS, from where the voters are.
exchange() {
	# shellcheck disable=SC2016 # expanded there
	host_run voters bash -c '
		trap "" PIPE
		exec 3<>"/dev/tcp/$1/$2" || exit
		printf "$(sed "s/../\\\\x&/g" <<<"$3")" >&3 2>/dev/null
		head=$(timeout "$4" head -c 4 <&3 | od -An -tx1 | tr -d " ")
		[[ -z $head ]] ||
			timeout "$4" head -c $((0x$head & 0x7fffffff)) <&3 |
			od -An -v -tx1 | tr -d " \n"
	' exchange "$(address "$1")" "$(port "$1")" "$2" "$3"
}

# call HOST PROG VERS PROC ARGS: the reply after its xid.
call() {
	local reply
	reply=$(send "$1" "$(record "$(call_body "${@:2}")")")
	printf %s "${reply:8}"
}

# accepted STATUS: how a reply that was not denied begins, after its xid.
accepted() {
	u32 1
	zeros 12
	u32 "$1"
}

# ask HOST PROC ARGS [PROG]: calls EVOTE and takes the answer's head apart;
# `rest` is what follows it.
ask() {
	local reply
	code='' reason='' standing=''
	reply=$(call "$1" "${4:-$EVOTE}" 1 "$2" "$3")
	[[ $reply == "$(accepted 0)"* ]] || {
		echo "no success: $reply" >&2
		return 1
	}
	rest=${reply:40}
	cluster=$(take 16)
	skip_bytes $((16 + 16 + 8 + 8 + 32))
	standing=$((16#$(take 4)))
	skip_bytes 4
	host=$(take_opaque)
	skip_opaque
	code=$((16#$(take 4)))
	skip_bytes 4
	reason=$((16#$(take 4)))
	skip_bytes 4
	skip_opaque
	code_fits_standing
}

# No answer has EVOTE_CODE_NONE, and every answer another code.  Only
# EVOTE_NOT_PRIMARY and EVOTE_NOT_SERVING name a host.
code_fits_standing() {
	if ((standing == 0 ? code >= 100 : code != 16#ffffffff)) ||
	    [[ $standing != [12] && -n $host ]]; then
		echo "standing=$standing code=$code host=$host" >&2
		return 1
	fi
}

# answered CODE [REASON], stood STANDING: what `ask` was told.
answered() {
	echo "code=$code reason=$reason, expected $*"
	((standing == 0 && code == $1 && reason == ${2:-reason}))
}

stood() {
	echo "standing=$standing, expected $1"
	((standing == $1))
}

take() {
	printf %s "${rest:0:2 * $1}"
}

skip_bytes() {
	rest=${rest:2 * $1}
}

skip_opaque() {
	local len=$((16#$(take 4)))
	skip_bytes $((4 + ((len + 3) & ~3)))
}

# The opaque that stands next.
take_opaque() {
	local len=$((16#$(take 4)))
	printf %s "${rest:8:2 * len}"
}

# ---- the voters' program ---------------------------------------------------------

no_seen() {
	zeros 32
}

# preauth HOST VOTER: sets challenge.
preauth() {
	ask "$1" 1 "$(string "$2")$(no_seen)"
	challenge=$(take_opaque)
}

# sign VOTER: a signature over the log-in with the challenge.
sign() {
	local file=$BATS_TEST_TMPDIR/login
	from_hex "$(string "evote login 1")$(string "$ORIGIN")$cluster$(
		opaque "$challenge")" >"$file"
	openssl pkeyutl -sign -rawin -inkey "$KEYS/people/$1.pem" \
	    -in "$file" | to_hex
}

# auth HOST VOTER SIGNATURE: sets token when it is granted.
auth() {
	ask "$1" 2 "$(string "$2")$(opaque "$challenge")$(
		opaque "$3")$(no_seen)"
	token=$(take_opaque)
}

# log_in HOST VOTER
log_in() {
	preauth "$1" "$2"
	auth "$1" "$2" "$(sign "$2")"
}

# request NUMBER: by token, of a client id of our own.
request() {
	u32 1
	opaque "$token"
	repeat ab 16
	u64 "$1"
	no_seen
}

# The arguments of a vote: NUMBER ELECTION CHOICE.
vote_args() {
	request "$1"
	string "$2"
	string "$3"
	zeros 32
}

# The arguments of a creation: NUMBER NAME GROUPS CHOICES, hexadecimal lists.
create_args() {
	request "$1"
	string "$2"
	printf %s "$3$4"
	u64 $((($(date +%s) + 3600) * 1000000))
}

# list STRING...
list() {
	local each
	u32 $#
	for each; do
		string "$each"
	done
}
