#!/usr/bin/env bats
#
# Receipts and checkpoints: what the client says about them, what it finds out,
# and what other people's programs say about the same files.

load lib

# A vote of ada's, its receipt, and the policy that the service publishes.
voted_once() {
	cluster_up people
	election board 3600
	as ada vote board yes
	receipt=$PAIR_DIR/ada.tlog-proof
	policy=$PAIR_DIR/policy
	as ada receipt board "$receipt"
	client trust >"$policy"
}

# The client, as one who has never met the service.
stranger() {
	client --state "$PAIR_DIR/stranger" "$@"
}

kept() {
	# shellcheck disable=SC2086 # a pattern
	echo "$EVOTE_STATE"/*/$1
}

# spoil NAME SED...: the receipt, otherwise.
spoil() {
	sed "${@:2}" "$receipt" >"$PAIR_DIR/$1"
	not cmp -s "$receipt" "$PAIR_DIR/$1"
}

# Files that are not to be believed, each for another reason.
spoil_all() {
	spoil flipped '2s/AAAAAQ/AAAAIQ/'
	spoil hash '5y/ABCDEFGHIJKLMNOPQRSTUVWXYZ/BCDEFGHIJKLMNOPQRSTUVWXYZA/'
	spoil index 's/^index .*/index 3/'
	spoil larger '/^election/{n;s/$/0/}'
	spoil name 's,^election.example/,election.examplf/,'
	spoil unsigned '/\/beta /d'
	spoil no-log '/^— [^ ]*[0-9a-f] /d'
	spoil forged '/\/beta /s/[A-Za-z0-9+/]\{6\}==$/AAAAAA==/'
	spoil shorter 5d
	spoil longer 5p
	cat "$receipt" "$receipt" >"$PAIR_DIR/doubled"
	head -c 700 "$receipt" >"$PAIR_DIR/half"
	as bob vote board no
	as bob receipt board "$PAIR_DIR/bob"
	leaf=$(sed -n 2p "$PAIR_DIR/bob")
	spoil foreign "2s,.*,$leaf,"
	spoiled="flipped hash index larger name unsigned no-log forged
	    shorter longer doubled half foreign"
}

@test "a vote ends with its receipt; verify says what it proves, and to whom" {
	voted_once
	exits 0 as bob vote board no
	says "Your receipt is $PAIR_DIR/state/"
	says ".tlog-proof, signed by alpha and beta."
	exits 0 client verify "$receipt"
	says 'proves that a vote of ada in "board" was accepted at'
	says "alpha and beta have signed that"
	exits 1 stranger verify "$receipt"
	says "this computer has not met the service"
	exits 0 stranger verify --policy "$policy" "$receipt"
	[[ $(stat -c %a "$(kept 'board-*.tlog-proof' | cut -d' ' -f1)") == 600 ]]
	# The choice is nowhere.
	not grep -rqE '\b(yes|no)\b' "$EVOTE_STATE" "$receipt"
	exits 2 as eva receipt board
	says 'no vote of eva in "board"'
}

@test "verify: what is cut, doubled, foreign or forged, and policies" {
	local name
	voted_once
	spoil_all
	for name in $spoiled; do
		exits 1 client verify "$PAIR_DIR/$name"
		says "$PAIR_DIR/$name "
	done
	exits 1 client verify "$PAIR_DIR/unsigned"
	says "signed by alpha alone; beta has not signed"
	exits 1 client verify "$PAIR_DIR/forged"
	says "the signature of beta is not genuine"
	exits 1 client verify "$PAIR_DIR/foreign"
	says "its record does not belong to its checkpoint"
	exits 1 stranger verify --policy "$policy" "$PAIR_DIR/name"
	says "is from another service than the policy's: election.examplf"
	# Other people's signatures do not matter, nor do they count.
	{ cat "$receipt" && printf '— somebody.example/w1 %s\n' AAAAAAAA; } \
	    >"$PAIR_DIR/more"
	exits 0 client verify "$PAIR_DIR/more"
	exits 1 client verify "$receipt" "$PAIR_DIR/half" "$PAIR_DIR/bob"
	says "1 of 3 files do not prove what they should"
	sed '/^quorum/d' "$policy" >"$policy.none"
	exits 2 client verify --policy "$policy.none" "$receipt"
	says "there is no quorum line"
	sed '3s/..$/==/' "$policy" >"$policy.bad"
	exits 2 client verify --policy "$policy.bad" "$receipt"
	says "line 3: in the key,"
	exits 2 client verify "$PAIR_DIR/nothing"
}

