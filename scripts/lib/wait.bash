# shellcheck shell=bash
#
# Waiting for things to become true, never for time to pass.  To be sourced.

# How many times longer things take here than on a machine that has nothing
# else to do: 1 to 5.
slowness() {
	awk -v cores="$(nproc)" '{
		n = int($1 / cores + 0.999)
		print (n < 1 ? 1 : (n > 5 ? 5 : n))
	}' /proc/loadavg
}

# wait_until SECONDS CMD...: until the command succeeds; 1 and a word on
# standard error when it did not in that time, or longer on a slow machine.
wait_until() {
	local end=$((SECONDS + $1 * $(slowness) + 1))
	until "${@:2}" >/dev/null 2>&1; do
		if ((SECONDS >= end)); then
			echo "not true within $1 s of a quiet machine: ${*:2}" >&2
			return 1
		fi
		sleep 0.02
	done
}

# Whether the process has ended, though perhaps nobody has asked about it yet.
process_gone() {
	[[ ! -e /proc/$1 || $(cut -d' ' -f3 "/proc/$1/stat") == Z ]]
}
