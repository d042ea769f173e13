#include "control/api_rows.h"

#include <stdio.h>

#include <json-c/json.h>

bool ctl_rows_want(struct ctl_rows *rows)
{
	uint64_t row = rows->seen;

	if (rows->more)
		return false;
	rows->seen++;
	rows->more = row >= rows->offset && row - rows->offset >= rows->limit;
	return row >= rows->offset && !rows->more;
}

/* Takes the value, also when it cannot be added. */
static struct ctl_json element_add(struct ctl_json array, struct json_object *value)
{
	if (array.object == NULL || value == NULL ||
	    json_object_array_add(array.object, value) != 0) {
		json_object_put(value);
		*array.failed = true;
		value = NULL;
	}
	return (struct ctl_json){ value, array.failed };
}

static struct ctl_json value_add(struct ctl_json json, const char *key, struct json_object *value)
{
	if (json.object == NULL || value == NULL ||
	    json_object_object_add(json.object, key, value) != 0) {
		json_object_put(value);
		*json.failed = true;
		value = NULL;
	}
	return (struct ctl_json){ value, json.failed };
}

struct ctl_json ctl_rows_add(struct ctl_rows *rows)
{
	struct ctl_json array = { rows->array, &rows->failed };

	return element_add(array, json_object_new_object());
}

void ctl_json_u64(struct ctl_json json, const char *key, uint64_t value)
{
	(void)value_add(json, key, json_object_new_uint64(value));
}

void ctl_json_i64(struct ctl_json json, const char *key, int64_t value)
{
	(void)value_add(json, key, json_object_new_int64(value));
}

void ctl_json_bool(struct ctl_json json, const char *key, bool value)
{
	(void)value_add(json, key, json_object_new_boolean(value));
}

void ctl_json_text(struct ctl_json json, const char *key, const char *text)
{
	(void)value_add(json, key, json_object_new_string(text));
}

void ctl_json_null(struct ctl_json json, const char *key)
{
	if (json.object == NULL || json_object_object_add(json.object, key, NULL) != 0)
		*json.failed = true;
}

void ctl_json_mac(struct ctl_json json, const char *key, const uint8_t mac[6])
{
	char text[sizeof("00:00:00:00:00:00")];

	(void)snprintf(text, sizeof(text), "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2],
		       mac[3], mac[4], mac[5]);
	ctl_json_text(json, key, text);
}

struct ctl_json ctl_json_child(struct ctl_json json, const char *key)
{
	return value_add(json, key, json_object_new_object());
}

struct ctl_json ctl_json_array(struct ctl_json json, const char *key)
{
	return value_add(json, key, json_object_new_array());
}

struct ctl_json ctl_json_element(struct ctl_json array)
{
	return element_add(array, json_object_new_object());
}

void ctl_json_element_text(struct ctl_json array, const char *text)
{
	(void)element_add(array, json_object_new_string(text));
}
