# shellcheck shell=bash
# Completion of evote_server(8) for bash.

_evote_server() {
	local cur prev words cword
	local options="--config --data --origin --name --hosts --cluster-key
	    --admin-socket --no-portmap --failback --role --tls
	    --suspect-ms --no-refused-proof --hang-ms --trust-clock --verbose --version
	    --help --checkpoint --policy --json"

	_init_completion -n = || return
	case $prev in
	--config | --cluster-key | --admin-socket | --checkpoint | --policy)
		_filedir && return ;;
	--data) _filedir -d && return ;;
	--failback) options="auto manual" ;;
	--role) options="host witness" ;;
	--tls) options="allow require" ;;
	--origin | --name | --hosts | --suspect-ms | --hang-ms) return ;;
	esac
	((cword > 1)) || options+=" init check export import audit"
	mapfile -t COMPREPLY < <(compgen -W "$options" -- "$cur")
	case ${words[1]} in
	export | import) ((cword == 1)) || _filedir ;;
	esac
}
complete -F _evote_server evote_server
