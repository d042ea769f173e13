#include "control/cli/field.h"

#include <inttypes.h>
#include <string.h>

#include <json-c/json.h>

#define KEY_MAX 64

struct json_object *cli_field_get(struct json_object *row, const char *path)
{
	char key[KEY_MAX];

	while (path != NULL && row != NULL) {
		size_t len = strcspn(path, ".");

		if (len >= sizeof(key) || !json_object_is_type(row, json_type_object))
			return NULL;
		memcpy(key, path, len);
		key[len] = '\0';
		row = json_object_object_get(row, key);
		path = path[len] == '.' ? path + len + 1 : NULL;
	}
	return row;
}

uint64_t cli_field_u64(struct json_object *row, const char *path)
{
	return json_object_get_uint64(cli_field_get(row, path));
}

const char *cli_field_text(struct json_object *row, const char *path)
{
	struct json_object *value = cli_field_get(row, path);

	return json_object_is_type(value, json_type_string) ? json_object_get_string(value) : "-";
}

static void rate_text(char text[CLI_HUMAN_MAX], struct json_object *value)
{
	if (cli_field_get(value, "rate_bps") != NULL)
		cli_human_exact(text, cli_field_u64(value, "rate_bps"), "bit/s");
	else if (cli_field_get(value, "rate_pps") != NULL)
		cli_human_exact(text, cli_field_u64(value, "rate_pps"), "pps");
	else
		(void)snprintf(text, CLI_HUMAN_MAX, "-");
}

static void sla_add(struct cli_table *table, struct json_object *value)
{
	char rate[CLI_HUMAN_MAX], burst[CLI_HUMAN_MAX];
	bool bits = cli_field_get(value, "rate_bps") != NULL;

	rate_text(rate, value);
	(void)snprintf(burst, sizeof(burst), "%" PRIu64 " %s",
		       cli_field_u64(value, bits ? "burst_bytes" : "burst_pkts"),
		       bits ? "B" : "pkts");
	cli_table_add(table, "%s (%s, %s%s%s)", cli_field_text(value, "sla"), rate, burst,
		      bits ? ", " : "", bits ? cli_field_text(value, "layer") : "");
}

static void list_add(struct cli_table *table, struct json_object *value)
{
	char text[256] = "-";
	size_t used = 0;

	if (!json_object_is_type(value, json_type_array)) {
		cli_table_add(table, "-");
		return;
	}
	for (size_t i = 0; i < json_object_array_length(value) && used < sizeof(text); i++)
		used += (size_t)snprintf(
			text + used, sizeof(text) - used, "%s%s", i == 0 ? "" : ",",
			json_object_get_string(json_object_array_get_idx(value, i)));
	cli_table_add(table, "%s", text);
}

static void counts_add(struct cli_table *table, struct json_object *value)
{
	struct json_object_iterator it, end;
	char text[256] = "-";
	size_t used = 0;

	if (!json_object_is_type(value, json_type_object)) {
		cli_table_add(table, "-");
		return;
	}
	end = json_object_iter_end(value);
	for (it = json_object_iter_begin(value); !json_object_iter_equal(&it, &end);
	     json_object_iter_next(&it)) {
		uint64_t count = json_object_get_uint64(json_object_iter_peek_value(&it));

		if (count != 0 && used < sizeof(text))
			used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s %" PRIu64,
						 used == 0 ? "" : ", ",
						 json_object_iter_peek_name(&it), count);
	}
	cli_table_add(table, "%s", text);
}

static void busy_text(char text[CLI_HUMAN_MAX], struct json_object *value)
{
	uint64_t busy = cli_field_u64(value, "busy_tsc");
	uint64_t total = busy + cli_field_u64(value, "idle_tsc");
	uint64_t tenths = total >= 1000 ? busy / (total / 1000) : 0;

	(void)snprintf(text, CLI_HUMAN_MAX, "%" PRIu64 ".%" PRIu64 " %%", tenths / 10, tenths % 10);
}

static void signed_ns_text(char text[CLI_HUMAN_MAX], int64_t ns)
{
	char amount[CLI_HUMAN_MAX];

	cli_human_ns(amount, ns < 0 ? 0 - (uint64_t)ns : (uint64_t)ns);
	(void)snprintf(text, CLI_HUMAN_MAX, "%s%.30s", ns < 0 ? "-" : "", amount);
}

void cli_field_add(struct cli_table *table, struct json_object *row,
		   const struct cli_column *column)
{
	struct json_object *value = cli_field_get(row, column->path);
	char text[CLI_HUMAN_MAX];

	if (value == NULL) {
		cli_table_add(table, "-");
		return;
	}
	switch (column->format) {
	case CLI_TEXT:
		cli_table_add(table, "%s", json_object_get_string(value));
		return;
	case CLI_SLA:
		sla_add(table, value);
		return;
	case CLI_LIST:
		list_add(table, value);
		return;
	case CLI_COUNTS:
		counts_add(table, value);
		return;
	case CLI_YES:
		cli_table_add(table, "%s", json_object_get_boolean(value) ? "yes" : "no");
		return;
	case CLI_COUNT:
		(void)snprintf(text, sizeof(text), "%" PRIu64, json_object_get_uint64(value));
		break;
	case CLI_BPS:
		cli_human_measured(text, json_object_get_uint64(value), "bit/s");
		break;
	case CLI_PPS:
		cli_human_measured(text, json_object_get_uint64(value), "pps");
		break;
	case CLI_NS:
		cli_human_ns(text, json_object_get_uint64(value));
		break;
	case CLI_SIGNED_NS:
		signed_ns_text(text, json_object_get_int64(value));
		break;
	case CLI_BYTES:
		(void)snprintf(text, sizeof(text), "%" PRIu64 " B", json_object_get_uint64(value));
		break;
	case CLI_BUSY:
		busy_text(text, value);
		break;
	case CLI_RATE:
		rate_text(text, value);
		break;
	}
	cli_table_add(table, "%s", text);
}
