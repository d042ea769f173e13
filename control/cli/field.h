#ifndef CONTROL_CLI_FIELD_H
#define CONTROL_CLI_FIELD_H

/**
 * @file
 * Fields of a row as text for a table. A field that is missing or null is "-".
 */

#include "control/cli/human.h"
#include "control/cli/table.h"

#include <stdint.h>

struct json_object;

/** How a field is written. */
enum cli_format {
	CLI_TEXT,      /**< as it is */
	CLI_COUNT,     /**< whole number */
	CLI_BPS,       /**< measured bit/s */
	CLI_PPS,       /**< measured packets/s */
	CLI_NS,	       /**< time */
	CLI_SIGNED_NS, /**< time that may be below 0 */
	CLI_BYTES,     /**< exact bytes */
	CLI_YES,       /**< yes or no */
	CLI_SLA,       /**< "gold 100 Mbit/s 16 kB L2" */
	CLI_RATE,      /**< of an object with rate_bps or rate_pps */
	CLI_LIST,      /**< array of strings */
	CLI_COUNTS,    /**< object of counters: those that are not 0, by name */
	CLI_BUSY,      /**< of an object with busy_tsc and idle_tsc: percentage */
};

/** A column of a table. */
struct cli_column {
	const char *title;
	const char *path; /**< key, or "key.key"; NULL for the row itself */
	enum cli_format format;
};

/** The object or value at a path, NULL when there is none. */
struct json_object *cli_field_get(struct json_object *row, const char *path);

/** A number at a path, 0 when there is none. */
uint64_t cli_field_u64(struct json_object *row, const char *path);

/** A string at a path, "-" when there is none. */
const char *cli_field_text(struct json_object *row, const char *path);

/** Adds the cell of a column. */
void cli_field_add(struct cli_table *table, struct json_object *row,
		   const struct cli_column *column);

#endif
