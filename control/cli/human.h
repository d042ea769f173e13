#ifndef CONTROL_CLI_HUMAN_H
#define CONTROL_CLI_HUMAN_H

/**
 * @file
 * Numbers for people. Pure.
 */

#include <stddef.h>
#include <stdint.h>

#define CLI_HUMAN_MAX 40 /**< bytes of every text here with the final NUL */

/** Measured: four digits with k, M, G or T and a unit, "95.24 Mbit/s". */
void cli_human_measured(char text[CLI_HUMAN_MAX], uint64_t value, const char *unit);

/** Configured: exact, in the largest decimal unit that divides it, "2500 Mbit/s", "1518 B". */
void cli_human_exact(char text[CLI_HUMAN_MAX], uint64_t value, const char *unit);

/** A time in ns, us, ms or s, with three digits behind the point from us on, "12.345 us". */
void cli_human_ns(char text[CLI_HUMAN_MAX], uint64_t ns);

#endif
