# shellcheck shell=bash
#
# Waiting for things to become true, never for time to pass.  To be sourced.

# wait_until SECONDS CMD...: until the command succeeds; 1 and a word on
# standard error when it did not in that time.
wait_until() {
	local end=$((SECONDS + $1 + 1))
	until "${@:2}" >/dev/null 2>&1; do
		if ((SECONDS >= end)); then
			echo "not true within $1 s: ${*:2}" >&2
			return 1
		fi
		sleep 0.02
	done
}

# Whether the process has ended, though perhaps nobody has asked about it yet.
process_gone() {
	[[ ! -e /proc/$1 || $(cut -d' ' -f3 "/proc/$1/stat") == Z ]]
}