# agree COMMAND...: it believes the good ones, and no other.
agree() {
	local name
	"$@" "$policy" "$receipt"
	"$@" "$policy" "$PAIR_DIR/bob"
	for name in $spoiled; do
		not "$@" "$policy" "$PAIR_DIR/$name" 2>>"$PAIR_DIR/why" || {
			echo "believed: $name"
			return 1
		}
	done
}

# go_peer NAME: the program of that name in tests/interop.
go_peer() {
	GOCACHE=$BATS_FILE_TMPDIR/go GO111MODULE=off GOPATH=/usr/share/gocode \
	    go build -o "$BATS_FILE_TMPDIR/$1" "tests/interop/$1.go" \
	    tests/interop/policy.go
}

@test "Go's sumdb/note and sumdb/tlog say the same" {
	voted_once
	spoil_all
	go_peer receipt
	agree "$BATS_FILE_TMPDIR/receipt"
}

# continues OLD PROOF: Go's packages say that what PROOF shows continues OLD.
continues() {
	"$BATS_FILE_TMPDIR/extension" "$policy" "$PAIR_DIR/$1" "$PAIR_DIR/$2"
}

# spoil_proof NAME SED...: the proof, otherwise, is not believed.
spoil_proof() {
	sed "${@:2}" "$PAIR_DIR/proof" >"$PAIR_DIR/$1"
	not cmp -s "$PAIR_DIR/proof" "$PAIR_DIR/$1"
	not continues old "$1"
}

@test "Go's sumdb/tlog says that a checkpoint continues another" {
	voted_once
	go_peer extension
	client checkpoint >"$PAIR_DIR/old"
	exits 2 client checkpoint --proof "$PAIR_DIR/proof"
	says "--proof needs --since"
	client checkpoint --since "$PAIR_DIR/old" --proof "$PAIR_DIR/proof" \
	    >"$PAIR_DIR/same"
	continues old proof
	as bob vote board no
	client checkpoint --since "$PAIR_DIR/old" --proof "$PAIR_DIR/proof" \
	    >"$PAIR_DIR/new"
	continues old proof
	sed '1,/^$/d' "$PAIR_DIR/proof" | cmp - "$PAIR_DIR/new"
	spoil_proof bit '2y/ABCDEFGHIJKLMNOPQRSTUVWXYZ/BCDEFGHIJKLMNOPQRSTUVWXYZA/'
	spoil_proof shorter 2d
	spoil_proof longer 2p
	spoil_proof size 's/^old .*/old 3/'
	spoil_proof signed '/^election/{n;s/$/0/}'
	spoil_proof unsigned '/\/beta /d'
	# What began otherwise is not continued, nor is what came later.
	sed '3y/ABCDEFGHIJKLMNOPQRSTUVWXYZ/BCDEFGHIJKLMNOPQRSTUVWXYZA/' \
	    "$PAIR_DIR/old" >"$PAIR_DIR/other"
	not continues other proof
	not continues new proof
	exits 2 client checkpoint --since "$PAIR_DIR/old" --proof "$policy"
	says "exists, and is something else"
}

