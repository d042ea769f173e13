#include "control/cli/audit.h"

#include "control/api.h"
#include "control/cli/field.h"

#include <inttypes.h>
#include <time.h>

#include <json-c/json.h>

#define POLL_NS 20000000L
#define POLLS_MAX 15000U /* five minutes */

static struct json_object *audit_request(struct cli_client *client, const char *router, bool begin)
{
	struct json_object *request = json_object_new_object(), *result;

	(void)json_object_object_add(request, "version", json_object_new_int(CTL_API_VERSION));
	(void)json_object_object_add(request, "method", json_object_new_string("audit"));
	(void)json_object_object_add(request, "router", json_object_new_string(router));
	(void)json_object_object_add(request, "begin", json_object_new_boolean(begin));
	result = cli_client_request(client, request);
	json_object_put(request);
	return result;
}

struct json_object *cli_audit_run(struct cli_client *client, const char *router)
{
	const struct timespec pause = { .tv_nsec = POLL_NS };
	struct json_object *result = audit_request(client, router, true);
	uint64_t wanted = cli_field_u64(result, "wait_for");

	for (unsigned i = 0; i < POLLS_MAX && result != NULL; i++) {
		if (cli_field_u64(result, "audits") >= wanted)
			return result;
		json_object_put(result);
		(void)nanosleep(&pause, NULL);
		result = audit_request(client, router, false);
	}
	if (result != NULL)
		(void)snprintf(client->error, sizeof(client->error),
			       "router %s: no audit became complete within 5 minutes: its tables "
			       "never rest, or the kernel refuses to dump them",
			       router);
	json_object_put(result);
	return NULL;
}

bool cli_audit_agrees(struct json_object *result)
{
	struct json_object *list = cli_field_get(result, "differences");

	return json_object_is_type(list, json_type_array) && json_object_array_length(list) == 0 &&
	       cli_field_u64(result, "not_listed") == 0;
}

void cli_audit_print(struct json_object *result, FILE *out)
{
	struct json_object *list = cli_field_get(result, "differences");
	uint64_t not_listed = cli_field_u64(result, "not_listed");
	char took[CLI_HUMAN_MAX];

	for (size_t i = 0;
	     json_object_is_type(list, json_type_array) && i < json_object_array_length(list);
	     i++) {
		struct json_object *row = json_object_array_get_idx(list, i);

		(void)fprintf(out, "%s %s: %s\n", cli_field_text(row, "kind"),
			      cli_field_text(row, "object"), cli_field_text(row, "difference"));
	}
	if (not_listed > 0)
		(void)fprintf(out, "and %" PRIu64 " more\n", not_listed);
	cli_human_ns(took, cli_field_u64(result, "duration_ns"));
	(void)fprintf(out, "%s: %" PRIu64 " routes compared in %s: %s\n",
		      cli_field_text(result, "router"), cli_field_u64(result, "routes"), took,
		      cli_audit_agrees(result) ? "no difference" : "DIFFERENT");
}
