# shellcheck shell=bash
# shellcheck disable=SC2154 # who sources this sets work
#
# Measuring what our own program does not drive: only what is answered within
# a window counts, and the time of the system's processes between its two ends.
# The driver begins before, so that all clients are connected, and goes on
# after.  To be sourced.
#
#	outside_seconds SECONDS		in whole ones, which is all drivers take
#	outside_watch SECONDS PIDS...	the window; PIDS prints process ids
#	outside_result SYSTEM CLIENTS FAILED
#		the result, as load prints it, from lines of standard input:
#		END LATENCY, us

outside_seconds() {
	awk -v s="$1" 'BEGIN { print int(s) + (s > int(s)) }'
}

outside_watch() {
	local from to before after

	touch "$work/began"
	before=$(outside_cpu "${@:2}")
	from=${EPOCHREALTIME/[.,]/}
	sleep "$1"
	after=$(outside_cpu "${@:2}")
	to=${EPOCHREALTIME/[.,]/}
	echo "$from $to $((after - before))" >"$work/watched"
}

# Time these processes have had, and those of their children that are gone, ns.
# Of the living not as in stat: that is cut to whole ticks, and there may be
# hundreds that had less.  All in one go, because they are so many.
outside_cpu() {
	local pid
	local -a stats=() tasks=()

	for pid in $("$@"); do
		stats+=("/proc/$pid/stat")
		tasks+=("/proc/$pid/task/"*/schedstat)
	done
	{
		cat "${stats[@]}" | sed 's/^.*) /stat /'
		cat "${tasks[@]}"
	} 2>/dev/null | awk -v hz="$(getconf CLK_TCK)" '
	    { ns += $1 == "stat" ? ($15 + $16) * 1e9 / hz : $1 }
	    END { printf "%.0f\n", ns }'
}

# Should the driver have ended too early, so did the window.
outside_result() {
	local from to cpu

	read -r from to cpu <"$work/watched"
	awk -v from="$from" -v to="$to" '$1 >= from && $1 < to' |
		sort -n -k2,2 | awk -v name="$1" -v c="$2" -v failed="$3" \
	    -v from="$from" -v cpu="$cpu" '
	    {
		us[NR - 1] = $2
		if ($1 > last) last = $1
	    }
	    END {
		if (NR == 0)
			exit 1
		printf "{\"system\":\"%s\",\"connections\":%d,\"rate\":%.1f,",
		    name, c, NR * 1e6 / (last - from)
		printf "\"p50_us\":%d,\"p99_us\":%d,\"p999_us\":%d,",
		    us[int(NR / 2)], us[int(NR * 0.99)], us[int(NR * 0.999)]
		printf "\"n\":%d,\"failed\":%d,\"cpu_us\":%.2f}\n", NR, failed,
		    cpu / 1e3 / NR
	    }'
}