# A checkpoint by itself, in place of the receipt.
notes_spoil_all() {
	receipt=$PAIR_DIR/checkpoint
	client checkpoint >"$receipt"
	exits 0 dist/verify-receipt "$policy" "$receipt"
	says "The ledger had"
	spoil note-root '3y/ABCDEFGHIJKLMNOPQRSTUVWXYZ/BCDEFGHIJKLMNOPQRSTUVWXYZA/'
	spoil note-size '2s/$/0/'
	spoil note-name 's,^election.example/,election.examplf/,'
	spoil note-unsigned '/\/beta /d'
	spoil note-no-log '/^— [^ ]*[0-9a-f] /d'
	spoil note-forged '/\/beta /s/[A-Za-z0-9+/]\{6\}==$/AAAAAA==/'
	spoil note-longer '3p'
	cat "$receipt" "$receipt" >"$PAIR_DIR/note-doubled"
	head -c 100 "$receipt" >"$PAIR_DIR/note-half"
	spoiled="note-root note-size note-name note-unsigned note-no-log
	    note-forged note-longer note-doubled note-half"
}

# easier SED WHY: a policy that fewer signatures would fit is not used.
easier() {
	sed "$1" "$policy" >"$PAIR_DIR/easier"
	not cmp -s "$policy" "$PAIR_DIR/easier"
	exits 1 dist/verify-receipt "$PAIR_DIR/easier" "$receipt"
	says "$2"
}

@test "a script of openssl, coreutils, xxd and awk says the same" {
	voted_once
	spoil_all
	agree dist/verify-receipt
	resaved "$receipt"
	resaved "$policy"
	sed '1s/v1/v2/' "$receipt" >"$PAIR_DIR/first"
	exits 1 dist/verify-receipt "$policy" "$PAIR_DIR/first"
	says "was changed: the first line of a receipt is c2sp.org/tlog-proof@v1"
	exits 1 dist/verify-receipt "$policy" "$PAIR_DIR/none"
	says "none cannot be read"
	easier '/^quorum/d' "the policy has no quorum"
	easier 's/^quorum .*/quorum none/' "the policy does not ask for all hosts"
	easier '/^group/s/ all / 1 /' "the policy has a group that is not of all"
	spoiled_is_told
	notes_spoil_all
	agree dist/verify-receipt
	resaved "$receipt"
}

# told_of WHY SED...: the script and `verify` refuse the receipt, otherwise.
told_of() {
	sed "${@:2}" "$receipt" >"$PAIR_DIR/told"
	exits 1 dist/verify-receipt "$policy" "$PAIR_DIR/told"
	says "$1"
	(($(dist/verify-receipt "$policy" "$PAIR_DIR/told" 2>&1 | wc -l) == 1))
	exits 1 stranger verify --policy "$policy" "$PAIR_DIR/told"
}

# What is wrong is said in a sentence, whatever it is.
# shellcheck disable=SC2016 # the dollars are sed's
spoiled_is_told() {
	exits 1 dist/verify-receipt "$policy" "$PAIR_DIR/half"
	says "half is cut: its last line has no end"
	told_of "a line of the path is not base64" '/^index/p'
	told_of "a line of the path is not base64" '4,/^$/{/^$/d}'
	told_of "the checkpoint is cut: nobody has signed" '/^—/d'
	told_of "the record is not base64" '2s/.\{5\}$//'
	told_of "among the signatures is a line that is none" '$s/$/\nhello/'
	told_of "a signature is not base64" '$s/$/\n— x garbage!!/'
	cat "$policy" "$policy" >"$PAIR_DIR/twice"
	exits 1 dist/verify-receipt "$PAIR_DIR/twice" "$receipt"
	says "the policy goes on behind its quorum"
	easier "/^witness beta/s/+[^+]*+.*/+$(sed -n \
	    's/^witness alpha [^+]*+//p' "$policy" | sed 's,/,\\/,g')/" \
	    "the policy has one key under two names"
	gzip -c "$receipt" >"$PAIR_DIR/told"
	exits 1 dist/verify-receipt "$policy" "$PAIR_DIR/told"
	says "told is no text"
}

# resaved FILE: the script says by what kind of program it was, and no more.
resaved() {
	local files=("$policy" "$receipt") i=0

	[[ $1 == "$policy" ]] || i=1
	files[i]=$PAIR_DIR/resaved
	sed 's/$/\r/' "$1" >"$PAIR_DIR/resaved"
	exits 1 dist/verify-receipt "${files[@]}"
	says "resaved was saved with other line ends (CR), as mail programs do"
	{ printf '\xef\xbb\xbf' && cat "$1"; } >"$PAIR_DIR/resaved"
	exits 1 dist/verify-receipt "${files[@]}"
	says "resaved was saved with a byte-order mark, as editors do"
}

