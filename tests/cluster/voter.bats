#!/usr/bin/env bats
#
# What a voter can find out and put right alone, before and after the vote.

load lib

# A configuration file of the voter's own.
own_conf() {
	export XDG_CONFIG_HOME=$PAIR_DIR/config
	mkdir -p "$XDG_CONFIG_HOME/evote"
	cat >"$XDG_CONFIG_HOME/evote/client.conf"
}

# The terminal's part: what is typed after each prompt, one line each.
typed() {
	cat >"$PAIR_DIR/typed.py" <<-'end'
		import os, pty, sys, time
		lines = iter(sys.argv[1].split("|"))
		pid, fd = pty.fork()
		if pid == 0:
		    os.execvp(sys.argv[2], sys.argv[2:])
		seen = b""
		while True:
		    try:
		        got = os.read(fd, 1024)
		    except OSError:
		        break
		    if not got:
		        break
		    sys.stdout.buffer.write(got)
		    seen += got
		    if seen.endswith(b": "):
		        seen = b""
		        time.sleep(0.1)
		        os.write(fd, next(lines).encode() + b"\n")
		sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
	end
	host_run voters python3 "$PAIR_DIR/typed.py" "$1" \
	    "$PAIR_BIN/evote_client" "${@:2}"
}

@test "check: before the vote, after it, and after a take-over, in one sentence" {
	cluster_up people
	exits 0 as ada check
	says "No election is open to you now"
	says "ada is on the roll, in the group members"
	election board 3600
	as ada create other --group nobodys --choice yes --end +1h --empty-groups
	exits 0 as ada check
	says '"board" is open to you until'
	says 'note   election  You may not vote in "other", open or planned;'
	not says 'You may not vote in "board"'
	exits 0 as ada check board
	not says other
	not says "and more will"
	as ada create later --group members --choice yes --start +1h --end +2h
	exits 0 as ada check later
	says "All is well; 0 elections wait for your vote, and more will"
	for name in b c d; do
		as ada create "$name" --group nobodys --choice yes --start +1h \
		    --end +2h --empty-groups
	done
	exits 0 as ada check
	says 'You may not vote in "other", "b", "c" and 1 more, open or'
	says "All is well; 1 election waits for your vote, and more will"
	(($(wc -l <<<"$output") <= 10))
	exits 0 as ada vote board yes
	says 'Your vote in "board" counts'
	server_kill alpha
	wait_until 10 serves beta
	exits 1 as ada check
	says 'Your vote in "board" counts'
	says "alpha is not reached"
	# What an operator would do is not for a voter.
	says "Tell the operators that alpha is not reached. You can vote"
	not says "Start"
	says "1 thing is not right"
	exits 1 as ada check other
	says 'You may not vote in "other"'
	server_kill beta
	[[ $output != *"own network"* ]]
	exits 4 as ada --timeout 1 check
	says "No host is reached from here: look at this computer's own network"
	says "No host serves now, so the roll could not be asked. Try again"
}

# The client of somebody whose clock is three hours fast.
fast() {
	host_run voters "$PAIR_BIN/fast_client" --voter ada \
	    --key "$KEYS/people/ada.pem" "$@"
}

# tells_fast STATUS TEXT ARG...: of a time by the service's clock, and of that.
tells_fast() {
	exits "$1" fast "${@:3}"
	says "$2"
	says "ahead of the clock of the service"
}

@test "on a clock that is fast, times are told by the service's" {
	local new=(--group members --choice yes --end +2h)
	cluster_up people
	tells_fast 0 "in 1 h 5" create board "${new[@]}" --dry-run
	tells_fast 0 "in 1 h 5" create board "${new[@]}"
	tells_fast 0 "in 5" create later "${new[@]}" --start +1h
	tells_fast 0 "in 1 h 5" elections
	tells_fast 0 "ends at" show board
	says "in 1 h 5"
	tells_fast 0 "ends at" turnout board
	says "in 1 h 5"
	tells_fast 1 "in 1 h 5" result board
	tells_fast 1 "in 5" vote later yes
	tells_fast 0 "in 3 h 5" extend board --end +4h --reason late --yes
}

