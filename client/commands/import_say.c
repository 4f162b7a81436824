/* What an import would change, for people and for programs. */
#include "client/commands/enrolled.h"
#include "client/commands/import.h"
#include "client/json.h"
#include "client/say.h"
#include "common/text.h"

static const char *const changes[] = {
    [CHANGE_NONE] = "none",
    [CHANGE_ADD] = "add",
    [CHANGE_GROUP] = "group",
    [CHANGE_KEY] = "key",
    [CHANGE_GROUP | CHANGE_KEY] = "group and key",
    [CHANGE_SHARED] = "shared key",
    [CHANGE_ALIKE] = "alike name",
};

static cJSON *
change_add(cJSON *list, const char *name, const char *group, const char *change)
{
	cJSON *object = json_item(list);

	json_text(object, "name", name);
	json_text(object, "group", group);
	json_text(object, "change", change);
	return (object);
}

/* Whose the key is now: that is most often the same person. */
static void
former_text(const char *former, char out[NAME_ROOM + 40])
{
	out[0] = '\0';
	if (former != NULL)
		snprintf(out, NAME_ROOM + 40, "; the key is %s's now", former);
}

static void
change_line(struct client *c, const struct import *m, uint32_t i)
{
	const evote_voter *v = &m->roll.voters[i];
	enum change how = diff_of(m->diff, i);
	char former[NAME_ROOM + 40];

	former_text(diff_former(m->diff, i), former);
	if (how == CHANGE_ADD)
		say_line(c, "+ %s (%s)%s", v->name, v->group, former);
	else if (how == CHANGE_SHARED)
		say_line(c, "! %s (%s): %s is on the roll with the same key",
		    v->name, v->group, diff_holder(m->diff, i));
	else if (how == CHANGE_ALIKE)
		say_line(c, "! %s (%s), line %lu: looks like %s on the roll",
		    v->name, v->group, m->roll.places[i].line,
		    diff_holder(m->diff, i));
	else if (!m->update)
		say_line(c, "! %s (%s): on the roll with another %s", v->name,
		    v->group, changes[how]);
	else if (how == CHANGE_KEY)
		say_line(
		    c, "~ %s (%s): another key%s", v->name, v->group, former);
	else
		say_line(c, "~ %s (%s): was in group %s%s%s", v->name, v->group,
		    diff_group(m->diff, i),
		    how & CHANGE_KEY ? "; another key" : "", former);
}

/* Those that are only added are many, and told in a dry run. */
static void
change_say(struct client *c, const struct import *m, cJSON *list, uint32_t i)
{
	const evote_voter *v = &m->roll.voters[i];
	enum change how = diff_of(m->diff, i);
	const char *former = diff_former(m->diff, i);
	cJSON *object;

	if (how == CHANGE_NONE ||
	    (how == CHANGE_ADD && !m->dry_run && former == NULL))
		return;
	change_line(c, m, i);
	object = change_add(list, v->name, v->group, changes[how]);
	if (how == CHANGE_SHARED || how == CHANGE_ALIKE) {
		json_text(object, "holder", diff_holder(m->diff, i));
		return;
	}
	json_text(object, "was_group", diff_group(m->diff, i));
	json_text(object, "former", former);
}

void
import_say_changes(struct client *c, const struct import *m)
{
	const struct diff *d = m->diff;
	cJSON *list = json_list(c->json, "changes");
	int handed = 0;

	json_number(c->json, "not_in_file", d->not_in_file);
	for (uint32_t i = 0; i < m->roll.n; i++) {
		change_say(c, m, list, i);
		handed |= diff_former(d, i) != NULL;
	}
	for (uint32_t i = 0; m->remove && i < d->not_in_file; i++) {
		say_line(
		    c, "- %s (%s)", d->missing[i].name, d->missing[i].group);
		change_add(
		    list, d->missing[i].name, d->missing[i].group, "remove");
	}
	if (d->not_in_file > 0 && !m->remove && m->dry_run)
		say_line(c,
		    "%u on the roll are not in the file. They stay; "
		    "--remove-missing takes them off.",
		    d->not_in_file);
	if (handed && m->dry_run)
		say_line(c,
		    "A dry run cannot tell whether a key that somebody else "
		    "gets has voted in an open election. If so, the import "
		    "will be refused.");
}

void
import_say_groups(struct client *c, const struct import *m)
{
	cJSON *list =
	    m->diff->on_roll > 0 ? json_list(c->json, "new_groups") : NULL;
	struct nearest near;
	const char *group;
	uint32_t i = 0;

	while (m->diff->on_roll > 0 &&
	    (group = diff_new_group(m->diff, &i, &near)) != NULL) {
		say_line(c,
		    "The group \"%s\" is new: nobody on the roll is in it%s.",
		    group, nearest_ask(&near));
		json_item_text(list, group);
	}
	enrolled_show(c, &m->diff->will);
}

void
import_say_mixed(struct client *c, const struct import *m)
{
	cJSON *list = json_list(c->json, "mixed_names");
	const char *name;

	for (uint32_t i = 0; i < m->roll.n; i++) {
		name = m->roll.voters[i].name;
		if (diff_of(m->diff, i) == CHANGE_NONE || !text_mixes(name))
			continue;
		say_line(c,
		    "Line %lu: the name \"%s\" has letters of two alphabets in "
		    "one word, and may look like another name. Check it.",
		    m->roll.places[i].line, name);
		json_item_text(list, name);
	}
}
