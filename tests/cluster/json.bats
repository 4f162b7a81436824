#!/usr/bin/env bats
#
# What --json prints is what docs/JSON.md says, in both directions.

load lib

# The table of a section: {path, type, common} each.
table() {
	awk -v want="## $1" '/^## / { on = $0 == want } on && /^\| `/' \
	    docs/JSON.md |
		jq -Rn --argjson common "$2" '[inputs |
		    capture("^\\| `(?<path>[^`]+)` \\| (?<type>[^|]+?) \\|") |
		    .common = $common]'
}

# shows COMMAND STATUS RUN...: it ends so, and prints what its table says.
shows() {
	local rows whole=false faults
	exits "$2" "${@:3}"
	(($2 != 0)) || whole=true
	rows=$(jq -cn "$(table "any command" true) + $(table "$1" false)")
	faults=$(jq -r --argjson rows "$rows" --argjson whole "$whole" \
	    -f tests/cluster/json.jq <<<"$output") || faults="it is no JSON"
	[[ -z $faults ]] || {
		echo "$1: $faults"
		echo "$output"
		return 1
	}
	jq -r --arg c "$1" 'paths | reduce .[] as $k (""; if ($k | type) ==
	    "number" then . + "[]" elif . == "" then $k else . + "." + $k end) |
	    "\($c) \(.)"' <<<"$output" >>"$PAIR_DIR/shown"
}

# Fields of a section that no command has shown.
never_shown() {
	table "$1" false | jq -r --arg c "$1" '.[] | "\($c) \(.path)"' |
		grep -vxFf "$PAIR_DIR/shown"
}

commands() {
	"$PAIR_BIN/evote_client" --help |
		sed -n '/^  --/d; s/^  \([a-z][a-z]*\).*/\1/p'
}

voters_show() {
	shows keygen 0 client --json keygen "$PAIR_DIR/new.pem"
	shows keygen 2 client --json keygen "$PAIR_DIR/new.pem"
	shows create 0 as ada --json create club --group members \
	    --group 學生 --choice yes --choice no \
	    --end "+$((12 * $(slowness)))s" --empty-groups
	shows create 1 as ada --json create club --group m --choice yes --end +1h \
	    --empty-groups
	shows vote 0 as ada --json vote club yes
	shows vote 1 as ada --json vote club no
	# What wants it to be open comes first.
	shows result 1 client --json result club
	shows turnout 0 client --json turnout club
	shows report 1 client --json report club
	shows extend 0 as ada --json extend club \
	    --end "+$((14 * $(slowness)))s" --reason late --yes
	shows create 0 as ada --json create open --publish-sheet \
	    --group members --choice yes --end +12s
	shows vote 0 as ada --json vote open yes
	receipts_show
	shows create 0 as ada --json create board --group members --choice A \
	    --choice B --pick 1-2 --end "+$((12 * $(slowness)))s"
	shows create 0 as ada --json create chair --group members --choice A \
	    --choice B --ranked --none-choice B \
	    --end "+$((12 * $(slowness)))s"
	shows vote 0 as ada --json vote board A B
	shows vote 0 as ada --json vote chair 'A > B'
	shows vote 1 as bob --json vote chair 'A > C'
	shows create 0 as ada --json create plan --group members --choice yes \
	    --start +1h --end +2h --grace 60 --dry-run
	shows create 0 as ada --json create plan --group members --choice yes \
	    --start +1h --end +2h --grace 60
	shows create 2 as ada --json create Plan --group members --choice yes \
	    --end +2h
	shows check 0 as ada --json check plan
	shows extend 0 as ada --json extend plan --end +3h --reason late \
	    --dry-run
	shows extend 2 as ada --json extend plan --end +3h --reason late
	shows extend 0 as ada --json extend plan --end +3h --reason late --yes
	shows extend 1 as bob --json extend plan --end +4h --reason late --yes
	shows show 0 client --json show plan
	shows cancel 0 as ada --json cancel plan --reason wrong --yes
	shows cancel 1 as ada --json cancel plan --reason wrong --yes
	shows show 0 client --json show plan
	shows report 0 client --json report plan
	shows show 0 client --json show board
	shows show 0 client --json show chair
	shows show 0 client --json show club
	shows show 1 client --json show nothing
	shows elections 0 client --json elections
	shows check 0 as ada --json check
	shows check 1 as ada --json check nothing
	says "\`checks\` says what to do"
	shows check 1 client --voter nobody --key "$KEYS/people/ada.pem" \
	    --json check
	shows pending 2 as ada --json pending --drop --settle
	shows pending 0 as ada --json pending --settle
	shows status 0 client --json status --watch --count 2
	shows status 0 client --json status --explain
	closed club
	closed open
	shows sheet 0 client --voter ada --json sheet open
	shows sheet 0 client --json sheet open
	shows result 0 client --json result club
	shows sheet 1 client --json sheet club
	shows report 0 client --json report club
	shows turnout 1 client --json turnout nothing
	as ada create timely --group members --choice yes --choice no \
	    --show-times --end +1h
	shows turnout 0 client --json turnout timely --times
	shows turnout 1 client --json turnout club --times
	closed board
	closed chair
	shows result 0 client --json result board
	shows result 0 client --json result chair
	shows show 0 client --json show club
	shows vote 2 as ada --json vote
	election late 3600
	kill -STOP "$(server_pid beta)"
	shows vote 4 as bob --json --timeout 1 vote late yes
	kill -CONT "$(server_pid beta)"
	shows pending 0 client --json pending
	wait_until 10 level
}