# A home directory of nobody's: where the tests lie others may not look.
own_make() {
	own=$PAIR_DIR/own
	mkdir -p "$own/.local/state/evote"
	cp "$PAIR_BIN/evote_client" "$KEYS/people/ada.pem" "$own"
	chown -R nobody "$own"
	chmod a+x "$PAIR_DIR" "$BATS_TEST_TMPDIR" "$BATS_SUITE_TMPDIR/.."
}

# As who owns that directory, where files have modes, unlike for root.
in_own() {
	host_run voters env -u EVOTE_STATE -u XDG_STATE_HOME HOME="$own" \
	    setpriv --reuid nobody --clear-groups "$own/evote_client" \
	    --voter ada --key "$own/ada.pem" "$@"
}

@test "a state directory that cannot be written: check says so, reading works" {
	cluster_up people
	election board 3600
	own_make
	exits 0 in_own check
	not says state
	chmod -R a-w "$own/.local/state/evote"
	exits 0 in_own status
	says "serves; 2 of 2 hosts answered"
	exits 1 in_own sheet board
	says "There is no tally sheet"
	exits 1 in_own check
	says "WRONG  state     A vote cannot be kept here"
	says "Permission denied"
	not says "relied on"
	exits 2 in_own vote board yes
	says "NOT sent"
	# It cannot even be found.
	chmod 0 "$own/.local"
	exits 0 in_own status
	exits 1 in_own check
	says "WRONG  state"
	says "Permission denied"
	chmod 755 "$own/.local"
	chmod -R u+w "$own/.local/state/evote"
	# What else is wrong here is no fault of the service.
	echo x >"$(echo "$own"/.local/state/evote/*/seen)"
	exits 2 in_own check
	says "Put that right on this computer"
	says "could not be asked from here"
	exits 2 in_own status --prometheus
	says "could not be asked from here"
	not says "evote_up{"
	exits 2 in_own status
	says "alpha could not be asked from here"
	not says "does not answer"
}

# The same, with a state directory on a full disk that nobody has used before.
in_full() {
	# shellcheck disable=SC2016 # for that shell
	host_run voters unshare -m sh -c 'mount -t tmpfs -o size=16k,mode=777 none "$1"
	    dd if=/dev/zero of="$1/filler" 2>/dev/null; shift; exec "$@"' \
	    sh "$own/.local/state" env -u EVOTE_STATE -u XDG_STATE_HOME \
	    HOME="$own" setpriv --reuid nobody --clear-groups \
	    "$own/evote_client" --voter ada --key "$own/ada.pem" "$@"
}

# reads_only WHY [AS]: all that only reads works, and a vote says why it does not.
reads_only() {
	local command run=${2-in_own}
	for command in elections "show board" trust checkpoint; do
		# shellcheck disable=SC2086 # words
		exits 0 "$run" $command
	done
	exits 0 "$run" status
	not says "does not answer"
	exits 1 "$run" check
	says "WRONG  state     A vote cannot be kept here"
	says "$1"
	exits 2 "$run" vote board yes
	says "NOT sent"
	says "$1"
}

@test "a state directory that is root's, or full: reading works, a vote says whose it is" {
	cluster_up people
	election board 3600
	own_make
	local state=$own/.local/state
	# As sudo leaves it, before the first contact and after it.
	chown root "$state/evote"
	reads_only "$state/evote is of the user root: have it given to you (chown -R nobody $state/evote)"
	chown nobody "$state/evote"
	chmod 555 "$state/evote"
	reads_only "run chmod -R u+rwX $state/evote"
	chmod 755 "$state/evote"
	exits 0 in_own elections
	chown root "$(echo "$state"/evote/*)"
	reads_only "is of the user root: have it given to you (chown -R nobody $state/evote/"
	chown nobody "$(echo "$state"/evote/*)"
	chown root "$(echo "$state"/evote/*/seen)"
	reads_only "/seen is of the user root"
	chown nobody "$(echo "$state"/evote/*/seen)"
	rm "$(echo "$state"/evote/*/seen)"
	rm "$(echo "$state"/evote/*/keys)"
	chmod 555 "$(echo "$state"/evote/*)"
	reads_only "run chmod -R u+rwX $state/evote/"
	chmod 755 "$(echo "$state"/evote/*)"
	reads_only "No space left on device" in_full
}