@test "npm's @sigstore/verify says the same of the log's signature and the place" {
	voted_once
	spoil_all
	local modules=$BATS_FILE_TMPDIR/node_modules
	command -v npm >/dev/null || skip "there is no npm here"
	(cd "$BATS_FILE_TMPDIR" && timeout 60 npm install --no-audit \
	    --no-fund --no-save @sigstore/verify >/dev/null 2>&1) ||
		skip "npm has no @sigstore/verify for this machine"
	# It does not look for hosts' signatures.
	spoiled=$(tr -s ' \n\t' '\n' <<<"$spoiled" |
		grep -vxE 'unsigned|forged|half|doubled')
	NODE_PATH=$modules agree node tests/interop/sigstore.js
}

@test "one host alone: vote says so, and receipt asks for a better one later" {
	cluster_up people
	election board 3600
	server_kill beta
	wait_until 10 alone alpha
	exits 0 as ada vote board yes
	says "signed by alpha alone; beta has not signed"
	says "receipt\` asks for a better one later"
	exits 1 client verify "$(kept 'board-*.tlog-proof')"
	says "does not prove enough"
	not says "the policy is of another time"
	client trust >"$PAIR_DIR/policy"
	exits 1 client verify "$(kept 'board-*.tlog-proof')" \
	    --policy "$PAIR_DIR/policy"
	says "Perhaps the policy is of another time"
	server_start beta
	wait_until 15 level
	exits 0 as ada receipt board
	says "signed by alpha and beta"
	exits 0 client verify "$(kept 'board-*.tlog-proof')"
	kept_serves
}

# Whatever hinders a newer one, there is the one that is kept.
kept_serves() {
	local file=$PAIR_DIR/copy
	if [[ -n ${NET_DIR-} ]]; then
		read_only as ada receipt board "$file"
		says "Your receipt for \"board\" is $file"
		exits 0 client verify "$file"
		rm "$file"
	fi
	server_kill alpha
	server_kill beta
	exits 0 as ada --timeout 2 receipt board "$file"
	says "It is the one of before, since no newer one could be had: no host"
	cmp "$file" "$(kept 'board-*.tlog-proof')"
}

# read_only COMMAND...: evote_client, where the state cannot be written.
read_only() {
	mkdir -p "$PAIR_DIR/bin"
	cat >"$PAIR_DIR/bin/evote_client" <<-EOF
		#!/bin/sh
		exec unshare -m sh -c 'mount --bind "\$0" "\$0" &&
		    mount -o remount,bind,ro "\$0" && exec "\$@"' \
		    "$EVOTE_STATE" "$PAIR_BIN/evote_client" "\$@"
	EOF
	chmod +x "$PAIR_DIR/bin/evote_client"
	PAIR_BIN=$PAIR_DIR/bin exits 0 "$@"
}

# The keys that the client has are of a time when there was no beta.
@test "a host that joined since, and has not signed, is missed" {
	local file=$PAIR_DIR/ada.tlog-proof
	pair_init --origin "$ORIGIN" >/dev/null
	server_start alpha
	wait_until 15 serves alpha
	admin alpha import --shared-keys "$KEYS/people.csv"
	election board 3600
	exits 0 client checkpoint
	says "signed by alpha"
	not says "beta"
	cp -r "$EVOTE_STATE" "$PAIR_DIR/before"
	server_start beta
	wait_until 15 level
	server_kill beta
	wait_until 10 alone alpha
	exits 0 as ada vote board yes
	says "signed by alpha alone; beta has not signed"
	exits 0 as bob --json vote board no
	jq -e '.receipt.not_signed_by == ["beta"]' <<<"$output"
	as ada receipt board "$file"
	exits 1 client verify "$file"
	says "does not prove enough"
	# One who asks nobody says as much as he can know.
	exits 0 client --state "$PAIR_DIR/before" verify "$file"
	says "as far as this computer knows the hosts' keys"
}

