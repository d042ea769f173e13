#include "control/mirror/ctl_rib_audit.h"

#include "control/mirror/ctl_rib_tables.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>

#include <linux/neighbour.h>
#include <linux/rtnetlink.h>

/* IFF_LOWER_UP: <linux/if.h>, which has it, cannot be included beside <net/if.h>. */
#define LINK_FLAGS (IFF_UP | IFF_RUNNING | 1U << 16)

static const char only_kernel[] = "only in the kernel";
static const char only_mirror[] = "only in the mirror";

struct ctl_diffs *ctl_rib_diffs(struct ctl_rib *rib)
{
	return &rib->diffs;
}

void ctl_rib_audit_begin(struct ctl_rib *rib)
{
	rib->audit++;
	rib->rules[0].shown = rib->rules[1].shown = 0;
}

static const char *addr_text(const struct ctl_addr *addr, char text[INET6_ADDRSTRLEN])
{
	if (ctl_addr_len(addr->family) == 0 ||
	    !inet_ntop(addr->family, addr->bytes, text, INET6_ADDRSTRLEN))
		return "none";
	return text;
}

static void link_differs(struct ctl_rib *rib, int ifindex, const char *name, const char *text)
{
	struct ctl_diff_key key = { .kind = CTL_DIFF_LINK, .number = (uint32_t)ifindex };
	char object[CTL_DIFF_OBJECT_MAX];

	snprintf(object, sizeof(object), "%s (%d)", name, ifindex);
	ctl_diffs_add(&rib->diffs, &key, object, text);
}

int ctl_rib_audit_link(struct ctl_rib *rib, const struct ctl_nl_link *msg)
{
	struct ctl_rib_link *link = ctl_rib_link_find(rib, msg->ifindex);

	if (!link) {
		link_differs(rib, msg->ifindex, msg->name, only_kernel);
		return 0;
	}
	link->audit = rib->audit;
	if (strcmp(link->name, msg->name) != 0)
		link_differs(rib, msg->ifindex, msg->name, "has another name");
	if ((link->flags ^ msg->flags) & LINK_FLAGS)
		link_differs(rib, msg->ifindex, msg->name, "is up or has a carrier on one side");
	if (link->mtu != msg->mtu)
		link_differs(rib, msg->ifindex, msg->name, "has another MTU");
	if (link->has_mac != msg->has_mac || memcmp(link->mac, msg->mac, sizeof(link->mac)) != 0)
		link_differs(rib, msg->ifindex, msg->name, "has another MAC address");
	if (link->master != msg->master)
		link_differs(rib, msg->ifindex, msg->name, "has another master");
	return 0;
}

static void addr_differs(struct ctl_rib *rib, const struct ctl_rib_addr_key *of, const char *text)
{
	struct ctl_diff_key key = { .kind = CTL_DIFF_ADDR,
				    .number = (uint32_t)of->ifindex,
				    .addr = of->local,
				    .depth = of->depth };
	char object[CTL_DIFF_OBJECT_MAX], local[INET6_ADDRSTRLEN];

	snprintf(object, sizeof(object), "%s/%u on link %d", addr_text(&of->local, local),
		 of->depth, of->ifindex);
	ctl_diffs_add(&rib->diffs, &key, object, text);
}

int ctl_rib_audit_addr(struct ctl_rib *rib, const struct ctl_nl_addr *msg)
{
	struct ctl_rib_addr_key key = {
		.ifindex = msg->ifindex, .depth = msg->depth, .local = msg->local, .peer = msg->peer
	};
	struct ctl_rib_addr *addr = ctl_rib_addr_find(rib, &key);

	/* Of an address that hosts may not use yet the kernel tells nobody. */
	if (addr)
		addr->audit = rib->audit;
	else if (!msg->tentative)
		addr_differs(rib, &key, only_kernel);
	return 0;
}

static void neigh_differs(struct ctl_rib *rib, int ifindex, const struct ctl_addr *addr,
			  const char *text)
{
	struct ctl_diff_key key = { .kind = CTL_DIFF_NEIGH,
				    .number = (uint32_t)ifindex,
				    .addr = *addr };
	char object[CTL_DIFF_OBJECT_MAX], name[INET6_ADDRSTRLEN];

	snprintf(object, sizeof(object), "%s on link %d", addr_text(addr, name), ifindex);
	ctl_diffs_add(&rib->diffs, &key, object, text);
}

