#include "replica/core/refusal.h"

static const struct {
	const char *ours, *theirs;
} sentences[] = {
    [EVOTE_NOT_REFUSED] = {"", ""},
    [EVOTE_REFUSED_NOT_MEANT] =
	{"it meant to reach another host: an address in its hosts list, or the "
	 "name of one of the two hosts, is wrong",
	    "the address that this host has for it leads to a host with "
	    "another name: correct the hosts list here, or the name there"},
    [EVOTE_REFUSED_UNLISTED] = {"it is not a host of this cluster: add it with "
				"`hosts add`, or stop it",
	"this host is not a host of the cluster, or was removed: add it "
	"there with `hosts add`, or stop it"},
    [EVOTE_REFUSED_SAME_NAME] =
	{"it has this host's own name: give one of the two another name",
	    "the address that this host has for it leads to a host with this "
	    "host's own name: correct the name there, or the hosts list here"},
    [EVOTE_REFUSED_CLUSTER] =
	{"it belongs to another cluster: one of the two data directories was "
	 "made for something else; move the wrong one away and start that "
	 "host with an empty one",
	    "it says that this host belongs to another cluster: one of the two "
	    "data directories was made for something else; move the wrong one "
	    "away and start that host with an empty one"},
    [EVOTE_REFUSED_COPY] =
	{"its data directory was copied from another host, or to one; stop the "
	 "copy, and start that host with an empty data directory",
	    "this data directory was copied from another host, or to one; stop "
	    "the copy, and start that host with an empty data directory"},
    [EVOTE_REFUSED_DOUBLE] =
	{"it has the name of a host that is alive, and another data directory: "
	 "stop the wrong one of the two, or give it a name of its own",
	    "a host of this host's name is alive, with another data directory: "
	    "stop the wrong one of the two, or give it a name of its own"},
};
_Static_assert(sizeof(sentences) / sizeof(*sentences) == EVOTE_REFUSAL_NR,
    "each refusal has its sentences");

const char *
refusal_ours(evote_refusal why)
{
	return (sentences[why].ours);
}

const char *
refusal_theirs(evote_refusal why)
{
	return (sentences[why].theirs);
}

int
refusal_elsewhere(evote_refusal why)
{
	return (
	    why == EVOTE_REFUSED_NOT_MEANT || why == EVOTE_REFUSED_SAME_NAME);
}