@test "a take-over: checkpoints continue, and receipts hold" {
	voted_once
	client checkpoint >"$PAIR_DIR/checkpoint"
	server_kill alpha
	wait_until 10 alone beta
	exits 0 as bob vote board no
	says "signed by beta alone; alpha has not signed"
	exits 0 client checkpoint --since "$PAIR_DIR/checkpoint"
	says "none of those was changed or taken out"
	exits 0 client verify "$receipt" "$PAIR_DIR/checkpoint"
	exits 0 as ada receipt board
	says "signed by alpha and beta"
	server_start alpha
	wait_until 15 level
	exits 0 as bob receipt board
	says "signed by alpha and beta"
	exits 0 client checkpoint --since "$receipt"
}

# far_start PLACE HOST: so far away that the ledger has grown between two
# questions.
far_start() {
	host_exec "$1" tests/cluster/strip.py "$PAIR_DIR/between" \
	    "$(address "$2")" "$(port "$2")" "$PAIR_DIR/strip" 0.05 \
	    </dev/null >"$PAIR_DIR/between.log" 2>&1 3>&- &
	between=$!
	wait_until 10 test -e "$PAIR_DIR/between"
	far=$2=127.0.0.1:$(<"$PAIR_DIR/between")
}

@test "a checkpoint continues a file's on a long line, while people vote" {
	cluster_up people crowd
	election board 3600
	client checkpoint >"$PAIR_DIR/old"
	EVOTE_STATE=$PAIR_DIR/far client checkpoint >/dev/null
	far_start voters alpha
	start_voting board
	wait_until 10 test -s "$PAIR_DIR/votes"
	EVOTE_HOSTS=$far EVOTE_STATE=$PAIR_DIR/far exits 0 client \
	    --timeout 10 checkpoint --since "$PAIR_DIR/old"
	says "none of those was changed or taken out"
	stop_voting
	kill "$between"
}

@test "a host that was lost has another key: receipts hold by that of their time" {
	local size
	voted_once
	size=$(client --json trust | jq .size)
	cp -r "$EVOTE_STATE" "$PAIR_DIR/before"
	server_kill beta
	rm -r "$PAIR_DIR/beta"
	server_start beta
	wait_until 15 level
	exits 0 as bob vote board no
	says "signed by alpha and beta"
	exits 0 client verify "$receipt"
	client trust >"$policy.now"
	not diff "$policy" "$policy.now"
	diff <(client trust --at "$size") "$policy"
	as bob receipt board "$PAIR_DIR/bobs"
	exits 0 client verify "$PAIR_DIR/bobs"
	exits 1 client --state "$PAIR_DIR/before" --json verify "$PAIR_DIR/bobs"
	says "the hosts' keys that this computer knows"
	says "trust\` asks the service for the keys of now"
	jq -e ".files[0].keys_of >= $size" <<<"$output"
	client --state "$PAIR_DIR/before" trust >/dev/null
	exits 0 client --state "$PAIR_DIR/before" verify "$PAIR_DIR/bobs"
	echo x >"$(echo "$PAIR_DIR"/before/*/keys)"
	exits 1 client --state "$PAIR_DIR/before" verify "$PAIR_DIR/bobs"
	says "/keys is damaged"
	exits 1 stranger verify --policy "$policy.now" "$receipt"
	says "signed by alpha alone; beta has not signed"
	exits 0 client checkpoint --since "$receipt"
	says "signed by alpha and beta"
}

