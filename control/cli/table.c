#include "control/cli/table.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void cli_table_add(struct cli_table *table, const char *format, ...)
{
	char **cells = reallocarray(table->cells, table->n_cells + 1, sizeof(*cells));
	va_list args;

	if (cells == NULL) {
		table->failed = true;
		return;
	}
	table->cells = cells;
	va_start(args, format);
	if (vasprintf(&cells[table->n_cells], format, args) >= 0)
		table->n_cells++;
	else
		table->failed = true;
	va_end(args);
}

static void widths_get(const struct cli_table *table, int widths[CLI_TABLE_COLUMNS_MAX])
{
	memset(widths, 0, sizeof(*widths) * CLI_TABLE_COLUMNS_MAX);
	for (unsigned i = 0; i < table->n_cells - table->n_cells % table->n_columns; i++) {
		int len = (int)strlen(table->cells[i]);

		if (len > widths[i % table->n_columns])
			widths[i % table->n_columns] = len;
	}
}

/* "12", "0.53 Mbit/s", but not "10.0.0.1" */
static bool is_number(const char *text)
{
	size_t digits = strspn(text, "0123456789");

	if (digits == 0)
		return false;
	text += digits;
	if (*text == '.')
		text += 1 + strspn(text + 1, "0123456789");
	return *text == '\0' || *text == ' ';
}

/* The head row leans as the row below it does. */
static bool leans_right(const struct cli_table *table, unsigned cell)
{
	unsigned below = cell + table->n_columns;

	return is_number(
		table->cells[cell < table->n_columns && below < table->n_cells ? below : cell]);
}

void cli_table_print(const struct cli_table *table, const char *indent, FILE *out)
{
	int widths[CLI_TABLE_COLUMNS_MAX];

	widths_get(table, widths);
	for (unsigned i = 0; i + table->n_columns <= table->n_cells; i += table->n_columns) {
		(void)fputs(indent, out);
		for (unsigned j = 0; j < table->n_columns; j++) {
			bool last = j + 1 == table->n_columns;
			int width = leans_right(table, i + j) ? widths[j] : -widths[j];

			/* no blanks at the end of a line */
			if (last && width < 0)
				width = 0;
			(void)fprintf(out, "%*s%s", width, table->cells[i + j], last ? "\n" : "  ");
		}
	}
}

void cli_table_fini(struct cli_table *table)
{
	for (unsigned i = 0; i < table->n_cells; i++)
		free(table->cells[i]);
	free(table->cells);
	*table = (struct cli_table){ .n_columns = table->n_columns };
}
