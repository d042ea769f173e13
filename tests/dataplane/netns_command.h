#ifndef TESTS_DATAPLANE_NETNS_COMMAND_H
#define TESTS_DATAPLANE_NETNS_COMMAND_H

/* Real namespaces of a test. */

#include "dataplane/dp_config.h"

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

#endif
