#ifndef TESTS_POLICER_VERDICT_TABLE_H
#define TESTS_POLICER_VERDICT_TABLE_H

/**
 * @file
 * Verdict tables of the three-colour markers.
 *
 * All use a clock of 1 GHz, layer L3 and rates of whole bytes per microsecond (8 Mbit/s = 1 byte
 * per us), so that every level in a table is a whole number that can be checked by eye.
 */

#include "policer/colour.h"

#include <stddef.h>
#include <stdint.h>

#define TABLE_HZ 1000000000ULL
#define TICKS_PER_US 1000ULL
#define TABLE_MTU_BYTES 500U
#define LEN(array) (sizeof(array) / sizeof((array)[0]))

#define G POLICER_GREEN
#define Y POLICER_YELLOW
#define R POLICER_RED

struct verdict_row {
	uint64_t us;
	uint32_t ip_bytes;
	enum policer_colour in, out;
	uint64_t first, second; /* tokens of C, and of E or P, after the packet */
};

/* The frame that carries an IP packet. */
static inline uint32_t frame_of(uint32_t ip_bytes)
{
	return ip_bytes + 14;
}

#endif
