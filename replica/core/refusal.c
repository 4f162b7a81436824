#include "replica/core/refusal.h"

static const struct {
	const char *ours, *theirs;
} sentences[] = {
    [EVOTE_NOT_REFUSED] = {"", ""},
    [EVOTE_REFUSED_NOT_MEANT] =
	{"it took this host for another one: the addresses in its hosts list, "
	 "or the name of one of the two hosts, are wrong",
	    "the address that this host has for it leads to a host of another "
	    "name: correct the hosts list here, or the name there"},
    [EVOTE_REFUSED_UNLISTED] =
	{"it is no host of this cluster: add it with the command hosts, or "
	 "stop it",
	    "this host is none of the cluster's, or was removed: add it there "
	    "with the command hosts, or stop this host"},
    [EVOTE_REFUSED_SAME_NAME] =
	{"it bears this host's own name: give one of the two another name",
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
