# The goals, as ratios in one run: of bench.json, with the Ed25519 verifications
# a second that all cores manage, $verify, or null.  A list of {goal, clients,
# value, limit, met}; value and met are null where something was not measured.

def of($system; $c; $field):
    first(.[] | select(.system == $system and .connections == $c) | .[$field])
    // null;

def ratio($a; $b): if $a and $b and $b > 0 then $a / $b else null end;

def against($other; $c; $least):
    {goal: "token votes against \($other), at least", clients: $c,
	value: ratio(of("evote-token"; $c; "rate"); of($other; $c; "rate")),
	limit: $least}
    | .met = (.value | if . then . >= $least else null end);

def signed:
    (map(select(.system == "evote-signed")) | max_by(.rate)) as $best |
    {goal: "signed votes, of what all cores can verify, at least",
	clients: $best.connections, value: ratio($best.rate; $verify),
	limit: 0.7}
    | .met = (.value | if . then . >= 0.7 else null end);

def cpu:
    {goal: "us of both servers' processors for a token vote, below",
	clients: 64, value: of("evote-token"; 64; "cpu_us"), limit: 20}
    | .met = (.value | if . then . < 20 else null end);

[against("floor"; 1; 0.8), against("floor"; 16; 0.7),
    against("floor"; 64; 0.5), against("floor"; 256; 0.4),
    against("postgres-sync"; 1; 1.4), against("postgres-sync"; 16; 1.6),
    against("postgres-sync"; 64; 2.5), against("redis-wait"; 1; 1.3),
    against("redis-wait"; 16; 1.5), against("redis-wait"; 64; 1.6),
    signed, cpu]
| map(.value |= if . then . * 100 | round / 100 else . end)