# notes N: so many signed notes are kept as evidence.
notes() {
	[[ $(cat "$EVOTE_STATE"/*/evidence-* |
		grep -c '^election.example/') == "$1" ]]
}

@test "an older state: exit status 3, and the signed notes stay" {
	voted_once
	server_stop beta
	server_stop alpha
	cp -a "$PAIR_DIR/alpha" "$PAIR_DIR/alpha.old"
	cp -a "$PAIR_DIR/beta" "$PAIR_DIR/beta.old"
	pair_up
	for i in 1 2 3 4; do
		as ada create "more $i" --group members --choice yes --end +1h
	done
	exits 0 as bob vote board no
	client checkpoint >"$PAIR_DIR/checkpoint"
	EVOTE_STATE=$PAIR_DIR/monitor exits 0 client status --prometheus
	server_stop beta
	server_stop alpha
	rm -r "$PAIR_DIR/alpha" "$PAIR_DIR/beta"
	mv "$PAIR_DIR/alpha.old" "$PAIR_DIR/alpha"
	mv "$PAIR_DIR/beta.old" "$PAIR_DIR/beta"
	server_start alpha
	server_start beta
	wait_until 15 as_anew
	# So does a monitor that never ran anything else.
	EVOTE_STATE=$PAIR_DIR/monitor exits 3 client status --prometheus
	says "evote_changed 1"
	says "answered from an older state"
	exits 3 client elections
	says "remove the files seen, service, checkpoint and keys"
	exits 3 client status
	# What the voter had, what is shown now, and who says so.
	notes 2
	kept=$(kept 'evidence-checkpoint-*')
	says "${kept##*/}"
	says "-checkpoint, evidence-"
	cmp "$kept" "$(kept checkpoint)"
	cmp -s <(sed -n 1,3p "$kept") <(sed -n 1,3p "$PAIR_DIR/checkpoint")
	exits 3 client elections
	notes 2
	# It does as it was told, and the proof is still there.
	rm "$(kept seen)" "$(kept service)" "$(kept checkpoint)" "$(kept keys)"
	exits 0 client elections
	notes 2
	exits 0 stranger verify --policy "$policy" "$kept"
}

# Both are level, as one sees it who has seen nothing before.
as_anew() {
	EVOTE_STATE=$PAIR_DIR/anew level
}

# audited DATA NOTE: whether that ledger is the one of the note.
audited() {
	"$PAIR_BIN/evote_server" audit --data "$PAIR_DIR/$1" \
	    --checkpoint "$2" --policy "$policy" --json
}

# What docs/OPERATING.md has operators do with the two notes: alpha's ledger is
# the one that went on, and `left` the one that was seen before.
which_is_whose() {
	local root before now
	root=$(sed -n 3p "$PAIR_DIR/checkpoint")
	before=$(grep -lxF -- "$root" "$EVOTE_STATE"/*/evidence-checkpoint-*)
	now=$(grep -LxF -- "$root" "$EVOTE_STATE"/*/evidence-checkpoint-*)
	exits 0 stranger verify --policy "$policy" "$before" "$now"
	says "All 2 files prove what they say"
	exits 0 audited left "$before"
	exits 1 audited left "$now"
	says " are there."
	exits 1 audited alpha "$before"
	says "the roots differ"
	exits 0 audited alpha "$now"
}

# later_refused WHAT ARG...: with another copy of what the client had seen then.
later_refused() {
	cp -r "$EVOTE_STATE" "$PAIR_DIR/seen-$1"
	exits 3 client --state "$PAIR_DIR/seen-$1" "${@:2}"
	says "does not continue an earlier one"
}

# It stays found out, also by who shows nothing wrong, until it is done as told.
stands() {
	exits 3 client elections
	says "does not continue an earlier one"
	exits 3 as bob vote "again 1" yes
	says "was NOT sent, and the service cannot be trusted"
	exits 3 client status
	says "does not continue an earlier one"
	says " primary "
	rm "$(kept keys)"
	exits 3 client elections
	rm "$(kept checkpoint)"
	exits 0 client elections
	not test -e "$(kept contradiction)"
}

@test "another history: exit status 3, and both signed notes are kept" {
	voted_once
	as ada create short --group members --choice yes \
	    --end "+$((3 * $(slowness)))s"
	as ada vote short yes
	wait_until 15 client result short
	exits 1 as ada vote short yes
	says 'The vote in "short" that you had cast before counts'
	server_stop alpha
	server_stop beta
	cp -a "$PAIR_DIR/alpha" "$PAIR_DIR/alpha.old"
	cp -a "$PAIR_DIR/beta" "$PAIR_DIR/beta.old"
	pair_up
	as bob vote board no
	client checkpoint >"$PAIR_DIR/checkpoint"
	cp -r "$EVOTE_STATE" "$PAIR_DIR/seen"
	server_stop alpha
	server_stop beta
	rm -r "$PAIR_DIR/beta"
	mv "$PAIR_DIR/alpha" "$PAIR_DIR/left"
	mv "$PAIR_DIR/alpha.old" "$PAIR_DIR/alpha"
	mv "$PAIR_DIR/beta.old" "$PAIR_DIR/beta"
	pair_up
	rm -r "$EVOTE_STATE"
	exits 3 client checkpoint --since "$PAIR_DIR/checkpoint"
	says "knows less than was seen before"
	rm -r "$EVOTE_STATE"
	mv "$PAIR_DIR/seen" "$EVOTE_STATE"
	# Somebody whom it shows enough to look no older than before.
	for i in 1 2 3 4 5 6; do
		EVOTE_STATE=$PAIR_DIR/other as ada create "again $i" \
		    --group members --choice yes --end +1h
	done
	rm "$(kept seen)"
	later_refused trust trust
	later_refused at trust --at 20
	later_refused result result short
	exits 3 client checkpoint
	says "does not continue an earlier one"
	[[ $(cat "$EVOTE_STATE"/*/evidence-checkpoint-* |
		grep -c '^election.example/') == 2 ]]
	cat "$EVOTE_STATE"/*/evidence-checkpoint-* |
		grep -qxF -f <(sed -n 3p "$PAIR_DIR/checkpoint")
	exits 3 as ada receipt board
	stands
	server_stop alpha
	ended alpha
	which_is_whose
}

@test "a vote with a token has a receipt, too" {
	cluster_up people
	election board 3600
	exits 0 as ada --login vote board yes
	says "signed by alpha and beta. Since you logged in for it"
	exits 0 as ada receipt board "$PAIR_DIR/file"
	says "only the service can tell that the record is of your choice"
	exits 0 client verify "$PAIR_DIR/file"
	says "a vote of ada"
}

@test "receipt writes over earlier receipts of the same vote only" {
	voted_once
	exits 0 as ada receipt board "$receipt"
	echo precious >"$PAIR_DIR/precious"
	exits 2 as ada receipt board "$PAIR_DIR/precious"
	says "exists, and is something else"
	[[ $(<"$PAIR_DIR/precious") == precious ]]
	as bob vote board no
	cp "$receipt" "$PAIR_DIR/before"
	exits 2 as bob receipt board "$receipt"
	says "the receipt of another vote"
	cmp "$receipt" "$PAIR_DIR/before"
}

# left_alone WHAT FILE: neither command that writes a file touches it.
left_alone() {
	exits 2 as ada receipt board "$2"
	says "$1"
	exits 2 client checkpoint --since "$receipt" --proof "$2"
	says "$1"
}

@test "what is written by name goes over no link, pipe or device" {
	voted_once
	: >"$PAIR_DIR/target"
	ln -s target "$PAIR_DIR/link"
	left_alone "is a symbolic link" "$PAIR_DIR/link"
	[[ -L $PAIR_DIR/link && ! -s $PAIR_DIR/target ]]
	ln -s nothing "$PAIR_DIR/dangling"
	left_alone "is a symbolic link" "$PAIR_DIR/dangling"
	left_alone "is not a plain file" "$PAIR_DIR"
	if mknod "$PAIR_DIR/null" c 1 3; then
		left_alone "is not a plain file" "$PAIR_DIR/null"
		[[ -c $PAIR_DIR/null ]]
	fi
	mkfifo "$PAIR_DIR/pipe"
	left_alone "is not a plain file" "$PAIR_DIR/pipe"
	[[ -p $PAIR_DIR/pipe ]]
}

# The service only knows the record of the latest request.
@test "an earlier vote that got no answer has its receipt before another is sent" {
	# shellcheck disable=SC2034 # cluster_up reads it
	options=(--suspect-ms 60000)
	cluster_up people
	as ada create board --publish-sheet --group members \
	    --choice yes --choice no --end +1h
	kill -STOP "$(server_pid beta)"
	exits 4 as bob --timeout 5 vote board yes
	kill -CONT "$(server_pid beta)"
	wait_until 15 level
	exits 1 as bob vote board no
	says "Your earlier, unanswered vote"
	grep -E 'was carried out\. Your tracker is [0-9a-f]{16}:' <<<"$output"
	exits 0 as bob receipt board "$PAIR_DIR/bobs"
	exits 0 client verify "$PAIR_DIR/bobs"
}

@test "a vote whose receipt was not had has it after another request" {
	cluster_up people
	election board 3600
	exits 0 as bob vote board yes
	# As if it was interrupted before it had the receipt.
	rm "$EVOTE_STATE"/*/board-*.tlog-proof
	exits 1 as bob vote board yes
	says "previous vote"
	exits 0 as bob create other --group members --choice yes --end +1h
	exits 0 as bob receipt board "$PAIR_DIR/bobs"
	exits 0 client verify "$PAIR_DIR/bobs"
}

is_waiting() {
	[[ $(host_state "$1" role) == waiting ]]
}

@test "a vote that the service has lost: receipt and check say so" {
	cluster_up people
	election board 3600
	server_kill beta
	wait_until 10 alone alpha
	exits 0 as ada vote board yes
	# As if it was interrupted before it had the receipt.
	rm "$EVOTE_STATE"/*/board-*.tlog-proof
	server_kill alpha
	server_start beta
	wait_until 10 is_waiting beta
	admin beta promote --force --epoch "$(host_state beta epoch)" \
	    --accept-loss
	wait_until 10 serves beta
	exits 3 as ada --timeout 5 receipt board
	rm "$EVOTE_STATE"/*/{seen,service,checkpoint,keys}
	exits 3 as ada --timeout 5 receipt board
	says 'says that no vote of ada counts in "board"'
	exits 3 as ada check board
	says 'WRONG  election  host beta says that no vote of ada counts'
	says "While it is open, you can vote again."
	exits 3 as ada check
	says 'says that no vote of ada counts in "board"'
	exits 0 as ada vote board no
	run as ada check board
	says 'Your vote in "board" counts'
	not says "no vote of ada"
}

@test "a copy of the state directory that went on is no service that lies" {
	cluster_up people
	election board 3600
	election other 3600
	exits 0 as bob vote board yes
	cp -r "$EVOTE_STATE" "$PAIR_DIR/copy"
	exits 0 as bob --state "$PAIR_DIR/copy" vote other yes
	# As if it was interrupted before it had the receipt.
	rm "$EVOTE_STATE"/*/board-*.tlog-proof
	exits 4 as bob receipt board
	says "gone on in a copy of this state directory"
	exits 0 as bob check board
	says 'Your vote in "board" counts'
}

@test "a vote whose receipt cannot be kept says so, and how to get it" {
	local ballot
	cluster_up people
	election board 3600
	exits 0 as ada check
	# What cannot be written, as if the disk were full.
	ballot=$(printf 'ada\0board' | sha256sum | cut -c 1-32).ballot
	ballot=$(dirname "$EVOTE_STATE"/*/service)/$ballot
	mkdir "$ballot"
	exits 0 as ada vote board yes
	says "There is no receipt yet, since what it needs cannot be written"
	says "$ballot: "
	says "Make room there, then run the same command again"
	exits 2 as ada --json pending --settle
	says '"failed"'
	says "was carried out, and is kept all the same"
	rmdir "$ballot"
	exits 0 as ada vote board yes
	says "Your receipt is"
}

@test "the script says which program it misses" {
	mkdir "$PAIR_DIR/bin"
	ln -s "$(command -v bash)" "$(command -v openssl)" "$PAIR_DIR/bin"
	exits 1 env PATH="$PAIR_DIR/bin" bash dist/verify-receipt one two
	says "xxd is missing; install it, and try again"
}
