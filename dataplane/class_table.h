#ifndef DATAPLANE_CLASS_TABLE_H
#define DATAPLANE_CLASS_TABLE_H

/**
 * @file
 * The classes of a router as its worker sees them: how packets are told apart, and for each class
 * a policer with its state and counters. One state per class, whatever port a packet comes in by.
 */

#include "dataplane/classifier.h"
#include "dataplane/dp_config.h"
#include "dataplane/dp_stats.h"
#include "policer/policer.h"

#include <stdalign.h>
#include <stdint.h>

/** One class. */
struct class_state {
	/* Writer: control before the worker sees it, then the worker (retune.c). Reader: worker. */
	alignas(64) struct policer policer; /**< POLICER_NONE: everything is green and passes */
	bool bucket_only;		    /**< one bucket: pass within it, drop beyond */

	/* Writer and reader: worker. Reader of counters: control. */
	alignas(64) union policer_state state;
	struct dp_class_counters counters;
};

/** All classes of a router. */
struct class_table {
	unsigned n; /**< the last one is for what matches nothing */
	struct class_state classes[DP_CLASSES_ALL];
	struct classifier classifier;
};

/**
 * Builds the table of a checked configuration. A router that lists no classes gets one for
 * everything when it needs a table; see class_table_is_needed(). Control thread.
 *
 * @return 0, -ENOMEM, or what policer_init() returns
 */
int class_table_create(const struct dp_router_config *router, uint64_t tsc_hz, uint64_t now_tsc,
		       struct class_table **result);

/** The policer of one class, as class_table_create() makes it. @return as policer_init() */
int class_policer_make(const struct dp_router_config *router, unsigned index, uint64_t tsc_hz,
		       struct policer *policer, bool *bucket_only);

/** Frees a table that no worker knows; NULL is allowed. */
void class_table_destroy(struct class_table *table);

/**
 * Whether packets have to be looked at after parsing for more than their route: classes, flows, or
 * an SLA that does more than pass and drop.
 */
bool class_table_is_needed(const struct dp_router_config *router);

/** Keeps idle policers fresh; see policer_state_refresh(). Worker. */
void class_table_refresh(struct class_table *table, uint64_t now_tsc);

#endif
