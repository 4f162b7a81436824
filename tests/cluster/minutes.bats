#!/usr/bin/env bats
#
# What the returning officer sees while an election runs, and what goes into the
# minutes.

load lib

# By group: voted of eligible.
turnout_is() {
	[[ $(client --json turnout "$1" | jq -r '.groups | map("\(.group) \(.voted)/\(.eligible)") | join(" ")') == "$2" ]]
}

@test "turnout by group, while it runs, over a take-over, and after the close" {
	cluster_up people
	exits 1 client turnout board
	key=$(sed -n 's/^ada,members,//p' "$KEYS/people.csv")
	admin alpha register --shared-keys zoe staff "$key"
	as ada create board --group members --group staff --choice yes \
	    --choice no --end "+$((12 * $(slowness)))s"
	turnout_is board "members 0/$(($(grep -c ,members, "$KEYS/people.csv"))) staff 0/1"
	as ada vote board yes
	client --voter zoe --key "$KEYS/people/ada.pem" vote board no
	exits 1 as ada vote board no
	before=$(client --json turnout board | jq -c .groups)
	[[ $(jq -r '.[1].voted' <<<"$before") == 1 ]]
	not grep -q yes <<<"$(client --json turnout board)"
	server_kill alpha
	wait_until 10 serves beta
	[[ $(client --json turnout board | jq -c .groups) == "$before" ]]
	exits 1 client report board
	says "no counts before its end"
	server_start alpha
	wait_until 15 level
	closed board
	admin alpha unregister zoe || admin beta unregister zoe
	[[ $(client --json turnout board | jq -c .groups) == "$before" ]]
	exits 0 client turnout board
	says "2 of"
	exits 0 client report board
	echo "$output"
	says '# Minutes of the election "board"'
	says "| staff | 1 | 1 |"
	says "By the number of votes: a TIE, 2 choices have the most votes, 1 each"
	says "a previous vote"
	says "| 1 |"
	says "- alpha from"
	says "- beta from"
	says "It is signed by"
	exits 0 client --json report board
	jq -e '.served | length >= 2 and .[0].host == "alpha" and
	    .[1].silence_us > 0' <<<"$output"
	jq -e '.refused == [{"reason": "voted", "requests": 1}]' <<<"$output"
	jq -e '.closed_record > .opened_record' <<<"$output"
	jq -r .markdown <<<"$output" >"$PAIR_DIR/minutes.md"
	size=$(sed -n '/^```$/{n;n;p;q}' "$PAIR_DIR/minutes.md")
	((size > $(jq .closed_record <<<"$output")))
	if command -v weasyprint && command -v pandoc; then
		client report board --pdf >"$PAIR_DIR/minutes.pdf"
		[[ $(head -c 5 "$PAIR_DIR/minutes.pdf") == %PDF- ]]
	fi
}

