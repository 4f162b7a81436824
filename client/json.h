#ifndef EVOTE_JSON_H
#define EVOTE_JSON_H

#include <cJSON.h>

/*
 * What --json prints, piece by piece.  Without --json there is no object, and
 * NULL stands for it: then these do nothing, and a list or an object that would
 * be in it is NULL as well.
 */

void json_text(cJSON *object, const char *key, const char *); /* NULL: none */
void json_number(cJSON *object, const char *key, double);
void json_flag(cJSON *object, const char *key, int);
cJSON *json_list(cJSON *object, const char *key);
cJSON *json_object(cJSON *object, const char *key);

/* One more at the end of a list: an object, or what the name says. */
cJSON *json_item(cJSON *list);
cJSON *json_item_list(cJSON *list);
void json_item_text(cJSON *list, const char *);
void json_item_number(cJSON *list, double);

#endif
