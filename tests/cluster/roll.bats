#!/usr/bin/env bats
#
# The roll: registering, and CSV files as forms and offices produce them.

load lib

setup_file_and_key() {
	cluster_up
	key=$(sed -n 's/^ada,members,//p' "$KEYS/people.csv")
	csv=$PAIR_DIR/roll.csv
}

# refuses WORD...: the import fails, says these, and changes nothing.
refuses() {
	local word
	run admin alpha import "$csv"
	if ((status == 0)); then
		echo "imported: $output"
		return 1
	fi
	for word; do
		says "$word"
	done
	[[ $(voters) == 0 ]]
}

voters() {
	admin alpha --json voters | jq '.voters | length'
}

@test "register, list, unregister" {
	setup_file_and_key
	admin alpha register 王大明 "board of trustees" "$key"
	exits 1 admin alpha register 王大明 members "$key"
	admin alpha register --shared-keys ada m "$key"
	exits 0 admin alpha voters
	# Each column is as wide as its widest, and 王大明 takes six.
	says $'王大明  board of trustees  '"$key"
	says $'ada     m                  '"$key"
	admin alpha unregister ada
	admin alpha unregister 王大明
	exits 1 admin alpha unregister 王大明
	[[ $(voters) == 0 ]]
}

@test "a key that somebody has: register and rekey name the holder" {
	setup_file_and_key
	{
		echo "name,group,public key"
		printf "v%04d,m,$(sed -n 's/^bob,members,//p' \
		    "$KEYS/people.csv")\n" {1..1100}
	} >"$csv"
	admin alpha import --shared-keys "$csv"
	# On the second page of the roll.
	admin alpha register ada members "$key"
	exits 1 admin alpha register eve members "$key"
	says "eve was not registered: this key is another voter"
	says "(ada is on the roll with this key)."
	exits 1 admin alpha rekey v0001 "$key"
	says "The key of v0001 was not changed: this key is another voter"
	says "(ada is on the roll with this key)."
}

@test "a voter who is refused too often is unlocked" {
	cluster_up people
	until run as ada vote none yes && ((status == 1)) &&
	    [[ $output == *"too many"* ]]; do
		((++tries < 40))
	done
	exits 1 admin alpha unlock nobody
	admin alpha unlock ada
	exits 1 as ada vote none yes
	says "no election of that name"
}

@test "registering with a bad key or name is refused" {
	setup_file_and_key
	fails admin alpha register ada members "${key:0:40}"
	fails admin alpha register ada members "not base64"
	fails admin alpha register $'a\nb' members "$key"
	fails admin alpha register "$(printf 'x%.0s' {1..256})" members "$key"
	[[ $(voters) == 0 ]]
}

@test "a public key that nobody can sign with is refused everywhere" {
	local none why="no private key can belong to this public key"
	setup_file_and_key
	# Of order 1.
	none=$({ printf '\1'; head -c 31 /dev/zero; } | base64)
	exits 1 admin alpha register eve m "$none"
	says "$why"
	printf 'name,group,key\nada,m,%s\neve,m,%s\n' "$key" "$none" >"$csv"
	refuses "line 3" "$why"
	admin alpha register ada m "$key"
	exits 1 admin alpha rekey ada "$none"
	says "$why"
	# As one change among others.
	printf 'name,group,key\nada,n,%s\neve,m,%s\n' "$key" "$none" >"$csv"
	exits 1 admin alpha import --update "$csv"
	says "line 3"
	[[ $(admin alpha --json voters | jq -c '[.voters[] | [.name, .key]]') == \
	    "[[\"ada\",\"$key\"]]" ]]
}

@test "names are one, however they are typed; look-alikes are refused" {
	setup_file_and_key
	admin alpha register $'  Rene\xcc\x81\xc2\xa0 Lee\t' ' members ' "$key"
	exits 0 admin alpha voters
	says "$(printf 'Ren\xc3\xa9 Lee  members')"
	fails admin alpha register $'Rene\xcc\x81 Lee' guests "$key"
	fails admin alpha register $'\xe2\x80\xaeeeL' members "$key"
	says "invisible character in it (U+202E)"
	# The voter's name at log-in, the election's and the choice's as well.
	exits 0 client --voter $'Rene\xcc\x81 Lee ' --key "$KEYS/people/ada.pem" \
	    create ' board' --group 'members ' --choice $'Zoe\xcc\x88 ' \
	    --choice ' no' --end +1h
	exits 0 client --voter $'Ren\xc3\xa9 Lee' --key "$KEYS/people/ada.pem" \
	    vote 'board ' 'no '
	fails client --voter $'Ren\xc3\xa9 Lee' --key "$KEYS/people/ada.pem" \
	    create next --group members --choice Li --choice lI --end +1h
	says "look alike"
	admin alpha unregister $'Rene\xcc\x81 Lee'
}

