#include "control/errors.h"

#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void ctl_errors_add(struct ctl_errors *errors, struct ctl_src src, const char *format, ...)
{
	struct ctl_error *items;
	va_list args;

	items = reallocarray(errors->items, errors->n + 1, sizeof(*items));
	if (items == NULL) {
		errors->truncated = true;
		return;
	}
	errors->items = items;
	items[errors->n].src = src;
	va_start(args, format);
	(void)vsnprintf(items[errors->n].text, sizeof(items[errors->n].text), format, args);
	va_end(args);
	errors->n++;
}

static bool same_file(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static unsigned file_rank(const struct ctl_errors *errors, const char *file)
{
	unsigned i = 0;

	while (i < errors->n && !same_file(errors->items[i].src.file, file))
		i++;
	return i;
}

/* A file's rank changes while items move, so ranks are taken once, before sorting. */
struct ranked {
	unsigned rank;
	unsigned order;
	struct ctl_error error;
};

static int ranked_compare(const void *a, const void *b)
{
	const struct ranked *x = a;
	const struct ranked *y = b;

	if (x->rank != y->rank)
		return x->rank < y->rank ? -1 : 1;
	if (x->error.src.line != y->error.src.line)
		return x->error.src.line < y->error.src.line ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

void ctl_errors_sort(struct ctl_errors *errors)
{
	struct ranked *ranked;

	if (errors->n < 2)
		return;
	ranked = calloc(errors->n, sizeof(*ranked));
	if (ranked == NULL)
		return; /* unsorted sentences are still true */
	for (unsigned i = 0; i < errors->n; i++) {
		ranked[i].rank = file_rank(errors, errors->items[i].src.file);
		ranked[i].order = i;
		ranked[i].error = errors->items[i];
	}
	qsort(ranked, errors->n, sizeof(*ranked), ranked_compare);
	for (unsigned i = 0; i < errors->n; i++)
		errors->items[i] = ranked[i].error;
	free(ranked);
}

void ctl_src_print(struct ctl_src src, char *text, size_t size)
{
	if (src.file != NULL && src.line != 0)
		(void)snprintf(text, size, "%s:%u: ", src.file, src.line);
	else
		(void)snprintf(text, size, "%s%s", src.file != NULL ? src.file : "",
			       src.file != NULL ? ": " : "");
}

void ctl_errors_print(const struct ctl_errors *errors, FILE *out)
{
	char place[PATH_MAX + 32];

	for (unsigned i = 0; i < errors->n; i++) {
		ctl_src_print(errors->items[i].src, place, sizeof(place));
		(void)fprintf(out, "%s%s\n", place, errors->items[i].text);
	}
}

void ctl_errors_fini(struct ctl_errors *errors)
{
	free(errors->items);
	*errors = (struct ctl_errors){ 0 };
}
