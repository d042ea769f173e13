#include "control/conf_keys.h"

#include <string.h>

#define WORD_MAX 32

static unsigned min3(unsigned a, unsigned b, unsigned c)
{
	unsigned ab = a < b ? a : b;

	return ab < c ? ab : c;
}

/* Levenshtein distance of two words shorter than WORD_MAX. */
static unsigned edit_distance(const char *a, const char *b)
{
	unsigned row[WORD_MAX + 1];
	size_t n = strlen(b);

	for (unsigned j = 0; j <= n; j++)
		row[j] = j;
	for (unsigned i = 1; a[i - 1] != '\0'; i++) {
		unsigned diagonal = row[0];

		row[0] = i;
		for (unsigned j = 1; j <= n; j++) {
			unsigned above = row[j];

			row[j] = min3(above + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1]));
			diagonal = above;
		}
	}
	return row[n];
}

const char *ctl_group_suggest(const struct ctl_group *group, const char *name)
{
	size_t len = strlen(name);
	unsigned best = len < 4 ? 2 : (unsigned)(len / 2) + 1;
	const char *nearest = NULL;

	if (len >= WORD_MAX)
		return NULL;
	for (unsigned i = 0; i < group->n_keys; i++) {
		unsigned distance = edit_distance(name, group->keys[i].name);

		if (distance < best) {
			best = distance;
			nearest = group->keys[i].name;
		}
	}
	return nearest;
}
