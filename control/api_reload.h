#ifndef CONTROL_API_RELOAD_H
#define CONTROL_API_RELOAD_H

/**
 * @file
 * Method "reload" of the API: begins reloads of the configuration and tells what the last one did.
 * Control thread only.
 */

#include "dataplane/dp.h"

struct json_object;

/** As struct ctl_api_method; arg is a struct ctl_api_view. */
int ctl_reload_answer(void *arg, struct json_object *request, struct json_object **result,
		      struct dp_why *why);

#endif
