#ifndef TESTS_CONTROL_LONG_OPTION_H
#define TESTS_CONTROL_LONG_OPTION_H

/* [--long] [TEST]: more of everything, and one test alone. */

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static bool is_long;

static inline void long_option_read(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--long") == 0)
			is_long = true;
		else
			cmocka_set_test_filter(argv[i]);
	}
}

#endif
