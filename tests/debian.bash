# shellcheck shell=bash
#
# The two elections of tests/data/ballots at a pair.  To be sourced, where
# `client` and `admin` are.
#
#	debian_open YEAR END		roll and election, both named debian-YEAR
#	debian_cast YEAR [OPTION...]	begins to cast all ballots: tests/ballot_box.c
#	debian_cast_at_least N		so many are accepted; a condition
#	debian_done			all of them were; waits for the end
#	debian_agrees YEAR		the pairs that were published, and the order

debian_file() {
	echo "tests/data/ballots/debian-$1.txt"
}

debian_choices() {
	sed -n 's/^# [0-9]*: //p' "$(debian_file "$1")"
}

debian_voters() {
	awk -F: '/^[0-9]/ { n += $1 } END { print n }' "$(debian_file "$1")"
}

# A key of its own: also the creator's, who is the first voter.
debian_open() {
	local name=debian-$1 key none choices=()
	[[ -e $PAIR_DIR/debian.pem ]] ||
		pair_key "$PAIR_DIR/debian.pem" >"$PAIR_DIR/debian.pub"
	key=$(<"$PAIR_DIR/debian.pub")
	{
		echo name,group,key
		seq -f "$name-%.0f,$name,$key" "$(debian_voters "$1")"
	} >"$PAIR_DIR/$name.csv"
	admin alpha import --shared-keys "$PAIR_DIR/$name.csv"
	mapfile -t choices < <(debian_choices "$1")
	none=${choices[-1]}
	client --voter "$name-1" --key "$PAIR_DIR/debian.pem" create "$name" \
	    --group "$name" "${choices[@]/#/--choice=}" --ranked \
	    --none-choice "$none" --end "$2"
}

debian_cast() {
	: >"$PAIR_DIR/ballots"
	host_exec voters "$PAIR_BIN/ballot_box" --hosts "$EVOTE_HOSTS" \
	    --key "$PAIR_DIR/debian.pem" --election "debian-$1" \
	    --voters "debian-$1" --ballots "$(debian_file "$1")" \
	    --log "$PAIR_DIR/ballots" --state "$PAIR_DIR/box" "${@:2}" \
	    </dev/null >"$PAIR_DIR/box.out" 2>&1 3>&- &
	echo $! >"$PAIR_DIR/box.pid"
}

debian_cast_at_least() {
	(($(grep -c '^ok ' "$PAIR_DIR/ballots") >= $1))
}

debian_done() {
	local status=0
	wait "$(<"$PAIR_DIR/box.pid")" || status=$?
	cat "$PAIR_DIR/box.out"
	return "$status"
}

# debian_pairs YEAR: CHOICE OTHER WINS LOSES, as Debian has published them
debian_pairs() {
	case $1 in
	2002) printf '%s\n' '2 0 291 180' '2 1 327 140' '2 3 444 18' ;;
	2010) printf '%s\n' '0 1 323 102' '0 2 385 33' '0 3 305 124' '0 4 398 28' ;;
	esac
}

debian_order() {
	case $1 in
	2002) echo 2,3,1,4 ;;
	2010) echo 1,2,4,3,5 ;;
	esac
}

debian_agrees() {
	local result a b wins loses
	result=$(client --json result "debian-$1") || return 1
	while read -r a b wins loses; do
		jq -e --argjson p "[$a, $b, $wins, $loses]" '.pairs as $m |
		    $m[$p[0]][$p[1]] == $p[2] and $m[$p[1]][$p[0]] == $p[3]' \
		    <<<"$result" >/dev/null || {
			echo "debian-$1: choice $a over $b is not $wins:$loses"
			return 1
		}
	done < <(debian_pairs "$1")
	[[ $(jq -r '[.counts[].rank] | join(",")' <<<"$result") == \
	    "$(debian_order "$1")" ]] || return 1
	jq -e --argjson n "$(debian_voters "$1")" '.votes == $n and
	    .eligible == $n' <<<"$result" >/dev/null
}
