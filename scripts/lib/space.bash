# shellcheck shell=bash
#
# A user namespace, of which an ordinary user is root: networks and mounts can
# be made there.  To be sourced.
#
#	space_enter CMD...	becomes CMD in one; nothing happens to root, or
#				where there is none
#	space_run CMD...	CMD in one; as it is then
#	space_lacks		why there is none; nothing when there can be

space=(unshare --user --map-auto --map-root-user --mount)

space_enter() {
	((EUID == 0)) || [[ -n $(space_lacks) ]] || exec "${space[@]}" -- "$@"
}

space_run() {
	(space_enter "$@" && "$@")
}

# Tries it.
space_lacks() {
	local why

	why=$("${space[@]}" true 2>&1) || echo "${why//$'\n'/; }"
}
