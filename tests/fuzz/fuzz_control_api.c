/* Any line as a request: one reply comes, and it is one line of JSON with result or error. */

#include "control/api_answer.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int echo(void *arg, struct json_object *request, struct json_object **result,
		struct dp_why *why)
{
	(void)arg;
	(void)why;
	*result = json_object_get(request);
	return 0;
}

static const struct ctl_api_method methods[] = { { "echo", echo }, { NULL, NULL } };

static void require(bool condition)
{
	if (!condition)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct json_object *reply = ctl_api_answer(methods, NULL, (const char *)data, size);
	const char *text;

	require(reply != NULL);
	require(json_object_object_get_ex(reply, "result", NULL) !=
		json_object_object_get_ex(reply, "error", NULL));
	text = json_object_to_json_string_ext(reply, JSON_C_TO_STRING_PLAIN);
	require(text != NULL && strchr(text, '\n') == NULL);
	json_object_put(reply);
	return 0;
}
