#ifndef CONTROL_CONF_DSCP_H
#define CONTROL_CONF_DSCP_H

/**
 * @file
 * Differentiated services code points by name (RFC 2474, 2597, 3246, 5865, 8622) or number. Pure.
 */

#include <stddef.h>
#include <stdint.h>

/** Bytes of a name or number with its final NUL. */
#define CTL_DSCP_TEXT_MAX 6

/**
 * Reads one code point: "af11", "ef", "cs6", "be", "le", "va", or "0" to "63".
 *
 * @param len characters of text that belong to it
 * @return 0; -EINVAL: neither name nor number; -ERANGE: a number above 63
 */
int ctl_dscp_parse(const char *text, size_t len, uint8_t *dscp);

/** Writes the name of a code point, or its number where it has none. */
void ctl_dscp_text(uint8_t dscp, char text[CTL_DSCP_TEXT_MAX]);

#endif
