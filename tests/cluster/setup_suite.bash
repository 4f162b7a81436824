# shellcheck shell=bash
#
# Once before all files, or all that one call of scripts/run-tests runs: people
# with a key each, and a crowd that shares one (what matters for load is that
# they are different voters).

setup_suite() {
	local bin=${B:-build}
	export KEYS=${TESTS_SHARE:-$BATS_SUITE_TMPDIR}/keys

	programs_exist "$bin"
	{
		flock 9
		[[ -e $KEYS/made ]] || make_keys "$bin"
	} 9>"$KEYS.lock"
}

make_keys() {
	mkdir -p "$KEYS/people" "$KEYS/crowd"
	echo "name,group,public key" | tee "$KEYS/people.csv" >"$KEYS/crowd.csv"
	person "$1" 王大明 members
	person "$1" ada members
	person "$1" bob members
	person "$1" carol members
	person "$1" dave guests
	crowd "$1"
	touch "$KEYS/made"
}

programs_exist() {
	local name
	for name in evote_server evote_client voter_loop fill_ledger; do
		[[ -x $1/$name ]] || {
			echo "no $1/$name: make it first" >&2
			return 1
		}
	done
}

person() {
	make_key "$1" "$KEYS/people/$2.pem"
	echo "$2,$3,$key" >>"$KEYS/people.csv"
}

crowd() {
	make_key "$1" "$KEYS/one.pem"
	# No more files at once than a user may have open.
	# shellcheck disable=SC2016 # expanded there
	(cd "$KEYS/crowd" && printf '%s\n' v{0001..4000}.pem | xargs -n 500 \
	    sh -c 'tee "$@" <../one.pem >/dev/null' tee)
	printf "v%04d,members,$key\n" {1..4000} >>"$KEYS/crowd.csv"
}

make_key() {
	key=$("$1/evote_client" keygen "$2" </dev/null 2>/dev/null |
		grep -oE '[A-Za-z0-9+/]{43}=')
}
