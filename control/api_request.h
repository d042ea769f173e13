#ifndef CONTROL_API_REQUEST_H
#define CONTROL_API_REQUEST_H

/**
 * @file
 * Fields of a request of the API. Control thread only.
 */

#include "control/vr.h"

#include <stdbool.h>
#include <stdint.h>

struct json_object;

/** A string. @return NULL: absent, or not a string, which leaves a sentence in why */
const char *ctl_request_text(struct json_object *request, const char *key, struct dp_why *why);

/**
 * A whole number; number keeps what it had when the key is absent.
 *
 * @return 0, or -EINVAL with a sentence in why
 */
int ctl_request_number(struct json_object *request, const char *key, int64_t min, int64_t max,
		       uint64_t *number, struct dp_why *why);

/** True or false; as ctl_request_number(). */
int ctl_request_bool(struct json_object *request, const char *key, bool *flag, struct dp_why *why);

/** The router of a name; NULL with a sentence in why when there is none. */
struct ctl_vr *ctl_request_router(const struct ctl_vrs *vrs, const char *name, struct dp_why *why);

#endif