@test "a group with nobody in it is asked about before an election opens" {
	cluster_up people
	exits 2 as ada create club --group members --group membres \
	    --choice yes --end +1h
	says 'nobody on the roll is in group "membres"'
	says "--empty-groups"
	exits 1 client show club
	exits 2 ada_types no create club --group membres --choice yes --end +1h
	exits 1 client show club
	exits 0 ada_types yes create club --group membres --choice yes --end +1h
	exits 0 client show club
	exits 0 as ada create later --group membres --choice yes --end +1h \
	    --empty-groups
}

@test "BOM, CRLF, quotes, columns in another order" {
	setup_file_and_key
	printf '\xef\xbb\xbfGroup,Public Key,Name\r\n"a, b",%s,"say ""ada"""\r\n' \
	    "$key" >"$csv"
	admin alpha import "$csv"
	exits 0 admin alpha voters
	says 'say "ada"'
	says 'a, b'
}

@test "a dry run changes nothing; a repeated import adds nobody" {
	setup_file_and_key
	printf 'name,group,key\nada,m,%s\nbob,m,%s\n' "$key" "$key" >"$csv"
	admin alpha import --shared-keys --dry-run "$csv"
	[[ $(voters) == 0 ]]
	admin alpha import --shared-keys "$csv"
	admin alpha import --shared-keys "$csv"
	[[ $(voters) == 2 ]]
	printf 'ada,other,%s\n' "$key" >>"$csv"
	fails admin alpha import --shared-keys "$csv"
	[[ $(voters) == 2 ]]
}

@test "a dry run tells who would be added, who stands otherwise, who stays" {
	setup_file_and_key
	printf 'name,group,key\nada,m,%s\nbob,m,%s\n王大明,m,%s\n' \
	    "$key" "$key" "$key" >"$csv"
	admin alpha import --shared-keys "$csv"
	printf 'name,group,key\nada,m,%s\neve,學生,%s\n' \
	    "$key" "$key" >"$csv"
	exits 0 admin alpha import --shared-keys --dry-run "$csv"
	says "+ eve (學生)"
	says "2 on the roll are not in the file"
	says "1 voter would be registered; 1 was already"
	printf 'bob,n,%s\n' "$key" >>"$csv"
	exits 1 admin alpha import --shared-keys --dry-run "$csv"
	says "! bob (n): on the roll with another group"
	exits 1 admin alpha --json import --shared-keys --dry-run "$csv"
	[[ $(jq -c '[.changes[] | [.name, .change]]' <<<"$output") == \
	    '[["eve","add"],["bob","group"]]' ]]
	[[ $(voters) == 3 ]]
}

@test "misspelt groups: sizes, and which are alike, before and after" {
	setup_file_and_key
	{
		echo name,group,key
		printf "%s,$key\n" ada,Members bob,Members eve,members fay,board
	} >"$csv"
	# Of the first file all groups are new.
	for dry in --dry-run ''; do
		exits 0 admin alpha import --shared-keys $dry "$csv"
		says "group    Members, 2 voters"
		says "group    members, 1 voter"
		says "alike: Members, members."
	done
	exits 0 admin alpha --json import --shared-keys "$csv"
	[[ $(jq -c '[.groups[] | [.group, .voters, .like]]' <<<"$output") == \
	    '[["Members",2,"members"],["members",1,"Members"],["board",1,null]]' ]]
	exits 0 admin alpha register --shared-keys gil membres "$key"
	says 'The group "membres" is new: nobody else on the roll is in it (did you mean Members?)'
	exits 0 admin alpha register --shared-keys gil membres "$key"
	says 'The group "membres" is new'
	exits 0 admin alpha register --shared-keys hal board "$key"
	[[ $output != *" is new"* ]]
	exits 0 admin alpha voters --groups
	says "group    board, 2 voters"
	says "alike: Members, members, membres."
	says "4 groups"
	exits 0 admin alpha --json voters --groups
	[[ $(jq -c '[.groups[] | [.group, .voters]]' <<<"$output") == \
	    '[["Members",2],["members",1],["board",2],["membres",1]]' ]]
	exits 0 admin alpha voters --groups --csv
	[[ $output == $'\xef\xbb\xbfgroup,voters\r\n"Members",2\r\n'*'"membres",1'* ]]
	exits 2 admin alpha --json voters --groups --csv
	exits 0 admin alpha voters --group boards
	says 'Nobody on the roll is in group "boards" (did you mean board?)'
	exits 0 admin alpha voters --group board
	says "2 voters"
	[[ $output != *Nobody* ]]
	# An election's groups cannot be changed later.
	for dry in --dry-run ''; do
		exits 0 admin alpha create club --group members --group board \
		    --choice yes --end +1h $dry
		says 'Group "members" of the election is like group "Members" of the roll, which has 2 voters'
		says 'like group "membres" of the roll, which has 1 voter'
		[[ $output != *"Group \"board\" of the election"* ]]
	done
	exits 0 admin alpha --json create all --group members --group Members \
	    --choice yes --end +1h
	[[ $(jq -c '[.alike_groups[] | [.group, .like, .voters]]' \
	    <<<"$output") == '[["members","membres",1],["Members","membres",1]]' ]]
}

