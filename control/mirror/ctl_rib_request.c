#include "control/mirror/ctl_rib_tables.h"

#include <linux/neighbour.h>

/*
 * Packets that the data path forwards are unseen by the kernel, which so believes that nobody
 * needs its neighbours. Gateways are therefore put under its management (it resolves them and
 * keeps them resolved), and hosts that it has stopped confirming are asked for again.
 */

#define HOST_REFRESH_S 15 /* half of the kernel's default reachable time */
#define STATES_STATIC (NUD_PERMANENT | NUD_NOARP)

void ctl_rib_request_queue(struct ctl_rib *rib, struct ctl_rib_neigh *neigh)
{
	if (neigh->queued || neigh->addr.family == AF_UNSPEC)
		return;
	neigh->queued = true;
	TAILQ_INSERT_TAIL(&rib->requests, neigh, request);
}

static bool is_static(const struct ctl_rib_neigh *neigh)
{
	return neigh->known && (neigh->state & STATES_STATIC);
}

static bool is_on_port(const struct ctl_rib *rib, const struct ctl_rib_neigh *neigh)
{
	const struct ctl_rib_link *link = ctl_rib_link_find(rib, neigh->ifindex);

	return ctl_rib_link_is_alive(link) && link->port != CTL_RIB_NO_PORT;
}

static bool is_gateway(const struct ctl_rib_neigh *neigh)
{
	return !LIST_EMPTY(&neigh->users);
}

/* Decides at the last moment, because the reason may have gone since it was queued. */
static bool request_decide(const struct ctl_rib *rib, struct ctl_rib_neigh *neigh,
			   struct ctl_rib_request *request)
{
	request->ifindex = neigh->ifindex;
	request->addr = neigh->addr;
	request->flags = neigh->ntf_flags;
	/* Management of a static entry would make it an ordinary one. */
	if (!is_on_port(rib, neigh) || is_static(neigh))
		return false;
	if (is_gateway(neigh)) {
		request->kind = CTL_RIB_MANAGE;
		neigh->managed = neigh->managed || !neigh->kernel_managed;
		return true;
	}
	if (neigh->managed) {
		request->kind = CTL_RIB_RELEASE;
		neigh->managed = false;
		return true;
	}
	request->kind = CTL_RIB_REFRESH;
	return neigh->known && !neigh->kernel_managed;
}

bool ctl_rib_request_take(struct ctl_rib *rib, struct ctl_rib_request *request)
{
	struct ctl_rib_neigh *neigh;

	while ((neigh = TAILQ_FIRST(&rib->requests))) {
		bool wanted = request_decide(rib, neigh, request);

		TAILQ_REMOVE(&rib->requests, neigh, request);
		neigh->queued = false;
		if (!is_gateway(neigh))
			neigh->managed = false;
		ctl_rib_neigh_put(rib, neigh);
		if (wanted)
			return true;
	}
	return false;
}

static void tick_gateway(struct ctl_rib *rib, struct ctl_rib_neigh *neigh)
{
	if (!ctl_rib_neigh_is_valid(neigh) || (!neigh->kernel_managed && !is_static(neigh)))
		ctl_rib_request_queue(rib, neigh);
}

/* A host stays in the FIB only while it answers. */
static void tick_host(struct ctl_rib *rib, struct ctl_rib_neigh *neigh)
{
	if (neigh->state != NUD_STALE) {
		neigh->refresh_s = HOST_REFRESH_S;
		return;
	}
	if (neigh->refresh_s > 0) {
		neigh->refresh_s--;
		return;
	}
	neigh->refresh_s = HOST_REFRESH_S;
	ctl_rib_request_queue(rib, neigh);
}

void ctl_rib_tick(struct ctl_rib *rib)
{
	struct ctl_hash_node *node = NULL;

	while ((node = ctl_hash_next(&rib->neighs, node))) {
		struct ctl_rib_neigh *neigh = CTL_CONTAINER(node, struct ctl_rib_neigh, node);

		if (!is_on_port(rib, neigh) || neigh->addr.family == AF_UNSPEC)
			continue;
		if (is_gateway(neigh))
			tick_gateway(rib, neigh);
		else if (neigh->in_hosts)
			tick_host(rib, neigh);
	}
}
