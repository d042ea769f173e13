#ifndef TESTS_DATAPLANE_DP_WORLD_H
#define TESTS_DATAPLANE_DP_WORLD_H

/* A data plane that runs, and real namespaces for its routers. */

#include "dataplane/dp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* "add" or "del". */
static inline void netns_command(const char *verb, const char *name)
{
	char command[DP_NAME_MAX + 32];

	snprintf(command, sizeof(command), "ip netns %s %s", verb, name);
	assert_int_equal(system(command), 0);
}

/* The data plane, with so much packet memory. @return what a set-up does */
static inline int dp_world_start(const char *name, uint64_t pool_bytes)
{
	const struct dp_params params = { .name = name, .pool_bytes = pool_bytes };
	struct dp_why why = { "" };

	if (dp_init(&params, &why) == 0)
		return 0;
	print_error("%s\n", why.text);
	return -1;
}

#endif
