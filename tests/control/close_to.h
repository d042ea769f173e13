#ifndef TESTS_CONTROL_CLOSE_TO_H
#define TESTS_CONTROL_CLOSE_TO_H

/* Floating point that was computed in another order. */

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static inline void expect_close(double value, double expected, const char *file, int line)
{
	if (fabs(value - expected) <= 1e-9 * (fabs(value) + fabs(expected)))
		return;
	print_error("%.3f instead of %.3f\n", value, expected);
	_fail(file, line);
}

#define close_to(value, expected) expect_close(value, expected, __FILE__, __LINE__)

#endif
