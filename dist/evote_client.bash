# shellcheck shell=bash
# Completion of evote_client(1) for bash.

_evote_client() {
	local cur prev words cword command='' i
	local commands="keygen create extend cancel vote receipt verify result sheet turnout
	    report elections show
	    check pending status
	    trust checkpoint register import rekey unregister
	    unlock voters settings handover hosts arbiter
	    promote"
	local options="--hosts --origin --pin --voter --key --passphrase-file --login
	    --plain --timeout --state --admin
	    --json --version --help"
	local -A own=(
		[create]="--group --choice --end --start --grace --pick --ranked --none-choice --publish-sheet --show-times --freeze --empty-groups --dry-run --yes"
		[extend]="--end --reason --dry-run --yes"
		[cancel]="--reason --yes"
		[vote]="--blank"
		[verify]="--policy"
		[result]="--csv --svg"
		[turnout]="--times"
		[report]="--pdf"
		[pending]="--settle --drop --yes"
		[status]="--watch --count --prometheus --explain"
		[trust]="--at"
		[checkpoint]="--since --proof"
		[hosts]="add remove prefer"
		[register]="--shared-keys --alike-names"
		[import]="--dry-run --update --remove-missing --yes --everybody
		    --shared-keys --alike-names --name-column --group-column --key-column"
		[rekey]="--shared-keys"
		[voters]="--group --not-voted --groups --csv"
		[settings]="--create --group --quota"
		[arbiter]="none witness etcd --replace-dead"
		[promote]="--force --epoch --accept-loss"
	)

	_init_completion -n = || return
	for ((i = 1; i < cword; i++)); do
		case ${words[i]} in
		--hosts | --origin | --pin | --voter | --key | --passphrase-file | \
		    --timeout | --state | --admin)
			((i++)) ;;
		-*) ;;
		*)
			command=${words[i]}
			break
			;;
		esac
	done
	case $prev in
	--key | --passphrase-file | --admin | --policy | --since | --proof) _filedir && return ;;
	--state) _filedir -d && return ;;
	--hosts | --origin | --pin | --voter | --timeout | --group | --not-voted | --choice | --end | --start | --grace | --reason | --create | --quota | --pick | --none-choice | --count | --at | \
	    --epoch | --*-column) return ;;
	esac
	case $command in
	'') mapfile -t COMPREPLY < <(compgen -W "$commands help $options" -- "$cur") ;;
	help) mapfile -t COMPREPLY < <(compgen -W "$commands" -- "$cur") ;;
	import | keygen | verify)
		mapfile -t COMPREPLY < <(compgen -W "${own[$command]-} --help" -- "$cur")
		_filedir
		;;
	*) mapfile -t COMPREPLY < <(compgen -W "${own[$command]-} --help" -- "$cur") ;;
	esac
}
complete -F _evote_client evote_client
