#include "control/mirror/ctl_diff.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROOM_MIN 16U

void ctl_diffs_clear(struct ctl_diffs *diffs)
{
	free(diffs->items);
	memset(diffs, 0, sizeof(*diffs));
}

static bool key_equal(const struct ctl_diff_key *a, const struct ctl_diff_key *b)
{
	return a->kind == b->kind && a->number == b->number && a->depth == b->depth &&
	       ctl_addr_equal(&a->addr, &b->addr);
}

static struct ctl_diff *diff_find(struct ctl_diffs *diffs, const struct ctl_diff_key *key,
				  const char *object, const char *text)
{
	for (unsigned i = 0; i < diffs->n; i++) {
		struct ctl_diff *diff = &diffs->items[i];

		if (key_equal(&diff->key, key) && strcmp(diff->object, object) == 0 &&
		    strcmp(diff->text, text) == 0)
			return diff;
	}
	return NULL;
}

static bool diffs_grow(struct ctl_diffs *diffs)
{
	unsigned room = diffs->room ? diffs->room * 2 : ROOM_MIN;
	struct ctl_diff *items;

	if (diffs->n < diffs->room)
		return true;
	if (room > CTL_DIFFS_MAX)
		return false;
	items = reallocarray(diffs->items, room, sizeof(*items));
	if (!items)
		return false;
	diffs->items = items;
	diffs->room = room;
	return true;
}

void ctl_diffs_add(struct ctl_diffs *diffs, const struct ctl_diff_key *key, const char *object,
		   const char *text)
{
	struct ctl_diff *diff = diffs->second ? diff_find(diffs, key, object, text) : NULL;

	if (diff) {
		diff->again = true;
		return;
	}
	if (diffs->second && key->kind != CTL_DIFF_FIB)
		return;
	if (!diffs_grow(diffs)) {
		diffs->n_lost++;
		return;
	}
	diff = &diffs->items[diffs->n++];
	diff->key = *key;
	diff->again = false;
	snprintf(diff->object, sizeof(diff->object), "%s", object);
	snprintf(diff->text, sizeof(diff->text), "%s", text);
}

static bool diff_is_of(const struct ctl_diff *diff, const void *key)
{
	return key_equal(&diff->key, key);
}

static bool diff_is_doubtful(const struct ctl_diff *diff, const void *arg)
{
	(void)arg;
	return diff->key.kind != CTL_DIFF_FIB;
}

static bool diff_is_unconfirmed(const struct ctl_diff *diff, const void *arg)
{
	return diff_is_doubtful(diff, arg) && !diff->again;
}

static void diffs_drop(struct ctl_diffs *diffs,
		       bool (*goes)(const struct ctl_diff *diff, const void *arg), const void *arg)
{
	unsigned left = 0;

	for (unsigned i = 0; i < diffs->n; i++) {
		if (goes(&diffs->items[i], arg))
			continue;
		if (left != i)
			diffs->items[left] = diffs->items[i];
		left++;
	}
	diffs->n = left;
}

void ctl_diffs_touch(struct ctl_diffs *diffs, const struct ctl_diff_key *key)
{
	if (diffs->n > 0)
		diffs_drop(diffs, diff_is_of, key);
}

void ctl_diffs_touch_all(struct ctl_diffs *diffs)
{
	if (diffs->n > 0)
		diffs_drop(diffs, diff_is_doubtful, NULL);
}

bool ctl_diffs_repeat(struct ctl_diffs *diffs)
{
	bool doubtful = false;

	for (unsigned i = 0; i < diffs->n; i++)
		doubtful |= diff_is_doubtful(&diffs->items[i], NULL);
	diffs->second |= doubtful;
	return doubtful;
}

void ctl_diffs_confirm(struct ctl_diffs *diffs)
{
	diffs_drop(diffs, diff_is_unconfirmed, NULL);
}

const char *ctl_diff_kind_name(enum ctl_diff_kind kind)
{
	static const char *const names[] = { "link", "address", "neighbour", "nexthop",
					     "rule", "route",	"fib" };

	return names[kind];
}
