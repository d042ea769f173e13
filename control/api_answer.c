#include "control/api_answer.h"

#include "control/api.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <json-c/json.h>

#define DEPTH_MAX 8 /* the deepest request has 1 */

static struct json_object *envelope(const char *key, struct json_object *value)
{
	struct json_object *reply = json_object_new_object();

	if (reply == NULL || value == NULL ||
	    json_object_object_add(reply, "version", json_object_new_int(CTL_API_VERSION)) != 0 ||
	    json_object_object_add(reply, key, value) != 0) {
		json_object_put(value);
		json_object_put(reply);
		return NULL;
	}
	return reply;
}

struct json_object *ctl_api_error(const char *sentence)
{
	return envelope("error", json_object_new_string(sentence));
}

static struct json_object *request_parse(const char *line, size_t len, struct dp_why *why)
{
	struct json_tokener *tokener = json_tokener_new_ex(DEPTH_MAX);
	struct json_object *request = NULL;

	if (tokener == NULL) {
		(void)snprintf(why->text, sizeof(why->text), "out of memory");
		return NULL;
	}
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	request = json_tokener_parse_ex(tokener, line, (int)len);
	if (json_tokener_get_error(tokener) != json_tokener_success ||
	    json_tokener_get_parse_end(tokener) != len) {
		(void)snprintf(why->text, sizeof(why->text),
			       "the request is not JSON (%s at byte %zu); send one object per line",
			       json_tokener_error_desc(json_tokener_get_error(tokener)),
			       json_tokener_get_parse_end(tokener));
		json_object_put(request);
		request = NULL;
	} else if (!json_object_is_type(request, json_type_object)) {
		(void)snprintf(why->text, sizeof(why->text),
			       "the request is not an object; send for example "
			       "{\"method\":\"show\",\"object\":\"routers\"}");
		json_object_put(request);
		request = NULL;
	}
	json_tokener_free(tokener);
	return request;
}

static int version_check(struct json_object *request, struct dp_why *why)
{
	struct json_object *version = NULL;

	if (!json_object_object_get_ex(request, "version", &version))
		return 0;
	if (json_object_is_type(version, json_type_int) &&
	    json_object_get_int64(version) == CTL_API_VERSION)
		return 0;
	(void)snprintf(why->text, sizeof(why->text),
		       "this protocol version is not known; version %d is", CTL_API_VERSION);
	return -EPROTO;
}

static void methods_list(const struct ctl_api_method *methods, char *text, size_t size)
{
	size_t used = 0;

	text[0] = '\0';
	for (const struct ctl_api_method *method = methods; method->name != NULL; method++) {
		int n = snprintf(text + used, size - used, "%s%s", method == methods ? "" : ", ",
				 method->name);

		if (n < 0 || (size_t)n >= size - used)
			return;
		used += (size_t)n;
	}
}

static const struct ctl_api_method *method_lookup(const struct ctl_api_method *methods,
						  struct json_object *request, struct dp_why *why)
{
	struct json_object *name = NULL;
	char known[128];

	methods_list(methods, known, sizeof(known));
	if (!json_object_object_get_ex(request, "method", &name) ||
	    !json_object_is_type(name, json_type_string)) {
		(void)snprintf(why->text, sizeof(why->text),
			       "the request names no method; the methods are %s", known);
		return NULL;
	}
	for (; methods->name != NULL; methods++)
		if (strcmp(methods->name, json_object_get_string(name)) == 0)
			return methods;
	(void)snprintf(why->text, sizeof(why->text),
		       "method \"%.64s\" is not known; the methods are %s",
		       json_object_get_string(name), known);
	return NULL;
}

struct json_object *ctl_api_answer(const struct ctl_api_method *methods, void *arg,
				   const char *line, size_t len)
{
	struct json_object *request, *result = NULL;
	struct json_object *reply = NULL;
	const struct ctl_api_method *method;
	struct dp_why why = { "" };

	request = request_parse(line, len, &why);
	if (request == NULL)
		return ctl_api_error(why.text);
	if (version_check(request, &why) != 0)
		goto put;
	method = method_lookup(methods, request, &why);
	if (method != NULL && method->handle(arg, request, &result, &why) == 0)
		reply = envelope("result", result);
put:
	if (reply == NULL)
		reply = ctl_api_error(why.text[0] != '\0' ? why.text : "out of memory");
	json_object_put(request);
	return reply;
}
