#include "client/json.h"

#include "common/need.h"

void
json_text(cJSON *object, const char *key, const char *text)
{
	if (object != NULL && text != NULL)
		need(cJSON_AddStringToObject(object, key, text));
}

void
json_number(cJSON *object, const char *key, double number)
{
	if (object != NULL)
		need(cJSON_AddNumberToObject(object, key, number));
}

void
json_flag(cJSON *object, const char *key, int flag)
{
	if (object != NULL)
		need(cJSON_AddBoolToObject(object, key, flag));
}

cJSON *
json_list(cJSON *object, const char *key)
{
	if (object == NULL)
		return (NULL);
	return (need(cJSON_AddArrayToObject(object, key)));
}

cJSON *
json_object(cJSON *object, const char *key)
{
	if (object == NULL)
		return (NULL);
	return (need(cJSON_AddObjectToObject(object, key)));
}

/* ---- at the end of a list ---- */

static cJSON *
append(cJSON *list, cJSON *item)
{
	cJSON_AddItemToArray(list, need(item));
	return (item);
}

cJSON *
json_item(cJSON *list)
{
	return (list == NULL ? NULL : append(list, cJSON_CreateObject()));
}

cJSON *
json_item_list(cJSON *list)
{
	return (list == NULL ? NULL : append(list, cJSON_CreateArray()));
}

void
json_item_text(cJSON *list, const char *text)
{
	if (list != NULL)
		append(list, cJSON_CreateString(text));
}

void
json_item_number(cJSON *list, double number)
{
	if (list != NULL)
		append(list, cJSON_CreateNumber(number));
}
