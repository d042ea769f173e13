#ifndef CONTROL_MIRROR_CTL_RIB_H
#define CONTROL_MIRROR_CTL_RIB_H

/**
 * @file
 * What the kernel's tables say, and the data plane written from it.
 *
 * The rib takes decoded messages and knows no netlink. It does what the kernel does without
 * telling: a link that goes down, the last address of a link or a nexthop object takes routes with
 * it. Every change reaches the data plane before the call returns, but for what concerns very many
 * routes: nothing is sent to a dead link or nexthop any more, and the kernel gets the packets until
 * ctl_rib_work() has gone through the routes. Control thread only.
 *
 * Functions that apply a message return 0, -ENOMSG (nothing that the rib follows), or -ENOMEM (the
 * rib is incomplete until the next synchronisation; ctl_rib_is_suspect() says so).
 */

#include "control/mirror/ctl_mirror.h"
#include "control/mirror/ctl_nl_decode.h"
#include "control/mirror/ctl_nl_rule.h"

#include <stdbool.h>
#include <stdint.h>

struct ctl_rib;

/** What a rib is made from. Everything but routing is copied. */
struct ctl_rib_params {
	struct dp_routing *routing;
	unsigned n_ports;
	const char *port_names[DP_ROUTER_PORTS_MAX];
	struct ctl_mirror_ops ops; /**< but ready; any may be NULL */
	void *arg;
};

/** @param out the rib
 *  @return 0, -EINVAL or -ENOMEM */
int ctl_rib_create(const struct ctl_rib_params *params, struct ctl_rib **out);

/** Takes all routes out of the routing and frees the rib. */
void ctl_rib_destroy(struct ctl_rib *rib);

/** The device of a port gained or lost its carrier: what leads there is used, or not any more. */
void ctl_rib_port_carrier(struct ctl_rib *rib, unsigned port, bool up);

/** @param dump the message is part of a dump: it is no news */
int ctl_rib_apply_link(struct ctl_rib *rib, const struct ctl_nl_link *msg, bool dump);
int ctl_rib_apply_netconf(struct ctl_rib *rib, const struct ctl_nl_netconf *msg);
int ctl_rib_apply_addr(struct ctl_rib *rib, const struct ctl_nl_addr *msg);
int ctl_rib_apply_neigh(struct ctl_rib *rib, const struct ctl_nl_neigh *msg);
int ctl_rib_apply_nexthop(struct ctl_rib *rib, const struct ctl_nl_nexthop *msg);

/** @param dump the message is part of a dump: its place among its equals is the kernel's order */
int ctl_rib_apply_route(struct ctl_rib *rib, const struct ctl_nl_route *msg, bool dump);

/** As for routes; what a dump tells is in force from ctl_rib_sync_end() on. */
int ctl_rib_apply_rule(struct ctl_rib *rib, const struct ctl_nl_rule *msg, bool dump);

/** What the kernel answered to CTL_NL_MERGE. */
void ctl_rib_apply_merge(struct ctl_rib *rib, bool merged);

/** From now on, what is applied counts as seen. Starting again forgets what was seen before. */
void ctl_rib_sync_begin(struct ctl_rib *rib);

/** Begins to remove what was not seen since ctl_rib_sync_begin(); ctl_rib_work() goes on with it. */
void ctl_rib_sync_end(struct ctl_rib *rib);
bool ctl_rib_is_sweeping(const struct ctl_rib *rib);

/**
 * Carries out up to n pieces of what was decided for many routes at once, each some microseconds.
 * A purge or sweep of few routes is complete when the call that brought it returns; one of many
 * needs further calls.
 *
 * @return false when nothing is left to do
 */
bool ctl_rib_work(struct ctl_rib *rib, unsigned n);

/** The kernel may have changed more than it told, or memory ran out: read it again. Clears it. */
bool ctl_rib_is_suspect(struct ctl_rib *rib);

/** What the kernel is asked to do with a neighbour. */
enum ctl_rib_request_kind {
	CTL_RIB_MANAGE,	 /**< resolve it and keep it resolved: a route leads through it */
	CTL_RIB_RELEASE, /**< no longer: undo CTL_RIB_MANAGE */
	CTL_RIB_REFRESH, /**< check that it is still there: traffic may go to it unseen */
};
struct ctl_rib_request {
	enum ctl_rib_request_kind kind;
	int ifindex;
	struct ctl_addr addr;
	uint8_t flags; /**< NTF_* that the kernel would clear otherwise */
};

/** Takes the oldest request out of the queue. @return false when there is none */
bool ctl_rib_request_take(struct ctl_rib *rib, struct ctl_rib_request *request);

/** Queues requests for what is unresolved or was not confirmed for long. Call it every second. */
void ctl_rib_tick(struct ctl_rib *rib);

/** Fills the fields that the rib knows; leaves the others. */
void ctl_rib_stats_get(const struct ctl_rib *rib, struct ctl_mirror_stats *stats);

/** As ctl_mirror_walk_routes(). */
int ctl_rib_walk_routes(const struct ctl_rib *rib, const struct ctl_mirror_route *from,
			ctl_mirror_route_fn fn, void *arg);

/** As ctl_mirror_walk_rules(). */
int ctl_rib_walk_rules(const struct ctl_rib *rib, ctl_mirror_rule_fn fn, void *arg);

/** As ctl_mirror_walk_neighbours(). */
int ctl_rib_walk_neighbours(const struct ctl_rib *rib, ctl_mirror_neighbour_fn fn, void *arg);

#endif