@test "names that look alike are two votes: refused unless vouched for" {
	setup_file_and_key
	printf 'name,group,key\nanna schmidt,m,%s\n' "$key" >"$csv"
	admin alpha import "$csv"
	printf 'Anna Schmidt,m,%s\n' "$key" >>"$csv"
	exits 2 admin alpha import --shared-keys "$csv"
	says 'line 3: '
	says 'the name "Anna Schmidt" looks like "anna schmidt" in line 2'
	says "--alike-names"
	printf 'name,group,key\nbob,m,%s\nAnna Schmidt,m,%s\n' "$key" "$key" \
	    >"$csv"
	for dry in --dry-run ''; do
		exits 2 admin alpha import --shared-keys $dry "$csv"
		says '! Anna Schmidt (m), line 3: looks like anna schmidt on the roll'
		says "1 of 2 voters"
		says "--alike-names"
	done
	exits 2 admin alpha --json import --shared-keys "$csv"
	[[ $(jq -c '[.changes[] | [.name, .change, .holder]]' <<<"$output") == \
	    '[["Anna Schmidt","alike name","anna schmidt"]]' ]]
	exits 2 admin alpha register --shared-keys "ANNA Schmidt" m "$key"
	says "ANNA Schmidt was not registered"
	says "looks like anna schmidt on the roll"
	[[ $(voters) == 1 ]]
	exits 0 admin alpha import --shared-keys --alike-names "$csv"
	exits 0 admin alpha import --shared-keys "$csv"
	exits 0 admin alpha register --shared-keys --alike-names \
	    "ANNA Schmidt" m "$key"
	exits 0 admin alpha register --shared-keys "ANNA Schmidt" m "$key"
	[[ $(voters) == 4 ]]
	# The new list has the name in the other case alone.
	exits 0 admin alpha import --shared-keys --update --remove-missing \
	    --yes "$csv"
	[[ $(voters) == 2 ]]
}

@test "a name of two alphabets is pointed out" {
	setup_file_and_key
	printf 'name,group,key\nAnna,m,%s\nAnn\xd0\xb0,m,%s\n' \
	    "$key" "$key" >"$csv"
	for dry in --dry-run ''; do
		exits 0 admin alpha import --shared-keys $dry "$csv"
		says $'Line 3: the name "Ann\xd0\xb0" has letters of two alphabets'
		[[ $output != *"Line 2"* ]]
	done
	exits 0 admin alpha --json import --shared-keys "$csv"
	[[ $(jq -c .mixed_names <<<"$output") == '[]' ]]
	exits 0 admin alpha register --shared-keys $'Be\xd0\xb0' m "$key"
	says "letters of two alphabets"
}

@test "progress on a terminal, and none in a file" {
	local import=(--admin "$PAIR_DIR/alpha.sock" import --shared-keys)
	setup_file_and_key
	echo "name,group,key" >"$csv"
	printf "v%d,m,$key\n" {1..3000} >>"$csv"
	exits 0 on_terminal '' "${import[@]}" "$csv"
	says "staging     [---"
	exits 0 admin alpha import --shared-keys "$csv"
	[[ $output != *"["* ]]
	exits 0 on_terminal '' "${import[@]}" --dry-run "$csv"
	says "comparing   [---"
	# No bar is left before what is in the way, and the refusal.
	sed -i 's/^v2500,m,/v2500,n,/' "$csv"
	exits 1 on_terminal '' "${import[@]}" "$csv"
	says $'\r\e[K! v2500 '
	says "Nobody was registered: 1 of 3000 voters"
	says "Correct the file, or add --update to change groups and keys."
}