/* Neighbours that cannot be sent to come and go without notice; they make no difference. */
int ctl_rib_audit_neigh(struct ctl_rib *rib, const struct ctl_nl_neigh *msg)
{
	struct ctl_rib_neigh *neigh = ctl_rib_neigh_find(rib, msg->ifindex, &msg->addr);
	bool is_valid = neigh && ctl_rib_neigh_is_valid(neigh);
	bool valid = msg->has_mac && ctl_rib_neigh_state_is_valid(msg->state);

	if (ctl_rib_neigh_is_ignored(&msg->addr))
		return -ENOMSG;
	if (neigh)
		neigh->audit = rib->audit;
	if (valid != is_valid)
		neigh_differs(rib, msg->ifindex, &msg->addr, valid ? only_kernel : only_mirror);
	else if (valid && memcmp(neigh->mac, msg->mac, sizeof(neigh->mac)) != 0)
		neigh_differs(rib, msg->ifindex, &msg->addr, "has another MAC address");
	return 0;
}

static void nexthop_differs(struct ctl_rib *rib, uint32_t id, const char *text)
{
	struct ctl_diff_key key = { .kind = CTL_DIFF_NEXTHOP, .number = id };
	char object[CTL_DIFF_OBJECT_MAX];

	snprintf(object, sizeof(object), "id %u", id);
	ctl_diffs_add(&rib->diffs, &key, object, text);
}

static bool spec_equal(const struct ctl_nl_nexthop *a, const struct ctl_nl_nexthop *b)
{
	if (a->family != b->family || a->blackhole != b->blackhole ||
	    a->unsupported != b->unsupported || a->n_members != b->n_members)
		return false;
	if (a->n_members == 0)
		return a->path.ifindex == b->path.ifindex &&
		       ctl_addr_equal(&a->path.gateway, &b->path.gateway);
	return memcmp(a->members, b->members, a->n_members * sizeof(a->members[0])) == 0 &&
	       memcmp(a->weights, b->weights, a->n_members * sizeof(a->weights[0])) == 0;
}

int ctl_rib_audit_nexthop(struct ctl_rib *rib, const struct ctl_nl_nexthop *msg)
{
	struct ctl_rib_nexthop *nexthop = ctl_rib_nexthop_find(rib, msg->id);

	if (!nexthop || !nexthop->known) {
		nexthop_differs(rib, msg->id, only_kernel);
		return 0;
	}
	nexthop->audit = rib->audit;
	if (!spec_equal(nexthop->spec, msg))
		nexthop_differs(rib, msg->id, "leads elsewhere");
	return 0;
}

static void audit_links(struct ctl_rib *rib)
{
	struct ctl_hash_node *node = NULL;

	while ((node = ctl_hash_next(&rib->links, node))) {
		const struct ctl_rib_link *link = CTL_CONTAINER(node, struct ctl_rib_link, node);

		if (link->audit != rib->audit)
			link_differs(rib, link->ifindex, link->name, only_mirror);
	}
}

static void audit_addrs(struct ctl_rib *rib)
{
	struct ctl_hash_node *node = NULL;

	while ((node = ctl_hash_next(&rib->addrs, node))) {
		const struct ctl_rib_addr *addr = CTL_CONTAINER(node, struct ctl_rib_addr, node);

		if (addr->audit != rib->audit)
			addr_differs(rib, &addr->key, only_mirror);
	}
}

static void audit_neighs(struct ctl_rib *rib)
{
	struct ctl_hash_node *node = NULL;

	while ((node = ctl_hash_next(&rib->neighs, node))) {
		const struct ctl_rib_neigh *neigh = CTL_CONTAINER(node, struct ctl_rib_neigh, node);

		if (ctl_rib_neigh_is_valid(neigh) && neigh->audit != rib->audit)
			neigh_differs(rib, neigh->ifindex, &neigh->addr, only_mirror);
	}
}

static void audit_nexthops(struct ctl_rib *rib)
{
	struct ctl_hash_node *node = NULL;

	while ((node = ctl_hash_next(&rib->nexthops, node))) {
		const struct ctl_rib_nexthop *nexthop = CTL_CONTAINER(node, struct ctl_rib_nexthop,
								      node);

		if (nexthop->known && nexthop->audit != rib->audit)
			nexthop_differs(rib, nexthop->id, only_mirror);
	}
}

void ctl_rib_audit_tables(struct ctl_rib *rib)
{
	audit_links(rib);
	audit_addrs(rib);
	audit_neighs(rib);
	audit_nexthops(rib);
	ctl_rib_audit_rules(rib);
}
