# shellcheck shell=bash
#
# A user namespace, of which an ordinary user is root: networks and mounts can
# be made there.  To be sourced.
#
#	space_run CMD...	CMD in one; just so for root, or without one
#	space_lacks		why there is none; nothing when there can be

space=(unshare --user --map-auto --map-root-user --mount)

space_run() {
	if ((EUID == 0)) || [[ -n $(space_lacks) ]]; then
		"$@"
	else
		"${space[@]}" -- "$@"
	fi
}

# Tries it.
space_lacks() {
	local why

	why=$("${space[@]}" true 2>&1) || echo "${why//$'\n'/; }"
}
