#ifndef POLICER_COLOUR_H
#define POLICER_COLOUR_H

/**
 * @file
 * Colours of the markers of RFC 2697, 2698 and 4115, and what all three do with them.
 */

#include <stdbool.h>
#include <stdint.h>

/** From best to worst; also the index of per-colour tables. */
enum policer_colour {
	POLICER_GREEN,
	POLICER_YELLOW,
	POLICER_RED,
};

#define POLICER_COLOURS 3

/** What a marker applies to the colour that a packet comes with: 3 keeps it, 0 makes it green. */
static inline uint8_t policer_colour_mask(bool colour_aware)
{
	return colour_aware ? 3 : 0;
}

/** A cost that no bucket can pay when the packet must not have its tokens, otherwise 0. */
static inline uint64_t policer_colour_deny(bool denied)
{
	return (uint64_t)denied << 62;
}

#endif
