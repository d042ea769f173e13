#include "control/cli/reload.h"

#include "control/api.h"
#include "control/cli/field.h"

#include <time.h>

#include <json-c/json.h>

#define POLL_NS 10000000L
#define POLLS_MAX 30000U /* five minutes */

static struct json_object *reload_request(struct cli_client *client, bool begin)
{
	struct json_object *request = json_object_new_object(), *result;

	(void)json_object_object_add(request, "version", json_object_new_int(CTL_API_VERSION));
	(void)json_object_object_add(request, "method", json_object_new_string("reload"));
	(void)json_object_object_add(request, "begin", json_object_new_boolean(begin));
	result = cli_client_request(client, request);
	json_object_put(request);
	return result;
}

static bool is_true(struct json_object *result, const char *key)
{
	return json_object_get_boolean(cli_field_get(result, key));
}

struct json_object *cli_reload_run(struct cli_client *client)
{
	const struct timespec pause = { .tv_nsec = POLL_NS };
	struct json_object *result = reload_request(client, true);

	for (unsigned i = 0; i < POLLS_MAX && result != NULL; i++) {
		if (!is_true(result, "running"))
			return result;
		json_object_put(result);
		(void)nanosleep(&pause, NULL);
		result = reload_request(client, false);
	}
	if (result != NULL)
		(void)snprintf(client->error, sizeof(client->error),
			       "the reload still runs after 5 minutes; see the log of sluiced");
	json_object_put(result);
	return NULL;
}

bool cli_reload_succeeded(struct json_object *result)
{
	return is_true(result, "succeeded");
}

void cli_reload_print(struct json_object *result, FILE *out)
{
	struct json_object *list = cli_field_get(result, "routers");
	size_t n = json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;

	for (size_t i = 0; i < n; i++) {
		struct json_object *row = json_object_array_get_idx(list, i);
		const char *what = cli_field_text(row, "what");

		(void)fprintf(out, "%s: %s%s%s\n", cli_field_text(row, "router"),
			      cli_field_text(row, "result"), what[0] != '\0' ? ": " : "", what);
	}
	if (n == 0)
		(void)fprintf(out, "no router has changed\n");
}
