# shellcheck shell=bash
# shellcheck disable=SC2154 # run sets work, part, here and the places
#
# Clients that vote at a steady rate, and what they saw.  To be sourced by run.

: "${CLIENTS:=8}" "${PACE_MS:=5}" "${VOTERS:=2400}"

# Both up, and on the roll VOTERS for each client.  They share one key, of
# which each has a file: it is names that count.
cluster_up() {
	local c key
	local -a names

	pair_init --origin evaluate.example >"$work/out"
	pair_up "$@"
	key=$(pair_key "$work/key.pem" 2>>"$work/out")
	echo "name,group,public key" >"$work/roll.csv"
	for ((c = 0; c < CLIENTS; c++)); do
		mapfile -t names < <(printf "c${c}v%04d\n" $(seq "$VOTERS"))
		mkdir -p "$work/keys/$c"
		(cd "$work/keys/$c" && tee "${names[@]/%/.pem}" \
		    <"$work/key.pem" >/dev/null)
		printf "%s,members,$key\n" "${names[@]}" >>"$work/roll.csv"
	done
	admin alpha import --shared-keys "$work/roll.csv" >>"$work/out"
}

# election NAME SECONDS
election() {
	client --voter c0v0001 --key "$work/key.pem" create "$1" \
	    --group members --choice yes --choice no --end "+${2}s" --yes \
	    >>"$work/out"
}

# load_start ELECTION LOGS: one log a client, LOGS.N
load_start() {
	local c
	: >"$work/clients"
	for ((c = 0; c < CLIENTS; c++)); do
		host_exec voters "$PAIR_BIN/voter_loop" \
		    --hosts "$EVOTE_HOSTS" --keys "$work/keys/$c" \
		    --election "$1" --choices yes,no --seconds 120 \
		    --pace-ms "$PACE_MS" --log "$2.$c" \
		    --state "$2.state.$c" </dev/null \
		    >>"$work/load.log" 2>&1 3>&- &
		disown
		echo $! >>"$work/clients"
	done
}

load_stop() {
	load_signal TERM
	load_wait
}

load_kill() {
	load_signal KILL
}

load_signal() {
	[[ -s $work/clients ]] || return 0
	xargs kill "-$1" <"$work/clients" 2>/dev/null || true
}

load_wait() {
	local pid
	while read -r pid; do
		wait_until 40 process_gone "$pid"
	done <"$work/clients"
	: >"$work/clients"
}

answered_at_least() {
	(($(cat "$2".[0-9]* 2>/dev/null | grep -c '^ok ') >= $1))
}

# answers LOGS: of each accepted vote, in order: TIME HOST TOOK_US CLIENT VOTER
answers() {
	local file
	for file in "$1".[0-9]*; do
		awk -v c="${file##*.}" \
		    '$1 == "ok" { print $6, $5, $4, c, $2 }' "$file"
	done | sort -n
}

# Begun, and neither accepted nor refused: CLIENT VOTER
unanswered() {
	local file
	for file in "$1".[0-9]*; do
		awk -v c="${file##*.}" '
		    $1 == "invoke" { asked[$2] = 1 }
		    $1 == "ok" || $1 == "refused" { delete asked[$2] }
		    END { for (v in asked) print c, v }' "$file"
	done
}

refused() {
	cat "$1".[0-9]* | grep -c '^refused ' || true
}

# longest_gap FROM TO: the longest time without any answer, ms, that was not
# over before FROM and had begun at TO; of the answers on standard input.
longest_gap() {
	awk -v from="$1" -v to="$2" '
	    last && $1 >= from && last <= to && $1 - last > gap {
		gap = $1 - last
	    }
	    { last = $1 }
	    END { printf "%.1f\n", gap / 1000 }'
}

# slowest FROM TO: the longest that one call took, ms, among those under way
# then.
slowest() {
	awk -v from="$1" -v to="$2" '
	    $1 >= from && $1 - $3 <= to && $3 > max { max = $3 }
	    END { printf "%.1f\n", max / 1000 }'
}

# plot NAME TITLE ZERO FROM TO WIDTH [LABEL AT]...: answers in each WIDTH ms,
# by host, from FROM to TO ms after ZERO (a mark), with marks named.
plot() {
	local name=$1 title=$2 zero from=$4 to=$5 width=$6 labels='' n=1
	zero=$(at "$3")
	shift 6
	awk -v zero="$zero" -v from="$from" -v to="$to" -v width="$width" '
	    { ms = ($1 - zero) / 1000 }
	    ms >= from && ms < to { n[$2, int((ms - from) / width)]++ }
	    END {
		for (i = 0; i < (to - from) / width; i++)
			print from + (i + 0.5) * width, n["alpha", i] + 0, \
			    n["beta", i] + 0
	    }' "$work/answers" >"$OUT/$name.dat"
	while (($# >= 2)); do
		labels+="set arrow from first $2,graph 0 to first $2,graph 1 \
nohead dt 2; set label \"$1\" at first $2,graph $(((n % 2) * 6 + 88))e-2 \
offset 0.5,0 font ',10'; "
		n=$((n + 1))
		shift 2
	done
	gnuplot -e "file='$OUT/$name.dat'; out='$FIGURES/$name.svg'; \
	    heading='$title'; width=$width; from=$from; to=$to; $labels" \
	    "$here/answers.gp"
}

# since MARK OTHER: whole milliseconds, for a label
since() {
	echo $((($(at "$2") - $(at "$1")) / 1000))
}
