#ifndef DATAPLANE_DP_NEXTHOP_H
#define DATAPLANE_DP_NEXTHOP_H

/**
 * @file
 * Nexthop table: index of 20 bits to an immutable object of 32 bytes, half a cache line, that tells
 * a worker all it needs to forward a packet.
 *
 * The table holds the number of an object; a change writes a new object and then stores its number,
 * one aligned word. The old object is freed through dp_publish. A worker therefore sees an object
 * as it was or as it is, never half of a change. An index that was never added, and index
 * DP_NH_NONE, lead to an object of kind DP_NH_UNREACHABLE.
 *
 * Functions are for the control thread unless they say otherwise.
 */

#include "dataplane/arena.h"
#include "dataplane/dp_config.h"
#include "dataplane/dp_route.h"
#include "dataplane/nh_group.h"

#include <assert.h>
#include <stdalign.h>
#include <stdint.h>

#define DP_NH_BYTES 32U

/** What a worker knows of a nexthop. Immutable once published. */
struct dp_nh {
	/** FORWARD: the MAC addresses of what is sent, of either family. */
	alignas(DP_NH_BYTES) uint8_t rewrite[12];
	uint32_t unused_ports; /**< GLEAN, FORWARD, GROUP: see struct dp_nexthop */
	uint16_t port;	       /**< FORWARD, GLEAN: output port, place in the configuration */
	uint8_t kind;	       /**< enum dp_nh_kind */
	uint8_t by_kernel;     /**< UNREACHABLE: see struct dp_nexthop */
	uint32_t index;	       /**< its own index */
	const struct nh_group *group; /**< GROUP only, else NULL */
};
static_assert(sizeof(struct dp_nh) == DP_NH_BYTES, "two nexthops per cache line");
static_assert(DP_ROUTER_PORTS_MAX <= 32, "unused_ports has a bit for each");
static_assert(DP_NH_UNREACHABLE == 0, "the object that is all zero is DP_NH_NONE");

struct dp_nh_record;

/** The table. Public for dp_nh_get() only; nothing else may look inside. */
struct dp_nh_table {
	uint32_t *object;     /**< number of the object of each index; writer: control,
				   readers: workers */
	struct arena objects; /**< in units of DP_NH_BYTES */
	/* Control thread only. */
	struct dp_nh_record *records; /**< one per index */
	uint32_t n_fresh;	      /**< indices that were ever used: 1 to n_fresh - 1 */
	uint32_t free_head;	      /**< list of freed indices, 0 ends it */
	uint32_t n_used;	      /**< nexthops, without DP_NH_NONE */
	uint32_t n_groups;	      /**< of which groups */
	uint32_t n_retired;	      /**< objects that wait for readers */
	uint8_t port_mac[DP_ROUTER_PORTS_MAX][6]; /**< source addresses of FORWARD */
};

/** @return 0 or -ENOMEM */
int dp_nh_table_init(struct dp_nh_table *table);

/** Frees everything; no reader may use the table any more. May wait for readers of others. */
void dp_nh_table_fini(struct dp_nh_table *table);

/** As dp_nexthop_add(). */
int dp_nh_add(struct dp_nh_table *table, const struct dp_nexthop *nexthop);

/** As dp_nexthop_set(); -EINVAL also for DP_NH_NONE and when a member would become a group. */
int dp_nh_set(struct dp_nh_table *table, uint32_t index, const struct dp_nexthop *nexthop);

/** As dp_nexthop_del(); -EBUSY while a route or a group still names the index. */
int dp_nh_del(struct dp_nh_table *table, uint32_t index);

/** As dp_nexthop_get(). */
int dp_nh_describe(const struct dp_nh_table *table, uint32_t index, struct dp_nexthop *nexthop);

/** Counts a route that names an index. @return 0 or -ENOENT */
int dp_nh_hold(struct dp_nh_table *table, uint32_t index);

/** A route that was counted names the index no more. */
void dp_nh_release(struct dp_nh_table *table, uint32_t index);

/**
 * Tells the source address of a port; nexthops that leave by it are rewritten.
 *
 * @return 0, -EINVAL (no such port), -ENOMEM (then nothing has changed)
 */
int dp_nh_port_mac_set(struct dp_nh_table *table, unsigned port, const uint8_t mac[6]);

/** Memory that the table holds, bytes. */
uint64_t dp_nh_memory_bytes(const struct dp_nh_table *table);

/** Object of an index below DP_NH_MAX; never NULL. Any reader; valid until it is quiescent. */
static inline const struct dp_nh *dp_nh_get(const struct dp_nh_table *table, uint32_t index)
{
	uint32_t object = __atomic_load_n(&table->object[index], __ATOMIC_ACQUIRE);

	return arena_at(&table->objects, object);
}

/**
 * The member of a group that a flow takes. As dp_nh_get().
 *
 * A member is no group. But while a worker still holds a group, one of its members may leave it and
 * become a group itself; what this returns is then of kind GROUP and to be treated as unreachable.
 */
static inline const struct dp_nh *dp_nh_member(const struct dp_nh_table *table,
					       const struct dp_nh *nh, uint32_t flow_hash)
{
	return dp_nh_get(table, nh->group->bucket[flow_hash & (NH_GROUP_BUCKETS - 1)]);
}

/** As dp_nh_get(), and from a group on to the member that a flow takes, as dp_nh_member(). */
static inline const struct dp_nh *dp_nh_resolve(const struct dp_nh_table *table, uint32_t index,
						uint32_t flow_hash)
{
	const struct dp_nh *nh = dp_nh_get(table, index);

	return nh->kind == DP_NH_GROUP ? dp_nh_member(table, nh, flow_hash) : nh;
}

#endif
