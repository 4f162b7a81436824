# shellcheck shell=bash
#
# Waiting for things to become true, never for time to pass.  To be sourced.

# How many times longer things take here than on a machine that has nothing
# else to do: 1 to 5.  What computes and gives way to us takes nothing from us.
slowness() {
	awk -v cores="$(nproc)" -v yielding="$(yielding)" '{
		n = int(($1 - yielding) / cores + 0.999)
		print (n < 1 ? 1 : (n > 5 ? 5 : n))
	}' /proc/loadavg
}

yielding() {
	ps -eo ni=,stat= 2>/dev/null | awk -v ours="$(nice)" '
	    $1 > ours && $2 ~ /^R/ { n++ } END { print n + 0 }'
}

# wait_until SECONDS CMD...: until the command succeeds; 1 and a word on
# standard error when it did not in that time, or longer on a slow machine.
wait_until() {
	local begun=$SECONDS times=1
	until "${@:2}" >/dev/null 2>&1; do
		if ((SECONDS - begun > $1 * times)); then
			((times++ < $(slowness))) || {
				echo "not true within $1 s of a quiet machine:" \
				    "${*:2}" >&2
				return 1
			}
		fi
		sleep 0.02
	done
}

# Whether the process has ended, though perhaps nobody has asked about it yet.
process_gone() {
	[[ ! -e /proc/$1 || $(cut -d' ' -f3 "/proc/$1/stat") == Z ]]
}
