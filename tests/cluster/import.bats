#!/usr/bin/env bats
#
# Changes of the roll: whole files or nothing of them, whoever dies meanwhile;
# new keys; and the roll in a form that import takes again.

load lib

# The roll of one key: name,group each.
setup_roll() {
	cluster_up
	key=$(sed -n 's/^ada,members,//p' "$KEYS/people.csv")
	other=$(sed -n 's/^bob,members,//p' "$KEYS/people.csv")
	csv=$PAIR_DIR/roll.csv
	roll "$@"
	admin alpha import --shared-keys "$csv"
}

roll() {
	{
		echo "name,group,key"
		(($# == 0)) || printf "%s,$key\n" "$@"
	} >"$csv"
}

# The roll on that host: name/group each, in order of names.
stands() {
	admin "$1" --json voters |
		jq -r '[.voters[] | "\(.name)/\(.group)"] | sort | join(" ")'
}

import() {
	admin alpha import --shared-keys "$@" "$csv"
}

@test "--update changes groups and keys, and shows them" {
	setup_roll ada,m bob,m cy,m
	roll ada,n cy,m eve,n
	sed -i "s|^cy,m,.*|cy,m,$other|" "$csv"
	exits 1 import
	says "--update"
	[[ $(stands alpha) == "ada/m bob/m cy/m" ]]
	exits 0 import --update --dry-run
	says "~ ada (n): was in group m"
	says "~ cy (m): another key"
	says "+ eve (n)"
	says 'The group "n" is new: nobody on the roll is in it'
	says "1 on the roll are not in the file. They stay; --remove-missing"
	[[ $(stands alpha) == "ada/m bob/m cy/m" ]]
	exits 0 import --update
	says "~ ada (n): was in group m"
	says "1 voter was registered, 2 changed, 0 taken off the roll; 0 were"
	[[ $(stands alpha) == "ada/n bob/m cy/m eve/n" ]]
	# The same again changes nothing, and writes nothing.
	before=$(host_state alpha size)
	exits 0 import --update
	says "0 voters were registered, 0 changed"
	(($(host_state alpha size) == before))
	server_kill alpha
	wait_until 10 serves beta
	[[ $(stands beta) == "ada/n bob/m cy/m eve/n" ]]
	[[ $(admin beta --json voters | jq -r '.voters[] |
	    select(.name == "cy") | .key') == "$other" ]]
}

@test "all faulty rows are named at once" {
	local i
	setup_roll ada,m
	roll
	for ((i = 2; i <= 60; i++)); do
		echo "voter $i,m,nonsense" >>"$csv"
	done
	exits 2 import --dry-run
	says "line 2, column C: the key is neither"
	says "line 51, column C"
	[[ $output != *"line 52, column C"* ]]
	says "and 9 more"
	says "59 rows are not right"
	exits 2 admin alpha --json import --dry-run "$csv"
	jq -e '.faults | length == 50 and (.[0] | startswith("line 2,"))' \
	    <<<"$output"
	roll bob,m
	echo "cy,m,nonsense" >>"$csv"
	exits 2 import --update --dry-run
	says "Nobody was registered: $csv, line 3, column C"
	[[ $(stands alpha) == ada/m ]]
}

@test "--remove-missing shows, asks, and refuses what is likely a mistake" {
	setup_roll ada,m bob,m cy,m eve,m
	roll ada,m bob,m fay,m
	exits 0 import --remove-missing --dry-run
	says "- cy (m)"
	exits 2 import --remove-missing
	says "- eve (m)"
	says "--yes"
	exits 2 on_terminal no --admin "$PAIR_DIR/alpha.sock" \
	    import --shared-keys --remove-missing "$csv"
	[[ $(stands alpha) == "ada/m bob/m cy/m eve/m" ]]
	exits 0 on_terminal yes --admin "$PAIR_DIR/alpha.sock" \
	    import --shared-keys --remove-missing "$csv"
	says "1 voter was registered, 0 changed, 2 taken off the roll"
	[[ $(stands alpha) == "ada/m bob/m fay/m" ]]
	roll ada,m
	exits 0 import --remove-missing --yes
	says "more than half of the roll, 2 of 3"
	[[ $(stands alpha) == "ada/m" ]]
	roll
	exits 2 import --remove-missing --yes
	says "--everybody"
	[[ $(stands alpha) == "ada/m" ]]
	exits 0 import --remove-missing --yes --everybody
	[[ $(stands alpha) == "" ]]
	# Who comes back is registered as ever.
	roll ada,n
	exits 0 import --update
	[[ $(stands alpha) == "ada/n" ]]
}

@test "one key under two names is refused, but not of one who leaves" {
	setup_roll ada,m
	roll anna,m
	exits 1 admin alpha import --update "$csv"
	says "! anna (m): ada is on the roll with the same key"
	says "--shared-keys"
	[[ $(stands alpha) == ada/m ]]
	exits 2 admin alpha import --update --remove-missing --yes "$csv"
	exits 0 admin alpha import --update --remove-missing --yes \
	    --everybody "$csv"
	says "+ anna (m); the key is ada's now"
	[[ $(stands alpha) == anna/m ]]
	# Nor of one who gets another key.
	roll ada,m anna,m
	sed -i "s|^anna,m,.*|anna,m,$other|" "$csv"
	exits 0 admin alpha import --update "$csv"
	says "~ anna (m): another key"
	says "+ ada (m); the key is anna's now"
	[[ $(stands alpha) == "ada/m anna/m" ]]
}

# The people's roll, changed by that program of sed.
people() {
	csv=$PAIR_DIR/people.csv
	sed "$1" "$KEYS/people.csv" >"$csv"
}

@test "two who swap keys are taken at once" {
	cluster_up people
	election board 3600
	people 's/^ada,/x,/; s/^bob,/ada,/; s/^x,/bob,/'
	exits 0 admin alpha import --dry-run --update "$csv"
	exits 0 admin alpha import --update "$csv"
	says "~ ada (members): another key; the key is bob's now"
	says "0 voters were registered, 2 changed"
	exits 0 client --voter ada --key "$KEYS/people/bob.pem" vote board yes
	# Now each of the two could vote with what has voted.
	exits 1 admin alpha import --update "$KEYS/people.csv"
	says "in an open election"
}

fresh_key() {
	openssl genpkey -algorithm ed25519 |
		openssl pkey -pubout -outform DER | tail -c 32 | base64
}

# Of the 200 rows that a call has room for, ada's comes later than anna's, and
# of those who swap keys one would be the last, and one the next.
far_apart() {
	csv=$PAIR_DIR/people.csv
	{
		echo name,group,key
		sed -n 's/^ada,/anna,/p' "$KEYS/people.csv"
		for i in {1..197}; do
			echo "v$i,members,$(fresh_key)"
		done
		sed -n 's/^bob,/x,/; s/^carol,/bob,/p; s/^x,/carol,/p' \
			"$KEYS/people.csv"
		echo "ada,members,$(fresh_key)"
	} >"$csv"
}

@test "keys change hands however far apart the rows are" {
	cluster_up people
	far_apart
	exits 0 admin alpha import --update "$csv"
	says "+ anna (members); the key is ada's now"
}

@test "another name gives no second vote with the same key" {
	cluster_up people
	adas=$(sed -n 's/^ada,members,//p' "$KEYS/people.csv")
	election board 3600
	exits 0 as ada vote board yes
	exits 0 admin alpha import --dry-run --update "$KEYS/people.csv"
	[[ $output != *"cannot tell"* ]]
	people 's/^ada,/ada lovelace,/'
	exits 0 admin alpha import --dry-run --update --remove-missing "$csv"
	says "cannot tell whether a key that somebody else gets has voted"
	exits 1 admin alpha import --update --remove-missing --yes "$csv"
	says "+ ada lovelace (members); the key is ada's now"
	says "in an open election"
	exits 0 admin alpha unregister ada
	exits 1 admin alpha register "ada lovelace" members "$adas"
	says "--shared-keys"
	exits 0 admin alpha register ada members "$adas"
	exits 1 as ada vote board no
	says "previous vote"
	exits 0 admin alpha --json cancel board --reason "so it goes" --yes
	exits 0 admin alpha import --update --remove-missing --yes "$csv"
}

@test "rekey: the new key votes, the old one and its log-in do not" {
	cluster_up people
	election board 3600
	bob=$(sed -n 's/^bob,members,//p' "$KEYS/people.csv")
	new=$(client keygen "$PAIR_DIR/new.pem" |
		grep -o '[A-Za-z0-9+/]\{43\}=')
	log_in alpha ada
	exits 1 admin alpha rekey ada "$bob"
	says "this key is another voter's"
	exits 1 admin alpha rekey nobody "$new"
	fails admin alpha rekey ada "${new:0:20}"
	exits 0 admin alpha rekey ada "$new"
	exits 0 admin alpha rekey ada "$new"
	says "had this key already"
	ask alpha 4 "$(vote_args 1 board yes)"
	answered 1 2
	exits 1 as ada vote board yes
	says signature
	server_kill alpha
	wait_until 10 serves beta
	exits 1 as ada vote board yes
	exits 0 client --voter ada --key "$PAIR_DIR/new.pem" vote board yes
	exits 0 admin beta rekey ada "$(sed -n 's/^ada,members,//p' \
	    "$KEYS/people.csv")"
	exits 1 as ada vote board no
	says "previous vote"
}

@test "voters by group, those who have not voted, and CSV that import takes" {
	cluster_up people
	exits 0 admin alpha register =1+1 "a, \"b\"" --shared-keys \
	    "$(sed -n 's/^ada,members,//p' "$KEYS/people.csv")"
	exits 0 admin alpha register "'=2" m --shared-keys \
	    "$(sed -n 's/^ada,members,//p' "$KEYS/people.csv")"
	election board 3600
	as ada vote board yes
	exits 0 admin alpha --json voters --group m
	[[ $(jq -c '[.voters[].name]' <<<"$output") == "[\"'=2\"]" ]]
	exits 0 admin alpha --json voters --not-voted board
	[[ $(jq '[.voters[] | select(.name == "ada")] | length' \
	    <<<"$output") == 0 ]]
	[[ $(jq '[.voters[] | select(.name == "bob")] | length' \
	    <<<"$output") == 1 ]]
	[[ $(jq '[.voters[] | select(.group != "members")] | length' \
	    <<<"$output") == 0 ]]
	exits 1 admin alpha voters --not-voted none
	says "no election of that name"
	exits 2 admin alpha --json voters --csv
	admin alpha voters --csv >"$PAIR_DIR/out.csv"
	grep -q "^\"'=1+1\",\"a, \"\"b\"\"\"," "$PAIR_DIR/out.csv"
	before=$(stands alpha)
	exits 0 admin alpha import --shared-keys --update --remove-missing \
	    "$PAIR_DIR/out.csv"
	says "0 voters were registered, 0 changed, 0 taken off"
	exits 0 admin alpha unregister =1+1
	exits 0 admin alpha import --shared-keys --update --remove-missing \
	    "$PAIR_DIR/out.csv"
	[[ $(stands alpha) == "$before" ]]
}

# ---- deaths in between ----

many() {
	{
		echo "name,group,key"
		printf "v%d,$1,$key\n" {1..2000}
		[[ $1 != n ]] || echo "new,n,$key"
	} >"$csv"
}

groups_are() {
	[[ $(admin "$1" --json voters |
		jq -c '[.voters[].group] | group_by(.) | map([.[0], length])') \
		== "$2" ]]
}

# The roll at that host is of before, or of after the import.
old_or_new() {
	groups_are "$1" '[["m",2000]]' || groups_are "$1" '[["n",2001]]'
}

@test "a take-over in the middle of an import leaves all or nothing" {
	cluster_up
	key=$(sed -n 's/^ada,members,//p' "$KEYS/people.csv")
	csv=$PAIR_DIR/roll.csv
	many m
	import
	many n
	server_kill alpha
	EVOTE_CRASH_AT=store-after:8 server_start alpha
	wait_until 10 level
	serves alpha || admin beta handover alpha
	wait_until 10 serves alpha
	fails import --update
	says "The roll was not changed: no answer"
	says "Nothing was changed. Try again later"
	wait_until 10 alone beta
	groups_are beta '[["m",2000]]'
	exits 0 admin beta import --shared-keys --update "$csv"
	groups_are beta '[["n",2001]]'
	server_start alpha
	wait_until 15 level
	server_kill beta
	wait_until 10 alone alpha
	groups_are alpha '[["n",2001]]'
}

# That host serves, or is given the service.
at() {
	local other=beta
	[[ $1 == alpha ]] || other=alpha
	serves "$1" || { admin "$other" handover "$1" && serves "$1"; }
} >/dev/null 2>&1

# dies HOST POINT: it does there, in an import, or not.
dies() {
	local other=beta
	[[ $1 == alpha ]] || other=alpha
	server_kill "$1"
	EVOTE_CRASH_AT=$2 server_start "$1"
	wait_until 3 at alpha || true
	many m
	import --update --remove-missing --yes >/dev/null 2>&1 || true
	many n
	import --update >/dev/null 2>&1 || true
	server_kill "$1"
	wait_until 10 serves "$other"
	old_or_new "$other"
	server_start "$1"
	wait_until 15 level
	wait_until 10 at "$1"
	old_or_new "$1"
	wait_until 10 at alpha
}

@test "either host dies at any point of an import" {
	cluster_up
	key=$(sed -n 's/^ada,members,//p' "$KEYS/people.csv")
	csv=$PAIR_DIR/roll.csv
	many m
	import
	for point in store-before:5 store-uncommitted:9 store-after:12 \
	    push-before:14 push-after:11 answer-before:13; do
		dies alpha "$point"
	done
	for point in store-before:13 store-uncommitted:12 store-after:11 \
	    ack-before:12 ack-after:10; do
		dies beta "$point"
	done
	(($(cat "$PAIR_DIR"/*.log | grep -c "crash point=") >= 8))
	server_stop alpha
	server_stop beta
	"$PAIR_BIN/evote_server" audit --data "$PAIR_DIR/alpha" >/dev/null
}

@test "--freeze: who may vote is fixed when it opens, on either host" {
	cluster_up people
	key=$(sed -n 's/^ada,members,//p' "$KEYS/people.csv")
	exits 2 as ada create none --group nobody --choice yes --end +1h \
	    --freeze
	says "nobody on the roll is in group \"nobody\""
	as ada create board --group members --choice yes --choice no \
	    --end +1h --freeze
	exits 0 client show board
	says "fixed when it opened"
	exits 0 admin alpha register --shared-keys late members "$key"
	exits 0 admin alpha unregister bob
	# But a new key reaches it, also of who has left the roll.
	new=$(client keygen "$PAIR_DIR/new.pem" |
		grep -o '[A-Za-z0-9+/]\{43\}=')
	exits 0 admin alpha rekey bob "$new"
	exits 0 admin alpha unlock bob
	exits 1 as bob vote board yes
	says signature
	exits 1 client --voter late --key "$KEYS/people/ada.pem" \
	    vote board yes
	says "fixed when it opened"
	exits 1 client --voter late --key "$KEYS/people/ada.pem" check board
	says "\`show\` names its groups, and whether its roll was fixed"
	exits 0 admin alpha --json voters --not-voted board
	[[ $(jq '[.voters[].name] | index("bob") != null' <<<"$output") == \
	    true ]]
	# Each as one of the group of then, as the turnout counts them.
	exits 0 admin alpha unregister carol
	exits 0 admin alpha register carol others "$(fresh_key)"
	exits 0 admin alpha --json voters --not-voted board --groups
	[[ $(jq -c '[.groups[] | [.group, .voters]]' <<<"$output") == \
	    "$(client --json turnout board |
		jq -c '[.groups[] | [.group, .eligible]]')" ]]
	server_kill alpha
	wait_until 10 alone beta
	exits 1 client --voter late --key "$KEYS/people/ada.pem" \
	    vote board yes
	exits 0 client --voter bob --key "$PAIR_DIR/new.pem" --login \
	    vote board yes
	exits 0 as ada vote board yes
	exits 1 client --voter bob --key "$PAIR_DIR/new.pem" vote none yes
	says "not on the roll"
	server_start alpha
	wait_until 15 level
}