@test "turnout where voters left after they had voted" {
	cluster_up
	key=$(sed -n 's/^ada,members,//p' "$KEYS/people.csv")
	for i in 1 2 3; do
		admin alpha register --shared-keys "v$i" members "$key"
	done
	for election in board void; do
		admin alpha create "$election" --group members --choice yes \
		    --choice no --end "+$((8 * $(slowness)))s" --yes
		for i in 1 2 3; do
			client --voter "v$i" --key "$KEYS/people/ada.pem" \
			    vote "$election" yes
		done
	done
	admin alpha unregister v2
	admin alpha unregister v3
	admin alpha register --shared-keys v3 others "$key"
	for election in board void; do
		exits 0 client turnout "$election"
		says "members           3             1  in the group now"
		says '3 voters have voted in "'"$election"'" (1 on the roll now), which ends'
	done
	jq -e '.voted == 3 and .eligible == 1 and has("turnout") == false' \
	    < <(client --json turnout board)
	admin alpha cancel void --reason "Not needed" --yes
	exits 0 client turnout void
	says "members           3             1  in the group then"
	says '3 voters have voted in "void" (1 on the roll then), which was'
	closed board
	exits 0 client turnout board
	says "members           3             1  in the group then"
	says '3 of 3 voters have voted in "board" (100.0 %), which closed'
	jq -e '.voted == 3 and .eligible == 3 and .turnout == 1' \
	    < <(client --json turnout board)
	exits 0 client report board
	says "3 voters could vote"
	# Where that is so of one group, the sums would hide it.
	admin alpha register --shared-keys v4 members "$key"
	admin alpha create both --group members --group others --choice yes \
	    --end +1h --yes
	for i in v1 v4; do
		exits 0 client --voter "$i" --key "$KEYS/people/ada.pem" \
		    vote both yes
	done
	exits 0 client turnout both
	says '2 of 3 voters have voted in "both" (66.7 %)'
	admin alpha unregister v4
	exits 0 client turnout both
	says '2 voters have voted in "both" (2 on the roll now), which ends'
	jq -e '.voted == 2 and .eligible == 2 and has("turnout") == false' \
	    < <(client --json turnout both)
	exits 0 admin alpha voters --not-voted both --groups
	says "1 group"
	# Nobody may vote there any more.
	exits 1 admin alpha voters --not-voted void
	says "the election was cancelled"
	exits 1 admin alpha voters --not-voted board --groups
	says "the election has ended"
}

@test "names in the minutes and in the chart are only text" {
	cluster_up people
	as ada create 'a <b>|*c*' --group members --choice '![x](http://h/x)' \
	    --choice '<script>&amp;' --choice '- no' --choice '2) no' \
	    --choice '= no' --end +6s
	as ada vote 'a <b>|*c*' '<script>&amp;'
	closed 'a <b>|*c*'
	exits 0 client report 'a <b>|*c*'
	says 'election "a \<b\>\|\*c\*"'
	says '\!\[x\](http\://h/x)'
	says '3. \- no'
	says '4. 2\) no'
	says '5. \= no'
	client result 'a <b>|*c*' --svg >"$PAIR_DIR/r.svg"
	python3 - "$PAIR_DIR/r.svg" <<-'end'
		import sys, xml.etree.ElementTree as tree
		texts = [t.text for t in tree.parse(sys.argv[1]).iter() if t.text]
		assert "<script>&amp;" in texts, texts
		assert any(t.startswith("Closed ") for t in texts), texts
	end
	exits 2 client --json result 'a <b>|*c*' --svg
	exits 2 client --json report 'a <b>|*c*' --pdf
}

@test "blank ballots are votes; closed is when it closed" {
	cluster_up people
	as ada create pick --group members --pick 0-2 --choice A --choice B \
	    --end +6s --grace 3
	as ada vote pick --blank
	closed pick
	exits 0 client result pick
	says "no choice has a vote, all ballots are blank; 1 of"
	at=$(client --json show pick | jq '.closed_at_us / 1000000 | floor')
	says "closed $(date -u -d "@$at" '+%F %T') UTC"
	client result pick --svg | grep "Closed $(date -u -d "@$at" '+%F %T')"
	exits 0 client report pick
	says "at most an hour before they voted"
	says "By the number of votes: no choice has a vote, all ballots are blank"
	not says "No votes were cast"
}

@test "on a terminal the result has bars, elsewhere none" {
	cluster_up people
	election board 4
	as ada vote board yes
	closed board
	exits 0 client result board
	not says "█"
	LC_ALL=C.UTF-8 exits 0 on_terminal '' result board
	says "100.0 %  ████"
	LC_ALL=C exits 0 on_terminal '' result board
	says "100.0 %  ####"
}