receipts_show() {
	local receipt=$PAIR_DIR/receipt
	client trust >"$PAIR_DIR/policy"
	shows receipt 0 as ada --json receipt club "$receipt"
	shows receipt 2 as bob --json receipt club
	shows verify 0 client --json verify "$receipt"
	sed "s,^index .*,index 99," "$receipt" >"$receipt.changed"
	shows verify 1 client --json verify --policy "$PAIR_DIR/policy" \
	    "$receipt" "$receipt.changed"
	shows verify 2 client --json verify "$receipt.missing"$'\xff'
	says "missing?"
	iconv -f UTF-8 -t UTF-8 <<<"$output" >/dev/null
	shows verify 0 client --json --state "$PAIR_DIR/early" verify "$receipt"
	shows trust 0 client --json trust
	shows trust 0 client --json trust --at 3
	shows checkpoint 0 client --json checkpoint --since "$receipt" \
	    --proof "$PAIR_DIR/proof"
	shows checkpoint 2 client --json checkpoint --since "$PAIR_DIR/policy"
}

operators_show() {
	shows register 0 admin alpha --json register --shared-keys zoe m "$key"
	shows register 1 admin alpha --json register --shared-keys zoe n "$key"
	shows register 0 admin alpha --json register --shared-keys yves \
	    memebrs "$key"
	shows voters 0 admin alpha --json voters --groups
	shows create 0 admin alpha --json create theirs --group memebrs \
	    --choice yes --end +1h
	shows import 0 admin alpha --json import --shared-keys \
	    "$KEYS/people.csv"
	shows settings 0 admin alpha --json settings --group m
	shows create 1 as ada --json create ours --group members --choice yes \
	    --end +1h --dry-run
	shows settings 1 admin alpha --json settings --group none
	shows settings 0 admin alpha --json settings --create anyone
	shows voters 0 admin alpha --json voters
	printf 'name,group,key\nyan,m,%s\n' "$key" >"$csv"
	shows import 1 admin alpha --json import --dry-run "$csv"
	printf 'name,group,key\nzoe,m,%s\nyan,m,%s\n' "$key" "$key" >"$csv"
	shows import 0 admin alpha --json import --shared-keys --dry-run "$csv"
	shows import 0 admin alpha --json import --shared-keys "$csv"
	printf 'name,group,key\nzoe,n,%s\n' "$key" >"$csv"
	shows import 1 admin alpha --json import --shared-keys --dry-run "$csv"
	shows import 1 admin alpha --json import --shared-keys "$csv"
	says "(see \`changes\`)"
	jq -e 'has("epoch") or has("root") | not' <<<"$output"
	shows import 2 admin alpha --json import "$csv.missing"
	printf 'name,group,key\nZoe,m,%s\nAnn\xd0\xb0,m,%s\n' "$key" "$key" \
	    >"$csv"
	shows import 2 admin alpha --json import --shared-keys "$csv"
	printf 'name,group,key\nzoe,n,no-key\n' >"$csv"
	shows import 2 admin alpha --json import --shared-keys "$csv"
	# A key that nobody can have.
	printf 'name,group,key\nzoe,n,%s\nxia,m,%s=\n' "$key" \
	    AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA >"$csv"
	shows import 1 admin alpha --json import --shared-keys --update "$csv"
	printf 'name,group,key\nzoe,n,%s\n' "$key" >"$csv"
	shows import 0 admin alpha --json import --shared-keys --update \
	    --remove-missing --yes "$csv"
	shows import 2 admin alpha --json import --shared-keys \
	    --remove-missing --yes "$PAIR_DIR/none.csv"
	printf 'name,group,key\nxia,n,%s\n' "$key" >"$csv"
	shows import 0 admin alpha --json import --dry-run --remove-missing \
	    --everybody --yes "$csv"
	shows rekey 0 admin alpha --json rekey --shared-keys zoe "$key"
	shows rekey 1 admin alpha --json rekey none "$key"
	shows unlock 0 admin alpha --json unlock zoe
	shows unregister 0 admin alpha --json unregister zoe
	shows unregister 1 admin alpha --json unregister zoe
	shows unregister 1 admin beta --json unregister yan
	shows hosts 0 admin alpha --json hosts
	shows hosts 0 admin alpha --json hosts prefer alpha
	shows hosts 0 admin alpha --json hosts add "$(listed alpha)"
	shows hosts 1 admin beta --json hosts remove alpha
	shows arbiter 1 admin beta --json arbiter witness w=127.0.0.1:9
	shows arbiter 0 admin alpha --json arbiter none
	shows promote 1 admin alpha --json promote --force --epoch 1 \
	    --accept-loss
	shows promote 2 admin alpha --json promote
	shows handover 0 admin alpha --json handover beta
	wait_until 10 serves beta
}