@test "check: a stranger learns nothing of the roll" {
	cluster_up people
	exits 1 client --voter ada --key "$KEYS/people/bob.pem" check
	known=${output//ada/X}
	exits 1 client --voter nobody --key "$KEYS/people/bob.pem" check
	[[ ${output//nobody/X} == "$known" ]]
	says "does not know"
	admin alpha unregister ada
	exits 1 as ada check
	chmod 644 "$KEYS/people/bob.pem"
	exits 1 as bob check
	says "can be read by other users"
	chmod 666 "$KEYS/people/bob.pem"
	exits 1 as bob vote none yes
	chmod 600 "$KEYS/people/bob.pem"
	says "The key file $KEYS/people/bob.pem can be changed by other users"
	mkfifo "$PAIR_DIR/pipe"
	exits 2 client --voter bob --key "$PAIR_DIR/pipe" vote none yes
	says "is not a plain file"
}

@test "a vote whose question nobody would see is not waited for" {
	cluster_up people
	election board 3600
	exits 2 logged_to "/dev/null 2>$PAIR_DIR/err" $'1\nyes' \
	    --voter ada --key "$KEYS/people/ada.pem" vote board
	grep -q "Name the choice after the election" "$PAIR_DIR/err"
	exits 0 client turnout board
	says "0 of"
}

# ada's vote is on its way and its answer does not come.
leave_pending() {
	kill -STOP "$(server_pid beta)"
	exits 4 as ada --timeout 1 vote board yes
	kill -CONT "$(server_pid beta)"
	wait_until 10 level
}

@test "the questions of a vote have --timeout together, and the vote a part" {
	local begun
	# shellcheck disable=SC2034 # cluster_up reads it
	options=(--suspect-ms 60000)
	cluster_up people
	election board 3600
	exits 0 as bob vote board no
	kill -STOP "$(server_pid beta)"
	begun=$SECONDS
	exits 4 as ada --timeout 5 vote board yes
	((SECONDS - begun <= 7))
	kill -CONT "$(server_pid beta)"
	wait_until 10 level
	exits 0 as ada pending --settle
	says 'Your vote in "board" counts'
}

@test "pending: listed, settled, dropped" {
	cluster_up people
	election board 3600
	exits 0 as ada pending
	says "No request is kept"
	leave_pending
	exits 0 client pending
	says 'vote      of ada  "board"'
	exits 1 as ada check
	says 'Your vote in "board" was sent, and got no answer'
	exits 2 as ada pending --drop
	says 'Your vote in "board" was sent, and its answer did not come'
	says "takes nothing back"
	exits 0 as ada pending --drop --yes
	exits 0 as ada pending
	says "No request is kept"
	exits 0 as ada check
	says 'Your vote in "board" counts'
	election second 3600
	kill -STOP "$(server_pid beta)"
	exits 4 as ada --timeout 1 vote second yes
	kill -CONT "$(server_pid beta)"
	# Who was stopped takes over once a primary has confirmed it.
	wait_until 10 level
	sleep 0.5
	server_kill alpha
	wait_until 10 serves beta
	exits 0 as ada pending --settle
	says 'Your vote in "second" counts'
	says "Your receipt is"
	exits 1 as ada check second
	says 'Your vote in "second" counts'
	exits 0 as ada pending --settle
	says "No request of ada"
}

@test "what is kept is found after the list of hosts was edited" {
	local first
	cluster_up people
	election board 3600
	leave_pending
	# The same host by another name: no line of the old list is left.
	first=$(address alpha):$(port alpha)
	[[ $EVOTE_HOSTS != *"$first"* ]] || first=${first/127.0.0.1/localhost}
	kill -STOP "$(server_pid alpha)"
	exits 4 as ada --hosts "alpha=$first" --timeout 1 pending
	says "Which requests are kept here is not known"
	exits 4 as ada --hosts "alpha=$first" --timeout 1 pending --drop --yes
	says "Whether a request of ada is kept here is not known"
	exits 4 as ada --hosts "alpha=$first" --timeout 1 vote board yes
	says "whether it was before is not known here"
	kill -CONT "$(server_pid alpha)"
	wait_until 10 serves alpha
	exits 0 as ada --hosts "alpha=$first" pending
	says 'vote      of ada  "board"'
	exits 0 as ada --hosts "alpha=$first" pending --drop --yes
	says "is dropped"
}

@test "a vote without an answer is found after the key was changed" {
	cluster_up people
	election board 3600
	leave_pending
	public=$(client keygen "$PAIR_DIR/new.pem" |
		grep -o '[A-Za-z0-9+/]\{43\}=')
	exits 0 admin alpha rekey ada "$public"
	exits 4 as ada vote board yes
	says "signature does not match"
	says "may or may not be counted"
	exits 4 as ada pending --settle
	says "is not settled, and is kept: the signature does not match"
	exits 4 client --voter ada --key "$PAIR_DIR/new.pem" pending --settle
	exits 4 client --voter ada --key "$PAIR_DIR/new.pem" vote board no
	says "was NOT sent"
	says "pending --drop"
	exits 0 client --voter ada --key "$PAIR_DIR/new.pem" vote board yes
	says 'Your vote in "board" counts'
	says "Your receipt is"
}

@test "in a copy of the state, what was answered elsewhere is not refused" {
	local copy=$PAIR_DIR/copy new=(club --group members --choice yes)
	cluster_up people
	election board 3600
	election second 3600
	leave_pending
	cp -a "$EVOTE_STATE" "$copy"
	exits 0 as ada vote board yes
	exits 0 as ada vote second yes
	exits 4 as ada --state "$copy" pending --settle
	says 'The vote in "board" may or may not have been carried out'
	exits 0 as bob create "${new[@]}" --end +2h
	kill -STOP "$(server_pid beta)"
	exits 4 as bob --timeout 1 extend club --end +3h --reason late --yes
	kill -CONT "$(server_pid beta)"
	wait_until 10 level
	rm -r "$copy"
	cp -a "$EVOTE_STATE" "$copy"
	exits 0 as bob extend club --end +3h --reason late --yes
	exits 0 as bob extend club --end +4h --reason later --yes
	exits 4 as bob --state "$copy" extend club --end +3h --reason late --yes
	says 'Election "club" may or may not have been extended'
	not says "was not extended"
}

@test "vote says what is known of it when nothing can be asked" {
	local other
	other=$(head -c 32 /dev/zero | base64)
	cluster_up people
	election board 3600
	leave_pending
	EVOTE_PIN=$other exits 3 as ada vote board yes
	# What was kept belongs to the service of the other pin.
	says "whether it was before is not known here"
	EVOTE_PIN=$other exits 3 as bob vote board yes
	says "was NOT sent"
	EVOTE_PIN=$other exits 3 ada_types "" vote board
	pair_down
	exits 4 as ada --timeout 1 vote board yes
	says "may or may not be counted"
	exits 4 ada_types "" --timeout 1 vote board
	exits 4 as bob --timeout 1 vote board yes
	says "was NOT sent"
	exits 4 ada_types "" --timeout 1 --state "$PAIR_DIR/fresh" vote board
	says "was NOT sent"
}

@test "what cannot be written out is told, and ends a watch" {
	cluster_up people
	printf 'name,group,public key\n' >"$PAIR_DIR/many.csv"
	printf "w%04d,members,$(sed -n '2s/.*,//p' "$KEYS/crowd.csv")\n" \
	    {1..200} >>"$PAIR_DIR/many.csv"
	exits 0 admin alpha import --shared-keys "$PAIR_DIR/many.csv"
	exits 2 eval 'admin alpha --json voters >/dev/full'
	says "carried out, but its answer could not be written"
	exits 2 eval 'admin alpha voters --csv >/dev/full'
	says "carried out, but its answer could not be written"
	exits 2 eval "client keygen '$PAIR_DIR/new.pem' >/dev/full"
	says "but its answer could not be written: No space left on device"
	election board 3600
	exits 2 eval 'as ada vote board yes >/dev/full'
	says "but its answer could not be written: No space left on device"
	exits 1 eval 'as ada --json vote board no >/dev/full'
	says "device. The exit status tells how the command ended."
	# The first line is read, and then there is nobody.
	exits 0 timeout 20 bash -c \
	    "'$PAIR_BIN/evote_client' --hosts '$EVOTE_HOSTS' status --watch |
		head -n 1"
}

@test "a configuration file stands in; environment and command line win" {
	cluster_up people
	local hosts=$EVOTE_HOSTS
	own_conf <<-end
		hosts = $hosts   # of the operators
		voter = ada
		key = $KEYS/people/ada.pem
		origin = $ORIGIN
		timeout = 20
	end
	unset EVOTE_HOSTS
	exits 0 client check
	says "ada is on the roll"
	EVOTE_KEY=$KEYS/people/bob.pem exits 1 client check
	exits 0 as bob check
	says "bob is on the roll"
	EVOTE_ORIGIN=another exits 2 client elections
	says 'and not to "another"'
	EVOTE_HOSTS=nowhere=127.0.0.1:1 exits 4 client --timeout 1 elections
	own_conf <<<'hots = a=b'
	exits 2 client elections
	says 'client.conf line 1: no option is named "hots" (did you mean hosts?)'
	# Help is had all the same.
	exits 0 client elections --help
	says "usage: evote_client"
	exits 0 client help elections
	own_conf <<<'json = yes'
	exits 2 client elections
	# What turns TLS off is said each time, and noticed.
	own_conf <<<'plain = yes'
	exits 2 client elections
	says 'client.conf line 1: plain is for the command line only'
	own_conf <<<"hosts = $hosts"
	exits 0 client elections
	not says "nothing is encrypted"
	exits 0 client --plain elections
	says "nothing is encrypted"
	# A list in a file, in the home directory and elsewhere.
	tr , '\n' <<<"$hosts" >"$PAIR_DIR/list"
	own_conf <<<'hosts = @~/list'
	HOME=$PAIR_DIR exits 0 client elections
	HOME=$PAIR_DIR exits 0 client --hosts @~/list elections
	exits 2 client --hosts "$PAIR_DIR/list" elections
	says "did you mean @$PAIR_DIR/list?"
	# And so is everything else that is named there.
	echo secret >"$PAIR_DIR/pass"
	chmod 600 "$PAIR_DIR/pass"
	own_conf <<-'end'
		hosts = @~/list
		state = ~/of ada
		key = ~/locked.pem
		passphrase-file = ~/pass
		admin = ~/no.sock
	end
	HOME=$PAIR_DIR exits 0 client keygen "$PAIR_DIR/locked.pem"
	(
		unset EVOTE_STATE
		export HOME=$PAIR_DIR
		exits 1 client --voter ada check
		says "does not know \"ada\" with this key"
		exits 4 client voters
		says "$PAIR_DIR/no.sock"
	)
	compgen -G "$PAIR_DIR/of ada/*/seen"
	[[ ! -e "~" ]]
	# An empty value is no value.
	own_conf <<<'pin ='
	exits 2 client elections
	says "client.conf line 1: pin lacks its value"
	rm "$XDG_CONFIG_HOME/evote/client.conf"
	export EVOTE_HOSTS=$hosts
	exits 2 client --pin "" elections
	says "--pin lacks its value"
	exits 2 client status --count 3
	says "--count needs --watch"
	POSIXLY_CORRECT=1 exits 0 as ada check board --help
	EVOTE_HOSTS=nowhere=127.0.0.1:1 exits 4 client --timeout 0.4 elections
	says "within 0.4 s"
}

@test "who stops the client at a passphrase goes on unseen" {
	cat >"$PAIR_DIR/stop.py" <<-'end'
		import os, pty, select, sys, termios
		pid, fd = pty.fork()
		if pid == 0:
		    os.execvp("bash", ["bash", "--norc", "--noprofile", "-i"])
		seen = b""
		def until(words):
		    global seen
		    while words not in seen:
		        if not select.select([fd], [], [], 20)[0]:
		            sys.exit(f"no {words} in {seen}")
		        seen += os.read(fd, 1024)
		    seen = seen[seen.index(words) + len(words):]
		def echoes():
		    return bool(termios.tcgetattr(fd)[3] & termios.ECHO)
		def hidden():
		    for _ in range(200):
		        if not echoes():
		            return
		        select.select([], [], [], 0.05)
		    sys.exit("it is shown")
		os.write(fd, b"PS1=; " + " ".join(sys.argv[1:]).encode() + b"\n")
		until(b"new key (empty: none): ")
		hidden()
		os.write(fd, b"half\x1a")
		until(b"Stopped")
		os.write(fd, b"fg\n")
		until(b"new key (empty: none): ")
		hidden()
		os.write(fd, b"sesame\n")
		until(b"The same again: ")
		hidden()
		os.write(fd, b"sesame\n")
		until(b"The private key is in")
		os.write(fd, b"exit\n")
		os.waitpid(pid, 0)
		sys.exit("shown" if b"sesame" in seen else 0)
	end
	timeout 60 python3 "$PAIR_DIR/stop.py" "$PAIR_BIN/evote_client" \
	    keygen "$PAIR_DIR/stopped.pem"
	openssl pkey -in "$PAIR_DIR/stopped.pem" -passin pass:sesame -noout
}

@test "a key with a passphrase: asked twice, then once; or from a file" {
	cluster_up people
	local key=$PAIR_DIR/new.pem public
	exits 0 typed "open sesame|open sesame" keygen "$key"
	says "Passphrase of the new key"
	not says "open sesame"
	not says "no passphrase"
	grep -q "ENCRYPTED PRIVATE KEY" "$key"
	public=$(grep -oE '^[A-Za-z0-9+/]{43}=' <<<"$output")
	admin alpha register eve members "$public"
	exits 0 typed "open sesame" --voter eve --key "$key" check
	says "Passphrase of $key"
	says "eve is on the roll"
	echo "open sesame" >"$PAIR_DIR/pass"
	exits 0 client --passphrase-file "$PAIR_DIR/pass" --voter eve \
	    --key "$key" check
	election board 3600
	exits 0 client --passphrase-file "$PAIR_DIR/pass" --voter eve \
	    --key "$key" vote board yes
	# The line may lack its end; who else may read it is told.
	printf 'open sesame' >"$PAIR_DIR/pass"
	chmod 644 "$PAIR_DIR/pass"
	exits 0 client --passphrase-file "$PAIR_DIR/pass" --voter eve \
	    --key "$key" check
	says "The passphrase file $PAIR_DIR/pass can be read by other users"
	chmod 600 "$PAIR_DIR/pass"
	exits 0 client --passphrase-file "$PAIR_DIR/pass" --voter eve \
	    --key "$key" check
	not says "can be read"
	: >"$PAIR_DIR/pass"
	exits 2 client --passphrase-file "$PAIR_DIR/pass" --voter eve \
	    --key "$key" vote board no
	says "the first line of $PAIR_DIR/pass has to be the passphrase (at most 1022 bytes)"
	echo "wrong" >"$PAIR_DIR/pass"
	exits 2 client --passphrase-file "$PAIR_DIR/pass" --voter eve \
	    --key "$key" vote board no
	says "the passphrase does not fit"
	exits 2 typed "one|two" keygen "$key.2"
	says "not the same"
	exits 0 typed "" keygen "$key.3"
	says "It has no passphrase"
	openssl pkey -in "$key" -passin "pass:open sesame" -pubout -outform DER |
		tail -c 32 | base64 | grep -qxF "$public"
}
