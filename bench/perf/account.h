#ifndef PERF_ACCOUNT_H
#define PERF_ACCOUNT_H

/**
 * @file
 * What became of the numbered packets of one stream: lost, duplicated, reordered.
 *
 * Numbers on the wire have 32 bits; they are extended by nearness to the highest number seen.
 * A bitmap of the last PERF_ACCOUNT_WINDOW numbers tells a late packet from a duplicate.
 *
 * Reordered is RFC 4737's type P-reordered: a packet whose number is below the next expected one.
 * Where a stream has several flows, each is judged by itself, since a router may send flows along
 * different paths. A duplicate is never reordered.
 *
 * What is behind the window can no longer be told from a duplicate; it counts as stale, and the
 * loss is then an upper bound by that many.
 */

#include <stdbool.h>
#include <stdint.h>

#define PERF_ACCOUNT_WINDOW (1U << 20)
/** Flows whose order is tracked separately; a stream of more is judged as one. */
#define PERF_ACCOUNT_MAX_FLOWS (1U << 16)

/** One stream's account. Owner: the receiving thread. */
struct perf_account {
	uint64_t highest; /**< extended number; valid once received > 0 */
	uint64_t lowest;
	uint64_t received; /**< all arrivals, with duplicates */
	uint64_t unique;
	uint64_t duplicates;
	uint64_t reordered;
	uint64_t stale;
	uint64_t max_extent; /**< furthest that a reordered packet was behind, packets */
	uint64_t *window;
	uint64_t *flow_highest; /**< NULL for one flow */
	uint32_t flows;
};

/** What one arrival was. */
enum perf_account_kind {
	PERF_ACCOUNT_IN_ORDER,
	PERF_ACCOUNT_REORDERED,
	PERF_ACCOUNT_DUPLICATE,
	PERF_ACCOUNT_STALE,
};

/**
 * Allocates an account.
 *
 * @param flows 1, or the stream's flows when the numbers of each are to be judged apart
 * @return 0 or -ENOMEM
 */
int perf_account_init(struct perf_account *account, uint32_t flows);

/** Releases what init allocated. */
void perf_account_fini(struct perf_account *account);

/** Records one arrival. @param flow below the flows of init, else it is taken as 0 */
enum perf_account_kind perf_account_record(struct perf_account *account, uint32_t id,
					   uint32_t flow);

/** Numbers missing between the lowest and the highest that arrived. */
uint64_t perf_account_missing(const struct perf_account *account);

/** Numbers below the lowest that arrived: before the first one that was seen. */
uint64_t perf_account_before_first(const struct perf_account *account);

#endif