@test "a bad key in line 4217: named, and nobody is registered" {
	setup_file_and_key
	{
		echo "name,group,key"
		printf "v%d,m,$key\n" {2..4216}
		echo "v4217,m,${key:0:30}"
		printf "v%d,m,$key\n" {4218..5000}
	} >"$csv"
	refuses "line 4217, column C"
}

@test "Latin-1, UTF-16, columns missing, names twice, a file of nothing" {
	setup_file_and_key
	printf 'name,group,key\nJ\xf6rg,m,%s\n' "$key" >"$csv"
	refuses "line 2" latin-1
	printf 'name,group,key\nJo,m,%s\n' "$key" |
		iconv -t UTF-16 >"$csv"
	refuses UTF-16
	printf 'name,group\nada,m\n' >"$csv"
	refuses key
	printf 'name,group,key\nada,m\n' >"$csv"
	refuses "line 2"
	printf 'name,group,key\nada,m,%s\nbob,m,%s\nada,n,%s\n' \
	    "$key" "$key" "$key" >"$csv"
	refuses "line 2" "line 4"
	: >"$csv"
	refuses
	echo 'name,group,key' >"$csv"
	refuses "no voter below its titles"
	csv=$PAIR_DIR/missing.csv
	refuses missing.csv
}

@test "the roll is the same on the other host after a crash" {
	cluster_up people
	before=$(admin alpha voters)
	server_kill alpha
	wait_until 10 serves beta
	[[ $(admin beta voters) == "$before" ]]
}

@test "only the primary changes the roll, and the backup says so" {
	setup_file_and_key
	fails admin beta --timeout 1 register ada members "$key"
	says alpha
}

@test "strangers on the machine do not reach the admin socket" {
	setup_file_and_key
	chmod a+x "$PAIR_DIR" "$BATS_TEST_TMPDIR" "$BATS_SUITE_TMPDIR/.."
	# Where the tests lie others may not look.
	cp "$PAIR_BIN/evote_client" "$PAIR_DIR"
	exits 4 setpriv --reuid nobody --clear-groups \
	    "$PAIR_DIR/evote_client" --admin "$PAIR_DIR/alpha.sock" voters
	says "Permission denied"
}

# unchanged WHAT COMMAND...: nothing is asked for but a reading.
unchanged() {
	exits 4 admin alpha --timeout 0.5 "${@:2}"
	says "$1: no answer ("
	says "Nothing was changed. Try again later."
	exits 4 admin alpha --timeout 0.5 --json "${@:2}"
	says $'"reason":\t"not-sent"'
}

@test "no answer: what was only asked has changed nothing" {
	setup_file_and_key
	printf 'name,group,key\nada,m,%s\n' "$key" >"$PAIR_DIR/ada.csv"
	kill -STOP "$(server_pid alpha)"
	unchanged "The roll was not shown" voters
	unchanged "The groups were not shown" voters --groups
	unchanged "The settings cannot be shown" settings
	unchanged "The settings were not changed" settings --group m
	unchanged "The hosts were not shown" hosts
	unchanged "Nobody was registered" register ada m "$key"
	unchanged "The roll was not changed" import "$PAIR_DIR/ada.csv"
	unchanged 'Election "E" was not created' create E --group m \
	    --choice yes --end +1h --dry-run
	unchanged 'Election "E" was not extended' extend E --end +1h \
	    --reason late --yes
	exits 4 admin alpha --timeout 0.5 settings --create anyone
	says "The change may or may not have been made."
	exits 4 admin alpha --timeout 0.5 unregister ada
	says "The change may or may not have been made."
	kill -CONT "$(server_pid alpha)"
}

@test "who has not voted: not told after the close, and why not" {
	cluster_up people
	election board 1
	closed board
	exits 1 admin alpha voters --not-voted board
	says "nobody can vote in it any more; \`turnout\` has the numbers"
	exits 1 admin alpha voters --groups --not-voted board
	says "nobody can vote in it any more"
}
