#ifndef CONTROL_API_AUDIT_H
#define CONTROL_API_AUDIT_H

/**
 * @file
 * Method "audit" of the API: begins audits of a router's mirror and tells what the last one found.
 * Control thread only.
 */

#include "dataplane/dp.h"

struct json_object;

/** As struct ctl_api_method; arg is a struct ctl_api_view. */
int ctl_audit_answer(void *arg, struct json_object *request, struct json_object **result,
		     struct dp_why *why);

#endif