@test "every command's JSON: nothing missing, of another type, or undocumented" {
	cluster_up people
	key=$(sed -n 's/^ada,members,//p' "$KEYS/people.csv")
	csv=$PAIR_DIR/roll.csv
	client --state "$PAIR_DIR/early" trust >/dev/null
	voters_show
	operators_show
	server_kill alpha
	wait_until 10 alone beta
	shows status 5 client --json status
	shows checkpoint 0 client --json checkpoint
	shows report 0 client --json report club
	server_kill beta
	shows status 4 client --json status
	shows status 4 client --json status --explain
	shows trust 4 client --json --timeout 1 trust
	shows vote 4 as bob --json --timeout 1 vote club yes
	shows voters 4 admin alpha --json voters
	# Nobody waited for anybody here; seeing.bats has a host that does.  All
	# hosts had signed the receipts, and the service is of this version.
	# test_verify.c has records that no honest service makes.
	echo 'status hosts[].waiting_for[]' >>"$PAIR_DIR/shown"
	printf '%s\n' 'receipt not_signed_by[]' 'verify files[].not_signed_by[]' \
	    'vote receipt.not_signed_by[]' 'vote receipt_problem' \
	    'receipt receipt_problem' \
	    'verify files[].refused' 'verify files[].contradicts' \
	    >>"$PAIR_DIR/shown"
	for command in $(commands) "any command"; do
		grep -qx "## $command" docs/JSON.md
		[[ $command == any* ]] || not never_shown "$command"
	done
	[[ $(commands | wc -l) == $(grep -c '^## [a-z]*$' docs/JSON.md) ]]
}