@test "when people voted: only where the election says so, over a take-over" {
	cluster_up people
	as ada create open --group members --choice yes --choice no \
	    --show-times --end +1h
	as ada create shut --group members --choice yes --choice no --end +1h
	as ada create short --group members --choice yes --choice no \
	    --show-times --end "+$((5 * $(slowness)))s"
	as ada vote open yes
	as ada vote shut yes
	server_kill alpha
	wait_until 10 serves beta
	as bob vote open no
	exits 0 client --json turnout open --times
	jq -e '(.times | length) == 48 and .times[0].votes == 2 and
	    ([.times[].votes] | add) == 2' <<<"$output"
	# Only where the end was put off, or in a grace, there is anything later.
	exits 0 client turnout open --times
	[[ $(grep -n ' and later$' <<<"$output") == 48:* ]]
	closed short
	exits 0 client report short
	says "the last one has all that came later"
	(($(grep -c ' and later$' <<<"$output") == 1))
	exits 1 client turnout shut --times
	says "not created with --show-times"
	exits 0 client show open
	says "anybody may see how many voted when"
}

# What pandoc gives weasyprint to print is kept in this file.
weasyprint_kept() {
	mkdir -p "$PAIR_DIR/bin"
	cat >"$PAIR_DIR/bin/weasyprint" <<-end
		#!/bin/bash
		for word; do [[ ! -f \$word ]] || cp "\$word" "$1"; done
		exec $(command -v weasyprint) "\$@"
	end
	chmod +x "$PAIR_DIR/bin/weasyprint"
}

@test "nothing of a page of many choices and long names is cut" {
	local i choices=()
	/usr/bin/python3 -c 'import weasyprint' && command -v pandoc ||
		skip "no weasyprint or no pandoc"
	cluster_up people
	for i in {1..30}; do
		choices+=(--choice "$i$(printf 'W%.0s' {1..200})")
	done
	for i in '' --ranked; do
		exits 0 as ada create "long$i" $i --group members --end +10s \
		    --choice "$(printf 'W%.0s' {1..255})" "${choices[@]}"
		exits 0 as ada vote "long$i" "${choices[3]}"
	done
	weasyprint_kept "$PAIR_DIR/page.html"
	for i in '' --ranked; do
		closed "long$i"
		PATH=$PAIR_DIR/bin:$PATH client report "long$i" --pdf \
		    >"$PAIR_DIR/minutes.pdf"
		/usr/bin/python3 - "$PAIR_DIR/page.html" <<-'end'
			import sys
			from weasyprint import HTML
			for page in HTML(sys.argv[1]).render().pages:
			    box = page._page_box
			    edge = box.content_box_x() + box.width
			    for b in box.descendants():
			        if type(b).__name__ == "TextBox":
			            assert b.position_x + b.width < edge + 1, b.text
		end
	done
}

@test "the minutes of rankings and of several choices say how they were counted" {
	cluster_up people
	as ada create rank --group members --ranked --choice A --choice B \
	    --choice 'none of them' --none 'none of them' --end +10s
	as ada create pick --group members --pick 0-2 --choice A --choice B \
	    --choice C --end +10s
	as ada vote rank 'A > B'
	as bob vote rank 'A > none of them > B'
	as ada vote pick A C
	as bob vote pick --blank
	closed rank
	closed pick
	exits 0 client report rank
	says "the Schulze method"
	says '"A" has won'
	says "| 1 | 1. A |"
	says "| 1 | - | 2 | 2 |"
	says "The strongest path of defeats"
	says "| 1 | - | - | 2:0 |"
	exits 0 client result rank --csv
	says '"over none of them","path to A","path to B","path to none of them","opposing path to A"'
	says ',0,2,2,0,0,2,0,0,0'
	client result rank --svg >"$PAIR_DIR/r.svg"
	grep "ballots on which it is first. Placed by the Schulze method" \
	    "$PAIR_DIR/r.svg"
	exits 0 client report pick
	says "A ballot was 1 to 2 choices, or blank."
	says "| 1= | A | 1 | 50.0 % |"
	says "Blank ballots: 1"
	client result pick --svg | grep "1 of them blank"
}
