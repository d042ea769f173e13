#ifndef CONTROL_MIRROR_CTL_DIFF_H
#define CONTROL_MIRROR_CTL_DIFF_H

/**
 * @file
 * Differences that an audit finds between the kernel's tables and ours.
 *
 * What is read of the kernel and what is known of it are never of the same moment: a difference
 * is a candidate at first. It is confirmed when a second reading finds it again and no
 * notification touched its object in between. Control thread only.
 */

#include "control/mirror/ctl_addr.h"

#include <stdbool.h>
#include <stdint.h>

#define CTL_DIFFS_MAX 4096U /**< candidates that are kept; further ones are only counted */
#define CTL_DIFF_OBJECT_MAX 80
#define CTL_DIFF_TEXT_MAX 160

/** What differs. */
enum ctl_diff_kind {
	CTL_DIFF_LINK,
	CTL_DIFF_ADDR,
	CTL_DIFF_NEIGH,
	CTL_DIFF_NEXTHOP,
	CTL_DIFF_RULE,
	CTL_DIFF_ROUTE, /**< the kernel's route and the mirror's */
	CTL_DIFF_FIB,	/**< the mirror and the data path; needs no confirmation */
};

/** Which object differs; what its kind does not need is zero. */
struct ctl_diff_key {
	enum ctl_diff_kind kind;
	uint32_t number; /**< ifindex, id or priority of the object, id of its table */
	struct ctl_addr addr;
	uint8_t depth;
};

/** One difference. */
struct ctl_diff {
	struct ctl_diff_key key;
	bool again;			  /**< the second reading found it, too */
	char object[CTL_DIFF_OBJECT_MAX]; /**< "10.0.0.0/8 table 254 metric 20" */
	char text[CTL_DIFF_TEXT_MAX];	  /**< "only in the kernel" */
};

/** All zero when empty. */
struct ctl_diffs {
	struct ctl_diff *items;
	unsigned n;
	unsigned room;
	unsigned n_lost; /**< found, but not kept for want of room or memory */
	bool second;	 /**< this is the second reading */
};

/** Frees the list and makes it empty, for a first reading. */
void ctl_diffs_clear(struct ctl_diffs *diffs);

/** Notes a difference: a candidate in the first reading, a repetition in the second. */
void ctl_diffs_add(struct ctl_diffs *diffs, const struct ctl_diff_key *key, const char *object,
		   const char *text);

/** A notification was applied to an object: what was found of it may have been a moment's. */
void ctl_diffs_touch(struct ctl_diffs *diffs, const struct ctl_diff_key *key);

/** A notification that may have changed any object. */
void ctl_diffs_touch_all(struct ctl_diffs *diffs);

/** Begins the second reading. @return false when nothing needs it */
bool ctl_diffs_repeat(struct ctl_diffs *diffs);

/** Drops what needs confirmation and was not found again. */
void ctl_diffs_confirm(struct ctl_diffs *diffs);

/** Word for a kind: "link", "address", "neighbour", "nexthop", "rule", "route" or "fib". */
const char *ctl_diff_kind_name(enum ctl_diff_kind kind);

#endif
