#ifndef CONTROL_CLI_TABLE_H
#define CONTROL_CLI_TABLE_H

/**
 * @file
 * Text in aligned columns. Numbers (cells that begin with a digit or '-') lean to the right.
 */

#include <stdbool.h>
#include <stdio.h>

#define CLI_TABLE_COLUMNS_MAX 24

/** Cells in reading order; start from { .n_columns = N }. */
struct cli_table {
	unsigned n_columns; /**< 1 to CLI_TABLE_COLUMNS_MAX */
	unsigned n_cells;
	char **cells;
	bool failed; /**< memory ran out: rows are missing */
};

/** Adds the next cell; formatted as by printf. */
void cli_table_add(struct cli_table *table, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/** Writes all complete rows, each line beginning with indent. */
void cli_table_print(const struct cli_table *table, const char *indent, FILE *out);

/** Frees all cells. */
void cli_table_fini(struct cli_table *table);

#endif
