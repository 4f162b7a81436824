# shellcheck shell=bash
#
# Where something is that takes long.  To be sourced.
#
#	step WORD...	a line about what is done from now on, and when it
#			began: on STEP_FD, which is standard error unless set,
#			because standard output is for what comes of it

step() {
	printf '[%d:%02d] %s\n' $((SECONDS / 60)) $((SECONDS % 60)) "$*" \
	    >&"${STEP_FD:-2}"
}
