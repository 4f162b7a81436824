# What is asked of scale.json: a list of {goal, value, limit, met}.  That a
# vote costs no more is held with what such a machine's noise takes.

def of($what): first(.[] | select(.what == $what) | .value);

def hundredths: . * 100 | round / 100;

def stays($by):
    (map(select(.what == "CPU of a vote, by \($by)")) | sort_by(.n)) as $s |
    {goal: ("CPU of a vote with \($s[-1].n) \($by), " +
	    "of that with \($s[0].n), below"),
	value: ($s[-1].value / $s[0].value | hundredths), limit: 1.25};

[stays("records", "voters", "elections"),
    {goal: "p99 while a host catches up, of the quiet one, below",
	value: (of("p99 latency of a vote, while a host catches up") /
	    of("p99 latency of a vote, quiet") | hundredths), limit: 3}]
| map(. + {met: (.value < .limit)})
