# Holds a command's output to its table in docs/JSON.md.  $rows: {path, type}
# each; $whole: the command was carried out, so that nothing may be missing.
# Prints what is wrong, a line each.

def steps: gsub("\\[\\]"; ".[]") | split(".");

# Where a value stands, as the tables write it.
def shape:
	reduce .[] as $k (""; if ($k | type) == "number" then . + "[]"
	    elif . == "" then $k else . + "." + $k end);

def fits($row): [type] - ($row.type | rtrimstr("?") | split(" or ")) == [];

def faults($row; $steps; $must):
	if $steps == [] then
		if fits($row) then empty else "\($row.path) is \(type)" end
	elif $steps[0] == "[]" then
		.[]? | faults($row; $steps[1:]; $must)
	elif has($steps[0]) then
		.[$steps[0]] | faults($row; $steps[1:]; $must)
	elif $must and ($steps | length) == 1 then
		"\($row.path) is missing"
	else
		empty
	end;

def whole_faults: . as $all | $rows[] | . as $row | ($row.path | steps) as $s |
	$all | faults($row; $s; ($whole or $row.common) and
	    ($row.type | endswith("?") | not));

def strange: ([paths(type != "object") | shape] | unique) -
	[$rows[].path] | .[] | "\(.) is in no table";

whole_faults, strange
