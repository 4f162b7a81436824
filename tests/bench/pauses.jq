# The goals for pauses, of failover.json: a list of {goal, value, limit, met}.

def of($case): first(.[] | select(.system == "evote" and .case == $case)) //
    {};

def below($case; $field; $limit):
    {goal: "\($case): \($field | sub("_ms"; "")) pause in ms, below",
	value: of($case)[$field], limit: $limit}
    | .met = (.value | if . == null then null else . < $limit end);

[below("killed"; "max_ms"; 50), below("killed"; "median_ms"; 15),
    below("returned"; "max_ms"; 50), below("silent"; "max_ms"; 1000),
    below("hand-over"; "max_ms"; 20),
    ({goal: "hand-over: failed calls, at most",
	value: of("hand-over").failed_calls, limit: 0}
    | .met = (.value | if . == null then null else . <= 0 end))]
